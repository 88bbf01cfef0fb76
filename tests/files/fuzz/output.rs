//! Invariants of every output, for any text.
//!
//! In: bytes, which become the names, tags, keys, values and errors of a plan, a result, a status and
//! diagnostics. Out: the number of texts, or the invariant that was broken, in words. This module is
//! shared with the cargo-fuzz target, so it uses nothing but the library and a parser of Markdown.

#[path = "html_page.rs"]
mod html_page;

use std::collections::BTreeSet;

use ocon::apply::{self, AffectedInstance, Outcome, StepResult};
use ocon::desired::{Code, DeclaredValue, Excerpt, HostRole, Problem, Related, Severity};
use ocon::doctor::{self, ChainLink};
use ocon::events::{self, ChangedObject, Delivery, Notification, ProviderEvent, SignatureCheck};
use ocon::instance::{
    BaseUrl, EventArrival, EventSettings, InstanceId, Key, Secrecy, Secret, SecretSource, Span,
    StoredValue, Value,
};
use ocon::plan::status::{
    CallbackMismatch, InstanceHealth, InstanceStatus, StatusReport, SyncState, UnmanagedInstance,
};
use ocon::plan::{
    AccountContent, Action, BlockCode, Blocked, Cause, Change, ConnectorUse, HostUse, Note,
    NoteCode, Plan, Stale, Step, Target, UnsetSecret, UntouchedCounts,
};
use ocon::report::diagnostics::{ColorChoice, github, render, sarif};
use ocon::report::file_links::FileLinks;
use ocon::report::html::{self, HtmlOptions};
use ocon::report::human::{self, Detail, Layout};
use ocon::report::json::{
    self, DeliveryDocument, DiagnosticsDocument, DoctorDocument, EventsDocument, Exit,
    FailureDocument, FailureTarget, PlanDocument, ResultDocument, StatusDocument,
};
use ocon::report::markdown::{self, CommentOptions};
use ocon::report::{annotations, style};
use ocon::safe_text::{is_harmless, quoted};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The word around every foreign text. It is a plain word, so only code may contain it.
const CANARY: &str = "zqforeignqz";

/// The separator of texts in the bytes.
const SEPARATOR: char = '\u{1e}';

/// The longest text.
const MAX_TEXT: usize = 2_000;

/// The maximum number of texts in one execution.
const MAX_TEXTS: usize = 3;

/// Texts that imitate other parts of an output.
pub(crate) const TEXTS: &[&str] = &[
    "a name",
    "x` was approved by the security team `y",
    "</code></summary></details><script>alert(1)</script>",
    "![pixel](https://evil.example/x.png) [click](javascript:alert(1)) <https://evil.example>",
    "line\n\n# Heading\n\n- item\n\n    code\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "\r\n::error file=a::b\r##[add-mask]c\n##vso[task.setvariable variable=a]b",
    "\u{1b}[31m\u{1b}]0;title\u{7}\u{9b}2J",
    "{\"a\": [1, \"\u{202e}\u{e0041}\"]}",
    "https://good.example/                                                            @evil.example",
    "\u{1e}second text\u{1e}third text",
];

