//! The global options, which every command accepts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Arg, ArgAction, Args, ColorChoice, ValueEnum};
use tracing_subscriber::filter::ParseError;

use crate::cli::setup::diagnostic_levels::{self, Denied};
use crate::cli::setup::environment::Environment;
use crate::cli::terminal::{
    Exit, Failure,
    atomic_file::RepositoryFolders,
    log::{self, LogFilter, LogFormat, SandboxLog, Verbosity},
};
use crate::desired::{Code, Levels, Severity};
use crate::reader::{self, repository_above};
use crate::report::file_links::ReportUrl;
use crate::report::human::{Detail, Layout};
use crate::report::markdown::{DEFAULT_MAX_BYTES, MIN_MAX_BYTES};
use crate::safe_text::quoted;

pub(crate) const DEFAULT_INSTANCES_FOLDER: &str = "instances";
pub(crate) const DEFAULT_SCHEMAS_FOLDER: &str = "schemas";

/// Options before or after the command.
#[derive(Clone, Debug, Args)]
#[command(mut_args(with_heading))]
#[expect(clippy::doc_markdown, reason = "shown in a terminal, where backticks are noise")]
pub(crate) struct GlobalArgs {
    /// Run as if ocon was started in DIR
    #[arg(short = 'C', value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) root: PathBuf,
    /// Base URL of the API [env: OCON_BASE_URL]
    #[arg(long, value_name = "URL", conflicts_with_all = ["region", "sandbox"])]
    pub(crate) base_url: Option<String>,
    /// Region of the API, for example us2 or trial.us10 [env: OCON_REGION]
    #[arg(long, conflicts_with = "sandbox")]
    pub(crate) region: Option<String>,
    /// Trust a host that ocon does not know as the platform's (repeatable)
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
    /// Use an embedded emulator, with its state in .ocon/sandbox.json and demo values as secrets
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// File with the user secret [env: OCON_USER_SECRET is the secret]
    #[arg(long, value_name = "FILE")]
    pub(crate) user_secret_file: Option<PathBuf>,
    /// File with the organization secret [env: OCON_ORGANIZATION_SECRET is the secret]
    #[arg(long, value_name = "FILE")]
    pub(crate) organization_secret_file: Option<PathBuf>,
    /// Project that owns the instances [env: OCON_PROJECT] [default: from ocon.yaml, else `default`]
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Folder of the instance files
    #[arg(long, value_name = "DIR", default_value = DEFAULT_INSTANCES_FOLDER)]
    pub(crate) instances: PathBuf,
    /// Folder of schemas that replace the built-in ones
    #[arg(long, value_name = "DIR", default_value = DEFAULT_SCHEMAS_FOLDER)]
    pub(crate) schemas: PathBuf,
    /// Public variable for ${{ var.NAME }} (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) var: Vec<(String, String)>,
    /// YAML file with a map of public variables (repeatable, later files win)
    #[arg(long, value_name = "FILE")]
    pub(crate) var_file: Vec<PathBuf>,
    /// Folder for ${{ file.PATH }} [env: OCON_SECRETS_DIR] [default: secrets]
    #[arg(long, value_name = "DIR")]
    pub(crate) secrets_dir: Option<PathBuf>,
    /// Variables that ${{ env.NAME }} may read, for example 'HOOTSUITE_*,SLACK_*' [env: OCON_ENV_ALLOW]
    #[arg(long, value_name = "PATTERNS")]
    pub(crate) env_allow: Option<String>,
    /// Accept secrets in plain text in a file, with a warning
    #[arg(long)]
    pub(crate) allow_plain_text_secrets: bool,
    /// Report a warning as an error, or all with `warnings` (repeatable)
    #[arg(long, value_name = "CODE", value_parser = diagnostic_levels::parse_denied)]
    pub(crate) deny: Vec<Denied>,
    /// Do not report a warning, or an error that may be allowed (repeatable)
    #[arg(long, value_name = "CODE", value_parser = diagnostic_levels::parse_allowed)]
    pub(crate) allow: Vec<Code>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Maximum size of a Markdown comment in bytes; omitted parts are counted
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_BYTES, value_parser = max_bytes)]
    pub(crate) max_bytes: usize,
    /// URL of the root, for links to files in Markdown and HTML [default: from the CI system]
    #[arg(long, value_name = "URL")]
    pub(crate) file_url: Option<String>,
    /// Also write the result to FILE.html, FILE.md or FILE.json (repeatable; plan, apply, status)
    #[arg(long, value_name = "FILE", value_parser = report_file)]
    pub(crate) report: Vec<ReportFile>,
    /// URL at which readers find the complete report, for a link in Markdown
    #[arg(long, value_name = "URL", value_parser = report_url)]
    pub(crate) report_url: Option<ReportUrl>,
    /// Use colors; auto: as NO_COLOR, then FORCE_COLOR says, else on a terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: ColorChoice,
    /// Maximum number of concurrent requests, and of instances written concurrently
    #[arg(long, value_name = "N", default_value = "4", value_parser = positive::<usize>)]
    pub(crate) concurrency: usize,
    /// Time limit for one request, for example 45s or 2m [default: 30s for reads, 180s for creates]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Maximum number of requests in total, including retries
    #[arg(long, value_name = "N", value_parser = positive::<u64>)]
    pub(crate) max_requests: Option<u64>,
    /// Log each request to stderr; -vv adds decisions, -vvv adds connections [env: OCON_LOG filters]
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Format of the log
    #[arg(long, default_value_t, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    /// Print only errors to stderr
    #[arg(short, long, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// The environment, which has the defaults of some options. It is set after parsing.
    #[arg(skip)]
    pub(crate) environment: Environment,
}

