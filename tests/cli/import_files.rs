//! The paths of the files that `ocon import` writes, and errors where it cannot write one.

use serde_json::json;
use snapbox::str;

use crate::import::{self, shop, tenant};
use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

#[test]
fn a_file_is_only_replaced_on_request() {
    let world = tenant();
    world.write("instances/stripe/shop.yaml", "key: other\nelement: stripe\nname: Other\n");
    world.write(
        "instances/servicenow/help-desk.yaml",
        "key: another\nelement: stripe\nname: Another\n",
    );
    world.ocon("import --all").is(str![[r#"
--- stderr ---
error: files already exist, so no file was written
  caused by: instances/servicenow/help-desk.yaml exists
  caused by: instances/stripe/shop.yaml exists

hint: move them, or replace them with --force; links and folders are never replaced
--- exit 1 ---
"#]]);
    world.ocon("import --all --force").is(str![[r#"
written  instances/servicenow/help-desk.yaml  #20931
written  instances/stripe/shop.yaml  #20932
2 files and 1 variable; 3 keys in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_PASSWORD'

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

2 instances: 2 written.
--- stderr ---
warning: the document `another` at instances/servicenow/help-desk.yaml:1 is replaced
warning: the document `other` at instances/stripe/shop.yaml:1 is replaced
--- exit 0 ---
"#]]);
    assert!(world.read("instances/stripe/shop.yaml").contains("id: 20932"));
}

#[test]
fn a_document_of_another_instance_is_never_replaced() {
    let world = tenant();
    world.write("instances/a.yaml", "key: other\nelement: stripe\nname: Other\n");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    // Moved to the path of the shop's file.
    world.remove("instances/a.yaml");
    world.write("instances/stripe/shop.yaml", "key: other\nelement: stripe\nname: Other\n");
    let two = "key: one\nelement: stripe\nname: One\n---\nkey: two\nelement: stripe\nname: Two\n";
    world.write("instances/servicenow/help-desk.yaml", two);
    world.ocon("import --all --force").is(str![[r#"
--- stderr ---
error: existing files contain other documents, so no file was written
  caused by: `one` at instances/servicenow/help-desk.yaml:1
  caused by: `two` at instances/servicenow/help-desk.yaml:5
  caused by: `other` at instances/stripe/shop.yaml:1

hint: move these documents to other files
--- exit 1 ---
"#]]);
    assert!(world.read("instances/stripe/shop.yaml").contains("key: other"));
}

#[test]
fn names_that_differ_little_get_the_id() {
    let world = World::new(&[("instances/stripe/taken.yaml", SHOP)]).on_sandbox();
    for name in ["Support", "SUPPORT", "Taken", "日本", "../../etc/passwd"] {
        world.send("POST", "/instances", &shop(name, &[]));
    }
    assert_eq!(world.ocon("import --all").exit, 0);
    let files = world.files().into_iter().filter(|path| path.starts_with("instances/"));
    (files.collect::<Vec<_>>().join("\n") + "\n").is(str![[r#"
instances/stripe/etc-passwd.yaml
instances/stripe/stripe-20934.yaml
instances/stripe/support-20931.yaml
instances/stripe/support-20932.yaml
instances/stripe/taken-20933.yaml
instances/stripe/taken.yaml

"#]]);
}

#[test]
fn an_orphan_of_ours_gets_the_file_that_it_had() {
    let world = World::new(&[("instances/pay/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.remove("instances/pay/shop.yaml");
    assert_eq!(world.ocon("import --all").exit, 0);
    assert!(world.read("instances/pay/shop.yaml").contains("id: 20931"));
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
}

#[cfg(unix)]
#[test]
fn a_folder_that_leads_elsewhere_is_refused() {
    let world = tenant();
    std::os::unix::fs::symlink("/tmp", world.path("instances")).unwrap();
    world.ocon("import --all").is(str![[r#"
--- stderr ---
error[link-leaves-repository]: this link leads out of the repository
 --> instances
  = help: replace the link with the file itself
--- exit 5 ---
"#]]);
    std::fs::remove_file(world.path("instances")).unwrap();
    std::fs::create_dir(world.path("instances")).unwrap();
    std::os::unix::fs::symlink("/nowhere", world.path("instances/stripe")).unwrap();
    world.ocon("import --all").is(str![[r#"
--- stderr ---
error[unreadable-file]: this cannot be read: No such file or directory (os error 2)
 --> instances/stripe
--- exit 5 ---
"#]]);
    // ocon does not write through a link below a named folder either.
    std::fs::create_dir(world.path("named")).unwrap();
    std::os::unix::fs::symlink("/tmp", world.path("named/stripe")).unwrap();
    let named = format!("--instances {} import --all", world.path("named").display());
    world.ocon(&named).is(str![[r#"
--- stderr ---
error[link-leaves-repository]: this link leads out of the repository
 --> [ROOT]/named/stripe
  = help: replace the link with the file itself
--- exit 5 ---
"#]]);
    assert!(std::fs::read_dir(world.path("named")).unwrap().count() == 1);
}

#[test]
fn a_folder_that_cannot_be_created_leaves_nothing_behind() {
    let world = tenant();
    world.write("instances/stripe", "a file\n");
    world.ocon("import --all").is(str![[r#"
--- stderr ---
error: no file can be written to instances/stripe
  caused by: not a directory

hint: no file was written
--- exit 1 ---
"#]]);
    assert!(!world.path("instances/servicenow").exists());
    assert_eq!(world.read("instances/stripe"), "a file\n");
}

#[test]
fn a_full_disk_leaves_no_incomplete_file() {
    let world = World::new(&[]).on_sandbox();
    world.send("POST", "/instances", &shop("Shop", &[]));
    let tags: Vec<String> = (0..200).map(|number| format!("tag number {number}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let mut desk = json!({ "element": { "key": "servicenow" }, "name": "Desk", "tags": tags });
    desk["configuration"] = import::desk("Desk")["configuration"].clone();
    world.send("POST", "/instances", &desk);
    let small = world.ocon_on_a_small_disk(2, "import --all");
    small.is(str![[r#"
--- stderr ---
error: instances/servicenow/desk.yaml cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
hint: no file was written
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
    assert!(!world.path("instances").exists());
}