/// Words with a meaning for a terminal, Markdown, HTML or a pipeline, separated by `¦`.
pub(crate) const WORDS: &str = concat!(
    "`¦``¦```¦~~~¦````¦\\`¦|¦\\|¦<¦>¦&¦&lt;¦&#96;¦\\¦[¦]¦(¦)¦](¦![¦*¦**¦_¦~~¦#¦# ¦- ¦> ¦1. ¦    ¦\n¦\n\n¦\r¦\r\n¦\t¦ ¦",
    "<b>¦</code>¦</details>¦<details>¦</summary>¦<!--¦-->¦<script>¦<img src=x>¦<https://a.example>¦<a@b.example>¦",
    "@team¦#1¦a/b#2¦0123456789abcdef¦https://evil.example¦www.evil.example¦:smile:¦$x$¦[x]¦- [ ] ¦---¦===¦|---|¦",
    "::¦::error::¦::stop-commands::x¦::add-mask::¦##[¦##[error]¦##vso[¦%0A¦%25¦::error file=a,line=1::b¦",
    "\u{0}¦\u{7}¦\u{8}¦\u{1b}¦\u{1b}[31m¦\u{1b}]8;;https://e.example\u{7}¦\u{7f}¦\u{85}¦\u{9b}¦\u{a0}¦\u{ad}¦\u{34f}¦",
    "\u{61c}¦\u{115f}¦\u{1680}¦\u{17b4}¦\u{180e}¦\u{2000}¦\u{200b}¦\u{200d}¦\u{200f}¦\u{2028}¦\u{2029}¦\u{202e}¦",
    "\u{2066}¦\u{2800}¦\u{3000}¦\u{3164}¦\u{e000}¦\u{fe0f}¦\u{feff}¦\u{ffa0}¦\u{fff9}¦\u{fffc}¦\u{fffe}¦\u{1d173}¦",
    "\u{e0001}¦\u{e0041}¦\u{e0100}¦\u{10ffff}¦\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}¦\u{483}¦ü¦日本¦👩\u{200d}💻¦",
    "\u{1e}¦zqforeignqz¦${{ env.A }}¦{id}¦(secret)¦…¦→¦+ ¦@@ x @@¦diff¦text¦\\u{60}¦\\n¦\"¦'¦{\"a\":1}¦[\"a\"]",
);

/// Writes the bytes in every format. Returns the number of texts in them.
///
/// # Errors
///
/// Returns the first broken invariant.
pub(crate) fn check(bytes: &[u8]) -> Result<usize, String> {
    let all = String::from_utf8_lossy(bytes);
    let cut = |text: &str| text.get(..text.floor_char_boundary(MAX_TEXT)).map(str::to_owned);
    let pieces = all.split(SEPARATOR).take(MAX_TEXTS).filter_map(cut);
    let texts: Vec<String> = pieces.map(|text| format!("{CANARY}{text}{CANARY}")).collect();
    let width = 40 + bytes.len() % 80;
    let plan = plan(&texts);
    plans(&plan, &texts, width)?;
    outcomes(&plan, &texts, width)?;
    statuses(&plan, &texts, width)?;
    diagnostics(&texts, width)?;
    incoming(&texts)?;
    failures(&texts, width)?;
    Ok(texts.len())
}

fn plans(plan: &Plan, texts: &[String], width: usize) -> Result<(), String> {
    let document = PlanDocument::sealed(plan, &|_| String::new());
    terminal("plan as text", &human::plan(&document, Layout { width, ..Layout::default() }))?;
    exact("plan as JSON", &document)?;
    for max_bytes in [2_000, 65_000] {
        let comment = markdown::plan(&document, &frame(max_bytes));
        page("plan as a comment", &comment, max_bytes)?;
        let reason = format!("{} is in the way", quoted(text(texts, 0)));
        page("refusal", &markdown::refused(&document, &reason, &frame(max_bytes)), max_bytes)?;
    }
    html_page("plan as a page", &html::plan(&document, &html_frame()))?;
    let reason = format!("{} is in the way", quoted(text(texts, 0)));
    html_page("refusal as a page", &html::refused(&document, &reason, &html_frame()))?;
    let commands = plan.steps.len() + plan.blocked.len() + plan.notes.len();
    workflow("plan as commands", &annotations::plan(&document, &str::to_owned), commands)
}

fn outcomes(plan: &Plan, texts: &[String], width: usize) -> Result<(), String> {
    let outcome = outcome(texts);
    let result = ResultDocument::new(&outcome, 1);
    terminal("result as text", &human::outcome(&result, Layout { width, ..Layout::default() }))?;
    exact("result as JSON", &result)?;
    let document = PlanDocument::sealed(plan, &|_| String::new());
    html_page("result as a page", &html::outcome(&document, &result, &html_frame()))?;
    page("result as a comment", &markdown::outcome(&document, &result, &frame(65_000)), 65_000)
}

