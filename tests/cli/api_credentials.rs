//! No file sends the platform's API credentials to a provider.

use snapbox::str;

use crate::support::{CRM, ORGANIZATION, USER, World};

const KEY: &str = "a-fingerprint-key-of-32-letters!";

fn desk(file: &str) -> World {
    World::new(&[("instances/desk.yaml", file)])
        .on_sandbox()
        .secret("OCON_FINGERPRINT_KEY", KEY)
        .with_password()
}

#[test]
fn a_variable_with_one_of_them_is_refused() {
    let mut world = desk(CRM);
    for own in [USER, ORGANIZATION, KEY] {
        world.set("DESK_PASSWORD", &format!("{own}\n"));
        let run = world.ocon("apply --yes");
        assert_eq!(run.exit, 5, "{}", run.stderr);
    }
    world.ocon("plan").is(str![[r#"
--- stderr ---
error[own-credential]: the value of env.DESK_PASSWORD is ocon's own fingerprint key
 --> instances/desk.yaml:6:13
  = help: set it to the secret of the provider; ocon sends its own credentials only to the platform
--- exit 5 ---
"#]]);
    world.write("instances/desk.yaml", CRM.replace("${{ env", "Bearer ${{ env"));
    assert_eq!(world.ocon("plan").exit, 5);
    assert_eq!(world.requests(), "");
    world.set("DESK_PASSWORD", &format!("{KEY}-and-more"));
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_file_with_one_of_them_is_refused() {
    let world = desk(&CRM.replace("env.DESK_PASSWORD", "file.desk"));
    world.write("secrets/desk", USER);
    world.ocon("plan").is(str![[r#"
--- stderr ---
error[own-credential]: the value of file.desk is ocon's own user secret
 --> instances/desk.yaml:6:13
  = help: set it to the secret of the provider; ocon sends its own credentials only to the platform
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn one_of_them_in_a_file_or_a_variable_of_ocon_is_refused() {
    let world =
        desk(&CRM.replace("admin", "${{ var.user }}").replace("[support]", &format!("[{KEY}]")));
    world.write("user.yaml", format!("user: \"{ORGANIZATION} \"\n"));
    world.ocon("plan --var-file user.yaml").is(str![[r#"
--- stderr ---
error[own-credential]: this value is ocon's own fingerprint key
 --> instances/desk.yaml
  = help: remove it, and change the credential: everyone who can read the file or the command knows it
  = note: 2 of these in this file; use -v to see each in full
          also instances/desk.yaml:8:13: this value is ocon's own organization secret

2 errors in 1 file
--- exit 5 ---
"#]]);
    let grant = format!("{CRM}providerData:\n  code: \"{USER}\"\n");
    world.write("instances/desk.yaml", grant);
    let run = world.ocon("validate --allow-plain-text-secrets");
    assert!(run.stderr.contains("own-credential") && run.exit == 5, "{}", run.stderr);
    assert_eq!(world.requests(), "");
}

#[test]
fn one_of_them_that_ocon_reads_from_a_file_is_refused() {
    let mut world = desk(CRM);
    world.unset("OCON_USER_SECRET");
    world.write("user.txt", format!("{USER}\n"));
    world.set("DESK_PASSWORD", USER);
    let run = world.ocon("plan --user-secret-file user.txt");
    assert!(run.stderr.contains("own-credential") && run.exit == 5, "{}", run.stderr);
    world.set("OCON_USER_SECRET", USER);
    world.unset("OCON_ORGANIZATION_SECRET");
    world.write("organization.txt", format!("{ORGANIZATION}\n"));
    world.set("DESK_PASSWORD", &format!(" {ORGANIZATION}"));
    let run = world.ocon("plan --organization-secret-file organization.txt");
    assert!(run.stderr.contains("own-credential") && run.exit == 5, "{}", run.stderr);
    assert_eq!(world.requests(), "");
}

#[test]
fn api_credentials_are_refused_from_every_source() {
    let refused = |world: &World, arguments: &str| {
        let run = world.ocon(arguments);
        assert!(run.stderr.contains("own-credential"), "{arguments}: {}", run.stderr);
        assert_eq!(run.exit, 5, "{arguments}");
    };
    let world = desk(&CRM.replace("admin", "${{ var.user }}"));
    refused(&world, &format!("plan --var user={USER}"));
    refused(&world, &format!("validate --var user={ORGANIZATION}"));
    refused(&world, &format!("plan --sandbox --var user={KEY}"));
    world.write("ocon.yaml", format!("project: tests\nvars: {{ user: \" {KEY}\" }}\n"));
    for command in ["validate", "plan", "apply --yes", "status"] {
        refused(&world, command);
    }
    world.write("ocon.yaml", "project: tests\n");
    for literal in [
        format!("username: {USER}"),
        format!("username: \"{ORGANIZATION}\\n\""),
        format!("event.metadata: {{ headers: [ {KEY} ] }}"),
        format!("username: \"{}${{{{ env.REST }}}}\"", &KEY[..9]),
    ] {
        world.write("instances/desk.yaml", CRM.replace("username: admin", &literal));
        let mut command = world.command("plan --allow-plain-text-secrets");
        command.env("REST", &KEY[9..]);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("own-credential"), "{stderr}");
        assert_eq!(output.status.code(), Some(5));
    }
    world.write("instances/desk.yaml", CRM.replace("Help desk", USER));
    refused(&world, "validate");
    assert_eq!(world.requests(), "");
}
