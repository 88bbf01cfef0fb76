//! The desired state: what the files say.
//!
//! In: the `instances/` folder, the project file, variables and a way to look up secrets. Out:
//! [`Desired`], one validated [`DesiredInstance`] per document, or [`Problems`]: everything that is wrong in
//! any file, sorted, each with its place. Files are loaded all or nothing: one broken file stops
//! everything before anything is contacted.
//!
//! This room knows nothing of the API and of what is stored there, and reads no environment
//! variable: whoever calls it hands in a [`SecretStore`].

mod across;
mod body;
mod characters;
mod clear;
mod code;
mod conformance;
mod document;
mod events;
mod fields;
mod files;
mod lifecycle;
mod moved_from;
mod placeholder;
mod problem;
pub mod project;
mod quote;
pub(crate) mod reference;
pub mod schema;
mod schemas;
pub mod secrets;
mod slips;
mod text;
mod totals;
mod written;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::LazyLock;
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::{Catalog, Facts};
use crate::instance::{
    ConnectorKey, InstanceId, Json, Key, Secrecy, Secret, SecretReference, SecretSource, Span,
    Template, Value,
};

pub use crate::catalog::{GrantNeed, HostRole};
pub use code::{Code, Level, Levels, UnknownCode};
pub use problem::{Excerpt, Problem, Problems, Related, Severity};
pub use project::{DeclaredProject, ProjectFile, VarFile, load_project, load_var_file};
pub use quote::quote;
pub use secrets::{LookUp, SecretStore};

use across::Collected;
use files::Found;

/// Fewer files than this are read sooner than a thread is started.
const SMALLEST_SHARE: usize = 50;

/// What the desired state is read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The folder in which ocon runs.
    pub root: &'a Path,
    /// The folder of instance files, relative to the root or absolute; as a rule `instances`.
    pub instances: &'a Path,
    /// The folder of schemas that take the place of the built-in ones, relative to the root or
    /// absolute; as a rule `schemas`. It may be missing.
    pub schemas: &'a Path,
    /// The values of `${{ var.NAME }}`.
    pub variables: &'a BTreeMap<String, String>,
    /// The values of `${{ env.NAME }}` and `${{ file.PATH }}`.
    pub secrets: &'a dyn SecretStore,
    /// What is known of connectors.
    pub catalog: &'a Catalog,
    /// What whoever runs ocon thinks of each kind of problem.
    pub levels: &'a Levels,
    /// Gets the text of every file that is read, so that whoever hides secrets knows what is public.
    pub on_text: &'a (dyn Fn(&str) + Sync),
    /// The day on which `until` of an ignored field is judged, in UTC, `YYYY-MM-DD`.
    pub today: &'a str,
}

static NO_VARIABLES: BTreeMap<String, String> = BTreeMap::new();
static USUAL_LEVELS: LazyLock<Levels> = LazyLock::new(Levels::default);

impl<'a> Sources<'a> {
    /// What most repositories have: the usual folders below `root`, the built-in connectors and no
    /// variables. Every problem is as bad as ocon thinks.
    pub fn usual(root: &'a Path, secrets: &'a dyn SecretStore, today: &'a str) -> Self {
        Self {
            root,
            instances: Path::new("instances"),
            schemas: Path::new("schemas"),
            variables: &NO_VARIABLES,
            secrets,
            catalog: Catalog::embedded(),
            levels: &USUAL_LEVELS,
            on_text: &|_| (),
            today,
        }
    }
}

/// The desired state, and what looks wrong in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The desired state.
    pub desired: Desired,
    /// Warnings, sorted by place, each with its line.
    pub warnings: Vec<Problem>,
    /// Whether the folder of instances has files that look like documents and are not read, whatever
    /// whoever runs ocon thinks of that.
    pub unread_files: bool,
}

