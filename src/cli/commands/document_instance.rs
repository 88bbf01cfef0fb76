//! Finds the instance of one document.

use std::collections::BTreeSet;

use crate::cli::setup::{Connection, Files, GlobalArgs, KeyOrPath, Platform, connection};
use crate::cli::terminal::{Exit, Failure};
use crate::desired::DesiredInstance;
use crate::instance::{Key, Secret};
use crate::observed::ObservedInstance;
use crate::plan::{self, BlockCode, PlanOptions};
use crate::safe_text::quoted;

/// The arguments of a command for one document.
#[derive(Debug, clap::Args)]
pub(crate) struct DocumentArgs {
    /// Document key, or path of a file with one document
    #[arg(value_name = "KEY|PATH")]
    pub(crate) document: KeyOrPath,
}

/// Why a document has no instance that is certainly its own.
pub(crate) struct NoInstance {
    is_guard: bool,
    /// What blocks the document; `None` if the instance does not exist yet.
    blocked: Option<String>,
}

/// The value of a configuration key of a document. Fails if the key is declared without a value.
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
        let error = format!("{} of {} has no value", quoted(&name), quoted(&key));
        let hint = match sources.as_str() {
            "" => format!("set it at {}:{}", field.at.file, field.at.line),
            _ => format!("set {sources}"),
        };
        Failure::new(Exit::Invalid, error).hint(hint)
    })
}

/// Connects, and finds the instance of a document. Needs no secret of the files.
pub(crate) async fn find(
    platform: Platform,
    globals: &GlobalArgs,
    files: &Files,
    key: &Key,
) -> Result<(Connection, Result<ObservedInstance, NoInstance>), Failure> {
    let selection = Some(BTreeSet::from([key.clone()]));
    let options = PlanOptions { selection, allow_unset: true, ..PlanOptions::default() };
    let connection = connection::connect(platform, globals, &files.project.name).await?;
    let (plan, observed) = connection.plan(&files.desired, &options).await?;
    let fingerprints = &connection.fingerprints;
    let found = plan::matched(&files.desired, &observed, fingerprints).remove(key).cloned();
    let found = found.ok_or_else(|| {
        // These blocks concern a create, so the instance does not exist.
        let create_blocks =
            [BlockCode::NeedsAuthorization, BlockCode::MissingVariable, BlockCode::SampleValue];
        let mut blocked = plan.blocked.iter().filter(|blocked| blocked.key == *key);
        let blocked = blocked.find(|blocked| !create_blocks.contains(&blocked.code));
        NoInstance {
            is_guard: blocked.is_some_and(|blocked| blocked.code.is_guard()),
            blocked: blocked.map(|blocked| blocked.message.clone()),
        }
    });
    Ok((connection, found))
}

impl NoInstance {
    pub(crate) fn reason(&self) -> &str {
        self.blocked.as_deref().unwrap_or("it does not exist yet")
    }

    /// The failure of a command that needs the instance. `consequence` ends its message.
    pub(crate) fn failure(&self, key: &Key, consequence: &str) -> Failure {
        let name = quoted(&key);
        match &self.blocked {
            None => Failure::new(Exit::Other, format!("{name} has no instance yet, {consequence}"))
                .hint(format!(
                    "create it first: ocon apply; if somebody must grant access: ocon authorize {key}"
                )),
            Some(message) => {
                let exit = if self.is_guard { Exit::Guarded } else { Exit::Other };
                let error = format!("{name} has no instance that is certainly its own, {consequence}");
                Failure::new(exit, error).caused_by(message)
            }
        }
    }
}
