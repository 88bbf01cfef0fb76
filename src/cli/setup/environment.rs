//! The environment variables, read once.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::api::{Clock, Sleep, SystemClock};
use crate::cli::setup::arguments::Globals;
use crate::cli::setup::own_credentials::OwnCredential;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::redaction;
use crate::instance::{Secret, trimmed};
use crate::reader::FileScope;

/// A secret file is at most this long: anything longer is not a secret.
const LONGEST_SECRET: u64 = 64 * 1024;

/// The characters that make a key which nobody guesses: `openssl rand -base64 24` has so many.
const MIN_FINGERPRINT_KEY: usize = 32;

const FINGERPRINT_KEY: &str = "OCON_FINGERPRINT_KEY";

/// The secrets of ocon itself.
const OWN_SECRETS: [&str; 3] = ["OCON_USER_SECRET", "OCON_ORGANIZATION_SECRET", FINGERPRINT_KEY];

/// The variables without which no browser starts, or not the person's own. A browser gets them even
/// if a file refers to one, which makes its value a secret.
const DESKTOP: [&str; 20] = [
    "PATH",
    "HOME",
    "USER",
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
    // WSL
    "WSLENV",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    // Windows
    "APPDATA",
    "LOCALAPPDATA",
    "PATHEXT",
    "SYSTEMROOT",
    "TEMP",
    "USERPROFILE",
];

