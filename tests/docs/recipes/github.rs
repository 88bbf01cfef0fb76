//! The workflows of GitHub Actions, end to end and with failures.

use serde_json::{Value, json};

use super::fixture::{Fixture, Run};
use super::forge::{BOT, Text};

fn pull_request() -> Value {
    json!({
        "event_name": "pull_request",
        "ref": "refs/pull/7/merge",
        "repository": "tests/instances",
        "token": super::forge::TOKEN,
        "event": { "pull_request": { "number": 7, "head": { "repo": { "full_name": "tests/instances" } } } },
    })
}

fn push() -> Value {
    json!({ "event_name": "push", "ref": "refs/heads/main", "repository": "tests/instances", "token": super::forge::TOKEN })
}

fn exits(run: &Run) -> Vec<(&str, i32)> {
    run.jobs.iter().map(|(name, exit)| (name.as_str(), *exit)).collect()
}

/// The first lines of the one comment that the bot wrote.
fn comment(fixture: &Fixture) -> String {
    let kept = fixture.forge.kept();
    let own: Vec<&Text> = kept.comments.iter().filter(|comment| comment.author == BOT).collect();
    assert_eq!(own.len(), 1);
    own[0].body.clone()
}

#[test]
fn files_are_validated_without_secrets() {
    let mut fixture = Fixture::new();
    fixture.secrets.clear();
    let run = fixture.run("validate.yml", &pull_request());
    assert_eq!(exits(&run), [("validate", 0)], "{}", run.log);
    assert_eq!(
        exits(&fixture.run("validate.yml", &push())),
        [("code-scanning", 0), ("validate", 0)]
    );
    fixture.edit("instances/slack.yaml", "tags:", "tag:");
    let run = fixture.run("validate.yml", &pull_request());
    assert_eq!(exits(&run), [("validate", 5)]);
    assert!(run.log.contains("::error file=instances/slack.yaml,line="), "{}", run.log);
}

#[test]
fn a_plan_is_one_comment_that_is_kept_current() {
    let fixture = Fixture::new();
    // A comment of another author begins like ours, and the comments before it fill more than a page.
    let theirs = "<!-- ocon-plan project=marketing at=127.0.0.1 -->\nmine\n";
    fixture.forge.kept().comments.push(Text::by("somebody", 1, 7, theirs));
    for id in 2..=130 {
        fixture.forge.kept().comments.push(Text::by("somebody", id, 7, "hello"));
    }
    let run = fixture.run("plan.yml", &pull_request());
    assert_eq!(exits(&run), [("plan", 0)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), "POST /repos/tests/instances/issues/7/comments\n");
    let first = comment(&fixture);
    assert!(first.contains("## ocon plan: 1 to create, 2 blocked"), "{first}");
    assert!(
        first.contains("https://github.com/tests/instances/blob/0123abc/instances/slack.yaml#L"),
        "{first}"
    );
    assert_eq!(run.summary, first);
    let report = "[Complete report](https://github.com/tests/instances/actions/runs/42#artifacts)";
    assert!(first.contains(report), "{first}");
    assert!(fixture.artifact("ocon-report", "report.html").contains("1 to create, 2 blocked"));

    fixture.remove("instances/slack.yaml");
    let run = fixture.run("plan.yml", &pull_request());
    assert_eq!(exits(&run), [("plan", 0)], "{}", run.log);
    let edited = fixture.forge.writes();
    assert!(edited.starts_with("PATCH /repos/tests/instances/issues/comments/"), "{edited}");
    let second = comment(&fixture);
    assert!(second.contains("## ocon plan: 1 to create, 1 blocked"), "{second}");
    assert_eq!(fixture.forge.kept().comments[0].body, theirs);
}

