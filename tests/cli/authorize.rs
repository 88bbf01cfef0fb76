//! `ocon authorize`: a person grants access (`--scope`, `--allow-get`).

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use ocon::sandbox::SandboxOptions;
use serde_json::Value;
use snapbox::str;

use crate::leaks::LOGS;
use crate::ports;
use crate::snapshot::Snapshot as _;
use crate::support::World;

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

/// A running `ocon authorize` that has printed its URL.
pub(crate) struct Prompt {
    child: Child,
    printed: BufReader<std::process::ChildStderr>,
    before: String,
    pub(crate) url: String,
}

impl Prompt {
    pub(crate) fn begin(world: &World, line: &str) -> Self {
        let mut command = world.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut printed = BufReader::new(child.stderr.take().unwrap());
        let mut before = String::new();
        let mut line = String::new();
        while !line.starts_with("  http") {
            before.push_str(&std::mem::take(&mut line));
            if printed.read_line(&mut line).unwrap() == 0 {
                child.wait().unwrap();
                panic!("no address: {before}");
            }
        }
        let url = line.trim().to_owned();
        Self { child, printed, before, url }
    }

    /// Presses a button of the provider's page. Returns the URL of the redirect.
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

    /// Sends a signal, and waits until the command reports it.
    #[cfg(target_os = "linux")]
    pub(crate) fn interrupt(&mut self) {
        crate::support::terminate(&self.child);
        while !self.before.ends_with("Interrupt again to abort.\n") {
            assert_ne!(self.printed.read_line(&mut self.before).unwrap(), 0, "{}", self.before);
        }
    }

    /// Like `end`, without the plan.
    pub(crate) fn rest(self, world: &World) -> String {
        let printed = self.end(world);
        printed.split_once(" to check.\n").map_or(printed.clone(), |(_, rest)| rest.to_owned())
    }

    /// Waits for the end. Returns the output without the URL, and the exit code.
    pub(crate) fn end(mut self, world: &World) -> String {
        drop(self.child.stdin.take());
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let mut stderr = self.before;
        self.printed.read_to_string(&mut stderr).unwrap();
        let exit = self.child.wait().unwrap().code().unwrap();
        let text = format!("{stdout}--- stderr ---\n{stderr}--- exit {exit} ---");
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

/// The writes to instances, without the authorization code.
pub(crate) fn written(world: &World) -> String {
    let writes = world.writes();
    let lines = writes.lines().filter(|line| line.contains(" /instances"));
    let lines = lines.map(|line| match line.split_once("\"granted/") {
        Some((before, after)) => format!("{before}\"[CODE]{}", &after[after.find('"').unwrap()..]),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_instance_is_created_with_the_grant_of_a_person() {
    let world = world("http://127.0.0.1:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social");
    assert!(!prompt.url.contains("s3cret"), "{}", prompt.url);
    assert!(prompt.url.contains("scope=a%20b"), "{}", prompt.url);
    let back = prompt.press("allow");
    let page = curl(&[&back]);
    page.is(str![[r#"
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
<p>ocon has the grant and continues in your terminal. You can close this page.</p>
</main>

"#]]);
    prompt.end(&world).is(str![[r#"
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

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---
"#]]);
    written(&world).is(str![[r#"
POST /instances {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite","event.notification.enabled":"true","oauth.api.key":"the-public-client-id","oauth.api.secret":"the-client-s3cret/of+social=","oauth.callback.url":"http://127.0.0.1:[CALLBACK]/callback","oauth.scope":"a b"},"element":{"key":"hootsuite"},"name":"Social","providerData":{"code":"[CODE]"},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=social","ocon:project=tests"]}
PATCH /instances/20931 {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE="}}
"#]]);
    world.requests();
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

/// `--scope`
#[test]
fn another_scope_than_the_declared_one_can_be_requested() {
    let world = world("http://127.0.0.1:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social --scope c");
    assert!(prompt.url.contains("scope=c&") || prompt.url.ends_with("scope=c"), "{}", prompt.url);
    curl(&[&prompt.press("allow")]);
    let end = prompt.end(&world);
    assert!(end.ends_with("--- exit 0 ---"), "{end}");
    // The instance keeps what its file declares.
    assert_eq!(instance(&world)["configuration"]["oauth.scope"], "a b");
}

#[test]
fn the_embedded_sandbox_has_a_page_to_allow_access() {
    let world = world("http://127.0.0.1:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social --sandbox");
    assert!(prompt.url.starts_with("http://127.0.0.1:"), "{}", prompt.url);
    curl(&[&prompt.press("allow")]);
    let printed = prompt.end(&world);
    assert!(printed.contains("Applied: 1 created."), "{printed}");
}

#[test]
fn an_answer_to_another_address_is_pasted() {
    let world = world("https://app.example/callback");
    let mut prompt = Prompt::begin(&world, "authorize social");
    let back = prompt.press("allow");
    prompt.paste("https://app.example/other?code=a");
    prompt.paste("");
    prompt.paste(b"no UTF-8: \xff\xfe");
    prompt.paste(format!("  {back}#_=_"));
    prompt.rest(&world).is(str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this URL and grant access:


Then paste the URL that the browser shows at the end. It starts with https://app.example/callback
Paste the callback URL, which starts with https://app.example/callback
Paste the callback URL, which starts with https://app.example/callback
--- exit 0 ---
"#]]);
    assert_eq!(instance(&world)["name"], "Social");
}

#[test]
fn oauth_1_begins_with_a_token() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    let world = world_with(&file, "http://127.0.0.1:PORT/callback", SandboxOptions::default());
    let prompt = Prompt::begin(&world, "authorize social");
    curl(&[&prompt.press("allow")]);
    prompt.rest(&world).is(str![[r#"

  + social  #20931

Applied: 1 created.
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---
"#]]);
    let read = instance(&world);
    assert_eq!(read["configuration"]["oauth.user.token.secret"].as_str().unwrap().len(), 44);
}

#[test]
fn no_log_contains_the_code_or_the_client_secret() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    for file in [SOCIAL, &file] {
        let world = world_with(file, "http://127.0.0.1:PORT/callback", SandboxOptions::default());
        for log in LOGS {
            // A GET request, whose URL contains the secrets.
            let prompt = Prompt::begin(&world, &format!("authorize social --allow-get {log}"));
            let back = prompt.press("allow");
            curl(&[&back]);
            let code = back.split(['=', '&']).find(|part| part.starts_with("granted")).unwrap();
            let printed = prompt.end(&world);
            assert!(printed.ends_with("--- exit 0 ---"), "{printed}");
            let random = code.trim_start_matches("granted%2F");
            assert!(!printed.contains(&random[..10]), "{random} is in:\n{printed}");
        }
    }
}
