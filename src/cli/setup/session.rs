//! What plan and apply share: load the files, connect, look, plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::debug;

use crate::api::client::{Client, Credentials, Settings};
use crate::api::{self, Clock, Stop, Waiting};
use crate::catalog::Catalog;
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::committed_secrets;
use crate::cli::setup::embedded_sandbox;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::setup::own_credentials;
use crate::cli::setup::project::{self, ChosenProject};
use crate::cli::setup::public_words;
use crate::cli::setup::target::{self, SANDBOX_URL};
use crate::cli::setup::unreachable::{retry_text, unreadable, unusable};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::progress::{self, Progress};
use crate::cli::terminal::redaction::{self, Noticed};
use crate::desired::secrets::{AllowedVariables, Demo, Environment as Secrets, Withheld};
use crate::desired::{self, Code, Desired, Loaded, Problem, SecretStore, Severity, Sources};
use crate::instance::{BaseUrl, Key, Project, Secret, SecretSource, Span};
use crate::observed::{self, Observed};
use crate::ownership::Fingerprints;
use crate::plan::{self, Plan, PlanContext, PlanOptions, Target, status};
use crate::sandbox;

/// The files, loaded and valid.
pub(crate) struct Files {
    pub(crate) desired: Desired,
    pub(crate) warnings: Vec<Problem>,
    /// Whether files that look like documents are not read.
    pub(crate) left_unread: bool,
    pub(crate) project: Project,
    /// Whether somebody named the project, so that it is not everybody's `default`.
    pub(crate) project_is_named: bool,
    /// Whether a flag or the environment named it, and not a file that anybody may propose to change.
    pub(crate) project_is_given: bool,
}

/// Whether secrets are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// They are, or demo values stand in for them with `--sandbox`.
    Asked,
    /// Nothing of what is done needs them.
    Withheld,
    /// Nothing of what is done needs them, and a folder that is not there yet holds no files: for a
    /// command that writes the first ones.
    WithheldFromAny,
}

/// Loads the files, or says everything that is wrong in them.
pub(crate) fn load(
    globals: &Globals,
    environment: &Environment,
    lookup: Lookup,
) -> Result<Files, Failure> {
    let invalid = |found: desired::Problems| file_problems::invalid(globals, found.as_slice());
    let file = desired::load_project(&globals.root).map_err(invalid)?;
    let project = project::choose(globals, environment, file.project)?;
    let mut doubts = file.warnings;
    let texts = Mutex::new(vec![file.text]);
    let on_text = |text: &str| {
        texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    };
    let variables = variables(globals, file.vars, &mut doubts, &on_text)?;
    let given = globals.env_allow.clone().or_else(|| environment.given("OCON_ENV_ALLOW"));
    let in_pipeline =
        environment.text("CI").is_some() && !globals.sandbox && lookup == Lookup::Asked;
    let open_environment = in_pipeline && given.is_none();
    let levels = globals.levels();
    let allowed = allowed_variables(given.as_deref())?;
    let variable = |name: &str| environment.raw(name)?.to_str().map(str::to_owned);
    let folder = secrets_folder(globals, environment);
    let secrets_folder = globals.root.join(&folder);
    let real = Noticed(Box::new(Secrets {
        allowed: allowed.clone(),
        variable: &variable,
        root: globals.root.clone(),
        folder,
    }));
    let (demo, none) = (Noticed(Box::new(Demo { allowed: allowed.clone() })), Withheld { allowed });
    let secrets: &dyn SecretStore = match (lookup, globals.sandbox) {
        (Lookup::Withheld | Lookup::WithheldFromAny, _) => &none,
        (Lookup::Asked, true) => &demo,
        (Lookup::Asked, false) => &real,
    };
    let sources = Sources {
        root: &globals.root,
        instances: &globals.instances,
        schemas: &globals.schemas,
        variables: &variables,
        secrets,
        catalog: Catalog::embedded(),
        levels: &levels,
        on_text: &on_text,
        today: &jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
    };
    let begins = lookup == Lookup::WithheldFromAny
        && fs::symlink_metadata(globals.root.join(&globals.instances)).is_err();
    let loaded = if begins { Ok(Loaded::default()) } else { desired::load(&sources) };
    // Also where the files are invalid: the lines of a message are theirs.
    redaction::show(texts.into_inner().unwrap_or_else(PoisonError::into_inner));
    let Loaded { desired, warnings: of_instances, unread_files: left_unread } =
        loaded.map_err(invalid)?;
    let mut warnings: Vec<_> = doubts.into_iter().filter_map(|doubt| levels.judge(doubt)).collect();
    warnings.extend(of_instances);
    if lookup != Lookup::Asked && !globals.sandbox {
        // They are in the environment nonetheless, and a reply may repeat them.
        let sources: BTreeSet<&SecretSource> = desired.sources().collect();
        for source in sources {
            // The store itself takes notice of the value.
            let _ = real.look_up(source);
        }
    }
    committed_secrets::refuse(globals, environment, &secrets_folder, &desired)?;
    if desired.values_of_references().next().is_some() {
        redaction::show_values(&desired);
    }
    own_credentials::refuse(globals, environment, &desired)?;
    public_words::refuse_secrets(globals, environment, &desired, &project.name)?;
    if open_environment && desired.refers_to_environment() {
        let severity = levels.of(Code::EnvAllowUnset, Severity::Warning);
        warnings.extend(severity.map(any_variable));
    }
    if in_pipeline && !project.is_given {
        let severity = levels.of(Code::ProjectUnset, Severity::Warning);
        warnings.extend(severity.map(|severity| project::unset(severity, &project.name)));
    }
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(file_problems::invalid(globals, &warnings));
    }
    let ChosenProject { name: project, is_named: project_is_named, is_given: project_is_given } =
        project;
    Ok(Files { desired, warnings, left_unread, project, project_is_named, project_is_given })
}

