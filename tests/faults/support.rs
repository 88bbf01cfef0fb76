//! Files, variables, a sandbox with its own state, and one virtual time that advances when every run
//! waits.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ocon::api::client::{ApiCredentials, Client, ClientSettings};
use ocon::api::{Clock as _, Error, StopSignal, Waiter};
use ocon::apply::{self, Event, Outcome, StepResult};
use ocon::cli::terminal::failure::Exit;
use ocon::desired::secrets::{AllowedVariables, RealSecrets};
use ocon::desired::{self, Desired, Sources};
use ocon::instance::{BaseUrl, Secret};
use ocon::observed;
use ocon::ownership::Fingerprints;
use ocon::plan::{self, Limits, OrphanPolicy, Plan, PlanContext, PlanOptions, Target};
use ocon::sandbox::{self, Faults, Handle, JournalEntry, SandboxOptions, TimeSource};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::model::{Document, Stored, Variables};
use crate::remote::{Remote, Touched};
use crate::saved_plan;
use crate::time::{RunFuture, RunTime, Time};

pub(crate) const PROJECT: &str = "tests";

/// The base URL inside values, which does not change with the port.
pub(crate) const BASE_URL: &str = "https://sandbox.invalid/elements/api-v2";

pub(crate) struct World {
    root: TempDir,
    runtime: Runtime,
    sandbox: Handle,
    state: PathBuf,
    pub(crate) time: Time,
    pub(crate) documents: Vec<Document>,
    pub(crate) variables: Variables,
    pub(crate) page_size: usize,
    pub(crate) concurrency: usize,
    /// How long the client waits for an answer.
    pub(crate) timeout: Duration,
    /// The number of steps after which the run is interrupted.
    pub(crate) stop_after: Option<usize>,
}

/// The result of an apply.
pub(crate) struct Run {
    pub(crate) exit: u8,
    /// Nothing where no plan was made.
    pub(crate) done: Option<(Plan, Outcome)>,
    /// Why none was made.
    pub(crate) error: Option<Error>,
    /// The requests to the sandbox during this apply, those of concurrent applies included.
    pub(crate) journal: Vec<JournalEntry>,
    /// Whether it was killed, and so has no exit code.
    pub(crate) died: bool,
    pub(crate) touched: Touched,
}

/// How an apply goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Apply {
    /// How long after the others it begins.
    pub(crate) begins_after: Duration,
    /// At which of its calls and sleeps it is killed.
    pub(crate) dies_at: Option<usize>,
    /// The plan that was saved before, as JSON.
    pub(crate) saved: Option<String>,
    /// Instances per page; without a number those of the world.
    pub(crate) page_size: Option<usize>,
}

/// The part of the sandbox's file that is looked at.
#[derive(Deserialize)]
struct State {
    instances: Vec<Stored>,
}

impl World {
    /// A sandbox with the state file of another one, or an empty one.
    pub(crate) fn new(state: Option<&[u8]>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let file = root.path().join("sandbox.json");
        if let Some(state) = state {
            fs::write(&file, state).unwrap();
        }
        let time = Time::new();
        let source = time.clone();
        let source = TimeSource::new(move || source.of_day());
        let options =
            SandboxOptions { state: Some(file.clone()), time: source, ..SandboxOptions::default() };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let variables = ["CLIENT_ID", "CLIENT_SECRET", "DESK_PASSWORD", "CODE"];
        let variables =
            variables.map(|name| (name.to_owned(), format!("demo-s3cret-{}", name.to_lowercase())));
        Self {
            root,
            runtime,
            sandbox,
            state: file,
            time,
            documents: Vec::new(),
            variables: variables.into(),
            page_size: 200,
            concurrency: 4,
            timeout: Duration::from_secs(30),
            stop_after: None,
        }
    }

    /// The sandbox's file.
    pub(crate) fn state(&self) -> Vec<u8> {
        fs::read(&self.state).unwrap()
    }

