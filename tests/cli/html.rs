//! `--format html`, `--report FILE` and `--report-url URL`.

use ocon::sandbox::{Faults, SandboxOptions};
use serde_json::json;
use snapbox::str;

use crate::markdown::mixed;
use crate::snapshot::Snapshot as _;
use crate::support::{CRM, Run, SHOP, World};

/// Text that does harm wherever it is not escaped.
pub(crate) const HOSTILE: &str =
    "</style><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&amp; @all שלום";

/// A folder with this number of documents to create: with hostile texts, long keys and events.
pub(crate) fn many(number: usize) -> World {
    let world = World::new(&[]).on_sandbox();
    for at in 0..number {
        let folder = if at % 3 == 0 { "k".repeat(70) } else { "shops".to_owned() };
        let events = "event.notification.enabled: true\n  \
                      event.notification.callback.url: ${{ instance.webhook_url }}";
        let text = json!(HOSTILE);
        let name = json!(format!("שלום \"Shop\" & 'more' 支社 {at}"));
        let file = format!(
            "element: stripe\nname: {name}\ntags: [shop]\nconfiguration:\n  {events}\n  pagination.type: {text}\n"
        );
        world.write(&format!("instances/{folder}/{at:04}.yaml"), file);
    }
    world
}

/// A document with a value of a mebibyte, almost.
pub(crate) fn long() -> String {
    format!("{SHOP}configuration: {{ pagination.type: \"{}\" }}\n", "x".repeat(1_048_000))
}

/// Checks what holds for every page, and returns it.
fn page(run: &Run) -> String {
    let page = run.stdout.clone();
    assert_is_safe(&page);
    page
}

/// Checks that a page is one file that runs and loads nothing.
pub(crate) fn assert_is_safe(page: &str) {
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\"><head>"), "{page}");
    assert!(page.ends_with("</body></html>\n"), "{page}");
    let policy = "content=\"default-src &#39;none&#39;; style-src &#39;sha256-";
    assert!(page.contains(policy), "the page has its policy: {page}");
    for refused in ["<script", "<img", "<link", "<iframe", "@import", "url("] {
        let found = page.find(refused).map(|at| page[at..].chars().take(80).collect::<String>());
        assert_eq!(found, None, "{refused}");
    }
    let opened = page.matches("<details").count();
    assert_eq!(opened, page.matches("</details>").count());
    assert_eq!(page.matches("<h1").count(), 1);
}