#[test]
fn a_failed_plan_has_its_reason_in_the_comment() {
    let mut fixture = Fixture::new();
    fixture.edit("instances/slack.yaml", "tags:", "tag:");
    let run = fixture.run("plan.yml", &pull_request());
    assert_eq!(exits(&run), [("plan", 5)], "{}", run.log);
    assert!(comment(&fixture).contains("## ocon plan: failed (exit 5)"), "{}", comment(&fixture));
    assert!(comment(&fixture).contains("error[unknown-key]"), "{}", comment(&fixture));
    assert!(fixture.artifact("ocon-report", "report.html").contains("unknown-key"));
    fixture.edit("instances/slack.yaml", "tag:", "tags:");
    fixture.secrets.remove("OCON_USER_SECRET");
    let run = fixture.run("plan.yml", &pull_request());
    assert_eq!(exits(&run), [("plan", 6)], "{}", run.log);
    assert!(comment(&fixture).contains("OCON_USER_SECRET is not set"), "{}", comment(&fixture));
}

#[test]
fn a_fork_is_not_planned_here() {
    assert_eq!(exits(&Fixture::new().run("plan.yml", &fork())), []);
}

#[test]
fn an_incomplete_first_line_edits_no_comment() {
    let fixture = Fixture::new();
    let theirs = ["coverage: 90 %", "<!-- ocon-plan project=other at=elsewhere -->"];
    for (id, body) in (1..).zip(theirs) {
        fixture.forge.kept().comments.push(Text::by(BOT, id, 7, body));
    }
    for printed in ["", "<!-- ocon-plan project="] {
        fixture.kill_ocon_when_it_said(printed);
        let run = fixture.run("plan.yml", &pull_request());
        assert_eq!((exits(&run), fixture.forge.writes()), (vec![("plan", 1)], String::new()));
        assert!(run.log.contains("::error::ocon wrote no text that can be posted"), "{}", run.log);
    }
}

fn fork() -> Value {
    let mut event = pull_request();
    event["event"]["pull_request"]["head"]["repo"]["full_name"] = json!("somebody/instances");
    event
}

/// The workflow that runs after the workflow of a pull request, for this commit.
fn workflow_run(head: &str) -> Value {
    let run = json!({
        "id": 1,
        "event": "pull_request",
        "conclusion": "success",
        "head_sha": head,
    });
    let mut event = push();
    event["event"] = json!({ "workflow_run": run });
    event
}

#[test]
fn a_fork_is_planned_from_its_files_as_data() {
    let fixture = Fixture::new();
    fixture.forge.kept().heads.insert(7, "f0e".to_owned());
    assert_eq!(exits(&fixture.run("fork-data.yml", &pull_request())), []);
    let run = fixture.run("fork-data.yml", &fork());
    assert_eq!(exits(&run), [("data", 0)], "{}", run.log);
    let run = fixture.run("fork-plan.yml", &workflow_run("f0e"));
    assert_eq!(exits(&run), [("plan", 0)], "{}", run.log);
    assert!(comment(&fixture).contains("## ocon plan: 1 to create"), "{}", comment(&fixture));
    // A pull request that has a newer head, or the number of another pull request in the data.
    let run = fixture.run("fork-plan.yml", &workflow_run("bad"));
    assert_eq!(exits(&run), [("plan", 1)], "{}", run.log);
    assert!(run.log.contains("names a pull request with another head"), "{}", run.log);
}

#[test]
fn the_plan_after_the_merge_is_applied() {
    let fixture = Fixture::new();
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("apply", 0), ("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon plan: 3 to create"), "{}", run.summary);
    assert!(run.summary.contains("## ocon apply: 3 created"), "{}", run.summary);
    // Nothing is left to do, so there is nothing to approve.
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon plan: no changes"), "{}", run.summary);
}

#[test]
fn an_apply_that_fails_in_part_ends_with_its_code() {
    let fixture = Fixture::new();
    let fault = "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    fixture.go_wrong(fault);
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("apply", 3), ("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon apply: 2 created; 1 failed"), "{}", run.summary);
    // The next run does the rest.
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("apply", 0), ("plan", 0)], "{}", run.log);
}

