//! Loads the files, and checks everything about them that needs no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::catalog::{Catalog, closest};
use crate::cli::setup::committed_secrets;
use crate::cli::setup::file_problems::{self, no_file, problem};
use crate::cli::setup::global_args::{DEFAULT_INSTANCES_FOLDER, GlobalArgs};
use crate::cli::setup::own_credentials;
use crate::cli::setup::project::{self, ChosenProject};
use crate::cli::setup::reserved_words;
use crate::cli::terminal::{Exit, Failure, redaction};
use crate::desired::secrets::{
    AllowedVariables, DemoSecrets as Demo, RealSecrets as Secrets, WithheldSecrets as Withheld,
};
use crate::desired::{
    self, Code, Desired, DesiredInstance, Levels, Loaded, Problem, SecretLookup, SecretStore,
    Severity, Sources, VariableUse,
};
use crate::instance::{Key, Project, Secret, SecretSource, Template, trimmed};
use crate::safe_text::quoted;

const NARROW_VARIABLES: &str =
    "narrow it to a list, for example --env-allow 'HOOTSUITE_*,SLACK_*' (OCON_ENV_ALLOW)";

pub(crate) struct Files {
    pub(crate) desired: Desired,
    pub(crate) warnings: Vec<Problem>,
    /// Whether files that look like documents were not read.
    pub(crate) has_unread_json: bool,
    pub(crate) project: ChosenProject,
    pub(crate) variable_uses: Vec<VariableUse>,
    /// The places of the values of the public variables, by name.
    pub(crate) variable_places: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretAccess {
    /// The real secrets, or demo values with `--sandbox`.
    Needed,
    /// Like [`SecretAccess::Needed`], and the folder of instances may be missing if it is the default one:
    /// for a command that shows how to begin.
    NeededWithoutFiles,
    /// None.
    Withheld,
    /// None, and the folder of instances may be missing: for a command that writes the first files.
    WithheldWithoutFiles,
}

impl SecretAccess {
    fn reads_secrets(self) -> bool {
        matches!(self, Self::Needed | Self::NeededWithoutFiles)
    }

    /// Whether a missing folder has no documents. Otherwise it is an error.
    fn accepts_missing(self, folder: &Path) -> bool {
        match self {
            Self::Needed | Self::Withheld => false,
            // A folder that somebody names must exist: a misspelled name must not look like an empty
            // repository.
            Self::NeededWithoutFiles => folder == Path::new(DEFAULT_INSTANCES_FOLDER),
            Self::WithheldWithoutFiles => true,
        }
    }
}

pub(crate) fn load(globals: &GlobalArgs, access: SecretAccess) -> Result<Files, Failure> {
    let invalid =
        |problems: desired::Problems| file_problems::invalid(globals, problems.as_slice());
    let file = desired::load_project(&globals.root).map_err(invalid)?;
    let project = project::choose(globals, file.project)?;
    let mut warnings = file.warnings;
    let texts = Mutex::new(vec![file.text]);
    let on_text = |text: &str| {
        texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    };
    let variables = variables(globals, file.vars, &mut warnings, &on_text)?;
    let levels = globals.levels();
    let allowed = allowed_variables(globals.allowed_patterns().as_deref())?;
    let variable = |name: &str| globals.environment.raw(name)?.to_str().map(str::to_owned);
    let folder = secrets_folder(globals);
    let secrets_folder = globals.root.join(&folder);
    let (allowed, root) = (&allowed, globals.root.clone());
    let real = Secrets { allowed: allowed.clone(), variable: &variable, root, folder };
    let real = Registering(Box::new(real));
    let demo = Registering(Box::new(Demo { allowed: allowed.clone() }));
    let secrets: &dyn SecretStore = match (access, globals.sandbox) {
        (SecretAccess::Withheld | SecretAccess::WithheldWithoutFiles, _) => {
            &Withheld { allowed: allowed.clone() }
        }
        (SecretAccess::Needed | SecretAccess::NeededWithoutFiles, true) => &demo,
        (SecretAccess::Needed | SecretAccess::NeededWithoutFiles, false) => &real,
    };
    let loaded = load_instances(globals, access, &variables.values, secrets, &levels, &on_text);
    // Also if the files are invalid, because messages show their lines.
    redaction::register_public(texts.into_inner().unwrap_or_else(PoisonError::into_inner));
    let Loaded { desired, warnings: of_instances, unread_files, variable_uses } =
        loaded.map_err(invalid)?;
    if !access.reads_secrets() && !globals.sandbox {
        register_all(&desired, &real);
    }
    refuse_secrets(globals, &secrets_folder, &desired, &project.name)?;
    let mut warnings: Vec<_> =
        warnings.into_iter().filter_map(|warning| levels.judge(warning)).collect();
    warnings.extend(of_instances);
    if access.reads_secrets() {
        warnings.extend(pipeline_warnings(globals, &levels, &desired, &project));
    }
    if warnings.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(file_problems::invalid(globals, &warnings));
    }
    let has_unread_json = unread_files;
    let variable_places = variables.places;
    Ok(Files { desired, warnings, has_unread_json, project, variable_uses, variable_places })
}

