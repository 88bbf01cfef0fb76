//! The pipeline of GitLab, end to end and with failures.

use super::fixture::{Fixture, Run};
use super::forge::{BOT, Text};

const MERGE_REQUEST: [(&str, &str); 3] = [
    ("CI_PIPELINE_SOURCE", "merge_request_event"),
    ("CI_MERGE_REQUEST_IID", "7"),
    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "5"),
];
const PUSH: [(&str, &str); 2] = [("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main")];
const NIGHT: [(&str, &str); 2] = [("CI_PIPELINE_SOURCE", "schedule"), ("CI_COMMIT_BRANCH", "main")];

fn exits(run: &Run) -> Vec<(&str, i32)> {
    run.jobs.iter().map(|(name, exit)| (name.as_str(), *exit)).collect()
}

fn notes(fixture: &Fixture) -> Vec<String> {
    let kept = fixture.forge.kept();
    kept.comments.iter().filter(|note| note.author == BOT).map(|note| note.body.clone()).collect()
}

#[test]
fn a_merge_request_has_one_note_that_is_kept_current() {
    let fixture = Fixture::new();
    let theirs = "<!-- ocon-plan project=marketing at=127.0.0.1 -->\nmine\n";
    fixture.forge.kept().comments.push(Text::by("somebody", 1, 7, theirs));
    for id in 2..=130 {
        fixture.forge.kept().comments.push(Text::by("somebody", id, 7, "hello"));
    }
    let run = fixture.pipeline(&MERGE_REQUEST);
    assert_eq!(exits(&run), [("ocon-plan", 0), ("ocon-validate", 0)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), "POST /projects/5/merge_requests/7/notes\n");
    let [note] = notes(&fixture).try_into().unwrap();
    assert!(note.contains("## ocon plan: 1 to create, 2 blocked"), "{note}");
    let link = "https://gitlab.com/tests/instances/-/blob/0123abc/instances/slack.yaml#L";
    assert!(note.contains(link), "{note}");
    let report = "https://gitlab.com/tests/instances/-/jobs/42/artifacts/file/report.html";
    assert!(note.contains(&format!("[Complete report]({report})")), "{note}");
    assert!(fixture.artifact("ocon-plan", "report.html").contains("1 to create, 2 blocked"));

    fixture.remove("instances/slack.yaml");
    let run = fixture.pipeline(&MERGE_REQUEST);
    assert_eq!(exits(&run), [("ocon-plan", 0), ("ocon-validate", 0)], "{}", run.log);
    assert!(fixture.forge.writes().starts_with("PUT /projects/5/merge_requests/7/notes/"));
    let [note] = notes(&fixture).try_into().unwrap();
    assert!(note.contains("1 to create, 1 blocked"), "{note}");
    assert_eq!(fixture.forge.kept().comments[0].body, theirs);
}

#[test]
fn a_merge_request_of_a_fork_is_validated_only() {
    let fixture = Fixture::new();
    let mut fork = MERGE_REQUEST;
    fork[2].1 = "9";
    let run = fixture.pipeline(&fork);
    assert_eq!(exits(&run), [("ocon-validate", 0)], "{}", run.log);
    fixture.edit("instances/slack.yaml", "tags:", "tag:");
    let run = fixture.pipeline(&fork);
    assert_eq!(exits(&run), [("ocon-validate", 5)]);
    assert!(run.log.contains("error[unknown-key]"), "{}", run.log);
}

#[test]
fn a_failed_plan_has_its_reason_in_the_note() {
    let mut fixture = Fixture::new();
    fixture.secrets.remove("OCON_USER_SECRET");
    let run = fixture.pipeline(&MERGE_REQUEST);
    assert_eq!(exits(&run), [("ocon-plan", 6), ("ocon-validate", 0)], "{}", run.log);
    let [note] = notes(&fixture).try_into().unwrap();
    assert!(note.contains("## ocon plan: failed (exit 6)"), "{note}");
    assert!(note.contains("OCON_USER_SECRET is not set"), "{note}");
    assert!(fixture.artifact("ocon-plan", "report.html").contains("OCON_USER_SECRET is not set"));
}