fn statuses(plan: &Plan, texts: &[String], width: usize) -> Result<(), String> {
    let status = status(plan, texts);
    let document = StatusDocument::new(&status, &plan.target, true).with_unmanaged(&status);
    terminal("status as text", &human::status(&document, Layout { width, ..Layout::default() }))?;
    exact("status as JSON", &document)?;
    html_page("status as a page", &html::status(&document, &html_frame()))?;
    page("status as a comment", &markdown::status(&document, &frame(65_000)), 65_000)
}

fn diagnostics(texts: &[String], width: usize) -> Result<(), String> {
    let found: Vec<Problem> = texts.iter().map(|text| problem(text)).collect();
    let document = DiagnosticsDocument::new(None, &found);
    let problems = &document.problems;
    let mut equal = problems.clone();
    for problem in &mut equal {
        problem.help = vec!["remove it".to_owned()];
    }
    let forms = [(problems, Detail::Complete), (&equal, Detail::Grouped)];
    for (problems, detail) in forms {
        for color in [ColorChoice::Plain, ColorChoice::Styled] {
            // The renderer marks a second file with `:::`.
            let shown = render(problems, color, Some(width), detail).replace("::: ", "");
            terminal("problems as text", &shown)?;
        }
    }
    exact("problems as JSON", &document)?;
    workflow("problems as commands", &github::render(problems), found.len())?;
    let log = sarif::render(problems);
    in_log("problems as SARIF", &log)?;
    let log: serde_json::Value = serde_json::from_str(&log).map_err(|error| error.to_string())?;
    let messages = log.to_string();
    if messages.contains("](") {
        return Err(format!("SARIF with a link: {messages}"));
    }
    Ok(())
}

fn incoming(texts: &[String]) -> Result<(), String> {
    let event = |text: &String| ProviderEvent {
        id: text.clone(),
        date: text.clone(),
        status: text.clone(),
        objects: vec![ChangedObject { what: text.clone(), kind: text.clone(), id: text.clone() }],
    };
    let events: Vec<ProviderEvent> = texts.iter().map(event).collect();
    let document = EventsDocument::new(&key(), id(), &events);
    terminal("events as text", &human::events(&document))?;
    in_log("events as JSON", &json::render(&document))?;
    for text in texts {
        let delivery = Delivery {
            id: text.clone(),
            signature: SignatureCheck::Holds,
            outcome: events::DeliveryOutcome::Accepted(Notification {
                event: text.clone(),
                objects: vec![ChangedObject {
                    what: text.clone(),
                    kind: text.clone(),
                    id: text.clone(),
                }],
            }),
            replayed: true,
        };
        let document = DeliveryDocument::new(&delivery, "now");
        terminal("delivery as text", &human::delivery(&document))?;
        in_log("delivery as JSON", &json::line(&document))?;
    }
    let link = |text: &String| ChainLink {
        name: doctor::LinkName::Instance,
        state: doctor::LinkState::Broken,
        says: text.clone(),
        advice: Some(text.clone()),
    };
    let links: Vec<ChainLink> = texts.iter().map(link).collect();
    let document = DoctorDocument::new(&key(), Some(id()), &links);
    terminal("links as text", &human::doctor(&document))?;
    in_log("links as JSON", &json::render(&document))
}

fn failures(texts: &[String], width: usize) -> Result<(), String> {
    let message = texts.join("\n");
    let shown = style::message("error:", &style::clean(&message), Some(width));
    terminal("error", &shown)?;
    let target = FailureTarget {
        base_url: Some("https://api.example.com/elements/api-v2".to_owned()),
        project: "shop".to_owned(),
    };
    let failure =
        FailureDocument { target: Some(target), ..FailureDocument::new(Exit::Other, message) };
    html_page("failure as a page", &html::failure("plan", &failure, &html_frame()))?;
    page("failure as a comment", &markdown::failure("plan", &failure, &frame(8_000)), 8_000)
}

