//! The flags that every command understands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use crate::cli::setup::code_levels::{self, Denied};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::log::{self, LogForm, Verbosity};
use crate::desired::{Code, Levels, Severity};
use crate::reader::{self, repository_above};
use crate::report::markdown::{FEWEST_BYTES, MOST_BYTES};
use crate::safe_text::quoted;

/// Flags before or after the command.
#[derive(Clone, Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown in a terminal, where backticks are noise")]
pub struct Globals {
    /// Run as if started in DIR
    #[arg(
        help_heading = "Files",
        short = 'C',
        global = true,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub root: PathBuf,
    /// Base URL of the API [env: OCON_BASE_URL]
    #[arg(help_heading = "Platform", long, global = true, value_name = "URL", conflicts_with_all = ["region", "sandbox"])]
    pub base_url: Option<String>,
    /// Region of the API, like us2 or trial.us10 [env: OCON_REGION]
    #[arg(help_heading = "Platform", long, global = true, conflicts_with = "sandbox")]
    pub region: Option<String>,
    /// Trust a host that is not known as the platform's (repeatable)
    #[arg(help_heading = "Platform", long, global = true, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Use an embedded emulator, with its state in .ocon/sandbox.json and demo values as secrets
    #[arg(help_heading = "Platform", long, global = true)]
    pub sandbox: bool,
    /// File with the user secret [env: OCON_USER_SECRET holds the secret itself]
    #[arg(help_heading = "Platform", long, global = true, value_name = "FILE")]
    pub user_secret_file: Option<PathBuf>,
    /// File with the organization secret [env: OCON_ORGANIZATION_SECRET holds the secret itself]
    #[arg(help_heading = "Platform", long, global = true, value_name = "FILE")]
    pub organization_secret_file: Option<PathBuf>,
    /// Owner of the instances [env: OCON_PROJECT] [default: as in ocon.yaml, else `default`]
    #[arg(help_heading = "Platform", long, global = true, value_name = "NAME")]
    pub project: Option<String>,
    /// Folder with the instance files
    #[arg(
        help_heading = "Files",
        long,
        global = true,
        value_name = "DIR",
        default_value = "instances"
    )]
    pub instances: PathBuf,
    /// Folder with schemas of connectors that take the place of the built-in ones
    #[arg(
        help_heading = "Files",
        long,
        global = true,
        value_name = "DIR",
        default_value = "schemas"
    )]
    pub schemas: PathBuf,
    /// Public variable for ${{ var.NAME }} (repeatable)
    #[arg(help_heading = "Files", long, global = true, value_name = "NAME=VALUE", value_parser = variable)]
    pub var: Vec<(String, String)>,
    /// YAML map of public variables (repeatable, later files win)
    #[arg(help_heading = "Files", long, global = true, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// Folder for ${{ file.PATH }} [env: OCON_SECRETS_DIR] [default: secrets]
    #[arg(help_heading = "Files", long, global = true, value_name = "DIR")]
    pub secrets_dir: Option<PathBuf>,
    /// Variables that ${{ env.NAME }} may read, like 'HOOTSUITE_*,SLACK_*' [env: OCON_ENV_ALLOW]
    #[arg(help_heading = "Files", long, global = true, value_name = "PATTERNS")]
    pub env_allow: Option<String>,
    /// Accept secrets that stand in a file in clear, with a warning
    #[arg(help_heading = "Files", long, global = true)]
    pub allow_plain_text_secrets: bool,
    /// Take a warning as an error: its code, or `warnings` for all of them (repeatable)
    #[arg(help_heading = "Files", long, global = true, value_name = "CODE", value_parser = code_levels::denied)]
    pub deny: Vec<Denied>,
    /// Do not report a warning, nor an error that is a matter of judgement (repeatable)
    #[arg(help_heading = "Files", long, global = true, value_name = "CODE", value_parser = code_levels::allowed)]
    pub allow: Vec<Code>,
    /// Form of the result
    #[arg(
        help_heading = "Output",
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = false
    )]
    pub format: Format,
    /// Most bytes of a comment in Markdown; what is left out is counted
    #[arg(help_heading = "Output", long, global = true, value_name = "N", default_value_t = DEFAULT_MAX_BYTES, value_parser = bytes)]
    pub max_bytes: usize,
    /// Where the files can be looked at, for links in Markdown [default: as GitHub or GitLab says]
    #[arg(help_heading = "Output", long, global = true, value_name = "URL")]
    pub file_url: Option<String>,
    /// When to use colours
    #[arg(
        help_heading = "Output",
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    pub color: Color,
    /// Requests that are under way at once, and instances that are written at once
    #[arg(help_heading = "Requests", long, global = true, value_name = "N", default_value = "4", value_parser = at_least_one)]
    pub concurrency: usize,
    /// Longest time for one request, like 45s or 2m [default: 30s for reads, 180s for creates]
    #[arg(help_heading = "Requests", long, global = true, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Most requests that are sent in all, repetitions included
    #[arg(help_heading = "Requests", long, global = true, value_name = "N", value_parser = at_least_one_request)]
    pub max_requests: Option<u64>,
    /// Log each request to stderr; -vv also decisions, -vvv also connections
    #[arg(help_heading = "Output", short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Form of the log
    #[arg(
        help_heading = "Output",
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    pub log_format: LogForm,
    /// Say nothing on stderr but errors
    #[arg(help_heading = "Output", short, long, global = true, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Form of the result on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON as described in schemas/
    Json,
    /// A comment for a pull request (plan, apply, status)
    Markdown,
    /// Workflow commands, which GitHub shows at the lines (validate, plan)
    Github,
    /// SARIF 2.1.0, for code scanning (validate)
    Sarif,
}

