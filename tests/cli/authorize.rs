//! `ocon authorize`: a person grants access, or does not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use ocon::sandbox::SandboxOptions;
use serde_json::Value;
use snapbox::str;

use crate::leaks::LOGS;
use crate::ports;
use crate::support::{World, is, terminate};

const SOCIAL: &str = "\
element: hootsuite
name: Social
configuration:
  oauth.api.key: ${{ env.SOCIAL_ID }}
  oauth.api.secret: ${{ env.SOCIAL_SECRET }}
  oauth.callback.url: CALLBACK
  oauth.scope: a b
  event.notification.enabled: true
  event.notification.callback.url: ${{ instance.webhook_url }}
";

/// A tenant with an application whose answers go to this callback, with `PORT` replaced.
pub(crate) fn world(callback: &str) -> World {
    world_with(SOCIAL, callback, SandboxOptions::default())
}

fn world_with(file: &str, callback: &str, options: SandboxOptions) -> World {
    let port = ports::free().to_string();
    let callback = callback.replace("PORT", &port);
    let world = World::new(&[("instances/social.yaml", &file.replace("CALLBACK", &callback))]);
    let mut world = world
        .on_sandbox_with(options)
        .secret("SOCIAL_ID", "the-public-client-id")
        .secret("SOCIAL_SECRET", "the-client-s3cret/of+social=");
    world.hide(&port, "[CALLBACK]");
    world
}

/// `ocon authorize`, as far as the address that it prints.
pub(crate) struct Asking {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    before: String,
    pub(crate) url: String,
}

impl Asking {
    pub(crate) fn begin(world: &World, line: &str) -> Self {
        let mut command = world.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut before = String::new();
        let mut line = String::new();
        while !line.starts_with("  http") {
            before.push_str(&std::mem::take(&mut line));
            if said.read_line(&mut line).unwrap() == 0 {
                child.wait().unwrap();
                panic!("no address: {before}");
            }
        }
        let url = line.trim().to_owned();
        Self { child, said, before, url }
    }

    /// Presses a button of the provider's page; the address to which the browser is sent.
    pub(crate) fn press(&self, button: &str) -> String {
        let (page, query) = self.url.split_once('?').unwrap();
        let head = curl(&[
            "-X",
            "POST",
            "-D",
            "-",
            "-o",
            "/dev/null",
            &format!("{page}/{button}?{query}"),
        ]);
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        location.trim().to_owned()
    }

    pub(crate) fn paste(&mut self, line: impl AsRef<[u8]>) {
        let line = [line.as_ref(), b"\n"].concat();
        self.child.stdin.as_mut().unwrap().write_all(&line).unwrap();
    }

    /// Sends a signal, and waits until the command says so.
    pub(crate) fn interrupt(&mut self) {
        terminate(&self.child);
        while !self.before.ends_with("Interrupt again to abort.\n") {
            assert_ne!(self.said.read_line(&mut self.before).unwrap(), 0, "{}", self.before);
        }
    }

    /// The same without the plan.
    pub(crate) fn rest(self, world: &World) -> String {
        let said = self.end(world);
        said.split_once(" to check.\n").map_or(said.clone(), |(_, rest)| rest.to_owned())
    }

    /// Waits for the end: what was said, without the address, and how it ended.
    pub(crate) fn end(mut self, world: &World) -> String {
        drop(self.child.stdin.take());
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let mut stderr = self.before;
        self.said.read_to_string(&mut stderr).unwrap();
        let exit = self.child.wait().unwrap().code().unwrap();
        let text = format!("{stdout}--- stderr ---\n{stderr}--- exit {exit} ---\n");
        world.refuse_secrets(&text);
        world.constant(&text)
    }
}

pub(crate) fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").arg("-sS").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The instance, as the platform shows it.
pub(crate) fn instance(world: &World) -> Value {
    world.requests();
    world.send("GET", "/instances/20931", &Value::Null)
}

