//! Variables that are not set (`--allow-unset`, `--var`, `--env-allow`).

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, World};

#[test]
fn unset_variables_are_a_warning_and_their_fields_unverified() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("apply --yes");
    let mut world = world;
    world.set("DESK_PASSWORD", "");
    for command in ["plan --detailed-exitcode", "plan"] {
        world.ocon(command).is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: 1 secret is not set where this plan was made, which is usual in a review:
        `env.DESK_PASSWORD`. The fields that use it are not compared. An apply that has the values
        writes those that changed. An apply without them needs --allow-unset (unset-variable)

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
        world.unset("DESK_PASSWORD");
    }
    world.ocon("plan --quiet").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: 1 secret is not set where this plan was made, which is usual in a review:
        `env.DESK_PASSWORD`. The fields that use it are not compared. An apply that has the values
        writes those that changed. An apply without them needs --allow-unset (unset-variable)

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn every_unset_variable_is_listed_before_anything_is_contacted() {
    let world = World::example().on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[unset-variable]: env.CLOSEIO_API_KEY is not set, or empty
 --> instances/closeio.yaml:9:13
  |
9 |   username: ${{ env.CLOSEIO_API_KEY }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set them where ocon runs (`ocon variables` lists them all); nothing was contacted
  = help: to apply the rest anyway, use --allow-unset, or give only the files whose variables are set
  = note: 7 of these, in 3 files; use -v to see all of them
          also instances/closeio.yaml:10:13: env.CLOSEIO_PASSWORD is not set, or empty
          also instances/hootsuite.yaml:10:18: env.HOOTSUITE_CLIENT_ID is not set, or empty

7 errors in 3 files
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[cfg(unix)]
#[test]
fn secrets_in_files_stay_below_their_folder() {
    let from_file = CRM.replace("env.DESK_PASSWORD", "file.desk/password");
    let world = World::new(&[("instances/desk.yaml", from_file.as_str())]).on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[unset-variable]: file.desk/password is not in the secrets folder, or empty
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ file.desk/password }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: set it where ocon runs; nothing was contacted
  = help: to apply the rest anyway, use --allow-unset, or give only the files whose variables are set
--- exit 5 ---
"#]]);
    world.write("outside", "s3cret-outside-of-the-folder");
    world.write("secrets/desk/.keep", "");
    std::os::unix::fs::symlink("../../outside", world.path("secrets/desk/password")).unwrap();
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[refused-file]: the secret file `desk/password` cannot be used: a link leads out of the secrets folder
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ file.desk/password }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: use a text file of at most 1 MiB below `secrets`
--- exit 5 ---
"#]]);
    world.remove("secrets/desk/password");
    world.write("secrets/desk/password", "s3cret-inside-of-the-folder\n");
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                            instances/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, file.desk/password)
        + servicenow.subdomain   dev12345
        + username               admin

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + desk  #20931

Applied: 1 created.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
POST /instances {"configuration":{"filter.response.nulls":"true","password":"s3cret-inside-of-the-folder","servicenow.subdomain":"dev12345","username":"admin"},"element":{"key":"servicenow"},"name":"Help desk","tags":["ocon:applied=[FINGERPRINTS]","ocon:key=desk","ocon:project=tests","support"]}
"#]]);
}

