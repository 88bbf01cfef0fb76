//! Committed symbolic links: nothing is read or written through a link that leaves the repository.

#![cfg(unix)]

use crate::support::{SHOP, World};

#[test]
fn no_variables_are_read_through_a_symlink_out_of_the_repository() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.set("MY_TOKEN", "t0ken-of-the-runner");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("token"), "t0ken-of-the-runner: [").unwrap();
    let link = |target: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(target, world.path(name)).unwrap();
    };
    link(&outside.path().join("token"), "file.yaml");
    link(outside.path(), "folder");
    link("file.yaml".as_ref(), "chain.yaml");
    link("/proc/self".as_ref(), "process");
    link("/proc/self/environ".as_ref(), "environment.yaml");
    for file in [
        "file.yaml",
        "folder/token",
        "chain.yaml",
        "process/environ",
        "environment.yaml",
        "./instances/../file.yaml",
    ] {
        for command in ["validate", "plan --sandbox"] {
            let run = world.ocon(&format!("{command} --var-file {file}"));
            assert_eq!(run.exit, 5, "{file}");
            assert!(run.stderr.contains("error[link-leaves-repository]"), "{}", run.stderr);
            assert!(!run.stderr.contains("t0ken"), "{}", run.stderr);
        }
    }
    for file in ["/proc/self/environ", "/dev/zero", "instances"] {
        let run = world.ocon(&format!("validate --var-file {file}"));
        assert!(run.exit == 5 && run.stderr.contains("it is not a file"), "{}", run.stderr);
        assert!(!run.stderr.contains("t0ken"), "{}", run.stderr);
    }
    // The person who runs `ocon` can name a symlink that leads elsewhere.
    std::fs::write(outside.path().join("vars"), "team: one\n").unwrap();
    std::os::unix::fs::symlink("vars", outside.path().join("link")).unwrap();
    let named = outside.path().join("link");
    assert_eq!(world.ocon(&format!("validate --var-file {}", named.display())).exit, 0);
}

#[test]
fn no_file_above_the_root_is_read_through_a_symlink_out_of_its_repository() {
    let world = World::new(&[]);
    world.write("repository/.git/HEAD", "ref: refs/heads/main\n");
    world.write("repository/tenants/eu/ocon.yaml", "project: tests\n");
    world.write("repository/tenants/eu/instances/shop.yaml", SHOP);
    world.write("repository/vars.yaml", "team: one\n");
    world.write("token", "t0ken-of-the-runner: [");
    std::os::unix::fs::symlink("../token", world.path("repository/link.yaml")).unwrap();
    std::os::unix::fs::symlink("vars.yaml", world.path("repository/inside.yaml")).unwrap();
    let validate = |file: &str| {
        world.ocon(&format!("-C repository/tenants/eu validate --var-file ../../{file}"))
    };
    for good in ["vars.yaml", "inside.yaml"] {
        assert_eq!(validate(good).exit, 0, "{good}");
    }
    let run = validate("link.yaml");
    assert!(run.exit == 5 && !run.stderr.contains("t0ken"), "{}", run.stderr);
}

#[test]
fn no_credentials_and_no_plan_are_read_through_a_symlink_out_of_the_repository() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("token"), "t0ken-of-the-runner").unwrap();
    for name in ["link", "plan.json"] {
        std::os::unix::fs::symlink(outside.path().join("token"), world.path(name)).unwrap();
    }
    for line in [
        "plan --user-secret-file link",
        "plan --organization-secret-file link",
        "apply plan.json",
        "sandbox --faults link",
        "sandbox --state link",
    ] {
        let run = world.ocon(line);
        assert!([5, 6, 64].contains(&run.exit), "{line}: {}", run.stderr);
        assert!(!run.stderr.contains("t0ken"), "{}", run.stderr);
        let says = run.stderr.contains("a link leads out") || run.stderr.contains("it is a link");
        assert!(says, "{line}: {}", run.stderr);
    }
    assert_eq!(world.requests(), "");
}

#[test]
fn the_state_of_the_sandbox_is_not_read_through_a_symlink() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    let outside = tempfile::tempdir().unwrap();
    for name in [".ocon", ".ocon/sandbox.json", ".ocon/sandbox.json.lock", ".ocon/.gitignore"] {
        if let Some(parent) = std::path::Path::new(name).parent() {
            std::fs::create_dir_all(world.path(parent.to_str().unwrap())).unwrap();
        }
        std::os::unix::fs::symlink(outside.path().join("x"), world.path(name)).unwrap();
        let run = world.ocon("plan --sandbox");
        assert!(run.exit != 0 && run.stderr.contains("is a link"), "{name}: {}", run.stderr);
        std::fs::remove_file(world.path(name)).unwrap();
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(world.ocon("plan --sandbox").exit, 0);
}