/// What the process was started with.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the environment of the process.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn capture() -> Self {
        Self { variables: env::vars_os().collect() }
    }

    /// An environment of these variables, for tests.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: variables.collect() }
    }

    /// A variable that is set to something, as text without blanks at its ends.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = trimmed(self.raw(name)?.to_str()?);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A variable that is set, if only to nothing, as text.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// A variable as it is, for the references in files.
    pub(crate) fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables.get(&OsString::from(name))
    }

    /// The folder in which the process was started, as the shell names it: with the links on the way.
    pub(crate) fn working_directory(&self) -> PathBuf {
        let physical = env::current_dir().unwrap_or_default();
        let named = self.raw("PWD").map(PathBuf::from);
        let is_same = |named: &PathBuf| {
            named.is_absolute() && named.canonicalize().ok() == physical.canonicalize().ok()
        };
        named.filter(is_same).unwrap_or(physical)
    }

    /// The columns of the terminal; a page has 100 where there is none.
    pub(crate) fn width(&self) -> usize {
        let given = self.text("COLUMNS").and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let on_terminal = std::io::stdout().is_terminal();
        given.or_else(|| measured().filter(|_| on_terminal)).unwrap_or(100).clamp(40, 200)
    }

    /// Whether a line of progress is welcome where stderr is a terminal: not in the log of a pipeline,
    /// and not where it could not be taken away again.
    pub(crate) fn takes_progress(&self) -> bool {
        self.text("CI").is_none() && self.text("TERM").is_none_or(|term| term != "dumb")
    }

    /// The clock. Tests of the binary ask for one that does not wait between two tries, or for one
    /// on which half a minute has passed at once where something else is done first.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        let asked = self.text("OCON_TEST_CLOCK").filter(|_| cfg!(debug_assertions));
        match asked.as_deref() {
            None => Arc::new(SystemClock),
            Some(kind) => Arc::new(Hasty { alarms: u32::from(kind == "slow").into() }),
        }
    }

    /// Takes notice of the secrets that ocon itself is given.
    pub(crate) fn learn_secrets(&self) {
        let own = OWN_SECRETS.into_iter().filter_map(|name| self.text(name));
        let proxies = self.variables.iter().filter(|(name, _)| is_proxy(name));
        let proxies = proxies.filter_map(|(_, address)| login(address.to_str()?));
        let proxies = proxies.flat_map(|(login, password)| [login, password]);
        let own: Vec<Secret> = own.map(Secret::new).collect();
        redaction::learn(&own);
        // Somebody may have chosen them by hand, so that a guess in a file must look the same.
        redaction::learn_values(proxies.map(Secret::new));
    }

    /// The variables for a process that this one starts: all but those that say which platform and
    /// with which credentials.
    pub(crate) fn for_children(&self) -> Vec<(OsString, OsString)> {
        let platform = ["OCON_BASE_URL", "OCON_REGION", "NO_PROXY", "no_proxy"];
        let is_left_out = |name: &OsStr| {
            platform.iter().chain(&OWN_SECRETS).any(|left_out| name == OsStr::new(left_out))
        };
        let kept = self.variables.iter().filter(|(name, _)| !is_left_out(name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The variables for a browser: what the desktop needs, and neither a variable of ocon nor one
    /// with a secret that this process knows.
    pub(crate) fn for_browser(&self) -> Vec<(OsString, OsString)> {
        let is_kept = |name: &OsStr, value: &OsStr| {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let name = name.to_ascii_uppercase();
            !name.starts_with("OCON_")
                && (DESKTOP.contains(&&*name) || redaction::scrub(&value) == value)
        };
        let kept = self.variables.iter().filter(|(name, value)| is_kept(name, value));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The variables for Git: where it finds the settings of whoever runs ocon. Which Git and which
    /// repository it is about is the matter of `git`.
    pub(crate) fn for_git(&self) -> Vec<(OsString, OsString)> {
        let needed = ["HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "XDG_CONFIG_HOME"];
        let is_kept = |name: &OsStr| needed.iter().any(|kept| name == OsStr::new(kept));
        let kept = self.variables.iter().filter(|(name, _)| is_kept(name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Shows secrets, where a test of the binary wants to see that the search for leaks finds them.
    pub(crate) fn show_secrets_on_request(&self) {
        if cfg!(debug_assertions) && self.text("OCON_TEST_NO_SCRUB").is_some() {
            redaction::switch_off();
        }
    }

    /// Panics, where a test of the binary wants to see what is said then.
    pub(crate) fn panic_on_request(&self) {
        let message = self.text("OCON_TEST_PANIC").filter(|_| cfg!(debug_assertions));
        assert!(message.is_none(), "{}", message.unwrap_or_default());
    }

    /// The user secret and the organization secret.
    pub(crate) fn credentials(&self, globals: &Globals) -> Result<(Secret, Secret), Failure> {
        match (self.user_secret(globals)?, self.organization_secret(globals)?) {
            (Some(user), Some(organization)) => Ok((user, organization)),
            (user, organization) => {
                let missing: Vec<&str> = [
                    user.is_none().then_some("OCON_USER_SECRET"),
                    organization.is_none().then_some("OCON_ORGANIZATION_SECRET"),
                ]
                .into_iter()
                .flatten()
                .collect();
                let verb = if missing.len() == 1 { "is" } else { "are" };
                Err(Failure::new(
                    Exit::Unreachable,
                    format!("{} {verb} not set", missing.join(" and ")),
                )
                .hint(
                    "both secrets stand in the user interface, under Security and under My Profile",
                )
                .hint("or give them as files: --user-secret-file, --organization-secret-file")
                .hint("or try it without a tenant: --sandbox"))
            }
        }
    }

    fn user_secret(&self, globals: &Globals) -> Result<Option<Secret>, Failure> {
        self.secret(globals, "user", globals.user_secret_file.as_deref(), "OCON_USER_SECRET")
    }

    fn organization_secret(&self, globals: &Globals) -> Result<Option<Secret>, Failure> {
        let file = globals.organization_secret_file.as_deref();
        self.secret(globals, "organization", file, "OCON_ORGANIZATION_SECRET")
    }

    /// What no file may send: ocon's credentials and its fingerprint key, as far as there are any. A
    /// file that cannot be read is the matter of whoever needs the credentials.
    pub(crate) fn own_credentials(&self, globals: &Globals) -> Vec<OwnCredential> {
        let own = |what, secret: Option<Secret>| Some(OwnCredential { what, secret: secret? });
        [
            own("user secret", self.user_secret(globals).unwrap_or_default()),
            own("organization secret", self.organization_secret(globals).unwrap_or_default()),
            own("fingerprint key", self.text(FINGERPRINT_KEY).map(Secret::new)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The key of fingerprints, if there is one of their own.
    pub(crate) fn fingerprint_key(&self) -> Result<Option<Secret>, Failure> {
        let Some(raw) = self.raw(FINGERPRINT_KEY) else {
            return Ok(None);
        };
        let text = raw.to_str().map(trimmed);
        let text = text.ok_or_else(|| unusable_fingerprint_key("is not valid UTF-8"))?;
        let mistake = if text.is_empty() {
            return Ok(None);
        } else if text.chars().any(char::is_control) {
            "contains a line break or another control character"
        } else if text.chars().count() < MIN_FINGERPRINT_KEY {
            "is too short"
        } else {
            return Ok(Some(Secret::new(text)));
        };
        Err(unusable_fingerprint_key(mistake))
    }

    fn secret(
        &self,
        globals: &Globals,
        what: &str,
        file: Option<&Path>,
        variable: &str,
    ) -> Result<Option<Secret>, Failure> {
        let Some(file) = file else {
            return Ok(self.text(variable).map(Secret::new));
        };
        let unreadable = |reason: &dyn std::fmt::Display| {
            Failure::new(
                Exit::Unreachable,
                format!("the {what} secret cannot be read from {}", file.display()),
            )
            .caused_by(reason)
        };
        let bounds = FileScope::of(&globals.root, file);
        let text = bounds.read_text(&globals.root.join(file), LONGEST_SECRET);
        match trimmed(&text.map_err(|refusal| unreadable(&refusal))?) {
            "" => Err(unreadable(&"the file is empty")),
            secret => {
                let secret = Secret::new(secret.to_owned());
                redaction::learn([&secret]);
                Ok(Some(secret))
            }
        }
    }
}

fn unusable_fingerprint_key(mistake: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{FINGERPRINT_KEY} {mistake}"))
        .hint(format!("it must have at least {MIN_FINGERPRINT_KEY} characters on one line"))
        .hint("create one with: openssl rand -base64 32")
}

/// Whether the variable names a proxy: `HTTPS_PROXY`, `all_proxy`.
fn is_proxy(name: &OsStr) -> bool {
    let name = name.to_str().unwrap_or_default().to_ascii_uppercase();
    name.ends_with("_PROXY") && name != "NO_PROXY"
}

/// The name and password in an address, and the password alone.
fn login(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://").unwrap_or(("", address));
    let (login, _) = rest.rsplit_once('@')?;
    Some((login, login.split_once(':')?.1))
}

/// The clock of the machine, without the waits.
struct Hasty {
    /// How many alarms still ring, at once.
    alarms: AtomicU32,
}

impl Clock for Hasty {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }

    fn alarm(&self, _: Duration) -> Sleep {
        let take = |left: u32| left.checked_sub(1);
        match self.alarms.try_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Box::pin(std::future::ready(())),
            Err(_) => Box::pin(std::future::pending()),
        }
    }

    fn instant(&self) -> Instant {
        SystemClock.instant()
    }

    fn now(&self) -> SystemTime {
        SystemClock.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_desktop_and_no_secret() {
        let home = "/home/the-person-of-this-test";
        let kept = [
            ("BROWSER", "firefox"),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"),
            ("DISPLAY", ":0"),
            ("HOME", home),
            ("HTTPS_PROXY", "http://proxy.example:3128"),
            ("LANG", "de_DE.UTF-8"),
            ("NO_PROXY", "localhost"),
            ("PATH", "/usr/bin:/mnt/c/Windows/System32"),
            ("SystemRoot", "C:\\Windows"),
            ("WAYLAND_DISPLAY", "wayland-0"),
            ("WSLENV", "OPEN_RS_TARGET/u"),
            ("WSL_DISTRO_NAME", "Ubuntu"),
            ("WSL_INTEROP", "/run/WSL/8_interop"),
            ("XDG_RUNTIME_DIR", "/run/user/1000"),
        ];
        let withheld = [
            ("APP_SECRET", "the-client-secret-of-this-test"),
            ("APP_URL", "https://app.example/?s=the-client-secret-of-this-test"),
            ("OCON_SIGNATURE_KEY", "short"),
            ("OCON_USER_SECRET", "u"),
            ("ocon_user_secret", "u"),
        ];
        redaction::learn(&[Secret::new("the-client-secret-of-this-test"), Secret::new(home)]);
        let given = kept.iter().chain(&withheld);
        let variables = given.map(|(name, value)| (name.into(), value.into())).collect();
        let expected = kept.map(|(name, value)| (name.into(), value.into()));
        assert_eq!(Environment { variables }.for_browser(), expected);
    }
}
