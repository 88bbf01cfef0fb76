//! No output contains a secret: every command, format and log level, and every failure.
//!
//! Each run of the binary in these tests is searched for all secrets of its world, in all encodings
//! (`World::refuse_secrets`). Here, the secrets are numerous and awkward, and every command runs.

use clap::{CommandFactory as _, ValueEnum as _};
use ocon::cli::Cli;
use ocon::cli::setup::global_args::Format;

use crate::echo_server::Echo;
use crate::normalize::forms;
use crate::support::{SHOP, World, terminate};

/// A secret that every encoding changes.
const AWKWARD: &str = "c4nary \"quoted\"\\n&<of+the/desk='ü日🔑%41\ttests";

/// A password at each position that can contain one.
const DESK: &str = "\
element: servicenow
name: Help desk
configuration:
  password: ${{ env.DESK_PASSWORD }}
  servicenow.subdomain: dev12345
  username: admin
  event.notification.callback.url: https://example.com/hook?token=${{ env.HOOK }}
  event.metadata: { authorization: \"Bearer ${{ file.hook }}\" }
providerData:
  code: ${{ env.CODE }}
";

pub(crate) const LOGS: [&str; 7] = [
    "",
    "-v",
    "-vv",
    "-vvv",
    "-v --log-format json",
    "-vv --log-format json",
    "-vvv --log-format json",
];

fn world() -> World {
    let files = [("instances/desk.yaml", DESK), ("instances/shop.yaml", SHOP)];
    let world = World::new(&files);
    world.write("secrets/hook", "f1le-canary\nof=two/lines\n");
    world
        .secret("DESK_PASSWORD", AWKWARD)
        .secret("HOOK", "h00k-canary of+the=tests")
        .secret("CODE", "demo-c0de-canary/of=the+tests")
        .secret("OCON_FINGERPRINT_KEY", "f1ngerprint-canary/of=the+tests-of-leaks")
        .secret("UNUSED", "f1le-canary\nof=two/lines")
        .secret("UNUSED_LINE", "of=two/lines")
}

/// The command lines for a command. A command without any is not covered.
fn lines(command: &str) -> &'static [&'static str] {
    match command {
        // The second one has the secrets of the documents.
        "init" => &["init", "init --ci github"],
        "new" => &["new servicenow --stdout", "new salesforce"],
        "connectors" => &["connectors", "connectors desk"],
        "validate" => &["validate"],
        "variables" => &["variables", "variables desk"],
        "plan" => &["plan", "plan --out plan.json", "plan --rotate all --detailed-exitcode"],
        "apply" => &["apply --yes --outputs outputs.json --rotate all", "apply plan.json", "apply"],
        // No person answers. `authorize.rs` tests the rest.
        "authorize" => &["authorize desk"],
        "status" => &["status"],
        // `listen` runs until it is stopped. Its output is in `events.rs`.
        "events" => &["events shop", "events shop --limit 1"],
        "doctor" => &["doctor shop", "doctor desk"],
        // The folder has no files, so each instance is an orphan and gets a file.
        "import" => &["import --all --force --instances imported"],
        "token" => &["token desk", "token nobody"],
        "schema" => &["schema pull servicenow"],
        "explain" => &["explain", "explain plain-text-secret"],
        "completions" => &["completions bash"],
        "__complete" => {
            &["__complete fish 2 -- ocon doctor", "__complete fish 2 -- ocon plan --allow"]
        }
        "man" => &["man pages"],
        // It runs the others with its own arguments, and searches their output.
        "selftest" => &["selftest --leaks"],
        // It runs until it is stopped: see below.
        "sandbox" | "help" => &[],
        other => panic!("add a command line for `{other}` to search its output"),
    }
}

#[test]
fn no_command_in_any_format_with_any_log_shows_a_secret() {
    let world = world().on_sandbox();
    let cli = Cli::command();
    let (mut runs, mut bytes) = (0, 0);
    for command in cli.get_subcommands().map(clap::Command::get_name) {
        for line in lines(command) {
            for format in Format::value_variants() {
                let format = format.to_possible_value().unwrap();
                // The self-test runs all logs itself.
                for log in if command == "selftest" { &LOGS[..1] } else { &LOGS } {
                    let run = world.ocon(&format!("{line} --format {} {log}", format.get_name()));
                    // If a link is broken, the exit code of the doctor is 1.
                    let ends = run.exit != 1 || command == "doctor";
                    assert!(run.exit < 100 && ends, "{line}: {}", run.stderr);
                    (runs, bytes) = (runs + 1, bytes + run.stdout.len() + run.stderr.len());
                }
            }
        }
    }
    let written = written(&world);
    assert!(written.contains(&"plan.json".to_owned()), "{written:?}");
    #[cfg(unix)]
    assert_eq!(world.mode("outputs.json"), 0o600, "tokens are for the owner alone");
    println!(
        "{runs} runs and {} files, {bytes} bytes, {} encodings of each secret: 0 findings",
        written.len(),
        forms(AWKWARD).len()
    );
}

