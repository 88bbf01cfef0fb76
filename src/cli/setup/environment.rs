//! The environment of the process, which is read once and only here.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::api::{Clock, Sleep, SystemClock};
use crate::cli::terminal::redaction;
use crate::instance::{Secret, trimmed};
use crate::report::human::Layout;
use crate::scrub;

pub(crate) const USER_SECRET: &str = "OCON_USER_SECRET";
pub(crate) const ORGANIZATION_SECRET: &str = "OCON_ORGANIZATION_SECRET";
pub(crate) const FINGERPRINT_KEY: &str = "OCON_FINGERPRINT_KEY";
const CREDENTIALS: [&str; 3] = [USER_SECRET, ORGANIZATION_SECRET, FINGERPRINT_KEY];
/// The variables that a browser needs to start with the user's profile. It gets them even if a file
/// refers to one of them, which makes the value a secret.
const DESKTOP_VARIABLES: [&str; 20] = [
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

#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

/// Without values, which can be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn capture() -> Self {
        let variables = env::vars_os().map(|(variable, value)| (name(&variable), value));
        Self { variables: variables.collect() }
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(variable, value)| (name(variable), value.into()));
        Self { variables: variables.collect() }
    }

    /// The trimmed value of a variable; `None` if it is unset, blank or not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = trimmed(self.raw(name)?.to_str()?);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The value of a variable, which may be empty.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| value.to_string_lossy().into_owned())
    }

    pub(crate) fn raw(&self, variable: &str) -> Option<&OsString> {
        self.variables.get(&name(variable))
    }

    /// The working directory as the shell names it, links included.
    pub(crate) fn working_directory(&self) -> PathBuf {
        let physical = env::current_dir().unwrap_or_default();
        let logical = self.raw("PWD").map(PathBuf::from);
        let is_same = |logical: &PathBuf| {
            logical.is_absolute() && logical.canonicalize().ok() == physical.canonicalize().ok()
        };
        logical.filter(is_same).unwrap_or(physical)
    }

    /// The columns for results.
    pub(crate) fn width(&self) -> usize {
        let given = self.text("COLUMNS").and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let on_terminal = std::io::stdout().is_terminal();
        let width = given.or_else(|| measured().filter(|_| on_terminal));
        width.unwrap_or(Layout::default().width).clamp(40, 200)
    }

    /// When to use colors, without `--color`: `NO_COLOR` wins over `FORCE_COLOR`. The others (`CLICOLOR_FORCE`,
    /// `CLICOLOR`, `TERM`) are left to `anstream`. An empty value counts as unset.
    pub(crate) fn color(&self) -> anstream::ColorChoice {
        let is_set = |name| self.raw(name).is_some_and(|value| !value.is_empty());
        if is_set("NO_COLOR") {
            return anstream::ColorChoice::Never;
        }
        match self.given("FORCE_COLOR").as_deref() {
            None | Some("") => anstream::ColorChoice::Auto,
            Some("0" | "false") => anstream::ColorChoice::Never,
            Some(_) => anstream::ColorChoice::Always,
        }
    }

    /// Whether a terminal can show a progress line: not in a pipeline, and only if it can be removed.
    pub(crate) fn allows_progress(&self) -> bool {
        self.text("CI").is_none() && self.text("TERM").is_none_or(|term| term != "dumb")
    }

    /// Tests of the binary select a clock without waits (`hasty`), or with an immediate alarm (`slow`).
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        let kind = self.text("OCON_TEST_CLOCK").filter(|_| cfg!(debug_assertions));
        match kind.as_deref() {
            None => Arc::new(SystemClock),
            Some(kind) => {
                Arc::new(TestClock { immediate_alarms: u32::from(kind == "slow").into() })
            }
        }
    }

    pub(crate) fn register_secrets(&self) {
        let own = CREDENTIALS.into_iter().filter_map(|name| self.text(name));
        let own: Vec<Secret> = own.map(Secret::new).collect();
        redaction::register(&own);
        let proxies = self.variables.iter().filter(|(name, _)| is_proxy(name));
        let logins = proxies.filter_map(|(_, address)| login(address.to_str()?));
        // Special characters are percent-encoded in the address, and decoded where the password is sent.
        let logins = logins.flat_map(|(login, password)| {
            [login.to_owned(), password.to_owned(), percent_decoded(password)]
        });
        // People choose these: hiding the same text in a file would confirm a guess.
        redaction::register_values(logins.map(Secret::new));
    }

    /// The variables for a child process: all except those that select the platform and the credentials.
    pub(crate) fn for_children(&self) -> Vec<(OsString, OsString)> {
        let platform = ["OCON_BASE_URL", "OCON_REGION", "NO_PROXY", "no_proxy"];
        let omitted: Vec<&str> = platform.into_iter().chain(CREDENTIALS).collect();
        self.filtered(|name, _| !omitted.iter().any(|omitted| name == OsStr::new(omitted)))
    }

    /// The variables for a browser: those of the desktop, and others without a secret or ocon's name.
    pub(crate) fn for_browser(&self) -> Vec<(OsString, OsString)> {
        self.filtered(|name, value| {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let name = name.to_ascii_uppercase();
            !name.starts_with("OCON_")
                && (DESKTOP_VARIABLES.contains(&&*name) || redaction::scrub(&value) == value)
        })
    }

    /// The variables by which Git finds the user's settings. [`git`](super::git) adds the others.
    pub(crate) fn for_git(&self) -> Vec<(OsString, OsString)> {
        let needed = ["HOME", "USERPROFILE", "SYSTEMROOT", "TEMP", "TMPDIR", "XDG_CONFIG_HOME"];
        self.filtered(|name, _| needed.iter().any(|needed| name == OsStr::new(needed)))
    }

    fn filtered(&self, keep: impl Fn(&OsStr, &OsStr) -> bool) -> Vec<(OsString, OsString)> {
        let kept = self.variables.iter().filter(|(name, value)| keep(name, value));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Disables redaction if a test of the binary asks for it, to show that the search for leaks works.
    pub(crate) fn disable_redaction_in_tests(&self) {
        if self.text("OCON_TEST_NO_SCRUB").is_some() {
            scrub::disable_in_tests();
        }
    }

    pub(crate) fn panic_in_tests(&self) {
        let message = self.text("OCON_TEST_PANIC").filter(|_| cfg!(debug_assertions));
        assert!(message.is_none(), "{}", message.unwrap_or_default());
    }
}