/// The folder of secret files, relative to the root.
fn secrets_folder(globals: &Globals, environment: &Environment) -> PathBuf {
    let given = globals.secrets_dir.clone();
    let given = given.or_else(|| environment.text("OCON_SECRETS_DIR").map(PathBuf::from));
    given.unwrap_or_else(|| "secrets".into())
}

/// `--var` beats `--var-file` beats `vars:`.
fn variables(
    globals: &Globals,
    in_file: BTreeMap<String, String>,
    doubts: &mut Vec<Problem>,
    on_text: &dyn Fn(&str),
) -> Result<BTreeMap<String, String>, Failure> {
    let mut variables = in_file;
    for file in &globals.var_file {
        let file = desired::load_var_file(&globals.root, file)
            .map_err(|found| file_problems::invalid(globals, found.as_slice()))?;
        on_text(&file.text);
        variables.extend(file.vars);
        doubts.extend(file.warnings);
    }
    variables.extend(globals.var.iter().cloned());
    Ok(variables)
}

impl Files {
    /// Says what is doubtful in the files.
    pub(crate) fn warn(&self, globals: &Globals) {
        file_problems::warn(globals, &self.warnings);
    }

    /// The documents in these files and folders; `None` for all.
    pub(crate) fn select(
        &self,
        root: &Path,
        paths: &[PathBuf],
    ) -> Result<Option<BTreeSet<Key>>, Failure> {
        if paths.is_empty() {
            return Ok(None);
        }
        let mut selected = BTreeSet::new();
        for path in paths {
            let wanted = relative(root, path);
            let keys = self
                .desired
                .instances
                .iter()
                .filter(|(_, document)| Path::new(&*document.at.file).starts_with(&wanted));
            let before = selected.len();
            selected.extend(keys.map(|(key, _)| key.clone()));
            if selected.len() == before {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("no document stands in {}", path.display()),
                )
                .hint("name a file or folder below instances/, relative to the root (-C)"));
            }
        }
        Ok(Some(selected))
    }
}

/// The variables that `--env-allow` or `OCON_ENV_ALLOW` names; without them, every variable.
fn allowed_variables(given: Option<&str>) -> Result<AllowedVariables, Failure> {
    let Some(patterns) = given else { return Ok(AllowedVariables::all()) };
    AllowedVariables::matching(patterns).map_err(|error| {
        Failure::new(Exit::Usage, format!("{error} (--env-allow or OCON_ENV_ALLOW)"))
            .hint("names consist of letters, digits and `_`; `*` matches any text; a comma separates patterns")
    })
}

/// Says that files may name whatever a pipeline has in its environment.
fn any_variable(severity: Severity) -> Problem {
    let narrow = "narrow it to a list, like --env-allow 'HOOTSUITE_*,SLACK_*' (OCON_ENV_ALLOW)";
    Problem {
        code: Code::EnvAllowUnset,
        severity,
        message: "a file may name any variable of this pipeline as a secret".to_owned(),
        // It is about the pipeline, not about a file.
        at: Span { file: "".into(), line: 1, column: 1 },
        excerpt: None,
        label: None,
        help: vec![narrow.to_owned()],
        related: None,
    }
}

/// A path as spans write it: relative to the root, as the file system knows it.
fn relative(root: &Path, path: &Path) -> PathBuf {
    let real = (root.canonicalize(), beside(root, path).canonicalize());
    if let (Ok(root), Ok(path)) = &real
        && let Ok(inside) = path.strip_prefix(root)
    {
        return inside.to_owned();
    }
    path.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

/// A platform to talk to.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) target: Target,
    pub(crate) fingerprints: Fingerprints,
    /// Whether somebody wants the run to end early.
    pub(crate) stop: Stop,
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
    /// The embedded sandbox, which lives as long as the connection.
    _sandbox: Option<sandbox::Handle>,
}

/// The platform that the flags and the environment name.
pub(crate) enum Platform {
    /// The embedded sandbox.
    Sandbox,
    /// The one at this base URL.
    At(BaseUrl),
}

