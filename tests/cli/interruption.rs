//! SIGTERM and Ctrl-C while a plan is carried out.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use ocon::sandbox::Options;
use snapbox::str;

use crate::support::{World, terminate};

#[test]
fn a_signal_lets_what_is_under_way_finish_and_begins_nothing_more() {
    let shop = |name: &str| format!("element: stripe\nname: {name}\n");
    let names = ["a", "b", "c", "d"];
    let world = World::new(&[])
        .on_sandbox_with(Options { slow_post: Duration::from_millis(500), ..Options::default() });
    for name in names {
        world.write(&format!("instances/{name}.yaml"), shop(name));
    }
    let mut ocon = world
        .command("apply --yes --concurrency 1 --verbose")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.contains("POST")), "the first create is done");
    terminate(&ocon);
    assert!(stderr.any(|line| line.starts_with("Interrupted: ")));
    let mut stdout = String::new();
    ocon.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(ocon.wait().unwrap().code(), Some(130));
    assert!(stdout.contains("Not started: "), "{stdout}");
    // Nothing is lost and nothing is there twice.
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
$ ocon plan --detailed-exitcode
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 4 instances match the files.
--- exit 0 ---

"#]]);
}