#[test]
fn public_variables_come_from_the_flag_then_the_file_then_the_project() {
    let shop = "element: stripe\nname: Shop ${{ var.region }} ${{ var.stage }} ${{ var.team }}\n";
    let world = World::new(&[("instances/shop.yaml", shop)]).on_sandbox();
    world.write("ocon.yaml", "vars: { region: a, stage: a, team: a }\n");
    world.write("vars.yaml", "{ region: b, stage: b }\n");
    world.ocon("plan --var-file vars.yaml --var region=c").is(str![[r#"
Project default at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop c b a                                                           instances/shop.yaml:1

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    world.write("ocon.yaml", "vars: { region: a, stage: a, time: a }\n");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error[unknown-reference]: no `vars:` entry has the name `team`
 --> instances/shop.yaml:2:47
  |
2 | name: Shop ${{ var.region }} ${{ var.stage }} ${{ var.team }}
  |                                               ^^^^^^^^^^^^^^^
  |
  = help: declare it under `vars:` in ocon.yaml, or set it with `--var` or `--var-file`
--- exit 5 ---
"#]]);
}

#[test]
fn unset_secrets_may_be_left_alone_on_request() {
    let files =
        [("instances/desk.yaml", CRM), ("instances/shop.yaml", "element: stripe\nname: Shop\n")];
    let mut world = World::new(&files).with_password().on_sandbox();
    world.ocon("apply --yes instances/desk.yaml");
    world.requests();
    world.unset("DESK_PASSWORD");
    world.write("instances/new.yaml", CRM.replace("Help desk", "New desk"));
    // A plan assumes that an apply will have the secrets, unless `--allow-unset` is used.
    assert!(!world.ocon("plan").stdout.contains("missing-variable"));
    assert!(world.ocon("plan --allow-unset").stdout.contains("missing-variable"));
    world.requests();
    world.ocon("apply --yes --allow-unset --concurrency 1").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
  ! new  blocked                                                                instances/new.yaml:1
      missing-variable: a create needs env.DESK_PASSWORD, which is not set. Set it where ocon runs

  note: 1 secret is not set where this plan was made, which is usual in a review:
        `env.DESK_PASSWORD`. The fields that use it are not compared. An apply that has the values
        writes those that changed. An apply without them needs --allow-unset (unset-variable)

Plan: 1 to create, 0 to update, 0 to delete, 1 blocked; 1 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + shop  #20932

Applied: 1 created. Blocked: 1. Resolve what is blocked, and run it again.
--- exit 3 ---
"#]]);
    world.writes().is(str![[r#"
POST /instances {"element":{"key":"stripe"},"name":"Shop","tags":["ocon:applied=[FINGERPRINTS]","ocon:key=shop","ocon:project=tests"]}
"#]]);
}

#[test]
#[cfg(unix)]
fn a_symlink_in_the_repository_reads_no_secret_outside_of_it() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("token"), "t0ken-of-somebody\n").unwrap();
    let desk = CRM.replace("env.DESK_PASSWORD", "file.token");
    let world = World::new(&[("instances/desk.yaml", &desk)]).on_sandbox();
    std::os::unix::fs::symlink(outside.path(), world.path("secrets")).unwrap();
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[refused-file]: the secret file `token` cannot be used: the secrets folder is a link that leads out of the repository
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ file.token }}
  |             ^^^^^^^^^^^^^^^^^
  |
  = help: use a text file of at most 1 MiB below `secrets`
--- exit 5 ---
"#]]);
    world.remove("secrets");
    std::os::unix::fs::symlink("/proc/self", world.path("secrets")).unwrap();
    world.write("instances/desk.yaml", CRM.replace("env.DESK_PASSWORD", "file.environ"));
    assert_eq!(world.ocon("apply --yes").exit, 5);
    assert_eq!(world.ocon("apply --yes --secrets-dir /proc/self").exit, 5);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_mask_is_never_a_value() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox();
    world.set("DESK_PASSWORD", "********");
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error[mask-as-value]: this is the mask that the API shows instead of a secret, not a value
 --> instances/desk.yaml:6:13
  |
6 |   password: ${{ env.DESK_PASSWORD }}
  |             ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write `${{ env.NAME }}`, or remove the line to keep the stored value
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_pipeline_without_env_allow_gets_a_warning() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    world.set("CI", "true");
    world.set("OCON_PROJECT", "tests");
    assert_eq!(world.ocon("plan --env-allow DESK_*").stderr, "");
    world.ocon("plan").stderr.is(str![[r#"
warning[env-allow-unset]: a file can refer to any variable of this pipeline as a secret
  |
  = help: narrow it to a list, for example --env-allow 'HOOTSUITE_*,SLACK_*' (OCON_ENV_ALLOW)

"#]]);
}

#[test]
fn an_invalid_name_pattern_is_a_usage_error() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    world.ocon("plan --env-allow SLACK_*,DESK_?").is(str![[r#"
--- stderr ---
error: `DESK_?` is not a valid pattern for names of variables (--env-allow or OCON_ENV_ALLOW)

hint: write names with letters, digits and `_`. `*` matches any text, and a comma separates patterns
--- exit 64 ---
"#]]);
    for pattern in ["DESK_[A-Z]*", "{DESK_PASSWORD}", r"DESK_\*", "!OTHER_*"] {
        world.set("OCON_ENV_ALLOW", pattern);
        let run = world.ocon("validate");
        assert_eq!(run.exit, 64, "{}", run.stderr);
        assert!(run.stderr.contains(&format!("`{pattern}`")), "{}", run.stderr);
    }
    world.set("OCON_ENV_ALLOW", " SLACK_* ,DESK_*WORD");
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_name_of_100_000_characters_is_an_error_that_does_not_repeat_it() {
    let long = "A_".repeat(50_000);
    let world = World::new(&[]);
    for reference in
        ["env.NAME", "var.NAME", "instance.NAME", "NAME", "NAME.x", "evn.NAME", "file.NAME"]
    {
        let desk = CRM.replace("env.DESK_PASSWORD", &reference.replace("NAME", &long));
        world.write("instances/desk.yaml", desk);
        let run = world.ocon("validate --env-allow *_*_TOKEN");
        let is_path = reference == "file.NAME";
        assert_eq!(run.exit, if is_path { 0 } else { 5 }, "{reference}");
        assert!(run.stderr.len() < 2_000, "{reference}: {} bytes", run.stderr.len());
        let run = world.ocon("validate --env-allow *_*_TOKEN --format json");
        assert!(run.stdout.len() + run.stderr.len() < 3_000, "{reference}");
    }
    let shown = CRM.replace("env.DESK_PASSWORD", &format!("env.{}", "A".repeat(129)));
    world.write("instances/desk.yaml", shown);
    let run = world.ocon("validate");
    assert!(run.stderr.starts_with(
        "error[invalid-name]: the name in this reference has more than 128 characters\n"
    ));
    world.write("instances/desk.yaml", CRM.replace("DESK_PASSWORD", &"A".repeat(128)));
    assert_eq!(world.ocon("validate").exit, 0);
}