/// Searches the files that ocon wrote, except those that contain secrets on purpose.
fn written(world: &World) -> Vec<String> {
    let by_intent = |path: &String| path.starts_with("secrets/") || path == "outputs.json";
    let files: Vec<_> = world.files().into_iter().filter(|path| !by_intent(path)).collect();
    for path in &files {
        world.read(path);
    }
    files
}

#[test]
fn the_sandbox_prints_its_credentials_and_nothing_else() {
    let world = world();
    for log in LOGS {
        let mut command = world.command(&format!("sandbox {log}"));
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut reported = String::new();
        for _ in 0..3 {
            std::io::BufRead::read_line(&mut stdout, &mut reported).unwrap();
        }
        assert!(
            reported.contains("export OCON_USER_SECRET=") && !reported.contains("(secret)"),
            "{reported}"
        );
        terminate(&child);
        world.refuse_secrets(&reported);
        let output = child.wait_with_output().unwrap();
        world.refuse_secrets(&String::from_utf8(output.stderr).unwrap());
    }
}

/// Runs the commands that contact the platform, in both formats, with the shortest and the longest log.
fn everything_fails(world: &World, exits: &[i32]) {
    for command in ["plan", "apply --yes --rotate all", "status", "schema pull stripe"] {
        for form in ["", "--format json -vvv"] {
            // This command has only the format text.
            let form = if command.starts_with("schema") {
                form.trim_start_matches("--format json")
            } else {
                form
            };
            let run = world.ocon(&format!("{command} {form}"));
            assert!(exits.contains(&run.exit), "{command} {form}: {} {}", run.exit, run.stderr);
        }
    }
}

#[test]
fn a_platform_that_echoes_requests_gets_no_secret_shown() {
    for status in ["200 OK", "400 Bad Request", "401 Unauthorized", "503 Service Unavailable"] {
        for echo in Echo::in_every_encoding(status) {
            let world = world().at(&echo.base_url());
            everything_fails(&world, if status == "200 OK" { &[0, 3, 6, 7] } else { &[6] });
        }
    }
}

#[test]
fn a_refusal_that_echoes_the_body_shows_no_secret() {
    for echo in Echo::after_an_empty_listing() {
        let world = world().at(&echo.base_url());
        for form in ["", "--format json", "-vvv"] {
            let run = world.ocon(&format!("apply --yes {form}"));
            assert_eq!(run.exit, 3, "{}", run.stderr);
            assert!(run.stdout.contains("(secret)") || form == "--format json", "{}", run.stdout);
        }
    }
}

#[test]
fn no_failure_shows_a_secret() {
    let wrong = world().on_sandbox().secret("OCON_USER_SECRET", "an0ther-canary/of=the+tests");
    everything_fails(&wrong, &[6]);
    let port = crate::ports::free();
    everything_fails(&world().at(&format!("http://127.0.0.1:{port}/elements/api-v2")), &[6]);
    let mut unset = world().on_sandbox();
    unset.unset("DESK_PASSWORD");
    everything_fails(&unset, &[0, 2, 5]);
    let proxy = "pr0xy-canary-of-the-tests";
    let mut proxied = world().at("https://api.cloud-elements.com/elements/api-v2");
    proxied = proxied.secret("PASSWORD", proxy);
    proxied.set("HTTPS_PROXY", &format!("http://me:{proxy}@127.0.0.1:{port}"));
    everything_fails(&proxied, &[6]);
}

#[test]
fn an_invalid_file_shows_none_of_its_secrets() {
    let world = world().on_sandbox();
    for text in [
        "element: servicenow\nconfiguration:\n  password: \"{}\n",
        "element: servicenow\nconfiguration: { password: {} \n  x: [\n",
        "element: servicenow\nname: a\nconfiguration:\n  password: {}\n",
        "{}: x\n",
        "- {}\n",
        "element: {}\nname: x\n",
        "element: stripe\nname: x\ntags: [ \"ocon:{}\" ]\n",
        "element: stripe\nname: x\nnmae: {}\n",
    ] {
        world.write(
            "instances/broken.yaml",
            text.replace("{}", "f1ngerprint-canary/of=the+tests-of-leaks"),
        );
        for line in ["plan", "plan --format json", "apply --yes", "status -vvv"] {
            let run = world.ocon(line);
            assert!(run.exit == 5 || run.exit == 0, "{line}: {}", run.stderr);
        }
    }
}

#[test]
fn a_saved_plan_with_an_inserted_secret_is_refused_without_showing_it() {
    let world = world().on_sandbox();
    world.ocon("plan --out plan.json");
    let plan = world.read("plan.json");
    for (old, new) in
        [("Help desk", "h00k-canary of+the=tests"), ("\"tests\"", "\"h00k-canary of+the=tests\"")]
    {
        world.write("plan.json", plan.replace(old, new));
        for form in ["", "--format json", "-vvv"] {
            assert_eq!(world.ocon(&format!("apply plan.json {form}")).exit, 5);
        }
    }
}