/// Loads the desired state from all files below the folder of instances.
///
/// # Errors
///
/// If anything is wrong in any file: all of it, and the warnings as well.
pub fn load(sources: &Sources<'_>) -> Result<Loaded, Problems> {
    let mut collected = Collected::new(sources);
    let files = files::find(sources.root, sources.instances, &mut collected.problems);
    let read = |found: &Found| collected.read(|| files::read(found), found.stem(), sources);
    for content in on_all_cores(&files, read) {
        collected.add_file(content);
    }
    collected.finish(sources)
}

/// Loads the desired state from one file that is in memory, as [`load`] would if it alone stood
/// `below` the folder of instances. What is read besides are the files that references name and the
/// schemas of the repository.
///
/// # Errors
///
/// If anything is wrong in it: all of it, and the warnings as well.
pub fn load_bytes(below: &Path, bytes: Vec<u8>, sources: &Sources<'_>) -> Result<Loaded, Problems> {
    let mut collected = Collected::new(sources);
    let file = Found::named(sources.root, sources.instances, below);
    collected.add_file(collected.read(|| files::take(&file, bytes), file.stem(), sources));
    collected.finish(sources)
}

/// The results for all files in their order, worked out on as many threads as that pays for.
fn on_all_cores<T: Send>(files: &[Found], read: impl Fn(&Found) -> T + Sync) -> Vec<T> {
    let read_all = |share: &[Found]| share.iter().map(&read).collect::<Vec<_>>();
    if files.len() <= SMALLEST_SHARE {
        return read_all(files);
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(cores).max(SMALLEST_SHARE);
    thread::scope(|scope| {
        let shares: Vec<_> =
            files.chunks(share).map(|share| scope.spawn(|| read_all(share))).collect();
        let results = shares.into_iter().map(ScopedJoinHandle::join);
        results.flat_map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// What the files say, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// One entry per document.
    pub instances: BTreeMap<Key, DesiredInstance>,
}

impl Desired {
    /// The configuration keys that any document declares: all that is worth reading.
    pub fn declared_keys(&self) -> BTreeSet<String> {
        self.instances.values().flat_map(|wanted| wanted.configuration.keys()).cloned().collect()
    }
}

/// One document: what an instance shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredInstance {
    /// Where the document begins.
    pub at: Span,
    /// The connector.
    pub connector: ConnectorKey,
    /// What the catalogue knows of the connector.
    pub facts: Facts,
    /// The display name.
    pub name: String,
    /// The tags, or `None` where the file does not manage them.
    pub tags: Option<BTreeSet<String>>,
    /// The declared configuration values.
    pub configuration: BTreeMap<String, Field>,
    /// The authorization grant for a create; never compared.
    pub provider_data: BTreeMap<String, Grant>,
    /// `initial` where a create starts from a refresh token.
    pub external_authentication: Option<String>,
    /// Whether the instance shall be switched on, or `None` where the file does not say.
    pub enabled: Option<bool>,
    /// The existing instance to adopt.
    pub adopt: Option<Adopt>,
    /// The document keys that this document had before; no other document has or names one of them.
    pub moved_from: BTreeSet<Key>,
    /// What protects the instance, and which fields are left alone after the create.
    pub lifecycle: Lifecycle,
}

/// A declared configuration value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The value.
    pub value: Value,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
    /// Whether the platform itself writes the key: then it is sent on create only.
    pub platform_written: bool,
    /// Whether the value is a secret and the platform shows values of this key in plain text.
    pub is_shown_by_platform: bool,
    /// What the key has to do with the host that gets the credentials.
    pub host_role: HostRole,
    /// Where the value stands.
    pub at: Span,
}

/// A declared `providerData` value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The value.
    pub value: Json,
    /// Where the value stands.
    pub at: Span,
}

/// The `id:` of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopt {
    /// The instance to adopt.
    pub id: InstanceId,
    /// Where the id stands.
    pub at: Span,
}

/// The `lifecycle:` of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Never delete the instance.
    pub protect: bool,
    /// Fields that are sent on create and not compared later.
    pub ignore: Vec<Ignore>,
}

