//! Files that are made to hurt, each with what is said about it.

/// A file and the codes of all that is wrong with it, without repetitions, sorted.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) codes: &'static [&'static str],
}

/// The largest file that is read.
const MEBIBYTE: usize = 1 << 20;

/// The beginning of a document in which nothing is wrong.
const HEAD: &str = "element: hootsuite\nname: A\n";

fn bomb(name: &'static str, bytes: impl Into<Vec<u8>>, codes: &'static [&'static str]) -> Bomb {
    Bomb { name, bytes: bytes.into(), codes }
}

/// All of them.
pub(crate) fn all() -> Vec<Bomb> {
    [large(), deep(), aliases(), many(), costly(), bytes(), scalars()]
        .into_iter()
        .flatten()
        .collect()
}

fn large() -> Vec<Bomb> {
    let text = |length: usize| format!("{HEAD}configuration:\n  a: {}", "x".repeat(length));
    let rest = MEBIBYTE - text(0).len();
    vec![
        bomb("1 MiB", text(rest), &[]),
        bomb("1 MiB and a byte", text(rest + 1), &["file-too-large"]),
        bomb("a long line", format!("{HEAD}{}: 1", "x".repeat(200_000)), &["unknown-key"]),
        bomb(
            "a long line that does not end",
            "\"".to_owned() + &"x ".repeat(200_000),
            &["invalid-yaml"],
        ),
        bomb("empty lines", "\n".repeat(MEBIBYTE), &["empty-document"]),
        bomb("blanks", " ".repeat(MEBIBYTE), &["empty-document"]),
        bomb("a comment", "#".repeat(MEBIBYTE), &["empty-document"]),
    ]
}

fn deep() -> Vec<Bomb> {
    let flow =
        |deep| format!("{HEAD}configuration: {{a: {}{}}}\n", "[".repeat(deep), "]".repeat(deep));
    let block = |deep| {
        let levels = (1..=deep).map(|level| format!("{}b:\n", " ".repeat(level)));
        format!("{HEAD}configuration:\n{}", levels.collect::<String>())
    };
    vec![
        // The document and `configuration` are two levels, the null at the end of the block is one.
        bomb("62 lists", flow(62), &[]),
        bomb("63 lists", flow(63), &["too-deep"]),
        bomb("61 maps", block(61), &[]),
        bomb("63 maps", block(63), &["too-deep"]),
        bomb("500,000 brackets", "[".repeat(500_000), &["too-deep"]),
        bomb("500,000 braces", "{".repeat(500_000), &["too-deep"]),
        bomb("500,000 dashes", "- ".repeat(500_000), &["too-deep"]),
        bomb("200,000 question marks", "? ".repeat(200_000), &["too-deep"]),
        bomb("400 levels of indentation", staircase(400), &["too-deep"]),
    ]
}

fn staircase(steps: usize) -> String {
    (0..steps).map(|step| format!("{}a:\n", " ".repeat(step))).collect()
}

fn aliases() -> Vec<Bomb> {
    let laugh =
        |level| format!("  a{level}: &a{level} [{}]\n", format!("*a{},", level - 1).repeat(9));
    let laughs: String = (1..10).map(laugh).collect();
    let quadratic = format!(
        "{HEAD}configuration:\n  a: &a {}\n  b: [{}]\n",
        "x".repeat(1000),
        "*a,".repeat(2000)
    );
    let anchors: String =
        (0..50_000).map(|number| format!("  k{number}: &a{number} 1\n")).collect();
    vec![
        bomb(
            "billion laughs",
            format!("{HEAD}configuration:\n  a0: &a0 lol\n{laughs}"),
            &["alias-limit"],
        ),
        bomb("one long text often", quadratic, &["alias-limit"]),
        bomb("an alias of itself", format!("{HEAD}configuration: &a\n  b: *a\n"), &["alias-limit"]),
        bomb("50,000 anchors", format!("{HEAD}configuration:\n{anchors}"), &[]),
        bomb(
            "50,000 aliases",
            format!("{HEAD}configuration:\n  a: &a 1\n  b: [{}]", "*a,".repeat(50_000)),
            &[],
        ),
        bomb("100,000 unknown aliases", "*a ".repeat(100_000), &["invalid-yaml"]),
        bomb(
            "merge keys",
            format!("{HEAD}configuration:\n{}", "  <<: {a: 1}\n".repeat(20_000)),
            &["merge-key", "too-many-problems"],
        ),
    ]
}

fn many() -> Vec<Bomb> {
    let keys = |indentation: &str| -> String {
        (0..100_000).map(|number| format!("{indentation}{number:x}k:\n")).collect()
    };
    let same = "a: 1\n".repeat(100_000);
    let documents = |text: &str, times: usize| format!("---\n{text}").repeat(times);
    vec![
        bomb("100,000 keys", format!("{HEAD}configuration:\n{}", keys(" ")), &[]),
        bomb(
            "100,000 unknown keys",
            HEAD.to_owned() + &keys(""),
            &["too-many-problems", "unknown-key"],
        ),
        bomb(
            "100,000 equal keys",
            HEAD.to_owned() + &same,
            &["duplicate-key", "too-many-problems", "unknown-key"],
        ),
        bomb("100,000 items", format!("{HEAD}tags: [{}]", "a,".repeat(100_000)), &[]),
        bomb(
            "100,000 wrong items",
            format!("{HEAD}tags: [{}]", "[],".repeat(100_000)),
            &["too-many-problems", "wrong-type"],
        ),
        bomb("250,000 empty documents", "---\n".repeat(250_000), &["empty-document"]),
        bomb("30,000 documents", documents(HEAD, 30_000), &["needs-key", "too-many-problems"]),
        bomb(
            "30,000 documents with a key",
            documents("element: slack\nname: A\nkey: b\n", 30_000),
            &["duplicate-document-key"],
        ),
        bomb(
            "100,000 unclosed references",
            format!("{HEAD}configuration:\n  a: {}", "${{ ".repeat(100_000)),
            &["too-many-problems", "unclosed-reference"],
        ),
        bomb(
            "50,000 references",
            format!("{HEAD}configuration:\n  a: {}", "${{ env.A }}".repeat(50_000)),
            &[],
        ),
    ]
}

/// Files in which each mistake is cheap and looking for what was meant, or for what to hide, is not.
fn costly() -> Vec<Bomb> {
    let keys: String =
        (0..5_000).map(|number| format!("  event.notification.k{number}: 1\n")).collect();
    let ignored: String = (0..10_000)
        .map(|number| {
            format!("    - {{path: configuration.event.notificatoin.k{number}, reason: x}}\n")
        })
        .collect();
    let ignores = format!("{HEAD}configuration:\n{keys}lifecycle:\n  ignore:\n{ignored}");
    let connectors: String =
        (0..20_000).map(|number| format!("---\nelement: hootsiute{number}\nname: A\n")).collect();
    let zeros = "0,".repeat(200_000);
    let nested = |open: &str| {
        format!("{HEAD}configuration: {{{}[{zeros}]{}}}", open.repeat(58), "}".repeat(58))
    };
    let doubled = "a.secret: 1, a.secret: {".repeat(58);
    let variables: String = (0..50_000).map(|_| "${{ var.taem }}").collect();
    vec![
        bomb("10,000 misspelt paths", ignores, &["too-many-problems", "unknown-path"]),
        bomb(
            "20,000 misspelt connectors",
            connectors,
            &["needs-key", "too-many-problems", "unknown-connector"],
        ),
        bomb(
            "50,000 misspelt variables",
            format!("{HEAD}configuration:\n  a: {variables}"),
            &["too-many-problems", "unknown-reference"],
        ),
        bomb("secrets in secrets", nested("a.secret: {"), &["plain-text-secret"]),
        bomb(
            "doubled secrets in secrets",
            format!("{HEAD}configuration: {{{doubled}b: [{zeros}]{}}}", "}".repeat(58)),
            &["duplicate-key", "plain-text-secret"],
        ),
    ]
}

fn bytes() -> Vec<Bomb> {
    let controls: Vec<u8> = (1..32).filter(|byte| !b"\t\n\r".contains(byte)).collect();
    vec![
        bomb("empty", "", &["empty-document"]),
        bomb("a byte-order mark", "\u{feff}", &["empty-document"]),
        bomb("invalid UTF-8", b"name: \xff\xfe\xfd".repeat(10_000), &["not-utf8"]),
        bomb("half a character", b"name: \xf0\x9f\xa6", &["not-utf8"]),
        bomb("UTF-16", b"\xff\xfen\0a\0m\0e\0", &["not-utf8"]),
        bomb("control characters", [b"name: ", controls.as_slice()].concat(), &["invalid-yaml"]),
        bomb("zero bytes", vec![0; 100_000], &["invalid-yaml"]),
        bomb(
            "escaped control characters",
            format!("{HEAD}\"\\x1b[2J\\u202e\": 1\n"),
            &["unknown-key"],
        ),
        bomb("Windows", "element: hootsuite\r\nname: A\r\n", &[]),
        bomb("old Macintosh", "element: hootsuite\rname: A\r", &[]),
        bomb("directives", "%YAML 1.2\n".repeat(50_000), &["invalid-yaml"]),
    ]
}

fn scalars() -> Vec<Bomb> {
    let value = |value: &str| format!("{HEAD}configuration:\n  a: {value}\n");
    vec![
        bomb("a huge integer", value(&"9".repeat(100_000)), &["ambiguous-number"]),
        bomb("a huge exponent", value("1e999999999"), &["ambiguous-number"]),
        bomb(
            "a huge fraction",
            value(&format!("0.{}", "1".repeat(100_000))),
            &["ambiguous-number"],
        ),
        bomb(
            "a huge hexadecimal number",
            value(&format!("0x{}", "f".repeat(100_000))),
            &["ambiguous-number"],
        ),
        bomb("not a number", value(".nan"), &["ambiguous-number"]),
        bomb("infinity", value("-.inf"), &["ambiguous-number"]),
        bomb("a Python object", value("!!python/object/apply:os.system ['true']"), &["custom-tag"]),
        bomb("binary", value("!!binary aGVsbG8="), &["custom-tag"]),
        bomb(
            "100,000 tags",
            format!("{HEAD}tags: [{}]", "!a ,".repeat(100_000)),
            &["custom-tag", "too-many-problems", "wrong-type"],
        ),
        bomb("a merge key", value("&a {b: 1}\n  <<: *a"), &["merge-key"]),
        bomb(
            "keys of all kinds",
            value("{? [1] : 1, ? {b: 1} : 1, 1: 1, null: 1, true: 1}"),
            &["non-text-key"],
        ),
    ]
}