/// The text of a page without its markup, one block per line.
fn text(page: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    let blocks = ["</p>", "</li>", "</h1>", "</h2>", "</summary>", "</tr>", "</div>", "</dt>"];
    let mut body = body.to_owned();
    for block in blocks {
        body = body.replace(block, &format!("\n{block}"));
    }
    let mut text = String::new();
    for piece in body.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`")];
    let text = entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c));
    text.replace("&amp;", "&")
}

#[test]
fn a_plan_is_a_page_in_the_order_of_a_decision() {
    let mut world = mixed();
    world.set("GITHUB_SERVER_URL", "https://github.com");
    world.set("GITHUB_REPOSITORY", "owner/name");
    world.set("GITHUB_SHA", "0123abc");
    let run = world.ocon("plan --prune --format html");
    let page = page(&run);
    assert_eq!(run.exit, 0);
    assert!(
        page.contains("href=\"https://github.com/owner/name/blob/0123abc/instances/chat.yaml#L1\"")
    );
    assert!(page.contains("<del> @all</del>"), "{page}");
    world.constant(&text(&page)).is(str![[r#"
Skip to the resultocon plan
Project tests at http://127.0.0.1:[PORT]/elements/api-v2
1 to create, 2 to update (1 remote drift), 1 to delete, 1 blocked.
-1 instance is deleted.
✓This plan writes no secret, and ocon finds no other host that gets secrets or events.
→1 instance was changed on the platform. An apply overwrites that.
!1 document is blocked.
Instances by state1 changed in the files, 1 drifted, 1 missing, 1 blocked, 1 without a file~1 changed in the files
≠1 drifted
+1 missing
!1 blocked
?1 without a file
Requests: 3 read, 4 to write, 2 to check.
Blocked (1)
To delete (1)
To create (1)
To update (1)
Drift (1)
Blocked 1
chat instances/chat.yaml:1
instance 999 does not exist. To create a new one, remove the line id: 999 (id-not-found)
To delete 1
Instances to deleteinstanceconnectorID
old Oldcloseio #20932
To create 1
+ create new New stripe
instances/new.yaml:1
set tags
+shop
To update 1
~ update desk Help desk servicenow #20931
instances/desk.yaml:1
change tags
-support
+night, support
5 unchanged
Drift 1
These changes were made on the platform, not in the files. An apply overwrites them.
~ update shop Shop stripe #20933 remote drift
instances/shop.yaml:1
change name
-Shop @all
+Shop
1 unchanged
Written by ocon. The words in brackets are codes: run ocon explain CODE for each.
"#]]);
}

#[test]
fn the_chain_of_events_is_a_picture_with_a_text() {
    let run = many(1).ocon("plan --format html");
    let page = page(&run);
    for expected in [
        "<svg viewBox=\"0 0 400 82\" role=\"img\"><title>How its events travel</title>",
        "<b>callback URL</b>: the provider sends it to <code>http://127.0.0.1:",
        "/events/stripe/(base64 of the id, known after create)</code>",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
}

#[test]
fn hostile_text_is_text() {
    let run = many(3).ocon("plan --format html");
    let page = page(&run);
    assert!(page.contains("&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(text(&page).contains(HOSTILE), "{}", text(&page));
}

#[test]
fn an_outcome_is_a_page() {
    let refused =
        "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    let options =
        SandboxOptions { faults: Faults::parse(refused).unwrap(), ..SandboxOptions::default() };
    let files = [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)];
    let world = World::new(&files).on_sandbox_with(options).with_password();
    let run = world.ocon("apply --yes --quiet --concurrency 1 --format html");
    assert_eq!(run.exit, 3);
    world.constant(&text(&page(&run))).is(str![[r#"
Skip to the resultocon apply
Project tests at http://127.0.0.1:[PORT]/elements/api-v2
1 created; 1 failed.
Running it again is safe.
Instances by state1 done, 1 failed✓1 done
×1 failed
Failed (1)
Done (1)
Failed 1
desk create
POST /instances failed: HTTP 403 Forbidden: The sandbox simulates this error (request [REQUEST]) (platform-refused)
Done 1
+ create shop Shop stripe #20931
instances/shop.yaml:1
set tags
+shop
Written by ocon. The words in brackets are codes: run ocon explain CODE for each.
"#]]);
}

#[test]
fn a_refused_apply_is_a_page_with_the_plan() {
    let run = mixed().ocon("apply --prune --max-deletes 0 --yes --quiet --format html");
    let text = text(&page(&run));
    assert_eq!(run.exit, 7);
    let first = text.find("Refused, nothing was applied 1\nthe plan deletes 1 of 3").unwrap();
    assert!(first < text.find("To delete 1\n").unwrap(), "{text}");
}

#[test]
fn a_status_is_a_page() {
    let world = mixed();
    let run = world.ocon("status --format html");
    world.constant(&text(&page(&run))).is(str![[r#"
Skip to the resultocon status
Project tests at http://127.0.0.1:[PORT]/elements/api-v2
1 blocked, 1 missing, 2 drifted, 1 orphan.
Instances by state2 drifted, 1 missing, 1 blocked, 1 orphan≠2 drifted
+1 missing
!1 blocked
?1 orphan
Blocked (1)
Needs attention (4)
Blocked 1
chat instances/chat.yaml:1
instance 999 does not exist. To create a new one, remove the line id: 999 (id-not-found)
Needs attention 4
+ missing new New stripe
There is no instance.
≠ drifted desk Help desk servicenow #20931
valid
yes
enabled
yes
events
no
≠ drifted shop Shop @all stripe #20933
valid
yes
enabled
yes
events
no
? orphan old Old closeio #20932
valid
yes
enabled
yes
events
no
Written by ocon. The words in brackets are codes: run ocon explain CODE for each.
"#]]);
}

#[test]
fn a_failure_is_a_page_that_says_what_failed() {
    let mut world =
        World::new(&[("instances/shop.yaml", "element: stripe\nnmae: <b>\n")]).on_sandbox();
    let run = world.ocon("plan --format html");
    assert_eq!(run.exit, 5);
    world.constant(&text(&page(&run))).is(str![[r#"
Skip to the resultocon plan
Project tests at http://127.0.0.1:[PORT]/elements/api-v2
Failed: there is no result.
the files are invalid
Exit code 5, invalid
Errors 2
missing-key
instances/shop.yaml:1: this document does not have the required key name, begins here
unknown-key
help: did you mean name?
instances/shop.yaml:2: nmae is not a key of a document
Written by ocon. The words in brackets are codes: run ocon explain CODE for each.
"#]]);
    world.write("instances/shop.yaml", SHOP);
    world.set("OCON_BASE_URL", "http://127.0.0.1:9/elements/api-v2");
    let run = world.ocon("status --format html");
    assert_eq!(run.exit, 6);
    assert!(text(&page(&run)).contains("Exit code 6, unreachable"));
}

#[test]
fn two_thousand_hostile_changes_and_a_mebibyte_are_a_page_of_bounded_size() {
    let world = many(2_000);
    world.write("instances/long.yaml", long());
    let run = world.ocon("plan --format html");
    let page = page(&run);
    assert!(page.contains("characters, shown in part)"));
    assert!(page.len() < 10 << 20, "{}", page.len());
    assert_eq!(page.matches("<details class=\"step\"").count(), 2_001);
    assert_eq!(page.matches("<details class=\"step\" open").count(), 10);
}

#[test]
fn equal_plans_are_equal_pages() {
    let world = mixed();
    let one = world.ocon("plan --prune --format html").stdout;
    assert_eq!(one, world.ocon("plan --prune --format html").stdout);
}

#[test]
fn one_plan_is_written_in_several_formats() {
    let world = mixed();
    world.requests();
    let run = world.ocon("plan --report plan.html --report plan.md --report plan.json");
    assert!(run.stdout.contains("Plan: 1 to create"), "{}", run.stdout);
    let one_plan = world.requests();
    assert_eq!(world.read("plan.html"), world.ocon("plan --format html").stdout);
    assert_eq!(world.requests(), one_plan, "files cost no request");
    assert_eq!(world.read("plan.md"), world.ocon("plan --format markdown").stdout);
    assert_eq!(world.read("plan.json"), world.ocon("plan --format json").stdout);
    let run = world.ocon("status --report status.html --format json");
    assert!(run.stdout.starts_with("{\n"));
    assert_is_safe(&world.read("status.html"));
}

#[test]
fn an_apply_writes_its_outcome_and_a_failure_replaces_an_old_report() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let run = world.ocon("apply --yes --report out.html --report out.json");
    assert_eq!(run.exit, 0);
    assert!(text(&world.read("out.html")).contains("1 created."));
    assert!(world.read("out.json").contains("ocon-result"));
    world.write("instances/shop.yaml", "element: 3\n");
    assert_eq!(world.ocon("apply --yes --report out.html --report out.json").exit, 5);
    assert!(text(&world.read("out.html")).contains("Failed: there is no result."));
    assert!(world.read("out.json").contains("ocon-failure"));
}

#[test]
fn a_refused_apply_writes_its_reports() {
    let world = mixed();
    let line = "apply --prune --max-deletes 0 --yes --report out.html --report out.json";
    assert_eq!(world.ocon(line).exit, 7);
    assert!(text(&world.read("out.html")).contains("Refused, nothing was applied 1"));
    assert!(world.read("out.json").contains("\"code\": \"guarded\""));
}

#[test]
fn a_comment_links_to_the_complete_report() {
    let mut world = mixed();
    let link = "\n[Complete report](https://ci.example/runs/1?a=b#artifacts)\n";
    for line in ["plan", "status", "apply --yes --quiet"] {
        let url = "--report-url https://ci.example/runs/1?a=b#artifacts";
        let run = world.ocon(&format!("{line} --format markdown {url}"));
        assert!(run.stdout.contains(link), "{line}: {}", run.stdout);
    }
    world.set("OCON_BASE_URL", "http://127.0.0.1:9/elements/api-v2");
    let url = "--report-url https://ci.example/runs/1?a=b#artifacts";
    let run = world.ocon(&format!("plan --format markdown {url}"));
    assert!(run.exit == 6 && run.stdout.contains(link), "{}", run.stdout);
}

#[test]
fn a_wrong_report_is_an_error_before_anything_happens() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    for (line, expected) in [
        (
            "plan --report plan.pdf",
            str![[r#"
error: invalid value 'plan.pdf' for '--report <FILE>': name a file that ends with .html, .md or .json

For more information, try '--help'.

"#]],
        ),
        (
            "plan --report-url javascript:alert(1)",
            str![[r#"
error: invalid value 'javascript:alert(1)' for '--report-url <URL>': write an https or http URL, percent-encoded

For more information, try '--help'.

"#]],
        ),
        (
            "plan --report none/plan.html",
            str![[r#"
error: the report cannot be written to none/plan.html, so nothing was done
  caused by: its folder does not exist

hint: create the folder first

"#]],
        ),
        (
            "plan --report instances/plan.html",
            str![[r#"
error: the report cannot be written to instances/plan.html, so nothing was done
  caused by: ocon reads its input from there

hint: name a file elsewhere

"#]],
        ),
        (
            "validate --report plan.html",
            str![[r#"
error: `ocon validate` does not support --report

hint: --report is for `ocon plan`, `ocon apply` and `ocon status`

"#]],
        ),
    ] {
        let run = world.ocon(line);
        assert_eq!((run.exit, world.requests().as_str()), (64, ""), "{line}");
        world.constant(&run.stderr).is(expected);
    }
}