/// The name by which a variable is found. Windows ignores the case: its own name for `PATH` is `Path`.
fn name(variable: impl AsRef<OsStr>) -> OsString {
    let variable = variable.as_ref();
    if cfg!(windows) { variable.to_ascii_uppercase() } else { variable.to_owned() }
}

/// Whether the variable sets a proxy: `HTTPS_PROXY`, `all_proxy`.
fn is_proxy(name: &OsStr) -> bool {
    let name = name.to_str().unwrap_or_default().to_ascii_uppercase();
    name.ends_with("_PROXY") && name != "NO_PROXY"
}

/// The login in an address, `USER:PASSWORD`, and the password.
fn login(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://").unwrap_or(("", address));
    let (login, _) = rest.rsplit_once('@')?;
    Some((login, login.split_once(':')?.1))
}

fn percent_decoded(text: &str) -> String {
    let value = format!("={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(value.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// The system clock without waits.
struct TestClock {
    /// The number of alarms that still ring immediately. Later ones never ring.
    immediate_alarms: AtomicU32,
}

impl Clock for TestClock {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }

    fn alarm(&self, _: Duration) -> Sleep {
        let decrement = |left: u32| left.checked_sub(1);
        match self.immediate_alarms.try_update(Ordering::Relaxed, Ordering::Relaxed, decrement) {
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
    fn the_password_of_a_proxy_is_hidden_as_it_is_written_and_as_it_is_sent() {
        let address = "http://me:pr0xy%40password%2b+&of-this-test@proxy.example:3128";
        Environment::of(&[("https_proxy", address)]).register_secrets();
        for form in ["pr0xy%40password%2b+&of-this-test", "pr0xy@password++&of-this-test"] {
            assert_eq!(redaction::scrub(&format!("a {form} b")), "a (secret) b");
        }
    }

    #[test]
    fn a_browser_gets_the_desktop_variables_and_no_secret() {
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
        redaction::register(&[Secret::new("the-client-secret-of-this-test"), Secret::new(home)]);
        let given = kept.iter().chain(&withheld);
        let variables = given.map(|(name, value)| (name.into(), value.into())).collect();
        let expected = kept.map(|(name, value)| (name.into(), value.into()));
        assert_eq!(Environment { variables }.for_browser(), expected);
    }
}