fn load_instances(
    globals: &GlobalArgs,
    access: SecretAccess,
    variables: &BTreeMap<String, String>,
    secrets: &dyn SecretStore,
    levels: &Levels,
    on_text: &(dyn Fn(&str) + Sync),
) -> Result<Loaded, desired::Problems> {
    let is_missing = access.accepts_missing(&globals.instances)
        && fs::symlink_metadata(globals.root.join(&globals.instances)).is_err();
    if is_missing {
        return Ok(Loaded::default());
    }
    desired::load(&Sources {
        root: &globals.root,
        instances: &globals.instances,
        schemas: &globals.schemas,
        variables,
        secrets,
        catalog: Catalog::embedded(),
        levels,
        on_text,
        today: &jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
    })
}

/// Refuses values that must not be secrets here, after the public values are known.
fn refuse_secrets(
    globals: &GlobalArgs,
    folder: &Path,
    desired: &Desired,
    project: &Project,
) -> Result<(), Failure> {
    committed_secrets::refuse(globals, folder, desired)?;
    if desired.values_of_references().next().is_some() {
        register_public_values(desired);
    }
    own_credentials::refuse(globals, desired)?;
    reserved_words::refuse_secrets(globals, desired, project)
}

/// The warnings about settings that a pipeline should have.
fn pipeline_warnings(
    globals: &GlobalArgs,
    levels: &Levels,
    desired: &Desired,
    project: &ChosenProject,
) -> Vec<Problem> {
    if globals.sandbox || globals.environment.text("CI").is_none() {
        return Vec::new();
    }
    let is_any_allowed = globals.allowed_patterns().is_none() && desired.refers_to_environment();
    let any_variable = is_any_allowed.then(|| any_variable(levels)).flatten();
    let unset = (!project.is_given).then(|| project::unset(levels, &project.name)).flatten();
    any_variable.into_iter().chain(unset).collect()
}

fn secrets_folder(globals: &GlobalArgs) -> PathBuf {
    let given = globals.secrets_dir.clone();
    let given = given.or_else(|| globals.environment.text("OCON_SECRETS_DIR").map(PathBuf::from));
    given.unwrap_or_else(|| "secrets".into())
}

/// The public variables by name.
struct PublicVariables {
    values: BTreeMap<String, String>,
    /// The places of the values: `ocon.yaml`, a variable file or `--var`.
    places: BTreeMap<String, String>,
}

