//! The connection to the platform: the client, and reading and planning with it.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::Arc;

use tracing::debug;

use crate::api::client::{ApiCredentials, Client, ClientSettings};
use crate::api::{self, Clock, StopSignal, Waiter};
use crate::cli::setup::api_failures::{self, left_out_text, retry_text};
use crate::cli::setup::credentials;
use crate::cli::setup::embedded_sandbox;
use crate::cli::setup::files::{self, Files, SecretAccess};
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::setup::network;
use crate::cli::setup::platform::{self, Platform, SANDBOX_URL};
use crate::cli::terminal::{
    Exit, Failure,
    log::Verbosity,
    progress::{self, Progress, ProgressOptions},
    redaction,
};
use crate::desired::Desired;
use crate::instance::{BaseUrl, EVENT_KEYS, Project, Secret};
use crate::observed::{self, Observed};
use crate::ownership::Fingerprints;
use crate::plan::{self, Plan, PlanContext, PlanOptions, Target};
use crate::sandbox;

pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) target: Target,
    pub(crate) fingerprints: Fingerprints,
    pub(crate) stop: StopSignal,
    pub(crate) progress: Arc<Progress>,
    clock: Arc<dyn Clock>,
    /// The embedded sandbox, which lives as long as the connection.
    sandbox: Option<sandbox::Handle>,
}

/// Chooses the platform and loads the files. A wrong platform is reported before any problem in a file.
pub(crate) fn prepare(
    globals: &GlobalArgs,
    access: SecretAccess,
) -> Result<(Platform, Files), Failure> {
    let platform = platform::choose(globals)?;
    Ok((platform, files::load(globals, access)?))
}

/// Creates a client, which reports its retries. Sends nothing yet.
pub(crate) async fn connect(
    platform: Platform,
    globals: &GlobalArgs,
    project: &Project,
) -> Result<Connection, Failure> {
    let fingerprint_key =
        if globals.sandbox { None } else { credentials::fingerprint_key(&globals.environment)? };
    let (shown, endpoint, credentials, sandbox) = endpoint(platform, globals).await?;
    redaction::register([&credentials.user, &credentials.organization]);
    let fingerprints = match fingerprint_key {
        Some(key) => Fingerprints::new(&key, &credentials.organization),
        None => Fingerprints::from_organization_secret(&credentials.organization),
    };
    let progress = Arc::new(Progress::new(progress_options(globals)));
    let settings = settings(globals, ClientSettings::new(endpoint, credentials), &progress);
    let (stop, clock) = (settings.stop.clone(), Arc::clone(&settings.clock));
    let client = network::client(&globals.environment, settings)?;
    let target = Target { base_url: shown, project: project.clone() };
    Ok(Connection { client, target, fingerprints, stop, progress, clock, sandbox })
}

/// The settings that options select.
fn settings(
    globals: &GlobalArgs,
    defaults: ClientSettings,
    progress: &Arc<Progress>,
) -> ClientSettings {
    let (retries, pages) = (Arc::clone(progress), Arc::clone(progress));
    ClientSettings {
        read_timeout: globals.timeout.unwrap_or(defaults.read_timeout),
        create_timeout: globals.timeout.unwrap_or(defaults.create_timeout),
        page_timeout: globals.timeout,
        concurrency: globals.concurrency,
        max_requests: globals.max_requests,
        on_retry: Arc::new(move |retrying: &_| retries.retrying(&retry_text(retrying))),
        on_page: Arc::new(move |page: &_| pages.page_read(page)),
        on_left_out: Arc::new(|left_out: &_| progress::warn(&left_out_text(left_out))),
        clock: globals.environment.clock(),
        ..defaults
    }
}

