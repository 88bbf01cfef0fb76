//! `ocon sandbox`: the emulator as a server of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::failure::{Exit, Failure};
use super::globals::{Globals, beside};
use super::interrupt::{self, Grace};
use super::{embedded, output, session};
use crate::api::Stop;
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
    let stop = Stop::default();
    let asked = stop.clone();
    let _grace = interrupt::grace(Grace {
        announcement: "the sandbox ends after the requests in flight. Interrupt again to abort.",
        aborted: "the sandbox ended during requests in flight.",
        stop: Box::new(move || asked.request()),
    });
    let faults = faults(globals, arguments)?;
    session::runtime()?.block_on(async {
        let options = Options {
            listen: arguments.listen,
            state: arguments.state.as_ref().map(|path| beside(&globals.root, path)),
            faults,
            ..Options::default()
        };
        let handle = sandbox::start(options).await.map_err(|error| embedded::failure(&error))?;
        let credentials = handle.credentials();
        output::credentials(&format!(
            "export OCON_BASE_URL={}\nexport OCON_USER_SECRET={}\nexport OCON_ORGANIZATION_SECRET={}\n",
            handle.url(),
            credentials.user,
            credentials.organization
        ))?;
        output::message("The sandbox runs until Ctrl-C. Paste the lines above into another shell to use it.\n");
        stop.requested().await;
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
