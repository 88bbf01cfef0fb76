//! The options that `ocon plan` and `ocon apply` share: what the plan covers.

use std::path::PathBuf;

use crate::cli::commands::{changed_since, prune};
use crate::cli::setup::{Files, GlobalArgs, files::unknown_name, forked_pull_request};
use crate::cli::terminal::{Exit, Failure};
use crate::instance::{Key, Project};
use crate::plan::{OrphanPolicy, PlanOptions, Rotate, RotationRequest, StoredValueVisibility};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct PlanScopeArgs {
    /// Files or folders to include, by default all of instances/
    pub(crate) paths: Vec<PathBuf>,
    /// Include only documents that differ from a commit, for example origin/main
    #[arg(long, value_name = "REF", conflicts_with_all = ["paths", "prune"])]
    changed_since: Option<String>,
    /// Delete instances of this project that have no file
    #[arg(long, conflicts_with = "paths")]
    pub(crate) prune: bool,
    /// Create KEY even if an unmanaged instance has the same connector and name (repeatable)
    #[arg(long, value_name = "KEY")]
    pub(crate) allow_duplicate: Vec<Key>,
    /// Adopt instances of project OLD that have the keys of documents here
    #[arg(long, value_name = "OLD")]
    pub(crate) take_from: Option<Project>,
    /// Write secrets even if no change is detected: KEY, KEY#path or all (repeatable)
    #[arg(long, value_name = "KEY[#PATH]")]
    pub(crate) rotate: Vec<RotationRequest>,
    /// Leave secrets unchanged that are not set here
    #[arg(long)]
    pub(crate) allow_unset: bool,
}

impl PlanScopeArgs {
    fn rotations(&self, files: &Files) -> Result<Rotate, Failure> {
        let rotate: Rotate = self.rotate.iter().cloned().collect();
        let documents = &files.desired.instances;
        if let Some(key) = rotate.keys().find(|key| !documents.contains_key(*key)) {
            let error = format!("--rotate names {}, but no document has this key", quoted(&key));
            return Err(unknown_name(&error, key.as_str(), documents.keys().map(Key::as_str)));
        }
        let undeclared =
            |(key, path): &(&Key, &str)| !documents[*key].configuration.contains_key(*path);
        if let Some((key, path)) = rotate.paths().find(undeclared) {
            let name = format!("{key}#{path}");
            let error =
                format!("--rotate names {}, which {} does not declare", quoted(name), quoted(key));
            let declared = documents[key].configuration.keys();
            return Err(unknown_name(&error, path, declared.map(String::as_str)));
        }
        Ok(rotate)
    }

    pub(crate) fn options(
        &self,
        globals: &GlobalArgs,
        files: &Files,
    ) -> Result<PlanOptions, Failure> {
        if self.take_from.as_ref() == Some(&files.project.name) {
            let error = format!("--take-from names this project, {}", quoted(&files.project.name));
            let hint = "name the project that managed the instances before";
            return Err(Failure::new(Exit::Usage, error).hint(hint));
        }
        if self.prune {
            prune::check(globals, files)?;
        }
        Ok(PlanOptions {
            allow_duplicates: self.allow_duplicate.iter().cloned().collect(),
            orphans: if self.prune { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            take_from: self.take_from.clone(),
            rotate: self.rotations(files)?,
            allow_unset: self.allow_unset,
            planned_secrets: None,
            stored_values: match (
                forked_pull_request::is_likely(&globals.environment),
                files.project.is_given,
            ) {
                (false, _) => StoredValueVisibility::Public,
                (true, true) => StoredValueVisibility::OfProject,
                (true, false) => StoredValueVisibility::None,
            },
            selection: match &self.changed_since {
                Some(reference) => {
                    Some(changed_since::changed_documents(reference, globals, files)?)
                }
                None => files.select(&globals.root, &self.paths)?,
            },
        })
    }
}