/// The base URL as it is shown, the one that requests are sent to, and the credentials.
async fn endpoint(
    platform: Platform,
    globals: &GlobalArgs,
) -> Result<(BaseUrl, BaseUrl, ApiCredentials, Option<sandbox::Handle>), Failure> {
    match platform {
        Platform::Sandbox => {
            let handle = embedded_sandbox::start(&globals.root).await?;
            let secrets = handle.credentials();
            let credentials = ApiCredentials {
                user: Secret::new(secrets.user.clone()),
                organization: Secret::new(secrets.organization.clone()),
            };
            let endpoint = BaseUrl::new(handle.url());
            Ok((BaseUrl::new(SANDBOX_URL), endpoint, credentials, Some(handle)))
        }
        Platform::At(base_url) => {
            let (user, organization) = credentials::platform(globals)?;
            let credentials = ApiCredentials { user, organization };
            Ok((base_url.clone(), base_url, credentials, None))
        }
    }
}

/// The progress line would break the lines of a log, which also contains the retries.
fn progress_options(globals: &GlobalArgs) -> ProgressOptions {
    let verbosity = globals.verbosity();
    ProgressOptions {
        line: !globals.quiet
            && verbosity.is_none()
            && globals.environment.allows_progress()
            && std::io::stderr().is_terminal(),
        notices: !globals.quiet && verbosity < Some(Verbosity::Decisions),
    }
}

impl Connection {
    /// Turns the error of a read into a failure. See [`api_failures::read_failed`].
    pub(crate) fn read_failed(&self, message: &str) -> impl Fn(api::Error) -> Failure + Copy {
        move |error| api_failures::read_failed(message, &error, &self.target.base_url)
    }

    pub(crate) fn context<'a>(&'a self, options: &'a PlanOptions) -> PlanContext<'a> {
        PlanContext {
            target: &self.target,
            options,
            fingerprints: &self.fingerprints,
            accepts_samples: self.sandbox.is_some(),
        }
    }

    pub(crate) async fn plan(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(Plan, Observed), Failure> {
        let keys = keys_to_read(desired);
        let observed = observed::fetch(&self.client, &self.target.project, keys.clone());
        self.read(Box::pin(self.decide(desired, options, keys, observed))).await
    }

    /// Reads every instance that the credentials can see, and makes a plan.
    pub(crate) async fn survey(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(Plan, Observed), Failure> {
        let keys = keys_to_read(desired);
        let observed = observed::survey(&self.client, &self.target.project, keys.clone());
        self.read(Box::pin(self.decide(desired, options, keys, observed))).await
    }

    /// Shows progress during `reading`, and removes it before anything else is printed.
    pub(crate) async fn read<T>(&self, reading: impl Future<Output = T>) -> T {
        self.progress.start_reading();
        let read = reading.await;
        progress::clear();
        read
    }

    /// Answers the questions of the planner until it has none left. Keeps the values of `keys`.
    async fn decide(
        &self,
        desired: &Desired,
        options: &PlanOptions,
        keys: BTreeSet<String>,
        observed: impl Future<Output = Result<Observed, api::Error>>,
    ) -> Result<(Plan, Observed), Failure> {
        let failed = self.read_failed("the instances cannot be read, so no plan was made");
        let mut observed = observed.await.map_err(failed)?;
        redaction::register_tokens(observed.ours.values().map(|found| &found.token));
        let context = self.context(options);
        let waiting = Waiter { clock: &*self.clock, stop: &self.stop };
        loop {
            let questions = plan::questions(desired, &observed, &context);
            if questions.is_empty() {
                let plan = plan::compute(desired, &observed, &context);
                let (steps, blocked, stale) =
                    (plan.steps.len(), plan.blocked.len(), plan.stale.len());
                debug!(steps, blocked, stale, reads = observed.reads, "plan");
                return Ok((plan, observed));
            }
            for question in &questions {
                debug!(what = %question, "question");
            }
            let answered =
                observed::answer(&self.client, &questions, &keys, &mut observed, waiting);
            answered.await.map_err(failed)?;
        }
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| Failure::new(Exit::Other, "threads cannot be started").caused_by(&error))
}

/// The configuration keys that are compared, and those that decide how events arrive.
fn keys_to_read(desired: &Desired) -> BTreeSet<String> {
    let mut keys = desired.declared_keys();
    keys.extend(EVENT_KEYS.map(str::to_owned));
    keys
}
