//! The options that `ocon plan` and `ocon apply` share: what the plan covers.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser, ValueParserFactory};

use crate::cli::commands::{changed_since, prune};
use crate::cli::setup::{Files, GlobalArgs, KeyOrPath, files::unknown_name, forked_pull_request};
use crate::cli::terminal::{Exit, Failure};
use crate::instance::{Key, Project};
use crate::plan::{OrphanPolicy, PlanOptions, Rotate, RotationRequest, StoredValueVisibility};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct PlanScopeArgs {
    /// Documents, files or folders to include, by default all of instances/
    #[arg(value_name = "KEY|PATH")]
    pub(crate) documents: Vec<KeyOrPath>,
    /// Include only documents that differ from a commit, such as origin/main
    #[arg(long, value_name = "REF", conflicts_with_all = ["documents", "prune"])]
    changed_since: Option<String>,
    /// Delete instances of this project that have no file
    #[arg(long, conflicts_with = "documents")]
    pub(crate) prune: bool,
    /// Create an instance even if an unmanaged one has the same connector and name (repeatable)
    #[arg(long, value_name = "KEY|PATH")]
    allow_duplicate: Vec<KeyOrPath>,
    /// Adopt instances of project OLD that have the keys of documents here
    #[arg(long, value_name = "OLD")]
    pub(crate) take_from: Option<Project>,
    /// Write secrets even if no change is detected: those of a document, the one under a configuration
    /// key, or `all` (repeatable)
    #[arg(long, value_name = "KEY|PATH[#CONFIG_KEY]")]
    pub(crate) rotate: Vec<RotateArg>,
    /// Leave secrets unchanged that are not set here
    #[arg(long)]
    pub(crate) allow_unset: bool,
}

/// A value of `--rotate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RotateArg {
    All,
    Document(KeyOrPath),
    /// One secret of a document, by its configuration key.
    Secret(KeyOrPath, String),
}

impl RotateArg {
    /// A document key contains no `#`. A file whose path contains one is named by its document key.
    fn parse(text: OsString) -> Result<Self, String> {
        match text.to_str().map(|text| text.split_once('#').ok_or(text)) {
            Some(Err("all")) => Ok(Self::All),
            Some(Ok((document, key))) => {
                let key = key.strip_prefix("configuration.").unwrap_or(key).to_owned();
                Ok(Self::Secret(KeyOrPath::parse(document.into())?, key))
            }
            _ => KeyOrPath::parse(text).map(Self::Document),
        }
    }

    fn request(&self, globals: &GlobalArgs, files: &Files) -> Result<RotationRequest, Failure> {
        let (document, key) = match self {
            Self::All => return Ok(RotationRequest::All),
            Self::Document(document) => (document, None),
            Self::Secret(document, key) => (document, Some(key)),
        };
        let (document, wanted) = files.document(globals, document)?;
        let Some(key) = key else { return Ok(RotationRequest::Document(document.clone())) };
        if !wanted.configuration.contains_key(key) {
            let name = format!("{document}#{key}");
            let error = format!(
                "--rotate names {}, which {} does not declare",
                quoted(name),
                quoted(document)
            );
            let declared = wanted.configuration.keys();
            return Err(unknown_name(&error, key, declared.map(String::as_str)));
        }
        Ok(RotationRequest::Path(document.clone(), key.clone()))
    }
}

impl ValueParserFactory for RotateArg {
    type Parser = ValueParser;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(Self::parse).into()
    }
}

impl PlanScopeArgs {
    pub(crate) fn allowed_duplicates(
        &self,
        globals: &GlobalArgs,
        files: &Files,
    ) -> Result<BTreeSet<Key>, Failure> {
        let key = |name| files.document(globals, name).map(|(key, _)| key.clone());
        self.allow_duplicate.iter().map(key).collect()
    }

    fn rotations(&self, globals: &GlobalArgs, files: &Files) -> Result<Rotate, Failure> {
        self.rotate.iter().map(|rotate| rotate.request(globals, files)).collect()
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
            allow_duplicates: self.allowed_duplicates(globals, files)?,
            orphans: if self.prune { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            take_from: self.take_from.clone(),
            rotate: self.rotations(globals, files)?,
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
                None => files.select(globals, &self.documents)?,
            },
        })
    }
}
