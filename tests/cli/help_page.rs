//! `docs/events.md`, carried out: by a person who allows, and a provider that reports.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::json;

use crate::authorize::{Asking, curl, port};
use crate::support::World;

/// What stands in fences: what they are marked with, and the text.
fn blocks(page: &str) -> VecDeque<(String, String)> {
    let fences = page.split("```").skip(1).step_by(2);
    let block = |fence: &str| {
        let (mark, text) = fence.split_once('\n').unwrap();
        (mark.to_owned(), text.to_owned())
    };
    fences.map(block).collect()
}

/// The commands of a block, without what is said of them.
fn commands(block: &str) -> Vec<String> {
    let command = |line: &str| line.split('#').next().unwrap().trim().replacen("ocon ", "", 1);
    block.lines().map(command).collect()
}

/// Every line that the page shows is said.
fn shows(said: &str, block: &(String, String)) {
    assert_eq!(block.0, "text");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in block.1.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&line), "{line}\n is not in:\n{said}");
    }
}

fn authorized(world: &World, line: &str) -> String {
    let asking = Asking::begin(world, line);
    curl(&[&asking.press("allow")]);
    asking.end(world)
}

#[test]
fn the_page_does_what_it_says() {
    let page = format!("{}/docs/events.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(page).unwrap();
    let (callback, application) = (port().to_string(), port().to_string());
    let page = page.replace("8899", &callback).replace("8900", &application);
    let mut blocks = blocks(&page);
    let mut next = || blocks.pop_front().unwrap();
    let world = World::new(&[])
        .on_sandbox()
        .secret("HOOTSUITE_CLIENT_ID", "the-client-id-of-hootsuite")
        .secret("HOOTSUITE_CLIENT_SECRET", "the-client-secret-of-hootsuite")
        .secret("SLACK_CLIENT_ID", "the-client-id-of-slack")
        .secret("SLACK_CLIENT_SECRET", "the-client-secret-of-slack")
        .secret("SLACK_SIGNATURE_KEY", "the-signature-key-of-slack");

    let (file, text) = next();
    world.write(file.strip_prefix("yaml ").unwrap(), text);
    let to_events = commands(&next().1);
    let [validate, authorize, plan, doctor, events] = to_events.as_slice() else {
        panic!("{to_events:?}")
    };
    assert_eq!(world.ocon(validate).exit, 0);
    shows(&authorized(&world, authorize), &next());
    assert_eq!(world.ocon(plan).exit, 0);
    let looked = world.ocon(doctor);
    assert_eq!(looked.exit, 0);
    shows(&looked.stdout, &next());
    world.requests();
    world.send("POST", "/events/hootsuite/MjA5MzE=", &json!({ "type": "message", "id": 7 }));
    shows(&world.ocon(events).stdout, &next());

    let (file, text) = next();
    world.write(file.strip_prefix("yaml ").unwrap(), text);
    let two = commands(&next().1);
    let [authorize, listen] = two.as_slice() else { panic!("{two:?}") };
    authorized(&world, authorize);
    let mut command = world.command(listen);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    world.requests();
    world.send("POST", "/events/slack/MjA5MzI=", &json!({ "type": "message", "id": 7 }));
    let mut delivered = String::new();
    child.stdout.take().unwrap().read_to_string(&mut delivered).unwrap();
    assert!(child.wait().unwrap().success());
    shows(&delivered, &next());
    assert_eq!(blocks.len(), 0);
}
