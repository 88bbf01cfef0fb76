//! Instances of 25 configuration keys, five of which a file declares: the files, and a process of
//! its own with a sandbox that has them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ocon::desired::secrets::{AllowedVariables, Demo};
use ocon::desired::{self, Desired, Sources};
use ocon::instance::Secret;
use ocon::ownership::{FingerprintScope, Fingerprints};
use ocon::sandbox::{self, Faults, Options};
use serde_json::{Value, json};

/// With this argument, a folder and the three numbers of [`Served`], a benchmark is a sandbox.
const SERVE: &str = "serve";

/// The value of the one secret, as the sandbox's store makes it up.
const API_KEY: &str = "demo-api-key";

/// What all fingerprints are made with.
const FINGERPRINT_KEY: &str = "fingerprint-key-of-the-benchmarks";

/// What a sandbox shall have.
#[derive(Clone, Copy)]
pub(crate) struct Served {
    pub(crate) instances: usize,
    /// How many of them, the first ones, poll at another interval than their files say.
    pub(crate) drifted: usize,
    /// How long each request takes, in milliseconds.
    pub(crate) delay: u64,
}

/// What a sandbox was asked.
pub(crate) struct Requests {
    pub(crate) all: usize,
    /// Those that are no GET.
    pub(crate) writes: usize,
}

/// A sandbox in a process of its own, which ends with this value.
pub(crate) struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
    user: String,
    organization: String,
}

impl Server {
    /// Starts a sandbox with the instances of the files below `root`.
    pub(crate) fn start(root: &Path, served: Served) -> Self {
        let Served { instances, drifted, delay } = served;
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(SERVE).arg(root).args([instances, drifted].map(|number| number.to_string()));
        command.arg(delay.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let [url, user, organization]: [String; 3] = serde_json::from_str(&line).unwrap();
        Self { process, stdout, url, user, organization }
    }

    /// Where it is and who may ask, for any program.
    pub(crate) fn introduce<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("OCON_BASE_URL", &self.url)
            .env("OCON_USER_SECRET", &self.user)
            .env("OCON_ORGANIZATION_SECRET", &self.organization)
            .env("OCON_FINGERPRINT_KEY", FINGERPRINT_KEY)
            .env("OCON_PROJECT", "bench")
            .env("API_KEY", API_KEY)
            .env_remove("CI")
    }

    /// `ocon` with these arguments, in the folder of the files.
    pub(crate) fn ocon(&self, root: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocon"));
        command.arg("-C").arg(root).args(arguments);
        self.introduce(&mut command);
        command
    }

    /// How many requests the sandbox had until now.
    pub(crate) fn requests(&mut self) -> Requests {
        self.process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let [all, writes] = serde_json::from_str(&line).unwrap();
        Requests { all, writes }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// Where this process was started as a sandbox, is one until nobody listens; says whether it was.
pub(crate) fn served() -> bool {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [first, root, instances, drifted, delay] = arguments.as_slice() else {
        return false;
    };
    if first != SERVE {
        return false;
    }
    let served = Served {
        instances: instances.parse().unwrap(),
        drifted: drifted.parse().unwrap(),
        delay: delay.parse().unwrap(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(serve(Path::new(root), served));
    true
}

async fn serve(root: &Path, served: Served) {
    let faults = match served.delay {
        0 => Faults::default(),
        delay => Faults::parse(&format!("rules: [{{ delay: {delay}ms }}]")).unwrap(),
    };
    let handle = sandbox::start(Options { faults, ..Options::default() }).await.unwrap();
    let desired = load(root);
    handle.seed(served.instances, |number| body(number, served.drifted, &desired)).unwrap();
    drop(desired);
    let secrets = handle.credentials();
    println!("{}", json!([handle.url(), secrets.user, secrets.organization]));
    for line in std::io::stdin().lines() {
        assert_eq!(line.unwrap(), "", "each empty line asks how many requests there were");
        let journal = handle.journal();
        let writes = journal.iter().filter(|entry| entry.method != "GET").count();
        println!("{}", json!([journal.len(), writes]));
    }
    handle.stopped().await;
}

fn body(number: usize, drifted: usize, desired: &Desired) -> Value {
    let undeclared = (0..20).map(|key| (format!("extra.key.{key}"), json!(format!("value {key}"))));
    let mut configuration: serde_json::Map<_, _> = undeclared.collect();
    for (key, value) in declared(number) {
        configuration.insert(key.to_owned(), json!(value));
    }
    if number < drifted {
        configuration.insert("event.poller.refresh_interval".to_owned(), json!("30"));
    }
    json!({
        "element": { "key": "closeio" },
        "name": name(number),
        "tags": ["ocon:project=bench", format!("ocon:key=n{number}"), applied(number, desired)],
        "configuration": configuration,
    })
}

/// The tag that an apply of the document leaves behind.
fn applied(number: usize, desired: &Desired) -> String {
    let (project, key) = ("bench".parse().unwrap(), format!("n{number}").parse().unwrap());
    let subject = FingerprintScope { project: &project, key: &key };
    let fingerprints = Fingerprints::new(&Secret::new(FINGERPRINT_KEY), &Secret::new("o"));
    let mut applied = fingerprints.begin(subject, &desired.instances[&key].as_written());
    fingerprints.add(&mut applied, subject, "username", &Secret::new(API_KEY));
    applied.to_string()
}

fn name(number: usize) -> String {
    format!("Instance {number}")
}

fn declared(number: usize) -> [(&'static str, String); 5] {
    [
        ("username", API_KEY.to_owned()),
        ("event.notification.enabled", "true".to_owned()),
        ("event.notification.callback.url", format!("https://mycoolapp.com/{number}")),
        ("event.vendor.type", "polling".to_owned()),
        ("event.poller.refresh_interval", "15".to_owned()),
    ]
}

/// Writes the files, and beside them the bodies that somebody without `ocon` would keep.
pub(crate) fn write_files(root: &Path, count: usize) {
    fs::create_dir(root.join("instances")).unwrap();
    fs::create_dir(root.join("bodies")).unwrap();
    for number in 0..count {
        let mut text = format!("element: closeio\nname: {}\nconfiguration:\n", name(number));
        let mut configuration = BTreeMap::from(declared(number));
        configuration.remove("username");
        text.push_str("  username: ${{ env.API_KEY }}\n");
        for (key, value) in &configuration {
            text.push_str(&format!("  {key}: \"{value}\"\n"));
        }
        fs::write(root.join(format!("instances/n{number}.yaml")), text).unwrap();
        let body = json!({ "name": name(number), "configuration": configuration });
        fs::write(root.join(format!("bodies/n{number}.json")), body.to_string()).unwrap();
    }
}

fn load(root: &Path) -> Desired {
    let secrets = Demo { allowed: AllowedVariables::all() };
    let sources = Sources::usual(root, &secrets, "2026-01-01");
    desired::load(&sources).unwrap().desired
}
