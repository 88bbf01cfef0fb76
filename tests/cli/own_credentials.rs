//! No file sends one of ocon's own credentials to a provider.

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
$ ocon plan
--- stderr ---
error[own-credential]: env.DESK_PASSWORD has ocon's own fingerprint key as its value
 --> instances/desk.yaml:6:13
  = help: set it to the secret of the provider; ocon sends its own credentials to the platform only
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
$ ocon plan
--- stderr ---
error[own-credential]: file.desk has ocon's own user secret as its value
 --> instances/desk.yaml:6:13
  = help: set it to the secret of the provider; ocon sends its own credentials to the platform only
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
$ ocon plan --var-file user.yaml
--- stderr ---
error[own-credential]: this value is ocon's own fingerprint key
 --> instances/desk.yaml
  = help: remove it, and change the credential: it is known to everybody who can read the file or the command

error[own-credential]: this value is ocon's own organization secret
 --> instances/desk.yaml:8:13
  = help: remove it, and change the credential: it is known to everybody who can read the file or the command

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
    assert_eq!(world.requests(), "");
}
