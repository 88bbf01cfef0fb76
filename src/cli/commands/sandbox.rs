//! `ocon sandbox`: runs the emulator as a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::api::StopSignal;
use crate::cli::setup::{GlobalArgs, connection, embedded_sandbox, global_args::below_root};
use crate::cli::terminal::{Exit, Failure, interrupt, output};
use crate::reader::{self, FileScope};
use crate::sandbox::{self, Faults, SandboxOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct SandboxArgs {
    /// Loopback address and port; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
    /// File that keeps the state across restarts (default: in memory)
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// File of faults to inject into requests; see docs/sandbox-faults.md
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &SandboxArgs) -> Result<Exit, Failure> {
    let stop = StopSignal::default();
    let _guard = interrupt::stop_gracefully(
        &stop,
        "the sandbox ends after the requests in flight. Interrupt again to abort.",
        "the sandbox ended during requests in flight.",
    );
    let faults = faults(globals, args)?;
    let state = args.state.as_ref().map(|path| state(globals, path)).transpose()?;
    connection::runtime()?.block_on(async {
        let options = SandboxOptions {
            listen: args.listen,
            state,
            faults,
            ..SandboxOptions::default()
        };
        let handle = sandbox::start(options).await.map_err(|error| embedded_sandbox::start_failed(&error))?;
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

fn faults(globals: &GlobalArgs, args: &SandboxArgs) -> Result<Faults, Failure> {
    let Some(path) = &args.faults else {
        return Ok(Faults::default());
    };
    let file = below_root(&globals.root, path);
    // `Faults::from_file` reports a missing file.
    match FileScope::of(&globals.root, path).resolve(&file) {
        Err(refusal) if !refusal.is_not_found() => {
            let error = format!("the faults cannot be read from {}", path.display());
            Err(Failure::new(Exit::Invalid, error).caused_by(&refusal))
        }
        _ => Faults::from_file(&file).map_err(|error| embedded_sandbox::start_failed(&error)),
    }
}

/// The file of the state. Refuses links.
fn state(globals: &GlobalArgs, path: &Path) -> Result<PathBuf, Failure> {
    let file = below_root(&globals.root, path);
    let mut lock = file.clone().into_os_string();
    lock.push(".lock");
    for written in [&file, &PathBuf::from(lock)] {
        reader::check_output(&globals.root, written).map_err(|refusal| {
            let error = format!("the state cannot be written to {}", path.display());
            Failure::new(Exit::Usage, error).caused_by(&refusal).hint("name the file itself")
        })?;
    }
    Ok(file)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |_| "write an address and a port, for example 127.0.0.1:4010".to_owned();
    text.parse().map_err(wrong)
}
