//! Files that try to exhaust resources, each with the expected diagnostics.

/// A file and the sorted codes of its problems, without duplicates.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) codes: &'static [&'static str],
}

/// The largest file that is read.
const MEBIBYTE: usize = 1 << 20;

/// So many that quadratic time would be noticed. Unoptimized code needs fewer.
const MANY: usize = if cfg!(debug_assertions) { 10_000 } else { 100_000 };

/// The beginning of a document without problems.
const HEAD: &str = "element: hootsuite\nname: A\n";

fn bomb(name: &'static str, bytes: impl Into<Vec<u8>>, codes: &'static [&'static str]) -> Bomb {
    Bomb { name, bytes: bytes.into(), codes }
}

/// A text of numbered pieces.
fn numbered(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

/// All files, by the resource that they use.
pub(crate) fn all() -> [Vec<Bomb>; 7] {
    [large(), deep(), aliases(), many(), costly(), bytes(), scalars()]
}

fn large() -> Vec<Bomb> {
    let text = |length: usize| format!("{HEAD}configuration:\n  a: {}", "x".repeat(length));
    let rest = MEBIBYTE - text(0).len();
    vec![
        bomb("1 MiB", text(rest), &["unknown-field"]),
        bomb("1 MiB and a byte", text(rest + 1), &["file-too-large"]),
        bomb("a long line", format!("{HEAD}{}: 1", "x".repeat(2 * MANY)), &["invalid-yaml"]),
        bomb(
            "a long line that does not end",
            "\"".to_owned() + &"x ".repeat(2 * MANY),
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
        bomb("62 lists", flow(62), &["unknown-field"]),
        bomb("63 lists", flow(63), &["too-deep"]),
        bomb("61 maps", block(61), &["unknown-field"]),
        bomb("63 maps", block(63), &["too-deep"]),
        bomb("brackets", "[".repeat(5 * MANY), &["too-deep"]),
        bomb("braces", "{".repeat(5 * MANY), &["too-deep"]),
        bomb("dashes", "- ".repeat(5 * MANY), &["too-deep"]),
        bomb("question marks", "? ".repeat(2 * MANY), &["too-deep"]),
        bomb("400 levels of indentation", staircase(400), &["too-deep"]),
    ]
}

fn staircase(steps: usize) -> String {
    numbered(steps, |step| format!("{}a:\n", " ".repeat(step)))
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
    let anchors: String = numbered(MANY / 2, |number| format!("  k{number}: &a{number} 1\n"));
    vec![
        bomb(
            "billion laughs",
            format!("{HEAD}configuration:\n  a0: &a0 lol\n{laughs}"),
            &["alias-limit"],
        ),
        bomb("one long text often", quadratic, &["alias-limit"]),
        bomb("an alias of itself", format!("{HEAD}configuration: &a\n  b: *a\n"), &["alias-limit"]),
        bomb(
            "anchors",
            format!("{HEAD}configuration:\n{anchors}"),
            &["too-many-problems", "unknown-field"],
        ),
        bomb(
            "many aliases",
            format!("{HEAD}configuration:\n  a: &a 1\n  b: [{}]", "*a,".repeat(MANY / 2)),
            &["unknown-field"],
        ),
        bomb("unknown aliases", "*a ".repeat(MANY), &["invalid-yaml"]),
        bomb(
            "merge keys",
            format!("{HEAD}configuration:\n{}", "  <<: {a: 1}\n".repeat(MANY / 5)),
            &["merge-key", "too-many-problems"],
        ),
    ]
}

fn many() -> Vec<Bomb> {
    let keys = |indentation: &str| -> String {
        numbered(MANY, |number| format!("{indentation}{number:x}k:\n"))
    };
    let same = "a: 1\n".repeat(MANY);
    let documents = |text: &str, times: usize| format!("---\n{text}").repeat(times);
    vec![
        bomb(
            "keys",
            format!("{HEAD}configuration:\n{}", keys(" ")),
            &["too-many-problems", "unknown-field"],
        ),
        bomb("unknown keys", HEAD.to_owned() + &keys(""), &["too-many-problems", "unknown-key"]),
        bomb(
            "equal keys",
            HEAD.to_owned() + &same,
            &["duplicate-key", "too-many-problems", "unknown-key"],
        ),
        bomb("items", format!("{HEAD}tags: [{}]", "a,".repeat(MANY)), &[]),
        bomb(
            "wrong items",
            format!("{HEAD}tags: [{}]", "[],".repeat(MANY)),
            &["too-many-problems", "wrong-type"],
        ),
        bomb("empty documents", "---\n".repeat(2 * MANY), &["empty-document"]),
        bomb(
            "documents without a key",
            documents(HEAD, MANY / 3),
            &["needs-key", "too-many-problems"],
        ),
        bomb(
            "documents with one key",
            documents("element: slack\nname: A\nkey: b\n", MANY / 4),
            &["duplicate-document-key", "too-many-problems"],
        ),
        bomb(
            "unclosed references",
            format!("{HEAD}configuration:\n  a: {}", "${{ ".repeat(MANY)),
            &["too-many-problems", "unclosed-reference"],
        ),
        bomb(
            "references",
            format!("{HEAD}configuration:\n  a: {}", "${{ env.A }}".repeat(MANY / 2)),
            &["unknown-field"],
        ),
    ]
}

/// Files in which each mistake is cheap, but a suggestion or the redaction is expensive.
fn costly() -> Vec<Bomb> {
    let keys: String = numbered(MANY / 40, |number| format!("  event.notification.k{number}: 1\n"));
    let entries: String = numbered(MANY / 8, |number| {
        format!("  - {{path: configuration.event.notifi{number}, reason: x}}\n")
    });
    let ignores = format!("{HEAD}configuration:\n{keys}lifecycle:\n  ignore:\n{entries}");
    let connectors: String =
        numbered(MANY / 5, |number| format!("---\nelement: hootsiute{number}\nname: A\n"));
    let zeros = "0,".repeat(2 * MANY);
    let nested = |open: &str| {
        format!("{HEAD}configuration: {{{}b: [{zeros}]{}}}", open.repeat(58), "}".repeat(58))
    };
    let doubled = "a.secret: 1, a.secret: {".repeat(58);
    let variables: String = (0..MANY / 2).map(|_| "${{ var.taem }}").collect();
    vec![
        bomb("misspelled paths", ignores, &["too-many-problems", "unknown-path"]),
        bomb(
            "misspelled connectors",
            connectors,
            &["needs-key", "too-many-problems", "unknown-connector"],
        ),
        bomb(
            "misspelled variables",
            format!("{HEAD}configuration:\n  a: {variables}"),
            &["too-many-problems", "unknown-reference"],
        ),
        bomb("secrets in secrets", nested("a.secret: {"), &["plain-text-secret", "unknown-field"]),
        bomb(
            "doubled secrets in secrets",
            format!("{HEAD}configuration: {{{doubled}b: [{zeros}]{}}}", "}".repeat(58)),
            &["duplicate-key", "plain-text-secret", "unknown-field"],
        ),
    ]
}

fn bytes() -> Vec<Bomb> {
    let controls: Vec<u8> = (1..32).filter(|byte| !b"\t\n\r".contains(byte)).collect();
    vec![
        bomb("empty", "", &["empty-document"]),
        bomb("a byte-order mark", "\u{feff}", &["empty-document"]),
        bomb("invalid UTF-8", b"name: \xff\xfe\xfd".repeat(MANY), &["not-utf8"]),
        bomb("half a character", b"name: \xf0\x9f\xa6", &["not-utf8"]),
        bomb("UTF-16", b"\xff\xfen\0a\0m\0e\0", &["not-utf8"]),
        bomb("control characters", [b"name: ", controls.as_slice()].concat(), &["invalid-yaml"]),
        bomb("zero bytes", vec![0; MANY], &["invalid-yaml"]),
        bomb(
            "escaped control characters",
            format!("{HEAD}\"\\x1b[2J\\u202e\": 1\n"),
            &["invalid-name", "unknown-key"],
        ),
        bomb("Windows", "element: hootsuite\r\nname: A\r\n", &[]),
        bomb("old Macintosh", "element: hootsuite\rname: A\r", &["invalid-yaml"]),
        bomb("directives", "%YAML 1.2\n".repeat(MANY / 2), &["invalid-yaml"]),
    ]
}

fn scalars() -> Vec<Bomb> {
    let value = |value: &str| format!("{HEAD}configuration:\n  a: {value}\n");
    vec![
        bomb("a huge integer", value(&"9".repeat(MANY)), &["ambiguous-number", "unknown-field"]),
        bomb("a huge exponent", value("1e999999999"), &["ambiguous-number", "unknown-field"]),
        bomb(
            "a huge fraction",
            value(&format!("0.{}", "1".repeat(MANY))),
            &["ambiguous-number", "unknown-field"],
        ),
        bomb(
            "a huge hexadecimal number",
            value(&format!("0x{}", "f".repeat(MANY))),
            &["ambiguous-number", "unknown-field"],
        ),
        bomb("not a number", value(".nan"), &["ambiguous-number", "unknown-field"]),
        bomb("infinity", value("-.inf"), &["ambiguous-number", "unknown-field"]),
        bomb(
            "a Python object",
            value("!!python/object/apply:os.system ['true']"),
            &["custom-tag", "unknown-field"],
        ),
        bomb("binary", value("!!binary aGVsbG8="), &["custom-tag", "unknown-field"]),
        bomb(
            "tags",
            format!("{HEAD}tags: [{}]", "!a ,".repeat(MANY)),
            &["custom-tag", "too-many-problems", "wrong-type"],
        ),
        bomb("a merge key", value("&a {b: 1}\n  <<: *a"), &["merge-key", "unknown-field"]),
        bomb(
            "keys of all kinds",
            value("{? [1] : 1, ? {b: 1} : 1, 1: 1, null: 1, true: 1}"),
            &["non-text-key", "unknown-field"],
        ),
    ]
}