/// The public variables: `--var` overrides `--var-file`, which overrides `vars:`.
fn variables(
    globals: &GlobalArgs,
    in_file: BTreeMap<String, String>,
    warnings: &mut Vec<Problem>,
    on_text: &dyn Fn(&str),
) -> Result<PublicVariables, Failure> {
    let place = |name: &String| (name.clone(), "ocon.yaml".to_owned());
    let mut places: BTreeMap<_, _> = in_file.keys().map(place).collect();
    let mut values = in_file;
    for path in &globals.var_file {
        let file = desired::load_var_file(&globals.root, path)
            .map_err(|problems| file_problems::invalid(globals, problems.as_slice()))?;
        on_text(&file.text);
        let place = |name: &String| (name.clone(), path.display().to_string());
        places.extend(file.vars.keys().map(place));
        values.extend(file.vars);
        warnings.extend(file.warnings);
    }
    places.extend(globals.var.iter().map(|(name, _)| (name.clone(), "--var".to_owned())));
    values.extend(globals.var.iter().cloned());
    Ok(PublicVariables { values, places })
}

/// A store that registers every secret that it returns.
struct Registering<'a>(Box<dyn SecretStore + 'a>);

impl SecretStore for Registering<'_> {
    fn look_up(&self, source: &SecretSource) -> SecretLookup {
        let answer = self.0.look_up(source);
        if let SecretLookup::Set(secret) = &answer {
            // The trimmed value may be sent, and repeated in a reply.
            let trimmed = Secret::new(trimmed(secret.expose()));
            redaction::register_values([secret.clone(), trimmed]);
        }
        answer
    }
}

/// Registers the secrets that the files refer to: a reply may repeat those that are not needed too.
fn register_all(desired: &Desired, secrets: &Registering<'_>) {
    let sources: BTreeSet<&SecretSource> = desired.sources().collect();
    for source in sources {
        let _ = secrets.look_up(source);
    }
}

/// Registers as public the values into which variables were substituted, and the names of documents.
fn register_public_values(desired: &Desired) {
    redaction::register_public(desired.instances.iter().map(|(key, wanted)| public(key, wanted)));
}

fn public(key: &Key, wanted: &DesiredInstance) -> String {
    let fields = wanted.configuration.values().flat_map(|field| field.value.templates());
    let public = fields.filter(|template| template.secrets().next().is_none());
    let fields = public.filter_map(Template::render_secrets);
    let fields = fields.map(|text| text.expose().to_owned());
    let names = [key.to_string(), wanted.at.file.to_string(), wanted.name.clone()];
    let all = fields.chain(names).chain(wanted.tags.iter().flatten().cloned());
    all.collect::<Vec<_>>().join("\n")
}

impl Files {
    pub(crate) fn warn(&self, globals: &GlobalArgs) {
        file_problems::warn(globals, &self.warnings);
    }
}

/// The failure for a name that does not exist, with a similar one as a hint.
pub(crate) fn unknown_name<'a>(
    error: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Failure {
    let failure = Failure::new(Exit::Invalid, error);
    match closest(name, known) {
        Some(nearest) => failure.hint(format!("did you mean {}?", quoted(&nearest))),
        None => failure.hint("use a `key:` from the files, or the key that follows from a path"),
    }
}

/// The variables that `--env-allow` or `OCON_ENV_ALLOW` allows; every variable if neither is set.
fn allowed_variables(patterns: Option<&str>) -> Result<AllowedVariables, Failure> {
    let Some(patterns) = patterns else { return Ok(AllowedVariables::all()) };
    AllowedVariables::matching(patterns).map_err(|error| {
        Failure::new(Exit::Usage, format!("{error} (--env-allow or OCON_ENV_ALLOW)"))
            .hint("write names with letters, digits and `_`. `*` matches any text, and a comma separates patterns")
    })
}

/// The warning that a file can use any variable of a pipeline.
fn any_variable(levels: &Levels) -> Option<Problem> {
    let severity = levels.of(Code::EnvAllowUnset, Severity::Warning)?;
    let message = "a file can refer to any variable of this pipeline as a secret";
    Some(problem(Code::EnvAllowUnset, severity, message, &no_file(), &[NARROW_VARIABLES]))
}
