//! The inputs of the desired state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use super::{Levels, SecretStore};
use crate::catalog::Catalog;

/// The inputs of the desired state.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The folder in which ocon runs.
    pub root: &'a Path,
    /// The folder of instance files, relative to the root or absolute. The default is `instances`.
    pub instances: &'a Path,
    /// The folder of schemas that replace built-in ones, relative to the root or absolute. The default
    /// is `schemas`. It may be missing.
    pub schemas: &'a Path,
    /// The values of `${{ var.NAME }}`.
    pub variables: &'a BTreeMap<String, String>,
    /// The values of `${{ env.NAME }}` and `${{ file.PATH }}`.
    pub secrets: &'a dyn SecretStore,
    /// The known connectors.
    pub catalog: &'a Catalog,
    /// The severities that the user chose.
    pub levels: &'a Levels,
    /// Receives the text of every file that is read: that text is public, so it needs no scrubbing.
    pub on_text: &'a (dyn Fn(&str) + Sync),
    /// The day on which `until` of an ignored field is judged, in UTC, `YYYY-MM-DD`.
    pub today: &'a str,
}

static NO_VARIABLES: BTreeMap<String, String> = BTreeMap::new();
static DEFAULT_LEVELS: LazyLock<Levels> = LazyLock::new(Levels::default);

impl<'a> Sources<'a> {
    /// The default folders below `root`, the built-in connectors, no variables and default severities.
    pub fn with_defaults(root: &'a Path, secrets: &'a dyn SecretStore, today: &'a str) -> Self {
        Self {
            root,
            instances: Path::new("instances"),
            schemas: Path::new("schemas"),
            variables: &NO_VARIABLES,
            secrets,
            catalog: Catalog::embedded(),
            levels: &DEFAULT_LEVELS,
            on_text: &|_| (),
            today,
        }
    }
}
