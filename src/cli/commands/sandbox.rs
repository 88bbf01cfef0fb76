//! `ocon sandbox`: the emulator as a server of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::api::StopSignal;
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::embedded_sandbox;
use crate::cli::setup::session;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Grace};
use crate::cli::terminal::output;
use crate::reader::{self, FileScope};
use crate::sandbox::{self, Faults, SandboxOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Loopback address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
    /// File that keeps the state across restarts; in memory by default
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// File of faults: what goes wrong at which requests, see docs/sandbox-faults.md
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Exit, Failure> {
    let stop = StopSignal::default();
    let asked = stop.clone();
    let _grace = interrupt::grace(Grace {
        announcement: "the sandbox ends after the requests in flight. Interrupt again to abort.",
        aborted: "the sandbox ended during requests in flight.",
        stop: Box::new(move || asked.request()),
    });
    let faults = faults(globals, arguments)?;
    let state = arguments.state.as_ref().map(|path| state(globals, path)).transpose()?;
    session::runtime()?.block_on(async {
        let options = SandboxOptions {
            listen: arguments.listen,
            state,
            faults,
            ..SandboxOptions::default()
        };
        let handle = sandbox::start(options).await.map_err(|error| embedded_sandbox::failure(&error))?;
        let credentials = handle.credentials();
        output::credentials(&format!(
            "export OCON_BASE_URL={}\nexport OCON_USER_SECRET={}\nexport OCON_ORGANIZATION_SECRET={}\n",
            handle.url(),
            credentials.user,
            credentials.organization
        ))?;
        output::message("The sandbox runs until Ctrl-C. Paste the lines above into another shell to use it.\n");
        stop.requested().await;
        handle.stop().await;
        Ok(Exit::Success)
    })
}

fn faults(globals: &Globals, arguments: &Arguments) -> Result<Faults, Failure> {
    let Some(path) = &arguments.faults else {
        return Ok(Faults::default());
    };
    let file = beside(&globals.root, path);
    // A file that is not there is named by whoever reads it.
    match FileScope::of(&globals.root, path).resolve(&file) {
        Err(refusal) if !refusal.is_not_found() => {
            let sentence = format!("the faults cannot be read from {}", path.display());
            Err(Failure::new(Exit::Invalid, sentence).caused_by(&refusal))
        }
        _ => Faults::from_file(&file).map_err(|error| embedded_sandbox::failure(&error)),
    }
}

/// The file of the state, which is written through no link.
fn state(globals: &Globals, path: &Path) -> Result<PathBuf, Failure> {
    let file = beside(&globals.root, path);
    let mut lock = file.clone().into_os_string();
    lock.push(".lock");
    for written in [&file, &PathBuf::from(lock)] {
        reader::check_output(&globals.root, written).map_err(|refusal| {
            let sentence = format!("the state cannot be kept in {}", path.display());
            Failure::new(Exit::Usage, sentence).caused_by(&refusal).hint("name the file itself")
        })?;
    }
    Ok(file)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |_| "write an address and a port, like 127.0.0.1:4010".to_owned();
    text.parse().map_err(wrong)
}