    /// All instances, by id, as the sandbox keeps them.
    pub(crate) fn stored(&self) -> Vec<Stored> {
        self.sandbox.commit_late();
        serde_json::from_slice::<State>(&self.state()).unwrap().instances
    }

    /// Inserts an unmanaged instance.
    pub(crate) fn insert(&self, document: &Document, tags: &[&str]) -> u64 {
        let body = serde_json::json!({
            "element": { "key": document.connector },
            "name": document.name,
            "tags": tags,
            "configuration": { "username": "by hand", "password": self.variables["DESK_PASSWORD"] },
        });
        self.sandbox.seed(1, |_| body.clone()).unwrap()[0]
    }

    /// Sets the faults from now on.
    pub(crate) fn set_faults(&self, rules: &str) {
        let faults = Faults::parse(&format!("rules:\n{rules}"));
        self.sandbox.set_faults(faults.unwrap_or_else(|error| panic!("{error}\n{rules}")));
    }

    pub(crate) fn goes_well(&self) {
        self.sandbox.set_faults(Faults::default());
    }

    /// The journal after it shows this fault, which affects a request that no run waits for.
    pub(crate) fn late(&self, fault: &str) -> Vec<JournalEntry> {
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

    /// The differences between the documents and the platform.
    pub(crate) fn differences(&self) -> Vec<String> {
        let stored = self.stored();
        let documents = self.documents.iter();
        documents.flat_map(|document| document.differences(&stored, &self.variables)).collect()
    }

    /// Plans and applies, as `ocon apply --yes --prune` does.
    pub(crate) fn apply(&self) -> Run {
        self.applies(&[Apply::default()]).remove(0)
    }

    /// Several applies of the same files at the same time.
    pub(crate) fn applies(&self, applies: &[Apply]) -> Vec<Run> {
        let before = self.sandbox.journal().len();
        let desired = self.load();
        let touched: Vec<Arc<Mutex<Touched>>> = applies.iter().map(|_| Arc::default()).collect();
        let runs = applies.iter().zip(&touched).map(|(apply, touched)| {
            let time = self.time.run(apply.dies_at);
            let remote = self.remote(&time, apply.page_size, Arc::clone(touched));
            let run = self.one(&desired, remote, apply);
            (time, Box::pin(run) as RunFuture<'_, Done>)
        });
        let results = self.runtime.block_on(self.time.drive(runs.collect()));
        let journal = self.sandbox.journal().split_off(before);
        let run = |(result, touched): (Option<Done>, Arc<Mutex<Touched>>)| {
            let died = result.is_none();
            let touched = touched.lock().unwrap().clone();
            let (exit, done, error) = match result {
                Some(Ok((plan, outcome))) => {
                    (Exit::of_apply(&outcome, &plan), Some((plan, outcome)), None)
                }
                Some(Err(error)) => (Exit::Unreachable, None, Some(error)),
                None => (Exit::Interrupted, None, None),
            };
            Run { exit: exit.code(), done, error, journal: journal.clone(), died, touched }
        };
        results.into_iter().zip(touched).map(run).collect()
    }

    async fn one(&self, desired: &Desired, remote: Remote, apply: &Apply) -> Done {
        if !apply.begins_after.is_zero() {
            remote.time.sleep(apply.begins_after).await;
        }
        let plan = match &apply.saved {
            None => self.decide(desired, &remote, &prune()).await?,
            Some(json) => {
                let saved = saved_plan::read(json, &fingerprints());
                let plan = self.decide(desired, &remote, &saved.options()).await?;
                saved.revise(plan)
            }
        };
        let approved = plan.within(Limits { max_deletes: 100 }).unwrap();
        let outcome = self.carry_out(&approved, &remote).await;
        Ok((approved.plan().clone(), outcome))
    }

    /// The plan of now.
    pub(crate) fn plan(&self) -> Plan {
        let desired = self.load();
        let time = self.time.run(None);
        let (remote, options) = (self.remote(&time, None, Arc::default()), prune());
        let plan: RunFuture<'_, _> = Box::pin(self.decide(&desired, &remote, &options));
        let plans = self.runtime.block_on(self.time.drive(vec![(time, plan)]));
        plans.into_iter().next().flatten().unwrap().unwrap()
    }

    /// A plan as `ocon plan --prune --out FILE` writes it.
    pub(crate) fn saved_plan(&self) -> String {
        saved_plan::write(&self.plan(), &fingerprints())
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
        let secrets = RealSecrets {
            allowed,
            variable: &variable,
            folder: self.root.path().join("secrets"),
            root: PathBuf::new(),
        };
        let sources = Sources::with_defaults(self.root.path(), &secrets, "2026-12-01");
        desired::load(&sources).unwrap_or_else(|problems| panic!("{problems:#?}")).desired
    }

    fn remote(
        &self,
        time: &RunTime,
        page_size: Option<usize>,
        touched: Arc<Mutex<Touched>>,
    ) -> Remote {
        let credentials = self.sandbox.credentials();
        let credentials = ApiCredentials {
            user: Secret::new(credentials.user.clone()),
            organization: Secret::new(credentials.organization.clone()),
        };
        let settings = ClientSettings {
            clock: Arc::new(time.clone()),
            page_size: page_size.unwrap_or(self.page_size),
            concurrency: self.concurrency,
            read_timeout: self.timeout,
            create_timeout: self.timeout,
            ..ClientSettings::new(BaseUrl::new(self.sandbox.url()), credentials)
        };
        Remote { client: Client::new(settings).unwrap(), time: time.clone(), touched }
    }

    async fn decide(
        &self,
        desired: &Desired,
        remote: &Remote,
        options: &PlanOptions,
    ) -> Result<Plan, Error> {
        let target = Target { base_url: BaseUrl::new(BASE_URL), project: PROJECT.parse().unwrap() };
        let fingerprints = fingerprints();
        let keys = desired.declared_keys();
        let mut observed = observed::fetch(remote, &target.project, keys.clone()).await?;
        let context = PlanContext {
            target: &target,
            options,
            fingerprints: &fingerprints,
            accepts_samples: false,
        };
        let waiting = Waiter { clock: &remote.time, stop: &StopSignal::default() };
        loop {
            let questions = plan::questions(desired, &observed, &context);
            if questions.is_empty() {
                return Ok(plan::compute(desired, &observed, &context));
            }
            observed::answer(remote, &questions, &keys, &mut observed, waiting).await?;
        }
    }

    async fn carry_out(&self, approved: &plan::Approved, remote: &Remote) -> Outcome {
        let stop = StopSignal::default();
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
        let settings =
            apply::Settings { concurrency: self.concurrency, clock: &remote.time, stop: &stop };
        apply::run(approved, remote, settings, &tell).await
    }
}

/// The result of an apply that was not killed.
type Done = Result<(Plan, Outcome), Error>;

fn prune() -> PlanOptions {
    PlanOptions { orphans: OrphanPolicy::Prune, ..PlanOptions::default() }
}

fn fingerprints() -> Fingerprints {
    Fingerprints::new(&Secret::new("k1"), &Secret::new("organization"))
}

impl Run {
    /// The outcome of each step.
    pub(crate) fn results(&self) -> &[StepResult] {
        self.done.as_ref().map_or(&[], |(_, outcome)| &outcome.results)
    }

    /// The outcome of each step, in the order of the plan, and the codes of notes.
    pub(crate) fn summary(&self) -> String {
        let Some((_, outcome)) = &self.done else {
            return "no plan".to_owned();
        };
        let results: Vec<_> =
            outcome.results.iter().map(|result| result.status.outcome().as_str()).collect();
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