#[test]
fn the_folder_of_a_tenant_must_not_be_a_symlink_out_of_the_repository() {
    let world = World::new(&[]);
    world.write("repository/.git/HEAD", "ref: refs/heads/main\n");
    world.write("repository/tenants/us/ocon.yaml", "project: tests\n");
    world.write("repository/tenants/us/instances/shop.yaml", SHOP);
    world.write("elsewhere/instances/shop.yaml", "t0ken-of-the-runner: [");
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, world.path("repository/tenants").join(name)).unwrap();
    };
    link("../../elsewhere", "eu");
    link("us", "asia");
    let validate = |folder: &str| {
        let mut ocon = world.command(&format!("-C {folder} validate"));
        let output = ocon.current_dir(world.path("repository")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(validate("tenants/asia"), (Some(0), String::new()));
    assert_eq!(
        validate("tenants/eu"),
        (
            Some(64),
            "error: a link leads from tenants/eu out of the repository\n\n\
             hint: name a folder of the repository, or one elsewhere, with -C\n"
                .to_owned()
        )
    );
    // The person who runs `ocon` can name the folder itself.
    assert_eq!(validate("../elsewhere").0, Some(5));
}

#[test]
fn no_output_above_the_root_leaves_the_repository() {
    let world = World::new(&[]).on_sandbox();
    world.write("repository/.git/HEAD", "ref: refs/heads/main\n");
    world.write("repository/tenants/eu/ocon.yaml", "project: tests\n");
    world.write("repository/tenants/eu/instances/shop.yaml", SHOP);
    std::fs::create_dir(world.path("elsewhere")).unwrap();
    std::fs::create_dir(world.path("repository/plans")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", world.path("repository/out")).unwrap();
    // The workspace itself may be behind a link.
    std::os::unix::fs::symlink("repository", world.path("checkout")).unwrap();
    let root = world.path("");
    let root = root.display();
    for line in [
        "plan --out ../../out/plan.json".to_owned(),
        format!("plan --out {root}/repository/out/plan.json"),
        format!("plan --out {root}/checkout/out/plan.json"),
        format!("man {root}/checkout/out/pages"),
        "schema pull stripe --schemas ../../out".to_owned(),
    ] {
        let run = world.ocon(&format!("-C repository/tenants/eu {line}"));
        assert!(run.exit != 0 && run.stderr.contains("a link leads out"), "{line}: {}", run.stderr);
    }
    assert_eq!(std::fs::read_dir(world.path("elsewhere")).unwrap().count(), 0);
    for out in ["../../plans/one.json".to_owned(), format!("{root}/checkout/plans/two.json")] {
        let run = world.ocon(&format!("-C repository/tenants/eu plan --out {out}"));
        assert_eq!(run.exit, 0, "{out}: {}", run.stderr);
    }
}

#[test]
fn an_absolute_path_by_way_of_a_link_is_still_one_of_the_repository() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.write("root/ocon.yaml", "project: tests\n");
    world.write("root/instances/shop.yaml", SHOP);
    world.write("root/vars.yaml", "team: one\n");
    world.write("token", "t0ken-of-the-runner: [");
    std::os::unix::fs::symlink("../token", world.path("root/link.yaml")).unwrap();
    std::os::unix::fs::symlink("root", world.path("checkout")).unwrap();
    let validate = |file: &str| {
        let file = world.path("checkout").join(file);
        world.ocon(&format!("-C root validate --var-file {}", file.display()))
    };
    assert_eq!(validate("vars.yaml").exit, 0);
    let run = validate("link.yaml");
    assert!(run.exit == 5 && run.stderr.contains("link-leaves-repository"), "{}", run.stderr);
    assert!(!run.stderr.contains("t0ken"), "{}", run.stderr);
}

/// Reading a pipe blocks until another process writes to it.
#[test]
fn a_pipe_in_place_of_a_file_of_the_repository_is_refused() {
    for file in ["ocon.yaml", "instances/pipe.yaml"] {
        let world = World::bare();
        world.write("instances/shop.yaml", SHOP);
        let made = std::process::Command::new("mkfifo").arg(world.path(file)).status();
        assert!(made.unwrap().success());
        for command in ["validate", "init --project tests --ci github", "plan --sandbox"] {
            let run = world.ocon(command);
            assert_eq!(run.exit, 5, "{command}: {}", run.stderr);
            assert!(run.stderr.contains("is not a file"), "{}", run.stderr);
            assert!(run.stderr.contains(&format!(" --> {file}\n")), "{}", run.stderr);
        }
    }
}

#[test]
fn a_pipe_of_the_shell_is_read() {
    let world = World::new(&[("instances/shop.yaml", &SHOP.replace("Shop", "${{ var.team }}"))]);
    let mut shell = std::process::Command::new("bash");
    let ocon = env!("CARGO_BIN_EXE_ocon");
    let line = format!("{ocon} validate --var-file <(echo 'team: one')");
    let output = shell.args(["-c", &line]).current_dir(world.path("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
