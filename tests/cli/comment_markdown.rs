//! Comments for pull requests, parsed as `CommonMark`: hostile text stays text.

use ocon::instance::FieldPath;
use ocon::plan::{Action, BlockCode, Cause, ChangeKind, NoteCode};
use ocon::report::file_links::FileLinks;
use ocon::report::json::{
    PlanBlocked, PlanChange, PlanDocument, PlanNote, PlanRequests, PlanStep, PlanSummary,
    PlanTarget, PlanValue, PlanValues,
};
use ocon::report::markdown::{self, CommentOptions, DEFAULT_MAX_BYTES};
use ocon::safe_text::{quoted, unquoted};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Text that tries to become something else in a comment.
const HOSTILE: [&str; 14] = [
    "</code></summary></details><script>alert(1)</script>",
    "![pixel](https://evil.example/x.png)",
    "[click](javascript:alert(1)) <https://evil.example>",
    "@everyone #1 owner/name#2 0123456789abcdef",
    "`` ` ``` ~~~ ```` end",
    "a | b | c \\| d",
    "line\n\n# Heading\n\n- item\n\n    code",
    "<!-- ocon-plan project=other at=other -->",
    "<!-- --> <img src=x onerror=alert(1)>",
    "\u{202e}desrever\u{2066} \u{200b}zero",
    "&lt;b&gt; &#64;all $x^2$ :smile: ~~gone~~ **bold** _it_",
    "```suggestion\nrm -rf /\n```",
    "https://evil.example www.evil.example a@evil.example",
    "\r\n::error::x\r##[add-mask]y",
];

fn text(value: &str) -> PlanValue {
    PlanValue::Text(value.to_owned())
}

fn change(path: &str, before: &str, after: &str) -> PlanChange {
    PlanChange {
        path: FieldPath::Configuration(path.to_owned()),
        kind: ChangeKind::Change,
        values: PlanValues::Public { before: Some(text(before)), after: Some(text(after)) },
        known_after_create: false,
        hint: None,
    }
}

fn name(before: &str, after: &str) -> PlanChange {
    PlanChange { path: FieldPath::Name, ..change("", before, after) }
}

/// The configuration of a poller: `lines` lines of JSON, a few of which differ.
fn poller(lines: usize, since: usize) -> String {
    let lines = (0..lines).map(|n| match n % 50 {
        7 => format!("  \"since-{n}\": {since}"),
        _ => format!("  \"resource-{n}\": \"/hubs/crm/objects?where=lastRunDate>{n}\""),
    });
    format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join(",\n"))
}

fn step(n: usize, hostile: &str, changes: Vec<PlanChange>) -> PlanStep {
    PlanStep {
        key: format!("team/instance-{n}"),
        file: Some(format!("instances/{hostile}-{n}.yaml")),
        line: Some(1),
        action: [Action::Update, Action::Create, Action::Delete, Action::Update][n % 4],
        cause: [Cause::File, Cause::File, Cause::Requested, Cause::Remote][n % 4],
        connector: "hubspot".to_owned(),
        name: format!("{hostile} {n}"),
        instance_id: (n % 4 != 1).then_some(20_000 + n as u64),
        changes,
        requests: Vec::new(),
        basis: String::new(),
        unchanged: 0,
    }
}

fn plan(steps: Vec<PlanStep>, hostile: &[&str]) -> PlanDocument {
    let count = |action| steps.iter().filter(|step| step.action == action).count();
    let summary = PlanSummary {
        create: count(Action::Create),
        update: count(Action::Update),
        delete: count(Action::Delete),
        blocked: hostile.len(),
        unchanged: 17,
        ..PlanSummary::default()
    };
    let blocked = |hostile: &&str| PlanBlocked {
        key: (*hostile).to_owned(),
        file: (*hostile).to_owned(),
        line: 3,
        code: BlockCode::IdNotFound,
        message: format!("there is no instance {}, nor {}", quoted(hostile), unquoted(hostile)),
        guard: false,
    };
    let of_host = |hostile: &&str| PlanNote {
        code: NoteCode::SecretToHost,
        key: (*hostile).to_owned(),
        instance_id: Some(1),
        host: Some(quoted(hostile).to_string()),
        gets: Some("password".to_owned()),
        message: format!("{} gets password", quoted(hostile)),
        help: None,
    };
    let note = |hostile: &&str| PlanNote {
        code: NoteCode::Orphan,
        key: (*hostile).to_owned(),
        instance_id: Some(1),
        host: None,
        gets: None,
        message: format!("its name is {}: add `moved_from: old`", quoted(hostile)),
        help: None,
    };
    PlanDocument {
        format: "ocon-plan".to_owned(),
        version: 1,
        target: PlanTarget {
            base_url: "https://api.openconnectors.us2.ext.hanatrial.ondemand.com/elements/api-v2"
                .to_owned(),
            project: "marketing".to_owned(),
        },
        partial: false,
        summary,
        blocked: hostile.iter().map(blocked).collect(),
        unset: Vec::new(),
        notes: hostile.iter().map(note).chain(hostile.iter().map(of_host)).collect(),
        steps,
        stale: Vec::new(),
        account: None,
        requests: PlanRequests { read: 11, write: 2000, check: 3 },
        digest: String::new(),
    }
}

fn frame(max_bytes: usize) -> CommentOptions {
    let links = FileLinks::below("https://forge.example/o/r/blob/abc");
    CommentOptions { max_bytes, links, report_url: None }
}