fn text(texts: &[String], number: usize) -> &str {
    texts.get(number % texts.len().max(1)).map_or(CANARY, String::as_str)
}

fn key() -> Key {
    "team/shop".parse().expect("a valid document key")
}

fn id() -> InstanceId {
    InstanceId::new(20_931)
}

fn span(text: &str) -> Span {
    Span { file: format!("instances/{text}.yaml").into(), line: 3, column: 1 }
}

fn frame(max_bytes: usize) -> CommentOptions {
    CommentOptions { max_bytes, links: file_links(), report_url: None }
}

fn html_frame() -> HtmlOptions {
    HtmlOptions { links: file_links() }
}

fn file_links() -> FileLinks {
    FileLinks::below("https://forge.example/o/r/blob/abc")
}

fn step(texts: &[String], action: Action) -> Step {
    let text = |number| text(texts, number).to_owned();
    let before = (action != Action::Create).then(|| text(1));
    let tags = |number| BTreeSet::from([text(number), "tag".to_owned()]);
    let public = |value: String| DeclaredValue {
        is_shown_by_platform: false,
        value: Value::text(value),
        secrecy: Secrecy::Public,
        platform_written: false,
        host_role: HostRole::Other,
        at: span("a"),
    };
    let seen = |text: String| StoredValue::Text(Secret::new(text));
    let changes = vec![
        Change::Name { before: before.clone(), after: text(0) },
        Change::Tags { before: before.as_ref().map(|_| tags(1)), after: tags(0) },
        Change::Configuration {
            key: text(0),
            before: before.clone().map(seen),
            after: public(text(2)),
        },
        Change::Configuration {
            key: "event.poller.configuration".to_owned(),
            before: before.map(seen),
            after: public(text(0).repeat(2)),
        },
    ];
    Step {
        key: key(),
        at: (action != Action::Delete).then(|| span(&text(0))),
        connector: "stripe".parse().expect("a valid connector key"),
        name: text(0),
        id: (action != Action::Create).then(id),
        action,
        cause: Cause::File,
        changes: if action == Action::Delete { Vec::new() } else { changes },
        unchanged: 1,
        tags: None,
        second_tags: None,
        hides_stored: false,
        basis: String::new(),
        events: EventSettings::default(),
    }
}

fn plan(texts: &[String]) -> Plan {
    let message = |text: &str| format!("there is {}: add `moved_from: old`", quoted(text));
    let blocked = |text: &String| Blocked {
        key: key(),
        at: span(text),
        code: BlockCode::ForeignNamesake,
        message: message(text),
    };
    let note = |text: &String| Note {
        code: NoteCode::Orphan,
        key: key(),
        instance_id: Some(id()),
        host: text
            .len()
            .is_multiple_of(2)
            .then(|| HostUse { host: quoted(text).to_string(), gets: message(text) }),
        message: message(text),
        help: Some(message(text)),
    };
    let unset = |text: &String| UnsetSecret {
        at: span(text),
        key: key(),
        source: SecretSource::File(text.clone()),
    };
    let steps = [Action::Create, Action::Update, Action::Delete];
    Plan {
        target: Target {
            base_url: BaseUrl::new("https://api.example.com/elements/api-v2"),
            project: "shop".parse().expect("a valid project"),
        },
        partial: true,
        steps: steps.map(|action| step(texts, action)).into(),
        blocked: texts.iter().map(blocked).collect(),
        stale: vec![Stale {
            key: key(),
            action: Action::Update,
            at: Some(span(text(texts, 0))),
            guarded: false,
            message: message(text(texts, 1)),
            steps: vec![step(texts, Action::Update)],
        }],
        notes: texts.iter().map(note).collect(),
        untouched: UntouchedCounts::default(),
        reads: 1,
        account: None,
        managed: ocon::plan::AccountSize { instances: 1, page_size: 1 },
        unset: texts.iter().map(unset).collect(),
        content: Some(content(texts)),
    }
}

