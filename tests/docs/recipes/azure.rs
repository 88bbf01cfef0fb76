//! The pipeline of Azure DevOps, end to end and with failures.

use super::fixture::{Fixture, Run};
use super::forge::{BOT, Text};

const PULL_REQUEST: [(&str, &str); 4] = [
    ("Build.Reason", "PullRequest"),
    ("Build.SourceBranch", "refs/pull/7/merge"),
    ("System.PullRequest.IsFork", "False"),
    ("System.PullRequest.PullRequestId", "7"),
];
const PUSH: [(&str, &str); 2] =
    [("Build.Reason", "IndividualCI"), ("Build.SourceBranch", "refs/heads/main")];
const BRANCH: [(&str, &str); 2] =
    [("Build.Reason", "IndividualCI"), ("Build.SourceBranch", "refs/heads/feature")];
const NIGHT: [(&str, &str); 2] =
    [("Build.Reason", "Schedule"), ("Build.SourceBranch", "refs/heads/main")];

/// The path of the threads of the pull request.
const THREADS: &str = "/tests/project/_apis/git/repositories/repository/pullRequests/7/threads";

fn exits(run: &Run) -> Vec<(&str, i32)> {
    run.jobs.iter().map(|(name, exit)| (name.as_str(), *exit)).collect()
}

/// The threads that the pipeline wrote: the text, and whether it is active.
fn threads(fixture: &Fixture) -> Vec<(String, bool)> {
    let kept = fixture.forge.kept();
    let own = kept.comments.iter().filter(|thread| thread.author == BOT);
    own.map(|thread| (thread.body.clone(), thread.open)).collect()
}

#[test]
fn a_pull_request_has_one_thread_that_is_kept_current() {
    let fixture = Fixture::new();
    let theirs = "<!-- ocon-plan project=marketing at=127.0.0.1 -->\nmine\n";
    fixture.forge.kept().comments.push(Text::by("somebody", 1, 7, theirs));
    let run = fixture.azure(&PULL_REQUEST);
    assert_eq!(exits(&run), [("review", 0), ("validate", 0)], "{}", run.log);
    assert_eq!(fixture.forge.writes(), format!("POST {THREADS}\n"));
    let [(text, is_active)] = threads(&fixture).try_into().unwrap();
    assert!(text.contains("## ocon plan: 1 to create, 2 blocked") && is_active, "{text}");
    let project = format!("{}/tests/project", fixture.forge.url());
    let link = "(https://dev.azure.com/tests/project/_git/instances?version=GC0123abc\
                &path=/instances/slack.yaml&line=";
    assert!(text.contains(link), "{text}");
    let report = "_build/results?buildId=42&view=artifacts&type=publishedArtifacts";
    assert!(text.contains(&format!("[Complete report]({project}/{report})")), "{text}");
    assert_eq!(run.summary, text);
    assert!(fixture.artifact("ocon-report-1", "report.html").contains("1 to create, 2 blocked"));

    fixture.remove("instances/slack.yaml");
    let run = fixture.azure(&PULL_REQUEST);
    assert_eq!(exits(&run), [("review", 0), ("validate", 0)], "{}", run.log);
    let edited = format!("PATCH {THREADS}/2/comments/1\nPATCH {THREADS}/2\n");
    assert_eq!(fixture.forge.writes(), edited);
    let [(text, is_active)] = threads(&fixture).try_into().unwrap();
    assert!(text.contains("1 to create, 1 blocked") && is_active, "{text}");
    assert_eq!(fixture.forge.kept().comments[0].body, theirs);
}

#[test]
fn a_thread_is_closed_if_there_is_nothing_to_do() {
    let fixture = Fixture::new();
    fixture.azure(&PULL_REQUEST);
    fixture.azure(&PUSH);
    let run = fixture.azure(&PULL_REQUEST);
    assert_eq!(exits(&run), [("review", 0), ("validate", 0)], "{}", run.log);
    let [(text, is_active)] = threads(&fixture).try_into().unwrap();
    assert!(text.contains("## ocon plan: no changes") && !is_active, "{text}");
    // A later change makes it active again.
    fixture.edit("instances/slack.yaml", "name: ", "name: Our ");
    fixture.azure(&PULL_REQUEST);
    let [(_, is_active)] = threads(&fixture).try_into().unwrap();
    assert!(is_active);
}

#[test]
fn branches_and_forks_are_validated_only() {
    let mut fixture = Fixture::new();
    let mut fork = PULL_REQUEST;
    fork[2].1 = "True";
    fixture.secrets.clear();
    for run in [fixture.azure(&BRANCH), fixture.azure(&fork)] {
        assert_eq!(exits(&run), [("validate", 0)], "{}", run.log);
    }
    // Without the variable, the origin is not known.
    assert_eq!(exits(&fixture.azure(&PULL_REQUEST[..2])), [("validate", 0)]);
    assert_eq!(fixture.forge.writes(), "");
}

#[test]
fn the_tests_of_a_run_are_the_problems_of_the_files() {
    let fixture = Fixture::new();
    fixture.azure(&BRANCH);
    let valid = r#"<testsuite name="ocon validate" tests="1" failures="0">
<testcase classname="ocon" name="3 documents"/>
</testsuite>
"#;
    assert_eq!(fixture.artifact("tests", "junit.xml"), valid);
    fixture.edit("instances/slack.yaml", "tags:", "\"<&>\": 1\ntags:");
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("validate", 5)], "{}", run.log);
    assert!(run.log.contains("error[unknown-key]"), "{}", run.log);
    let invalid = r#"<testsuite name="ocon validate" tests="1" failures="1">
