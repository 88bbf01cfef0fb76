//! A world in which an apply can go wrong: files, variables, a sandbox with a state of its own, and
//! time that passes as soon as somebody waits.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use ocon::api::client::{Client, Credentials, Settings};
use ocon::api::{Clock, Error, Sleep, Stop, Waiting};
use ocon::apply::{self, Event, Outcome, StepResult};
use ocon::cli::failure::Exit;
use ocon::desired::secrets::{AllowedVariables, Environment};
use ocon::desired::{self, Desired, Sources};
use ocon::instance::{BaseUrl, Secret};
use ocon::observed;
use ocon::ownership::Fingerprints;
use ocon::plan::{self, Limits, Orphans, Plan, Target, Terms, Wishes};
use ocon::sandbox::{self, Entry, Faults, Handle, Options};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::model::{Document, Stored, Variables};

pub(crate) const PROJECT: &str = "tests";

/// The base URL inside values, which does not change with the port.
pub(crate) const BASE_URL: &str = "https://sandbox.invalid/elements/api-v2";

/// What the clock shows at first.
const MORNING: &str = "Tue, 01 Dec 2026 08:00:00 GMT";

pub(crate) struct World {
    root: TempDir,
    runtime: Runtime,
    sandbox: Handle,
    state: PathBuf,
    pub(crate) documents: Vec<Document>,
    pub(crate) variables: Variables,
    pub(crate) page_size: usize,
    pub(crate) concurrency: usize,
    /// How long the client waits for an answer.
    pub(crate) patience: Duration,
    /// After how many steps somebody asks the run to end.
    pub(crate) stop_after: Option<usize>,
}

/// What an apply came to.
pub(crate) struct Run {
    pub(crate) exit: u8,
    /// Nothing where no plan was made.
    pub(crate) done: Option<(Plan, Outcome)>,
    /// Why none was made.
    pub(crate) error: Option<Error>,
    pub(crate) journal: Vec<Entry>,
}

/// Time that passes as soon as somebody waits for it.
#[derive(Clone)]
struct Elapsing {
    start: Instant,
    waited: Arc<Mutex<Duration>>,
}

impl Clock for Elapsing {
    fn sleep(&self, duration: Duration) -> Sleep {
        *self.waited.lock().unwrap() += duration;
        Box::pin(tokio::task::yield_now())
    }

    fn instant(&self) -> Instant {
        self.start + *self.waited.lock().unwrap()
    }

    fn now(&self) -> SystemTime {
        httpdate::parse_http_date(MORNING).unwrap() + *self.waited.lock().unwrap()
    }
}

/// The part of the sandbox's file that is looked at.
#[derive(Deserialize)]
struct State {
    instances: Vec<Stored>,
}

impl World {
    /// A sandbox that goes on from the file of another one, or an empty one.
    pub(crate) fn new(state: Option<&[u8]>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let file = root.path().join("sandbox.json");
        if let Some(state) = state {
            fs::write(&file, state).unwrap();
        }
        let options = Options { state: Some(file.clone()), ..Options::default() };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let variables = ["CLIENT_ID", "CLIENT_SECRET", "DESK_PASSWORD", "CODE"];
        let variables =
            variables.map(|name| (name.to_owned(), format!("demo-s3cret-{}", name.to_lowercase())));
        Self {
            root,
            runtime,
            sandbox,
            state: file,
            documents: Vec::new(),
            variables: variables.into(),
            page_size: 200,
            concurrency: 4,
            patience: Duration::from_secs(30),
            stop_after: None,
        }
    }

    /// The sandbox's file.
    pub(crate) fn state(&self) -> Vec<u8> {
        fs::read(&self.state).unwrap()
    }

    /// All instances, by id, as the sandbox keeps them.
    pub(crate) fn stored(&self) -> Vec<Stored> {
        serde_json::from_slice::<State>(&self.state()).unwrap().instances
    }

    /// Inserts an instance that nobody manages.
    pub(crate) fn insert(&self, document: &Document, tags: &[&str]) -> u64 {
        let body = serde_json::json!({
            "element": { "key": document.connector },
            "name": document.name,
            "tags": tags,
            "configuration": { "username": "by hand", "password": self.variables["DESK_PASSWORD"] },
        });
        self.sandbox.seed(1, |_| body.clone()).unwrap()[0]
    }

    /// What goes wrong from now on.
    pub(crate) fn goes_wrong(&self, rules: &str) {
        let faults = Faults::parse(&format!("rules:\n{rules}"));
        self.sandbox.set_faults(faults.unwrap_or_else(|error| panic!("{error}\n{rules}")));
    }

    pub(crate) fn goes_well(&self) {
        self.sandbox.set_faults(Faults::default());
    }