/// Makes an option global, and groups it in the list of options.
fn with_heading(option: Arg) -> Arg {
    let heading = match option.get_id().as_str() {
        "base_url"
        | "region"
        | "allow_host"
        | "sandbox"
        | "user_secret_file"
        | "organization_secret_file"
        | "project" => "Platform",
        "format" | "max_bytes" | "file_url" | "report" | "report_url" | "color" | "verbose"
        | "log_format" | "quiet" => "Output",
        "concurrency" | "timeout" | "max_requests" => "Requests",
        _ => "Files",
    };
    option.global(true).help_heading(heading)
}

/// Format of the result on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a terminal
    #[default]
    Text,
    /// JSON, as described by schemas/
    Json,
    /// A comment for a pull request (plan, apply, status)
    Markdown,
    /// A page for a browser, in one file (plan, apply, status)
    Html,
    /// GitHub workflow commands, which annotate the lines of files (validate, plan), or the secrets of
    /// steps (variables)
    Github,
    /// SARIF 2.1.0 for code scanning (validate)
    Sarif,
    /// Lines NAME= for a file of variables (variables)
    Dotenv,
    /// Variables to add in GitLab (variables)
    Gitlab,
    /// The secrets of steps in Azure Pipelines (variables)
    Azure,
    /// The credentials of stages in a Jenkinsfile (variables)
    Jenkins,
}

/// A file that a report is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// The format that its ending names.
    pub format: Format,
}

impl GlobalArgs {
    /// Checks that the root exists. Otherwise messages would blame folders below it.
    pub(crate) fn check_root(&self) -> Result<(), Failure> {
        if self.root.is_dir() {
            return self.check_root_stays_in_repository();
        }
        let error = format!("the folder {} does not exist", self.root.display());
        Err(Failure::new(Exit::Usage, error).hint("name an existing folder with -C"))
    }

    /// Refuses a root that a link leads out of its repository: the link may be part of a pull request.
    fn check_root_stays_in_repository(&self) -> Result<(), Failure> {
        let repository = reader::link_boundary(Path::new("."), &self.root);
        let repository = repository.and_then(|folder| repository_above(&folder));
        let contains_root =
            |top: PathBuf| self.root.canonicalize().is_ok_and(|root| root.starts_with(top));
        if repository.is_none_or(contains_root) {
            return Ok(());
        }
        let error = format!("a link leads from {} out of the repository", self.root.display());
        Err(Failure::new(Exit::Usage, error)
            .hint("name a folder of the repository, or one elsewhere, with -C"))
    }

    pub(crate) fn check_format(&self, command: &str, supported: &[Format]) -> Result<(), Failure> {
        if !self.report.is_empty() && !supported.contains(&Format::Html) {
            let error = format!("`ocon {command}` does not support --report");
            let hint = "--report is for `ocon plan`, `ocon apply` and `ocon status`";
            return Err(Failure::new(Exit::Usage, error).hint(hint));
        }
        if supported.contains(&self.format) {
            return Ok(());
        }
        let values = supported.iter().chain([&self.format]).filter_map(Format::to_possible_value);
        let mut names: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
        let given = names.pop().unwrap_or_default();
        let error = format!("`ocon {command}` does not support the format {}", quoted(&given));
        Err(Failure::new(Exit::Usage, error).hint(format!("use --format {}", names.join(" or "))))
    }