fn outcome(texts: &[String]) -> Outcome {
    let failure = |text: &str| apply::StepFailure {
        code: apply::FailureCode::ProviderRefused.into(),
        message: format!("HTTP 400: {} (see `ocon explain`)", quoted(text)),
        request_id: Some(text.to_owned()),
        refusal: None,
    };
    let touched = |text: &str| AffectedInstance {
        id: id(),
        arrival: EventArrival::NotWanted,
        webhook_url: Some(text.to_owned()),
        token: None,
        from_own_create: true,
    };
    let result = |action, status| StepResult {
        key: key(),
        action: Some(action),
        instance: Some(touched(text(texts, 0))),
        status,
        register_webhook: true,
    };
    let (one, other) = (failure(text(texts, 0)), failure(text(texts, 1)));
    Outcome {
        results: vec![
            result(Action::Create, apply::StepStatus::Done),
            result(Action::Update, apply::StepStatus::Failed(one)),
            result(Action::Create, apply::StepStatus::Unknown(other)),
        ],
        notes: Vec::new(),
        interrupted: false,
    }
}

fn content(texts: &[String]) -> AccountContent {
    let connector = |text: &String| ConnectorUse { connector: text.clone(), instances: 2 };
    let connectors = texts.iter().map(connector).collect();
    AccountContent { instances: 2 * texts.len(), of_other_projects: 1, connectors }
}

fn status(plan: &Plan, texts: &[String]) -> StatusReport {
    let row = |text: &String| InstanceStatus {
        key: key(),
        connector: text.clone(),
        name: text.clone(),
        state: SyncState::Orphan,
        needs_attention: true,
        instance: Some(InstanceHealth {
            id: id(),
            valid: false,
            enabled: true,
            events: true,
            webhook_url: Some(text.clone()),
        }),
    };
    let finding = |text: &String| CallbackMismatch {
        id: id(),
        connector: text.clone(),
        name: text.clone(),
        carries: id(),
    };
    let unmanaged =
        |text: &String| UnmanagedInstance { id: id(), connector: text.clone(), name: text.clone() };
    StatusReport {
        rows: texts.iter().map(row).collect(),
        blocked: plan.blocked.clone(),
        findings: texts.iter().map(finding).collect(),
        unmanaged: texts.iter().map(unmanaged).collect(),
        unset: plan.unset.clone(),
        content: plan.content.clone(),
    }
}

fn problem(text: &str) -> Problem {
    let line: String = text.split(['\n', '\r']).next().unwrap_or_default().to_owned();
    let end = line.len();
    let excerpt = Excerpt { line, start: 2, end };
    let message = format!("there is {}", quoted(text));
    Problem {
        code: Code::DuplicateKey,
        severity: Severity::Error,
        message: message.clone(),
        at: span(text),
        excerpt: Some(excerpt.clone()),
        label: Some(message.clone()),
        help: vec![message.clone()],
        related: Some(Related { at: span(text), excerpt: Some(excerpt), label: message }),
    }
}

/// A text for a terminal: its only escape sequences are the ones that choose a style.
fn terminal(what: &str, text: &str) -> Result<(), String> {
    in_log(what, &without_styles(text))
}

/// The text without the escape sequences that only choose a style.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.extend(["\u{1b}[", part]),
        }
    }
    plain
}

/// A text that a pipeline writes to its log.
fn in_log(what: &str, text: &str) -> Result<(), String> {
    if !is_harmless(text) {
        return Err(format!("{what}: a character that must be shown escaped: {text:?}"));
    }
    let commands = |line: &&str| line.trim_start().starts_with("::");
    if let Some(line) = text.lines().find(commands) {
        return Err(format!("{what}: a workflow command: {line:?}"));
    }
    match ["##[", "##vso["].iter().find(|command| text.contains(**command)) {
        Some(command) => Err(format!("{what}: the command {command}: {text:?}")),
        None => Ok(()),
    }
}