    /// The journal once it shows this fault, which befell a request that nobody waits for any more.
    pub(crate) fn late(&self, fault: &str) -> Vec<Entry> {
        let begun = Instant::now();
        loop {
            let journal = self.sandbox.journal();
            let faults = journal.iter().filter_map(|entry| entry.fault.as_deref());
            if faults.into_iter().any(|met| met == fault) {
                return journal;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{journal:#?}");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// What of the documents is not so on the platform.
    pub(crate) fn differences(&self) -> Vec<String> {
        let stored = self.stored();
        let documents = self.documents.iter();
        documents.flat_map(|document| document.differences(&stored, &self.variables)).collect()
    }

    /// Plans and applies, as `ocon apply --yes --prune` does.
    pub(crate) fn apply(&self) -> Run {
        let before = self.sandbox.journal().len();
        let desired = self.load();
        let (clock, client) = self.client();
        let result = self.runtime.block_on(async {
            let plan = self.decide(&desired, &client, &clock).await?;
            let approved = plan.within(Limits { max_deletes: 100 }).unwrap();
            let outcome = self.carry_out(&approved, &client, &clock).await;
            Ok((approved.plan().clone(), outcome))
        });
        let journal = self.sandbox.journal().split_off(before);
        let (exit, done, error) = match result {
            Ok((plan, outcome)) => (Exit::of_apply(&outcome, &plan), Some((plan, outcome)), None),
            Err(error) => (Exit::Unreachable, None, Some(error)),
        };
        Run { exit: exit.code(), done, error, journal }
    }

    /// What is still to do.
    pub(crate) fn plan(&self) -> Plan {
        let (desired, (clock, client)) = (self.load(), self.client());
        self.runtime.block_on(self.decide(&desired, &client, &clock)).unwrap()
    }

    fn load(&self) -> Desired {
        let folder = self.root.path().join("instances");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        for document in &self.documents {
            fs::write(folder.join(format!("{}.yaml", document.key)), document.yaml()).unwrap();
        }
        let variable = |name: &str| self.variables.get(name).cloned();
        let allowed = AllowedVariables::all();
        let secrets = Environment {
            allowed,
            variable: &variable,
            folder: self.root.path().join("secrets"),
            within: None,
        };
        let sources = Sources::usual(self.root.path(), &secrets, "2026-12-01");
        desired::load(&sources).unwrap_or_else(|problems| panic!("{problems:#?}")).desired
    }

    fn client(&self) -> (Elapsing, Client) {
        let clock = Elapsing { start: Instant::now(), waited: Arc::default() };
        let credentials = self.sandbox.credentials();
        let credentials = Credentials {
            user: Secret::new(credentials.user.clone()),
            organization: Secret::new(credentials.organization.clone()),
        };
        let settings = Settings {
            clock: Arc::new(clock.clone()),
            page_size: self.page_size,
            concurrency: self.concurrency,
            read_timeout: self.patience,
            create_timeout: self.patience,
            ..Settings::new(BaseUrl::new(self.sandbox.url()), credentials)
        };
        (clock, Client::new(settings).unwrap())
    }

    async fn decide(
        &self,
        desired: &Desired,
        client: &Client,
        clock: &Elapsing,
    ) -> Result<Plan, Error> {
        let target = Target { base_url: BaseUrl::new(BASE_URL), project: PROJECT.parse().unwrap() };
        let wishes = Wishes { orphans: Orphans::Prune, ..Wishes::default() };
        let fingerprints = Fingerprints::new(&Secret::new("k1"));
        let keys = desired.declared_keys();
        let mut observed = observed::fetch(client, &target.project, keys.clone()).await?;
        let terms = Terms { target: &target, wishes: &wishes, fingerprints: &fingerprints };
        let waiting = Waiting { clock, stop: &Stop::default() };
        loop {
            let questions = plan::questions(desired, &observed, &terms);
            if questions.is_empty() {
                return Ok(plan::compute(desired, &observed, &terms));
            }
            for question in questions {
                observed::answer(client, &question, keys.clone(), &mut observed, waiting).await?;
            }
        }
    }

    async fn carry_out(
        &self,
        approved: &plan::Approved,
        client: &Client,
        clock: &Elapsing,
    ) -> Outcome {
        let stop = Stop::default();
        let finished = Mutex::new(0);
        let tell = |event: Event<'_>| {
            if let Event::StepFinished(_) = event {
                let mut finished = finished.lock().unwrap();
                *finished += 1;
                if Some(*finished) == self.stop_after {
                    stop.request();
                }
            }
        };
        let settings = apply::Settings { concurrency: self.concurrency, clock, stop: &stop };
        apply::run(approved, client, settings, &tell).await
    }
}

impl Run {
    /// What became of each step.
    pub(crate) fn results(&self) -> &[StepResult] {
        self.done.as_ref().map_or(&[], |(_, outcome)| &outcome.results)
    }

    /// The outcome of each step, in the order of the plan, and the codes of notes.
    pub(crate) fn summary(&self) -> String {
        let Some((_, outcome)) = &self.done else {
            return "no plan".to_owned();
        };
        let results: Vec<_> = outcome.results.iter().map(|result| result.status.as_str()).collect();
        let results = if results.is_empty() { "no step".to_owned() } else { results.join(" ") };
        outcome
            .notes
            .iter()
            .fold(results, |text, note| format!("{text} with {}", note.code.as_str()))
    }

    /// Whether this fault befell a request.
    pub(crate) fn met(&self, fault: &str) -> bool {
        let faults = self.journal.iter().filter_map(|entry| entry.fault.as_deref());
        faults.into_iter().any(|met| met.split('+').any(|one| one == fault))
    }
}
