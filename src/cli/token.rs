//! `ocon token KEY`: the token with which an application uses an instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::Globals;
use super::output;
use super::plan::unknown;
use super::progress::Progress;
use super::session::{self, Lookup};
use crate::instance::Key;
use crate::plan::{self, Plan, Wishes};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document whose instance it is
    key: Key,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    // Which instance it is does not depend on any secret.
    let files = session::load(globals, environment, Lookup::Withheld)?;
    let key = &arguments.key;
    let documents = &files.desired.instances;
    if !documents.contains_key(key) {
        let error = format!("no document has the key `{key}`");
        return Err(unknown(&error, key.as_str(), documents.keys().map(Key::as_str)));
    }
    let selection = Some(BTreeSet::from([key.clone()]));
    let wishes = Wishes { selection, allow_unset: true, ..Wishes::default() };
    let (plan, observed) = session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        connection.plan(&files.desired, &wishes).await
    })?;
    let matched = plan::matched(&files.desired, &observed);
    let found = matched.get(key).ok_or_else(|| nowhere(key, &plan))?;
    let token = found.token.expose();
    if token.is_empty() || token.contains(char::is_control) {
        let sentence = format!("the platform shows no usable token of instance {}", found.id);
        return Err(Failure::new(Exit::Other, sentence)
            .hint("look whether the credentials may see it in the user interface"));
    }
    output::credentials(&format!("{token}\n"))?;
    Ok(Exit::Success)
}

/// Says why a document has no instance.
fn nowhere(key: &Key, plan: &Plan) -> Failure {
    let Some(blocked) = plan.blocked.iter().find(|blocked| blocked.key == *key) else {
        return Failure::new(Exit::Other, format!("`{key}` has no instance yet, so no token"))
            .hint("create it first: ocon apply");
    };
    let exit = if blocked.code.is_guard() { Exit::Guarded } else { Exit::Other };
    let sentence = format!("`{key}` has no instance that is surely its own, so no token");
    Failure::new(exit, sentence).caused_by(&blocked.message)
}