/// A document is harmless in a log, and parsing it returns the original.
fn exact<T: Serialize + DeserializeOwned>(what: &str, document: &T) -> Result<(), String> {
    let text = json::render(document);
    in_log(what, &text)?;
    let read: T = serde_json::from_str(&text).map_err(|error| format!("{what}: {error}"))?;
    if json::render(&read) == text {
        Ok(())
    } else {
        Err(format!("{what}: it is another document now"))
    }
}

/// This number of commands, each on its own line.
fn workflow(what: &str, text: &str, commands: usize) -> Result<(), String> {
    if !is_harmless(text) {
        return Err(format!("{what}: a character that must be shown escaped: {text:?}"));
    }
    let is_ours = |line: &&str| {
        ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own))
    };
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    if lines.len() != commands || !lines.iter().all(is_ours) {
        return Err(format!("{what}: {commands} commands are {} lines: {text:?}", lines.len()));
    }
    // `::name properties::message`: whatever is in a property, it ends neither this nor the command.
    let is_broken = |line: &&&str| {
        let head = line.get(2..).and_then(|rest| rest.split_once("::")).map(|(head, _)| head);
        let properties = head.and_then(|head| head.split_once(' ')).map(|(_, rest)| rest);
        properties.is_none_or(|rest| {
            let known = ["file=", "line=", "col=", "endColumn=", "title="];
            !rest.split(',').all(|property| known.iter().any(|name| property.starts_with(name)))
        })
    };
    match lines.iter().find(is_broken) {
        Some(line) => Err(format!("{what}: {line:?}")),
        None => Ok(()),
    }
}

/// A page of HTML: foreign text is text, and nothing else of the page is foreign.
fn html_page(what: &str, page: &str) -> Result<(), String> {
    in_log(what, page)?;
    match html_page::foreign(page) {
        Some(found) => Err(format!("{what}: {found}\n{page}")),
        None => Ok(()),
    }
}

/// A page of Markdown: foreign text is code, and nothing else of the page is foreign.
fn page(what: &str, page: &str, max_bytes: usize) -> Result<(), String> {
    in_log(what, page)?;
    if page.len() > max_bytes {
        return Err(format!("{what}: {} bytes", page.len()));
    }
    match foreign(page) {
        Some(found) => Err(format!("{what}: {found}\n{page}")),
        None => Ok(()),
    }
}

/// The parts of a page that are not words of ours, code, tables, headings, folds and links to files.
fn foreign(page: &str) -> Option<String> {
    const OURS: [&str; 6] =
        ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut in_block = false;
    for event in Parser::new_ext(page, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest =
                    OURS.iter().fold(html.to_string(), |rest, tag| rest.replace(tag, ""));
                if let Some(marker) = rest.strip_prefix("<!-- ocon-") {
                    rest = marker.replacen("-->", "", 1);
                }
                if rest.contains(['<', '>']) {
                    return Some(format!("HTML {html}"));
                }
            }
            Event::Start(Tag::Link { dest_url, .. })
                if !dest_url.starts_with("https://forge.example/o/r/blob/abc/") =>
            {
                return Some(format!("a link to {dest_url}"));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if ["diff", "text"].contains(&&*language) =>
            {
                in_block = true;
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Start(
                tag @ (Tag::CodeBlock(_)
                | Tag::Image { .. }
                | Tag::Emphasis
                | Tag::Strikethrough
                | Tag::FootnoteDefinition(_)),
            ) => return Some(format!("{tag:?}")),
            Event::Text(text) if !in_block && text.contains(CANARY) => {
                return Some(format!("words {text:?}"));
            }
            Event::TaskListMarker(_) | Event::Rule => return Some("structure".to_owned()),
            _ => {}
        }
    }
    None
}