/// The parts of a comment other than text, code, tables, headings and the links and folds of ocon.
fn foreign(comment: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut found = Vec::new();
    let (mut in_block, mut is_strong) = (false, false);
    let ours = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];
    for event in Parser::new_ext(comment, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.to_string();
                for tag in ours {
                    rest = rest.replace(tag, "");
                }
                let is_marker = rest.starts_with("<!-- ocon-plan project=marketing at=");
                if rest.contains(['<', '>']) && !is_marker {
                    found.push(format!("html {html}"));
                }
            }
            Event::Start(Tag::Link { dest_url, .. })
                if !dest_url.starts_with("https://forge.example/o/r/blob/abc/")
                    || dest_url.contains("/..") =>
            {
                found.push(format!("link {dest_url}"));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == "diff" =>
            {
                in_block = true;
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Start(Tag::Strong) => is_strong = true,
            Event::End(TagEnd::Strong) => is_strong = false,
            // Only keys, in code, and words of ocon are strong.
            Event::Text(text) if is_strong && !is_strong_word(&text) => {
                found.push(format!("strong {text}"));
            }
            Event::Start(
                tag @ (Tag::CodeBlock(_) | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough),
            ) => found.push(format!("{tag:?}")),
            // Outside of code, a forge turns text into mentions, references and links.
            Event::Text(text) if !in_block && text.contains(['@', '#', '<', '>', '\\']) => {
                found.push(format!("text {text}"));
            }
            _ => {}
        }
    }
    found
}

/// Whether a strong text is one of ocon: an answer, or a word of a list item.
fn is_strong_word(text: &str) -> bool {
    let beginnings =
        ["Secrets or events of existing", ". Make sure", " and ", "changed", "Partial"];
    let counts = ["deleted.", "refused.", "blocked.", "stale.", "instances"];
    let is_count = text.starts_with(|c: char| c.is_ascii_digit())
        && counts.iter().any(|end| text.ends_with(end));
    is_count || beginnings.iter().any(|beginning| text.starts_with(beginning))
}

/// The words of a comment outside of code.
fn words(comment: &str) -> String {
    let words = |event| match event {
        Event::Text(text) => Some(text.to_string() + "\n"),
        _ => None,
    };
    Parser::new_ext(comment, Options::ENABLE_TABLES).filter_map(words).collect()
}

#[test]
fn a_name_with_backticks_stays_within_its_code_span() {
    let name = "x` was approved by the security team `y";
    for (name, shown) in
        [(name, "x\\u{60} was approved by the security team \\u{60}y"), ("`", "\\u{60}")]
    {
        let mut document = plan(Vec::new(), &[name]);
        document.blocked.clear();
        let comment = markdown::plan(&document, &frame(DEFAULT_MAX_BYTES));
        assert!(
            comment.contains(&format!("its name is `{shown}`: add `moved_from: old`")),
            "{comment}"
        );
        assert!(!words(&comment).contains("approved"), "{comment}");
        assert_eq!(foreign(&comment), Vec::<String>::new());
    }
}

/// The text outside of code blocks, where a forge searches for mentions and URLs.
fn headings(comment: &str) -> Vec<String> {
    let mut headings = Vec::new();
    let mut inside = false;
    for event in Parser::new_ext(comment, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                inside = true;
                headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => inside = false,
            Event::Text(text) if inside => headings.last_mut().unwrap().push_str(&text),
            _ => {}
        }
    }
    headings
}

#[test]
fn two_thousand_hostile_changes_fit_into_a_comment_with_all_numbers() {
    let (before, after) = (poller(200, 1), poller(200, 2));
    let steps = (0..2_000).map(|n| {
        let hostile = HOSTILE[n % HOSTILE.len()];
        let poller = change("event.poller.configuration", &before, &after);
        step(n, hostile, vec![name(hostile, "wanted"), poller])
    });
    let document = plan(steps.collect(), &HOSTILE);
    let comment = markdown::plan(&document, &frame(DEFAULT_MAX_BYTES));
    assert!(comment.len() <= 65_000, "{}", comment.len());
    assert!(comment.len() > 60_000, "space is left: {}", comment.len());
    assert_eq!(foreign(&comment), Vec::<String>::new());
    assert_eq!(
        headings(&comment),
        [
            "ocon plan: 500 to create, 1000 to update (500 remote drift), 500 to delete, 14 blocked; 17 unchanged",
            "Blocked: 14",
            "To delete: 500",
            "Hosts that get secrets or events: 14",
            "To create: 500",
            "To update: 500",
            "Drift: 500",
            "Notes: 14",
        ]
    );
}

#[test]
fn a_diff_that_fits_is_shown() {
    let change =
        change("configuration.event.poller.configuration", &poller(200, 1), &poller(200, 2));
    let document = plan(vec![step(0, "HubSpot", vec![change])], &[]);
    let comment = markdown::plan(&document, &frame(DEFAULT_MAX_BYTES));
    assert!(comment.contains("\n-   \"since-7\": 1,\n+   \"since-7\": 2,\n"), "{comment}");
    assert!(comment.len() < 6_000, "lines that are equal are left out: {}", comment.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_its_place(
        texts in prop::collection::vec("[`~|<>\\\\@#!\\[\\]()*_&;: \n\r\ta-c1é\u{202e}\u{200b}-]{0,24}", 1..4),
        max_bytes in prop::sample::select(vec![2_000_usize, 65_000]),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let steps = texts.iter().enumerate().map(|(n, text)| {
            step(n, text, vec![change(text, text, &format!("{text}\n{text}")), name("", text)])
        });
        let comment = markdown::plan(&plan(steps.collect(), &texts), &frame(max_bytes));
        prop_assert_eq!(foreign(&comment), Vec::<String>::new(), "{}", comment);
        prop_assert!(comment.len() <= max_bytes);
    }
}