impl Format {
    /// The name on the command line.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Globals {
    /// Makes sure that the root is there, so that nobody is told of folders below one that is not.
    pub(crate) fn check_root(&self) -> Result<(), Failure> {
        if self.root.is_dir() {
            return self.check_that_root_stays();
        }
        let sentence = format!("there is no folder {}", self.root.display());
        Err(Failure::new(Exit::Usage, sentence).hint("-C names the folder in which ocon runs"))
    }

    /// Refuses a folder of a repository that is a link out of it: somebody may have committed the link.
    fn check_that_root_stays(&self) -> Result<(), Failure> {
        let home = reader::link_boundary(Path::new("."), &self.root);
        let home = home.and_then(|home| repository_above(&home));
        let stays =
            |home: PathBuf| self.root.canonicalize().is_ok_and(|root| root.starts_with(home));
        if home.is_none_or(stays) {
            return Ok(());
        }
        let sentence = format!("a link leads from {} out of the repository", self.root.display());
        Err(Failure::new(Exit::Usage, sentence)
            .hint("-C names a folder of the repository, or one elsewhere"))
    }

    /// Makes sure that the result of a command can be had in the form that was asked for.
    pub(crate) fn check_format(&self, command: &str, taken: &[Format]) -> Result<(), Failure> {
        if taken.contains(&self.format) {
            return Ok(());
        }
        let names: Vec<_> = taken.iter().map(|format| format.as_str()).collect();
        let given = self.format.as_str();
        Err(Failure::new(
            Exit::Usage,
            format!("`ocon {command}` has no form {given}", given = quoted(&given)),
        )
        .hint(format!("write --format {}", names.join(" or "))))
    }

    /// The flags that say what the files are, for a process that reads the same ones.
    pub(crate) fn of_files(&self) -> Vec<OsString> {
        let path = |flag: &str, path: &Path| [flag.into(), path.into()];
        let mut flags: Vec<OsString> = Vec::new();
        flags.extend(path("-C", &self.root));
        flags.extend(path("--instances", &self.instances));
        flags.extend(path("--schemas", &self.schemas));
        flags.extend(self.var_file.iter().flat_map(|file| path("--var-file", file)));
        flags.extend(self.secrets_dir.iter().flat_map(|folder| path("--secrets-dir", folder)));
        let variables = self.var.iter().map(|(name, value)| format!("--var={name}={value}"));
        flags.extend(variables.map(Into::into));
        flags.extend(self.project.iter().map(|name| format!("--project={name}").into()));
        flags.extend(self.env_allow.iter().map(|names| format!("--env-allow={names}").into()));
        flags.extend(self.allow.iter().map(|code| format!("--allow={code}").into()));
        if self.allow_plain_text_secrets {
            flags.push("--allow-plain-text-secrets".into());
        }
        flags
    }

    /// What the flags say of each kind of problem in files.
    pub(crate) fn levels(&self) -> Levels {
        let plain_text =
            if self.allow_plain_text_secrets { Severity::Warning } else { Severity::Error };
        code_levels::levels(&self.deny, &self.allow, plain_text)
    }

    /// Makes colours and the log follow the flags.
    pub(crate) fn set_up_output(&self) {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        if let Some(verbosity) = self.verbosity() {
            // An embedded sandbox would say everything once more.
            log::set_up(verbosity, self.log_format, self.sandbox);
        }
    }

    /// How much is logged, if anything is.
    pub(crate) fn verbosity(&self) -> Option<Verbosity> {
        match self.verbose {
            0 => None,
            1 => Some(Verbosity::Requests),
            2 => Some(Verbosity::Decisions),
            _ => Some(Verbosity::Libraries),
        }
    }
}

/// A path that is relative to the root, as a message should name it: without `./`.
pub(crate) fn beside(root: &Path, path: &Path) -> PathBuf {
    if root == Path::new(".") { path.to_owned() } else { root.join(path) }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name before `=` is missing".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "write a number from 1".to_owned())
}

fn bytes(text: &str) -> Result<usize, String> {
    let enough = text.parse().ok().filter(|number| *number >= MIN_MAX_BYTES);
    enough.ok_or_else(|| format!("write a number from {MIN_MAX_BYTES}"))
}

fn at_least_one_request(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "write a number from 1".to_owned())
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => (seconds, 1),
        (None, Some(minutes)) => (minutes, 60),
        (None, None) => return Err("write a number with its unit, like 45s or 2m".to_owned()),
    };
    let number: u32 =
        number.parse().map_err(|_| "write a whole number before the unit, like 45s or 2m")?;
    if number == 0 {
        return Err("no request is answered in no time: write at least 1s".to_owned());
    }
    Ok(Duration::from_secs(u64::from(number) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_unit() {
        assert_eq!(duration("45s"), Ok(Duration::from_secs(45)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for bad in ["45", "s", "-1s", "0s", "1.5m", "2h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