#[test]
fn changes_since_the_approval_are_not_applied() {
    let mut fixture = Fixture::new();
    fixture.meanwhile =
        Some(|fixture| fixture.edit("instances/slack.yaml", "name: ", "name: Our "));
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("apply", 4), ("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("### Stale: 1"), "{}", run.summary);
    assert!(run.summary.contains("Plan again"), "{}", run.summary);
}

#[test]
fn a_step_is_not_applied_if_the_platform_changed_since_the_approval() {
    let mut fixture = Fixture::new();
    fixture.run("apply.yml", &push());
    fixture.edit("instances/slack.yaml", "/slack/events", "/slack/news");
    fixture.meanwhile = Some(|fixture| {
        let instances = fixture.instances();
        let slack = instances.iter().find(|it| it["name"] == "Support Slack").unwrap();
        let id = &slack["id"];
        fixture.ask("PATCH", &format!("/instances/{id}"), &json!({ "name": "Mine" }));
    });
    let run = fixture.run("apply.yml", &push());
    assert_eq!(exits(&run), [("apply", 4), ("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("### Stale: 1"), "{}", run.summary);
}

#[test]
fn drift_opens_an_issue_and_closes_it() {
    let fixture = Fixture::new();
    fixture.run("apply.yml", &push());
    let run = fixture.run("drift.yml", &push());
    assert_eq!((exits(&run), fixture.forge.writes()), (vec![("drift", 0)], String::new()));
    fixture.edit("instances/slack.yaml", "name: ", "name: Our ");
    let run = fixture.run("drift.yml", &push());
    assert_eq!(exits(&run), [("drift", 0)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), "POST /repos/tests/instances/issues\n");
    let run = fixture.run("drift.yml", &push());
    assert_eq!(exits(&run), [("drift", 0)], "{}", run.log);
    assert!(fixture.forge.writes().starts_with("PATCH /repos/tests/instances/issues/"));
    let kept = |fixture: &Fixture| {
        fixture.forge.kept().issues.iter().map(|it| it.open).collect::<Vec<_>>()
    };
    assert_eq!(kept(&fixture), [true]);
    fixture.run("apply.yml", &push());
    fixture.run("drift.yml", &push());
    assert_eq!(kept(&fixture), [false]);
}

#[test]
fn an_issue_stays_unchanged_without_a_plan() {
    let mut fixture = Fixture::new();
    fixture.run("drift.yml", &push());
    fixture.forge.writes();
    fixture.secrets.remove("OCON_ORGANIZATION_SECRET");
    let run = fixture.run("drift.yml", &push());
    assert_eq!((exits(&run), fixture.forge.writes()), (vec![("drift", 6)], String::new()));
}

#[test]
fn an_issue_of_another_author_is_not_changed() {
    let fixture = Fixture::new();
    fixture.run("drift.yml", &push());
    let ours = fixture.forge.kept().issues[0].clone();
    let theirs = Text::by("somebody", 1, 0, &ours.body);
    fixture.forge.kept().issues = vec![theirs.clone(), Text { id: 2, ..ours }];
    fixture.forge.writes();
    let run = fixture.run("drift.yml", &push());
    assert_eq!(exits(&run), [("drift", 0)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), "PATCH /repos/tests/instances/issues/2\n");
    assert_eq!(fixture.forge.kept().issues[0].body, theirs.body);
}

#[test]
fn an_ambiguous_ownership_is_in_the_issue_and_fails_the_run() {
    let fixture = Fixture::new();
    fixture.run("apply.yml", &push());
    let instances = fixture.instances();
    let slack = instances.iter().find(|it| it["name"] == "Support Slack").unwrap();
    let twin = json!({
        "name": "Twin", "element": { "key": "slack" }, "tags": slack["tags"],
        "configuration": {
            "oauth.api.key": "of the twin", "oauth.api.secret": "of the twin",
            "oauth.callback.url": slack["configuration"]["oauth.callback.url"],
        },
        "providerData": { "code": "code-of-the-twin" },
    });
    let made = fixture.ask("POST", "/instances", &twin);
    assert!(made["id"].is_u64(), "{made}");
    let run = fixture.run("drift.yml", &push());
    assert_eq!(exits(&run), [("drift", 7)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), "POST /repos/tests/instances/issues\n");
    let kept = fixture.forge.kept();
    assert!(kept.issues[0].body.contains("ambiguous-key"), "{}", kept.issues[0].body);
}