#[test]
fn an_argument_that_is_a_secret_is_not_echoed() {
    let world = world().on_sandbox();
    let canary = "f1ngerprint-canary/of=the+tests-of-leaks";
    for line in [
        "",
        "plan",
        "plan --rotate",
        "plan --project",
        "plan --out x/",
        "schema pull",
        "explain",
        "plan -C",
        "plan --format",
        "plan --base-url",
    ] {
        let run = world.ocon(&format!("{line} {canary}"));
        assert!(run.stderr.contains("(secret)"), "{line}: {}", run.stderr);
    }
}

#[test]
fn a_panic_says_no_secret() {
    let mut world = world().on_sandbox();
    for form in forms("f1ngerprint-canary/of=the+tests-of-leaks") {
        world.set("OCON_TEST_PANIC", &format!("it broke at {form}!"));
        for backtrace in ["0", "1"] {
            world.set("RUST_BACKTRACE", backtrace);
            let run = world.ocon("plan");
            assert_eq!(run.exit, 101);
            assert!(
                run.stderr.starts_with("error: this is a bug in ocon: it broke at "),
                "{}",
                run.stderr
            );
            assert!(run.stderr.contains("(secret)"), "{}", run.stderr);
        }
    }
}

/// Checks the search: if the scrubber is disabled, the search finds secrets.
#[test]
fn without_the_scrubber_the_canaries_are_found() {
    let mut world = World::new(&[("instances/desk.yaml", DESK), ("instances/shop.yaml", SHOP)]);
    world.write("secrets/hook", "f1le-canary-of-the-tests\n");
    assert_eq!(world.ocon("selftest --leaks").exit, 0);
    world.set("OCON_TEST_NO_SCRUB", "1");
    let run = world.ocon("selftest --leaks --format json");
    assert_eq!(run.exit, 1, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let encodings: std::collections::BTreeSet<_> =
        findings.iter().map(|finding| finding["encoding"].as_str().unwrap()).collect();
    // The server that repeats its requests uses each of these encodings.
    for encoding in [
        "as it is",
        "Base64",
        "Base64 of Base64",
        "Base64 of UTF-16",
        "Base64 in lines",
        "hexadecimal with separators",
    ] {
        assert!(encodings.contains(encoding), "{encoding}: {encodings:?}");
    }
}

/// Checks the search: it finds a leak in each encoding.
#[test]
fn a_leak_in_any_encoding_is_found() {
    let world = world();
    let encodings = forms(AWKWARD);
    assert!(encodings.len() > 20, "{encodings:?}");
    for form in encodings {
        assert!(world.leak_in(&format!("before {form} after")).is_some(), "{form}");
    }
    assert_eq!(world.leak_in("before (secret) after"), None);
}

#[test]
fn tokens_of_the_platform_are_hidden_after_they_were_read() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes --outputs outputs.json").exit, 0);
    let outputs: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(world.path("outputs.json")).unwrap())
            .unwrap();
    let token = outputs["shop"]["token"].as_str().unwrap().to_owned();
    assert!(token.len() > 20, "the file for them has them as they are: {token}");
    world.requests();
    let id = outputs["shop"]["id"].as_u64().unwrap();
    let name = serde_json::json!({ "name": format!("Shop {token}") });
    world.send("PATCH", &format!("/instances/{id}"), &name);
    let world = world.secret("TOKEN", &token);
    let run = world.ocon("plan");
    assert!(run.stdout.contains("Shop (secret) → Shop"), "{}", run.stdout);
}

#[test]
fn a_token_that_is_a_word_hides_nothing() {
    for token in
        ["event-host-changed", "base_url", "1 to update, 0 to delete", "hooks.evil.example"]
    {
        let instance = serde_json::json!([{
            "id": 20931,
            "name": "Shop",
            "token": token,
            "element": { "key": "stripe" },
            "tags": ["ocon:project=tests", "ocon:key=shop", "shop"],
            "configuration": { "event.notification.callback.url": "https://hooks.good.example/x" },
            "disabled": false,
            "valid": true,
        }]);
        let echo = Echo::that_lists(&instance.to_string());
        let shop = format!(
            "{SHOP}configuration: {{ event.notification.callback.url: \"https://hooks.evil.example/x\" }}\n"
        );
        let world = World::new(&[("instances/shop.yaml", &shop)]).at(&echo.base_url());
        for form in ["text", "json", "markdown"] {
            let run = world.ocon(&format!("plan --format {form}"));
            assert_eq!(run.exit, 0, "{}", run.stderr);
            assert!(!run.stdout.contains("(secret)"), "{token}: {}", run.stdout);
            assert!(run.stdout.contains("hooks.evil.example"), "{token}: {}", run.stdout);
        }
    }
}