/// What was written to instances, without the code.
pub(crate) fn written(world: &World) -> String {
    let writes = world.writes();
    let lines = writes.lines().filter(|line| line.contains(" /instances"));
    let lines = lines.map(|line| match line.split_once("\"granted/") {
        Some((before, after)) => {
            format!("{before}\"[CODE]{}\n", &after[after.find('"').unwrap()..])
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn an_instance_is_created_with_what_a_person_grants() {
    let world = world("http://127.0.0.1:PORT/callback");
    let asking = Asking::begin(&world, "authorize social");
    assert!(!asking.url.contains("s3cret"), "{}", asking.url);
    assert!(asking.url.contains("scope=a%20b"), "{}", asking.url);
    let back = asking.press("allow");
    let page = curl(&[&back]);
    is(
        &page,
        str![[r#"
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Access granted – ocon</title>
<style>
:root { color-scheme: light dark }
body { font: 100%/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }
</style>
<main>
<h1>Access granted</h1>
<p>ocon has what it needs and goes on where you started it. You can close this page.</p>
</main>

"#]],
    );
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://127.0.0.1:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write, 1 to check.

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    is(
        &written(&world),
        str![[r#"
POST /instances {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite","event.notification.enabled":"true","oauth.api.key":"the-public-client-id","oauth.api.secret":"the-client-s3cret/of+social=","oauth.callback.url":"http://127.0.0.1:[CALLBACK]/callback","oauth.scope":"a b"},"element":{"key":"hootsuite"},"name":"Social","providerData":{"code":"[CODE]"},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=social","ocon:project=tests"]}
PATCH /instances/20931 {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE="}}

"#]],
    );
    world.requests();
    world.ocon("plan --detailed-exitcode").is(str![[r#"
$ ocon plan --detailed-exitcode
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---

"#]]);
}

#[test]
fn the_sandbox_within_has_a_page_to_allow_on() {
    let world = world("http://127.0.0.1:PORT/callback");
    let asking = Asking::begin(&world, "authorize social --sandbox");
    assert!(asking.url.starts_with("http://127.0.0.1:"), "{}", asking.url);
    curl(&[&asking.press("allow")]);
    let said = asking.end(&world);
    assert!(said.contains("Applied: 1 created."), "{said}");
}

#[test]
fn an_answer_that_goes_elsewhere_is_pasted() {
    let world = world("https://app.example/callback");
    let mut asking = Asking::begin(&world, "authorize social");
    let back = asking.press("allow");
    asking.paste("https://app.example/other?code=a");
    asking.paste("");
    asking.paste(b"no UTF-8: \xff\xfe");
    asking.paste(format!("  {back}#_=_"));
    is(
        &asking.rest(&world),
        str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this address and grant access:


Then paste here the address at which the browser ends up, which begins with https://app.example/callback
This is not the address at which the browser ends up: it begins with https://app.example/callback
This is not the address at which the browser ends up: it begins with https://app.example/callback
--- exit 0 ---

"#]],
    );
    assert_eq!(instance(&world)["name"], "Social");
}

#[test]
fn oauth_1_begins_with_a_token() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    let world = world_with(&file, "http://127.0.0.1:PORT/callback", SandboxOptions::default());
    let asking = Asking::begin(&world, "authorize social");
    curl(&[&asking.press("allow")]);
    is(
        &asking.rest(&world),
        str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/twitter/MjA5MzE=

Applied: 1 created.
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    let read = instance(&world);
    assert_eq!(read["configuration"]["oauth.user.token.secret"].as_str().unwrap().len(), 44);
}

#[test]
fn no_log_says_the_code_or_the_client_secret() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    for file in [SOCIAL, &file] {
        let world = world_with(file, "http://127.0.0.1:PORT/callback", SandboxOptions::default());
        for log in LOGS {
            // By GET, whose address is what would be told.
            let asking = Asking::begin(&world, &format!("authorize social --allow-get {log}"));
            let back = asking.press("allow");
            curl(&[&back]);
            let code = back.split(['=', '&']).find(|part| part.starts_with("granted")).unwrap();
            let said = asking.end(&world);
            assert!(said.ends_with("--- exit 0 ---\n"), "{said}");
            let random = code.trim_start_matches("granted%2F");
            assert!(!said.contains(&random[..10]), "{random} is in:\n{said}");
        }
    }
}
