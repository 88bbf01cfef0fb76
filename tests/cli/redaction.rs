//! Values of references are hidden, text of the repository is shown. `docs/threat-model.md` names these
//! tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{CRM, SHOP, World};

/// A document whose host changed, with a value that has a reference and lines around it.
fn moved_host(around: &str) -> String {
    format!(
        "element: saps4hanacloud\nname: Leads\nconfiguration:\n  saps4hanacloud.url: https://evil.example/\n  username: admin\n  password: ${{{{ env.PASSWORD }}}}\n{around}"
    )
}

/// The same before the change.
fn before() -> String {
    moved_host("").replace("https://evil.example/", "https://good.example/")
}

#[test]
fn lines_around_a_reference_hide_nothing_elsewhere() {
    let lines = "https://evil.example/\n    credential-host-changed\n    saps4hanacloud.url\n    Marketing leads";
    for around in [
        format!("  event.metadata: |\n    {lines}\n    ${{{{ env.PASSWORD }}}}\n"),
        format!("  private.key: |-\n    ${{{{ env.PASSWORD }}}}\n    {lines}\n"),
        format!(
            "providerData:\n  code: \"{}\\n${{{{ env.PASSWORD }}}}\"\n",
            lines.replace("\n    ", "\\n")
        ),
        "  event.metadata: { secret: \"https://evil.example/\", token: \"https://evil.example/ ${{ env.PASSWORD }}\" }\n"
            .to_owned(),
    ] {
        let world = World::new(&[("instances/leads.yaml", &before())]).on_sandbox();
        let world = world.secret("PASSWORD", "p4ssword\nof-the-tests");
        let created = world.ocon("apply --yes");
        assert_eq!(created.exit, 0, "{}", created.stderr);
        world.write("instances/leads.yaml", moved_host(&around).replace("name: Leads", "name: Marketing leads"));
        for form in ["text", "markdown", "json", "github"] {
            let run = world.ocon(&format!("plan --allow-plain-text-secrets --format {form}"));
            assert_eq!(run.exit, 0, "{}", run.stderr);
            for shown in ["evil.example", "credential-host-changed", "Marketing leads", "saps4hanacloud.url"] {
                let is_in_form = form != "github" || shown == "credential-host-changed";
                assert!(!is_in_form || run.stdout.contains(shown), "{form} {shown}: {}", run.stdout);
            }
        }
    }
}

/// The output for a name that repeats a guess in some form.
fn guesses(guess: &str) -> Vec<String> {
    let percent: Vec<String> = guess.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let digits: Vec<String> = guess.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        guess.to_owned(),
        STANDARD.encode(guess),
        STANDARD.encode(STANDARD.encode(guess)),
        percent.concat(),
        digits.join(":"),
        format!("{}…", &guess[..12]),
        format!("{}...", &guess[..12]),
        format!("...{}", &guess[4..]),
        format!("prefix-{guess}-suffix"),
    ]
}

#[test]
fn a_guess_in_a_file_looks_the_same_whether_it_is_right_or_wrong() {
    for (number, guess) in guesses("hunter22-of-the-desk").into_iter().enumerate() {
        let document = CRM.replace("Help desk", &format!("\"{guess}\""));
        let shown = ["hunter22-of-the-desk", "an0ther-of-the-desks"].map(|password| {
            let mut world = World::new(&[("instances/desk.yaml", &document)]).on_sandbox();
            world.set("DESK_PASSWORD", password);
            ["plan", "plan --format json", "plan --format markdown"].map(|line| {
                let run = world.ocon(line);
                assert_eq!(run.exit, 0, "{}", run.stderr);
                let lines = run.stdout.lines();
                // The digests and the port differ.
                let lines = lines.filter(|line| !line.contains("127.0.0.1"));
                let lines = lines
                    .filter(|line| !line.contains("\"digest\"") && !line.contains("\"basis\""));
                lines.collect::<Vec<_>>().join("\n")
            })
        });
        assert_eq!(shown[0], shown[1], "{number}: {guess}");
    }
}

#[test]
fn a_guess_that_variables_put_together_looks_the_same_too() {
    let document = CRM.replace("Help desk", "${{ var.a }}${{ var.b }}");
    for password in ["hunter22-of-the-desk", "an0ther-of-the-desks"] {
        let mut world = World::new(&[("instances/desk.yaml", &document)]).on_sandbox();
        world.write("ocon.yaml", "project: tests\nvars: { a: hunter22-, b: of-the-desk }\n");
        world.set("DESK_PASSWORD", password);
        let run = world.ocon("plan");
        assert!(run.stdout.contains("hunter22-of-the-desk"), "{}", run.stdout);
    }
}

#[test]
fn a_guess_in_a_path_or_in_a_file_with_an_error_looks_the_same_too() {
    for password in ["hunter22-of-the-desk", "an0ther-of-the-desks"] {
        let mut world = World::new(&[("instances/hunter22-of-the-desk.yaml", CRM)]).on_sandbox();
        world.set("DESK_PASSWORD", password);
        let run = world.ocon("plan --out plan.json");
        assert!(run.exit == 0 && run.stdout.contains("+ hunter22-of-the-desk"), "{}", run.stdout);
        assert_eq!(world.ocon("apply plan.json").exit, 0);
        world.write("instances/broken.yaml", "hunter22-of-the-desk: x\n");
        let run = world.ocon("plan");
        assert!(run.exit == 5 && run.stderr.contains("hunter22-of-the-desk"), "{}", run.stderr);
    }
}