    /// Whether the result is written in one of these formats, to stdout or to a file.
    pub(crate) fn writes_any(&self, formats: &[Format]) -> bool {
        let files = self.report.iter().map(|report| &report.format);
        files.chain([&self.format]).any(|format| formats.contains(format))
    }

    pub(crate) fn folders(&self) -> RepositoryFolders<'_> {
        RepositoryFolders { root: &self.root, instances: &self.instances, schemas: &self.schemas }
    }

    /// The options that select the files, for a child process that reads the same ones.
    pub(crate) fn file_options(&self) -> Vec<OsString> {
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

    /// The patterns of the variables that files may use; `None` if all are allowed.
    pub(crate) fn allowed_patterns(&self) -> Option<String> {
        self.env_allow.clone().or_else(|| self.environment.given("OCON_ENV_ALLOW"))
    }

    pub(crate) fn levels(&self) -> Levels {
        let plain_text =
            if self.allow_plain_text_secrets { Severity::Warning } else { Severity::Error };
        diagnostic_levels::levels(&self.deny, &self.allow, plain_text)
    }

    pub(crate) fn init_output(&self) -> Result<(), Failure> {
        match self.color {
            ColorChoice::Auto => self.environment.color(),
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        if let Some(filter) = self.log_filter()? {
            let sandbox = if self.sandbox { SandboxLog::Hidden } else { SandboxLog::Shown };
            log::init(filter, self.log_format, sandbox);
        }
        Ok(())
    }

    /// `OCON_LOG`, else `-v`. With `--quiet`, there is no log.
    fn log_filter(&self) -> Result<Option<LogFilter>, Failure> {
        let Some(directives) = self.environment.text("OCON_LOG").filter(|_| !self.quiet) else {
            return Ok(self.verbosity().map(LogFilter::Verbosity));
        };
        let targets = directives.parse().map_err(|error: ParseError| {
            Failure::new(Exit::Usage, "OCON_LOG is not a filter of the log")
                .caused_by(&error)
                .hint("write a level, or targets with levels: OCON_LOG=ocon=debug,hyper=info")
        })?;
        Ok(Some(LogFilter::Targets(targets)))
    }

    /// How results are laid out: with `-v`, nothing is grouped.
    pub(crate) fn layout(&self) -> Layout {
        let detail = if self.verbose == 0 { Detail::Grouped } else { Detail::Complete };
        Layout { width: self.environment.width(), detail }
    }

    pub(crate) fn verbosity(&self) -> Option<Verbosity> {
        match self.verbose {
            // A log without `-v` also replaces the progress line.
            0 if !self.quiet && self.environment.text("OCON_LOG").is_some() => {
                Some(Verbosity::Requests)
            }
            0 => None,
            1 => Some(Verbosity::Requests),
            2 => Some(Verbosity::Decisions),
            _ => Some(Verbosity::Libraries),
        }
    }
}

/// A path that is relative to the root, as messages name it: without `./`.
pub(crate) fn below_root(root: &Path, path: &Path) -> PathBuf {
    if root == Path::new(".") { path.to_owned() } else { root.join(path) }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name before `=` is missing".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) fn positive<T: FromStr + PartialOrd + Default>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number > T::default());
    number.ok_or_else(|| "write a number of at least 1".to_owned())
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let path = PathBuf::from(text);
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => Format::Html,
        Some("md") => Format::Markdown,
        Some("json") => Format::Json,
        _ => return Err("name a file that ends with .html, .md or .json".to_owned()),
    };
    Ok(ReportFile { path, format })
}

fn report_url(text: &str) -> Result<ReportUrl, String> {
    ReportUrl::new(text).ok_or_else(|| "write an https or http URL, percent-encoded".to_owned())
}

fn max_bytes(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number >= MIN_MAX_BYTES);
    number.ok_or_else(|| format!("write a number of at least {MIN_MAX_BYTES}"))
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => (seconds, 1),
        (None, Some(minutes)) => (minutes, 60),
        (None, None) => return Err("write a number with a unit, for example 45s or 2m".to_owned()),
    };
    let number: u32 =
        number.parse().map_err(|_| "write a whole number with a unit, for example 45s or 2m")?;
    if number == 0 {
        return Err("write at least 1s".to_owned());
    }
    Ok(Duration::from_secs(u64::from(number) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("45s"), Ok(Duration::from_secs(45)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for bad in ["45", "s", "-1s", "0s", "1.5m", "2h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