/// Finds out which platform is meant, which is a matter of usage and comes before all files.
pub(crate) fn platform(globals: &Globals, environment: &Environment) -> Result<Platform, Failure> {
    if globals.sandbox {
        return Ok(Platform::Sandbox);
    }
    let (base_url, region) = match (globals.base_url.clone(), globals.region.clone()) {
        (None, None) => (environment.text("OCON_BASE_URL"), environment.text("OCON_REGION")),
        given => given,
    };
    let allowed_hosts = globals.allow_host.clone();
    let choice = target::Choice { base_url, region, allowed_hosts };
    target::base_url(&choice).map(Platform::At)
}

/// Prepares a client, which tells of its repetitions. Nothing is sent yet.
pub(crate) async fn connect(
    platform: Platform,
    globals: &Globals,
    environment: &Environment,
    project: &Project,
    progress: &Arc<Progress>,
) -> Result<Connection, Failure> {
    let fingerprint_key = if globals.sandbox { None } else { environment.fingerprint_key()? };
    let (shown, endpoint, credentials, sandbox) = match platform {
        Platform::Sandbox => {
            let handle = embedded_sandbox::start(&globals.root).await?;
            let secrets = handle.credentials();
            let credentials = Credentials {
                user: Secret::new(secrets.user.clone()),
                organization: Secret::new(secrets.organization.clone()),
            };
            let endpoint = BaseUrl::new(handle.url());
            (BaseUrl::new(SANDBOX_URL), endpoint, credentials, Some(handle))
        }
        Platform::At(base_url) => {
            let (user, organization) = environment.credentials(globals)?;
            let credentials = Credentials { user, organization };
            (base_url.clone(), base_url, credentials, None)
        }
    };
    redaction::learn([&credentials.user, &credentials.organization]);
    let fingerprints = match fingerprint_key {
        Some(key) => Fingerprints::new(&key, &credentials.organization),
        None => Fingerprints::from_organization_secret(&credentials.organization),
    };
    let (of_retries, of_pages) = (Arc::clone(progress), Arc::clone(progress));
    let defaults = Settings::new(endpoint, credentials);
    let settings = Settings {
        read_timeout: globals.timeout.unwrap_or(defaults.read_timeout),
        create_timeout: globals.timeout.unwrap_or(defaults.create_timeout),
        page_timeout: globals.timeout,
        concurrency: globals.concurrency,
        max_requests: globals.max_requests,
        on_retry: Arc::new(move |retrying: &_| of_retries.say(&retry_text(retrying))),
        on_page: Arc::new(move |page: &_| of_pages.tell_page(page)),
        clock: environment.clock(),
        ..defaults
    };
    let (stop, clock) = (settings.stop.clone(), Arc::clone(&settings.clock));
    let client = Client::new(settings).map_err(|error| unusable(&error))?;
    let target = Target { base_url: shown, project: project.clone() };
    let progress = Arc::clone(progress);
    Ok(Connection { client, target, fingerprints, stop, clock, progress, _sandbox: sandbox })
}

impl Connection {
    /// What a plan is made with.
    pub(crate) fn context<'a>(&'a self, options: &'a PlanOptions) -> PlanContext<'a> {
        PlanContext { target: &self.target, options, fingerprints: &self.fingerprints }
    }

    /// Looks at the platform and decides what to do.
    pub(crate) async fn plan(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(Plan, Observed), Failure> {
        let keys = desired.declared_keys();
        let observed = observed::fetch(&self.client, &self.target.project, keys.clone());
        self.read(Box::pin(self.decide(desired, options, keys, observed))).await
    }

    /// The same, looking at every instance that the credentials can see.
    pub(crate) async fn survey(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(Plan, Observed), Failure> {
        let mut keys = desired.declared_keys();
        keys.extend(status::KEYS.map(str::to_owned));
        let observed = observed::survey(&self.client, &self.target.project, keys.clone());
        self.read(Box::pin(self.decide(desired, options, keys, observed))).await
    }

    /// Shows progress as long as something is read, and takes it away before anything is told.
    pub(crate) async fn read<T>(&self, reading: impl Future<Output = T>) -> T {
        self.progress.start_reading();
        let read = reading.await;
        progress::clear();
        read
    }

    /// Asks what is still missing, until there is nothing left to ask, keeping the values of `keys`.
    async fn decide(
        &self,
        desired: &Desired,
        options: &PlanOptions,
        keys: BTreeSet<String>,
        observed: impl Future<Output = Result<Observed, api::Error>>,
    ) -> Result<(Plan, Observed), Failure> {
        let unread = "the instances cannot be read, so no plan was made";
        let failed = |error| unreadable(unread, &error, &self.target.base_url);
        let mut observed = observed.await.map_err(failed)?;
        redaction::learn_tokens(observed.ours.values().map(|found| &found.token));
        let context = self.context(options);
        let waiting = Waiting { clock: &*self.clock, stop: &self.stop };
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

/// The runtime for everything that waits.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| Failure::new(Exit::Other, "threads cannot be started").caused_by(&error))
}