/// A tenant in which the platform's name of the instance repeats the secret.
fn repeated_by_the_platform() -> World {
    let world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox();
    let world = world.secret("DESK_PASSWORD", "hunter22-of-the-desk");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    let listing = world.send("GET", "/instances", &serde_json::Value::Null);
    let id = listing[0]["id"].as_u64().unwrap();
    let name = serde_json::json!({ "name": "Desk hunter22-of-the-desk" });
    world.send("PATCH", &format!("/instances/{id}"), &name);
    world
}

#[test]
fn a_value_is_hidden_where_no_file_has_it() {
    let run = repeated_by_the_platform().ocon("plan");
    assert!(run.stdout.contains("Desk (secret) → Help desk"), "{}", run.stdout);
}

#[test]
fn a_value_that_is_a_part_of_a_code_or_of_the_address_is_an_error_before_anything_is_contacted() {
    let words = [
        "credential-host-changed",
        "host-changed",
        "unmanaged",
        "instance_id",
        "127.0.0.1",
        "elements/api-v2",
    ];
    for word in words {
        let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox();
        world.set("DESK_PASSWORD", word);
        for line in ["plan", "apply --yes", "status", "plan --format json"] {
            let run = world.ocon(line);
            assert_eq!(run.exit, 5, "{word} {line}: {}", run.stderr);
            let printed = run.stdout + &run.stderr;
            assert!(
                printed.contains("env.DESK_PASSWORD is part of a diagnostic code"),
                "{printed}"
            );
            assert!(
                !printed.contains(word) || word == "elements/api-v2" || line.contains("json"),
                "{printed}"
            );
        }
        assert_eq!(world.requests(), "");
        assert_eq!(world.ocon("validate").exit, 0);
    }
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox();
    world.set("DESK_PASSWORD", "unmanaged");
    world.ocon("plan").is(snapbox::str![[r#"
--- stderr ---
error: the value of env.DESK_PASSWORD is part of a diagnostic code, of a word in ocon's JSON documents, of a host, of the project or of the base URL, and ocon would have to hide it there

hint: nothing was contacted. Change the value of the secret
hint: if it is not secret, use a variable: ${{ var.desk_password }}
--- exit 5 ---
"#]]);
    // It is no secret if it is text of the repository as well.
    world.write("instances/shop.yaml", SHOP.replace("Shop", "credential-host-changed"));
    world.set("DESK_PASSWORD", "credential-host-changed");
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_value_that_is_a_part_of_a_host_is_an_error_and_a_guess_of_a_host_looks_the_same() {
    // The author of a change may choose the value of a variable, and the spelling of a host.
    let document = moved_host("").replace("https://evil.example/", "https://prövider.example/");
    let mut world = World::new(&[("instances/leads.yaml", &document)]).on_sandbox();
    world.set("PASSWORD", "xn--prvider-b1a.example");
    let run = world.ocon("plan");
    assert!(run.exit == 5 && run.stderr.contains("of a host"), "{}", run.stderr);
    assert_eq!(world.requests(), "");
    // In other letters it is the same text.
    let document = moved_host("").replace("https://evil.example/", "HTTPS://EVIL.example/");
    world.write("instances/leads.yaml", document.replace("HTTPS", "https"));
    world.set("PASSWORD", "evil.example");
    let run = world.ocon("plan");
    assert!(run.exit == 0 && run.stdout.contains("evil.example  gets password"), "{}", run.stdout);
}

#[test]
fn a_guess_in_other_letters_escapes_or_pieces_looks_the_same_too() {
    let hex: Vec<String> =
        "hunter22-of-the-desk".bytes().map(|byte| format!("0x{byte:02x}")).collect();
    for name in [
        "\"\\x68unter22-of-the-desk\"".to_owned(),
        "\"\\u0068unter22\\U0000002dof-the-desk\"".to_owned(),
        "HUNTER22-OF-THE-DESK".to_owned(),
        format!("\"{}\"", hex.join(", ")),
    ] {
        let document = CRM.replace("Help desk", &name);
        let shown = ["hunter22-of-the-desk", "an0ther-of-the-desks"].map(|password| {
            let mut world = World::new(&[("instances/desk.yaml", &document)]).on_sandbox();
            world.set("DESK_PASSWORD", password);
            let run = world.ocon("plan");
            assert_eq!(run.exit, 0, "{}", run.stderr);
            run.stdout
                .lines()
                .filter(|line| !line.contains("127.0.0.1"))
                .collect::<Vec<_>>()
                .join("\n")
        });
        assert_eq!(shown[0], shown[1], "{name}");
        assert!(!shown[0].contains("+ desk  (secret)"), "{}", shown[0]);
    }
    let lines = "  event.metadata: |\n    hunter22\n    -of-the-desk\n";
    let shown = ["hunter22-of-the-desk", "an0ther-of-the-desks"].map(|password| {
        let mut world =
            World::new(&[("instances/desk.yaml", &format!("{CRM}{lines}"))]).on_sandbox();
        world.set("DESK_PASSWORD", password);
        let run = world.ocon("plan");
        run.stdout.lines().filter(|line| !line.contains("127.0.0.1")).collect::<Vec<_>>().join("\n")
    });
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn a_command_that_needs_no_secret_shows_none_that_is_set() {
    let run = repeated_by_the_platform().ocon("doctor desk");
    assert!(run.stdout.contains("Desk (secret)"), "{}", run.stdout);
}