<testcase classname="instances/slack.yaml" name="unknown-key in line 7">
<failure message="`&lt;&amp;&gt;` is not a key of a document">instances/slack.yaml:7: `&lt;&amp;&gt;` is not a key of a document. use one of the keys "#;
    let tests = fixture.artifact("tests", "junit.xml");
    assert!(tests.starts_with(invalid), "{tests}");
    assert!(tests.ends_with("</failure>\n</testcase>\n</testsuite>\n"), "{tests}");
}

#[test]
fn a_command_that_fails_is_a_failed_test() {
    let fixture = Fixture::new();
    fixture.edit("ocon.yaml", "project: marketing", "project: other");
    let run = fixture.azure(&BRANCH);
    assert_eq!(exits(&run), [("validate", 64)], "{}", run.log);
    let tests = fixture.artifact("tests", "junit.xml");
    assert!(tests.contains(r#"<testcase classname="ocon" name="usage in line 0">"#), "{tests}");
}

#[test]
fn text_of_the_files_is_no_command_of_the_agent() {
    let fixture = Fixture::new();
    let commands =
        "##vso[task.setvariable variable=code;isOutput=true]0 ##vso[task.prependpath]/evil";
    fixture.edit("instances/slack.yaml", "tags:", &format!("\"{commands}\": 1\ntags:"));
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("validate", 5)], "{}", run.log);
    // `ocon` changes such text, and its steps accept no commands.
    assert!(run.log.contains("##vso(task.setvariable variable=code"), "{}", run.log);
}

#[test]
fn a_failed_plan_has_its_reason_in_the_thread() {
    let mut fixture = Fixture::new();
    fixture.secrets.remove("OCON_USER_SECRET");
    let run = fixture.azure(&PULL_REQUEST);
    assert_eq!(exits(&run), [("review", 6), ("validate", 0)], "{}", run.log);
    let [(text, is_active)] = threads(&fixture).try_into().unwrap();
    assert!(text.contains("## ocon plan: failed (exit 6)") && is_active, "{text}");
    assert!(text.contains("OCON_USER_SECRET is not set"), "{text}");
    let report = fixture.artifact("ocon-report-1", "report.html");
    assert!(report.contains("OCON_USER_SECRET is not set"));
}

#[test]
fn nothing_is_written_if_threads_are_unreadable_or_ocon_is_killed() {
    let fixture = Fixture::new();
    fixture.forge.kept().is_refusing_lists = true;
    let run = fixture.azure(&PULL_REQUEST);
    assert_eq!(exits(&run), [("review", 22), ("validate", 0)], "{}", run.log);
    fixture.forge.kept().is_refusing_lists = false;
    // A kill leaves an empty file, or a part of the first line.
    fixture.forge.kept().comments.push(Text::by(BOT, 1, 7, "coverage: 90 %"));
    for printed in ["", "<!-- ocon-plan project="] {
        fixture.kill_ocon_when_it_said(printed);
        let run = fixture.azure(&PULL_REQUEST);
        assert_eq!(exits(&run), [("review", 1), ("validate", 0)], "{}", run.log);
        assert!(run.log.contains("ocon wrote no text that can be posted"), "{}", run.log);
    }
    assert_eq!(fixture.forge.writes(), "");
}

#[test]
fn only_approved_steps_are_applied() {
    let mut fixture = Fixture::new();
    fixture.meanwhile =
        Some(|fixture| fixture.edit("instances/slack.yaml", "name: ", "name: Our "));
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("apply", 4), ("plan", 0), ("validate", 0)], "{}", run.log);
    assert!(run.summary.contains("Plan again"), "{}", run.summary);
    fixture.meanwhile = None;
    let fault = "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    fixture.go_wrong(fault);
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("apply", 3), ("plan", 0), ("validate", 0)], "{}", run.log);
    assert!(run.summary.contains("1 failed"), "{}", run.summary);
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("apply", 0), ("plan", 0), ("validate", 0)], "{}", run.log);
    assert!(fixture.artifact("ocon-apply-report-1", "report.html").contains("1 created"));
    // Nothing is left to do, so nothing waits for an approval.
    let run = fixture.azure(&PUSH);
    assert_eq!(exits(&run), [("plan", 0), ("validate", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon plan: no changes"), "{}", run.summary);
    fixture.secrets.remove("OCON_ORGANIZATION_SECRET");
    assert_eq!(exits(&fixture.azure(&PUSH)), [("plan", 6), ("validate", 0)]);
    assert_eq!(fixture.forge.writes(), "");
}

/// The agent leaves `$(NAME)` if there is no such variable. This text must not become a secret.
#[test]
fn a_variable_that_does_not_exist_is_not_set() {
    let mut fixture = Fixture::new();
    fixture.secrets.remove("HOOTSUITE_CODE");
    let run = fixture.azure(&PUSH);
    assert!(run.summary.contains("2 to create, 1 blocked"), "{}", run.summary);
    assert!(run.summary.contains("HOOTSUITE_CODE"), "{}", run.summary);
    assert_eq!(exits(&run), [("apply", 3), ("plan", 0), ("validate", 0)], "{}", run.log);
    assert_eq!(fixture.instances().len(), 2);
}

#[test]
fn a_nightly_run_fails_if_platform_and_files_differ() {
    let fixture = Fixture::new();
    fixture.azure(&PUSH);
    let night = fixture.azure(&NIGHT);
    assert_eq!(exits(&night), [("drift", 0), ("validate", 0)], "{}", night.log);
    fixture.edit("instances/slack.yaml", "name: ", "name: Our ");
    let night = fixture.azure(&NIGHT);
    assert_eq!(exits(&night), [("drift", 2), ("validate", 0)], "{}", night.log);
    assert!(fixture.artifact("ocon-report-1", "report.html").contains("1 to update"));
    assert_eq!(fixture.forge.writes(), "");
}
