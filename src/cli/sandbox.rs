//! `ocon sandbox`: the emulator as a server of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::failure::{Exit, Failure};
use super::globals::{Globals, beside};
use super::interrupt::Signals;
use super::{embedded, output, session};
use crate::sandbox::{self, Faults, Options};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
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

pub(super) fn run(globals: &Globals, arguments: &Arguments) -> Result<Exit, Failure> {
    let faults = faults(globals, arguments)?;
    session::runtime()?.block_on(async {
        let options = Options {
            listen: arguments.listen,
            state: arguments.state.as_ref().map(|path| beside(&globals.root, path)),
            faults,
            ..Options::default()
        };
        let handle = sandbox::start(options).await.map_err(|error| embedded::failure(&error))?;
        // Before the lines are printed: whoever reads them may end this at once.
        let mut signals = Signals::new().map_err(|error| {
            Failure::new(Exit::Other, "signals cannot be received").caused_by(&error)
        })?;
        let credentials = handle.credentials();
        output::credentials(&format!(
            "export OCON_BASE_URL={}\nexport OCON_USER_SECRET={}\nexport OCON_ORGANIZATION_SECRET={}\n",
            handle.url(),
            credentials.user,
            credentials.organization
        ))?;
        output::message("The sandbox runs until Ctrl-C. Paste the lines above into another shell to use it.\n");
        signals.next().await;
        handle.stopped().await;
        Ok(Exit::Success)
    })
}

fn faults(globals: &Globals, arguments: &Arguments) -> Result<Faults, Failure> {
    let Some(path) = &arguments.faults else {
        return Ok(Faults::default());
    };
    Faults::from_file(&beside(&globals.root, path)).map_err(|error| embedded::failure(&error))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |_| "write an address and a port, like 127.0.0.1:4010".to_owned();
    text.parse().map_err(wrong)
}