#[test]
fn nothing_is_written_if_notes_are_unreadable_or_ocon_is_killed() {
    let fixture = Fixture::new();
    fixture.forge.kept().is_refusing_lists = true;
    let run = fixture.pipeline(&MERGE_REQUEST);
    assert_eq!(exits(&run), [("ocon-plan", 22), ("ocon-validate", 0)], "{}", run.log);
    assert_eq!(exits(&fixture.pipeline(&NIGHT)), [("ocon-drift", 22)]);
    fixture.forge.kept().is_refusing_lists = false;
    // A kill leaves an empty file, or a part of the first line.
    fixture.forge.kept().comments.push(Text::by(BOT, 1, 7, "coverage: 90 %"));
    for printed in ["", "<!-- ocon-plan project="] {
        fixture.kill_ocon_when_it_said(printed);
        let run = fixture.pipeline(&MERGE_REQUEST);
        assert_eq!(exits(&run), [("ocon-plan", 1), ("ocon-validate", 0)], "{}", run.log);
        assert!(run.log.contains("ocon wrote no text that can be posted"), "{}", run.log);
    }
    assert_eq!(fixture.forge.writes(), "");
}

#[test]
fn only_approved_steps_are_applied() {
    let mut fixture = Fixture::new();
    fixture.meanwhile =
        Some(|fixture| fixture.edit("instances/slack.yaml", "name: ", "name: Our "));
    let run = fixture.pipeline(&PUSH);
    assert_eq!(exits(&run), [("ocon-apply", 4), ("ocon-plan-merged", 0)], "{}", run.log);
    assert!(run.log.contains("Plan again"), "{}", run.log);
    fixture.meanwhile = None;
    let fault = "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    fixture.go_wrong(fault);
    let run = fixture.pipeline(&PUSH);
    assert_eq!(exits(&run), [("ocon-apply", 3), ("ocon-plan-merged", 0)], "{}", run.log);
    assert!(run.log.contains("Applied: nothing. Failed: 1."), "{}", run.log);
    let run = fixture.pipeline(&PUSH);
    assert_eq!(exits(&run), [("ocon-apply", 0), ("ocon-plan-merged", 0)], "{}", run.log);
    let run = fixture.pipeline(&PUSH);
    assert_eq!(exits(&run), [("ocon-apply", 0), ("ocon-plan-merged", 0)], "{}", run.log);
    assert!(run.log.contains("No changes. 3 instances match the files."), "{}", run.log);
    // Without credentials nothing is planned, and so nothing waits for an approval.
    fixture.secrets.remove("OCON_ORGANIZATION_SECRET");
    assert_eq!(exits(&fixture.pipeline(&PUSH)), [("ocon-plan-merged", 6)]);
    assert_eq!(fixture.forge.writes(), "");
}

#[test]
fn drift_opens_an_issue_and_closes_it() {
    let mut fixture = Fixture::new();
    let theirs = "<!-- ocon-plan project=marketing at=127.0.0.1 -->\nmine\n";
    fixture.forge.kept().issues.push(Text::by("somebody", 1, 0, theirs));
    fixture.pipeline(&PUSH);
    let night = |fixture: &Fixture| {
        let run = fixture.pipeline(&NIGHT);
        assert_eq!(exits(&run), [("ocon-drift", 0)], "{}", run.log);
        fixture.forge.writes()
    };
    assert_eq!(night(&fixture), "");
    fixture.edit("instances/slack.yaml", "name: ", "name: Our ");
    assert_eq!(night(&fixture), "POST /projects/5/issues\n");
    assert_eq!(night(&fixture), "PUT /projects/5/issues/2\n");
    let secret = fixture.secrets.remove("OCON_USER_SECRET").unwrap();
    assert_eq!(exits(&fixture.pipeline(&NIGHT)), [("ocon-drift", 6)]);
    assert_eq!(fixture.forge.writes(), "");
    fixture.secrets.insert("OCON_USER_SECRET".to_owned(), secret);
    fixture.pipeline(&PUSH);
    assert_eq!(night(&fixture), "PUT /projects/5/issues/2\n");
    let kept = fixture.forge.kept();
    assert_eq!(kept.issues.iter().map(|issue| issue.open).collect::<Vec<_>>(), [true, false]);
    assert_eq!(kept.issues[0].body, theirs);
    assert_eq!(kept.issues[1].title, "Open Connectors: marketing differs from its files");
}