/// A field that is left alone after the create, with the reason why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The field, written as in a plan: `name`, `tags`, `configuration.<key>`.
    pub path: String,
    /// Why, for the reader of the file.
    pub reason: String,
    /// The last day on which it applies (UTC), `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where the entry stands.
    pub at: Span,
}

/// The references to secrets that have no value, with the place of the field that needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Those of compared fields: without them a field cannot be verified or written.
    pub configuration: Vec<(Span, SecretSource)>,
    /// Those that only a create or a re-authentication needs: in `providerData`, and in keys that
    /// the platform writes itself.
    pub provider_data: Vec<(Span, SecretSource)>,
}

impl Desired {
    /// Whether any document refers to an environment variable.
    pub fn refers_to_environment(&self) -> bool {
        self.sources().any(|source| matches!(source, SecretSource::Env(_)))
    }

    /// The secret files that documents refer to, as paths below the secrets folder, each with the
    /// fields that do.
    pub fn secret_files(&self) -> BTreeMap<&str, BTreeSet<&Span>> {
        let fields = self.instances.values().flat_map(|wanted| {
            let configuration = wanted.configuration.values();
            let configuration = configuration.map(|field| (field.value.templates(), &field.at));
            let grants = wanted.provider_data.values();
            configuration.chain(grants.map(|grant| (grant.value.templates(), &grant.at)))
        });
        let mut files: BTreeMap<&str, BTreeSet<&Span>> = BTreeMap::new();
        for (templates, at) in fields {
            for reference in templates.into_iter().flat_map(Template::secrets) {
                if let SecretSource::File(path) = &reference.source {
                    files.entry(path).or_default().insert(at);
                }
            }
        }
        files
    }

    /// The references to secrets that are set, with their values.
    pub fn values_of_references(&self) -> impl Iterator<Item = (&SecretSource, &Secret)> {
        self.references()
            .filter_map(|reference| Some((&reference.source, reference.value.as_ref()?)))
    }

    /// The sources of secrets that documents refer to.
    pub fn sources(&self) -> impl Iterator<Item = &SecretSource> {
        self.references().map(|reference| &reference.source)
    }

    fn references(&self) -> impl Iterator<Item = &SecretReference> {
        self.instances.values().flat_map(DesiredInstance::templates).flat_map(Template::secrets)
    }

    /// The unset secrets of all documents.
    pub fn missing(&self) -> Missing {
        let mut all = Missing::default();
        for wanted in self.instances.values() {
            let Missing { configuration, provider_data } = wanted.missing();
            all.configuration.extend(configuration);
            all.provider_data.extend(provider_data);
        }
        all
    }
}

impl DesiredInstance {
    /// All values with references, in the order of their keys.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let configuration = self.configuration.values().flat_map(|field| field.value.templates());
        configuration.chain(self.provider_data.values().flat_map(|grant| grant.value.templates()))
    }

    /// Whether events reach the instance only after a person registered its webhook URL at the
    /// provider.
    pub fn listens_at_provider(&self) -> bool {
        let says = |key: &str, text: &str| {
            self.configuration.get(key).is_some_and(|field| field.value == Value::text(text))
        };
        self.facts.webhook_url_at_provider
            && says("event.notification.enabled", "true")
            && !says("event.vendor.type", "polling")
    }

    /// The unset secrets of this document.
    pub fn missing(&self) -> Missing {
        let mut missing = Missing::default();
        for field in self.configuration.values() {
            let list = if field.platform_written {
                &mut missing.provider_data
            } else {
                &mut missing.configuration
            };
            list.extend(unset(field.value.templates(), &field.at));
        }
        for grant in self.provider_data.values() {
            missing.provider_data.extend(unset(grant.value.templates(), &grant.at));
        }
        missing
    }
}

fn unset<'t>(
    templates: Vec<&'t Template>,
    at: &'t Span,
) -> impl Iterator<Item = (Span, SecretSource)> + 't {
    let secrets = templates.into_iter().flat_map(Template::secrets);
    let unset = secrets.filter(|reference| reference.value.is_none());
    unset.map(|reference| (at.clone(), reference.source.clone()))
}
