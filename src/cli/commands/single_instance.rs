//! The one instance that a command is about: that of a document.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::commands::plan::unknown;
use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Connection, Files, Platform};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::progress::Progress;
use crate::desired::DesiredInstance;
use crate::instance::{Key, Secret};
use crate::observed::ObservedInstance;
use crate::plan::{self, BlockCode, PlanOptions};
use crate::untrusted::quoted;

/// Why a document has no instance that is surely its own.
pub(crate) struct Nowhere {
    /// Whether ownership itself is in doubt.
    is_guard: bool,
    /// What is in the way; nothing where there is just no instance yet.
    blocked: Option<String>,
}

/// The document with a key.
pub(crate) fn document<'f>(files: &'f Files, key: &Key) -> Result<&'f DesiredInstance, Failure> {
    let documents = &files.desired.instances;
    documents.get(key).ok_or_else(|| {
        let error = format!("no document has the key {key}", key = quoted(&key));
        unknown(&error, key.as_str(), documents.keys().map(Key::as_str))
    })
}

/// A value of the configuration of a document, if it is declared.
///
/// # Errors
/// Where it is declared and has no value.
pub(crate) fn value(
    key: &Key,
    wanted: &DesiredInstance,
    name: &str,
) -> Result<Option<Secret>, Failure> {
    let Some(field) = wanted.configuration.get(name) else { return Ok(None) };
    let rendered = field.value.render_secrets().filter(|value| !value.expose().is_empty());
    rendered.map(Some).ok_or_else(|| {
        let sources = field.value.secrets().map(|reference| reference.source.to_string());
        let sources = sources.collect::<Vec<_>>().join(" and ");
        let failure = Failure::new(
            Exit::Invalid,
            format!("{name} of {key} has no value", name = quoted(&name), key = quoted(&key)),
        );
        match sources.as_str() {
            "" => failure.hint(format!("it stands at {}:{}", field.at.file, field.at.line)),
            _ => failure.hint(format!("set {sources}")),
        }
    })
}

/// Connects, and looks for the instance of a document. That depends on no secret of the files.
pub(crate) async fn find(
    platform: Platform,
    globals: &Globals,
    environment: &Environment,
    files: &Files,
    key: &Key,
) -> Result<(Connection, Result<ObservedInstance, Nowhere>), Failure> {
    let selection = Some(BTreeSet::from([key.clone()]));
    let options = PlanOptions { selection, allow_unset: true, ..PlanOptions::default() };
    let progress = Arc::new(Progress::new(globals, environment));
    let connection =
        session::connect(platform, globals, environment, &files.project, &progress).await?;
    let (plan, observed) = connection.plan(&files.desired, &options).await?;
    let fingerprints = &connection.fingerprints;
    let found = plan::matched(&files.desired, &observed, fingerprints).remove(key).cloned();
    let found = found.ok_or_else(|| {
        // What a create lacks is no doubt: there is no instance yet.
        let lacks = [BlockCode::NeedsAuthorization, BlockCode::MissingVariable];
        let mut blocked = plan.blocked.iter().filter(|blocked| blocked.key == *key);
        let blocked = blocked.find(|blocked| !lacks.contains(&blocked.code));
        Nowhere {
            is_guard: blocked.is_some_and(|blocked| blocked.code.is_guard()),
            blocked: blocked.map(|blocked| blocked.message.clone()),
        }
    });
    Ok((connection, found))
}

impl Nowhere {
    /// The reason in words.
    pub(crate) fn why(&self) -> &str {
        self.blocked.as_deref().unwrap_or("there is none yet")
    }

    /// The end of a command that needs the instance, `so` without something.
    pub(crate) fn failure(&self, key: &Key, so: &str) -> Failure {
        let Some(message) = &self.blocked else {
            return Failure::new(
                Exit::Other,
                format!("{key} has no instance yet, {so}", key = quoted(&key)),
            )
            .hint(format!(
                "create it first: ocon apply; where a person grants access: ocon authorize {key}"
            ));
        };
        let exit = if self.is_guard { Exit::Guarded } else { Exit::Other };
        let sentence =
            format!("{key} has no instance that is surely its own, {so}", key = quoted(&key));
        Failure::new(exit, sentence).caused_by(message)
    }
}
