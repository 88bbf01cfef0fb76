//! The local emulator of the platform: a real HTTP server on loopback that answers as SAP Open
//! Connectors does.
//!
//! In: [`SandboxOptions`], and HTTP requests. Out: a running server behind a [`Handle`], which knows its
//! base URL and credentials and what it was asked. Instances, configuration, connectors and OAuth
//! behave as documented or observed; what the facts leave open is a switch in the options, with
//! the likelier answer as its default.
//!
//! It is the second opinion on the wire format: it must never share code with the client, so it
//! imports nothing from the rest of the crate. It binds loopback only and contacts nothing but the
//! callback URLs of events, where these are on loopback.
//!
//! A request goes from `server` (connections) through `platform` (who asks, which route) to
//! `instances` or `connectors` (what it does), which change the `store`; `state` is its file. What
//! is to go wrong on that way is scripted in `faults`.

mod authorization;
mod body;
mod catalog;
mod clock;
mod configuration;
mod connection;
mod connectors;
mod delivery;
mod events;
mod faults;
mod html;
mod instance;
mod instances;
mod journal;
mod listing;
mod oauth;
mod platform;
mod postponed;
mod provider;
mod refresh;
mod reply;
mod request;
mod routes;
mod schema;
mod server;
mod state;
mod store;
mod timestamp;
mod visibility;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use clock::SandboxClock;
use configuration::ReadOptions;
use events::EventQueue;
use faults::lag::ReplicationLag;
use faults::script::Script;
use listing::ListOrder;
use platform::{Behavior, Platform};
use provider::Provider;
use server::{Server, Shared};
use store::Store;
use visibility::Visibility;

pub use clock::TimeSource;
pub use faults::{Faults, InvalidFaults};
pub use journal::JournalEntry;

/// How a sandbox is started and how it behaves.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where to listen: a loopback address; port 0 takes a free one. Default: `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The file that survives restarts; none keeps everything in memory. Default: none.
    pub state: Option<PathBuf>,
    /// The secrets that callers must send. Default: those of the state file, else fresh ones.
    pub credentials: Option<SandboxCredentials>,
    /// How a configuration value that is not set reads. Default: [`UnsetValue::Empty`].
    pub unset: UnsetValue,
    /// Whether properties of type PASSWORD read as masked even when they are not set, as seen in
    /// 2020. Default: true.
    pub mask_unset_passwords: bool,
    /// Whether `********`, sent for a value that reads masked, keeps the stored value. Default:
    /// true.
    pub keep_masked: bool,
    /// The status for an OAuth code that was used before or is empty. Default: 400.
    pub bad_code_status: u16,
    /// Whether lists of instances, and the tags of each, come in another order each time.
    /// Default: false.
    pub shuffle: bool,
    /// How many instances a page has, by default and at most. Default: 200.
    pub page_size: usize,
    /// How long the creation of an instance takes; its id is assigned at the end. Default: none.
    pub slow_post: Duration,
    /// What goes wrong at which requests. Default: nothing.
    pub faults: Faults,
    /// Where the sandbox reads the time. Default: the machine.
    pub time: TimeSource,
}

/// How a configuration value that is not set reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsetValue {
    /// As `null`, as seen in 2017.
    Null,
    /// As `""`, as seen in 2020.
    #[default]
    Empty,
}

/// The two secrets that a caller of the platform sends.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxCredentials {
    /// The user secret.
    pub user: String,
    /// The organization secret.
    pub organization: String,
}

/// A running sandbox; dropping it stops the server.
pub struct Handle {
    url: String,
    credentials: SandboxCredentials,
    server: Server,
}

/// Why a sandbox does not start, or refuses to be filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address can be reached from other machines.
    #[error(
        "the sandbox listens on loopback only, and {listen} is not: use 127.0.0.1 or [::1] with any port"
    )]
    NotLoopback {
        /// The address that was asked for.
        listen: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the sandbox cannot listen on {listen}: choose another port, or 0 for a free one")]
    Bind {
        /// The address that was asked for.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The state file, its folder or its lock cannot be opened.
    #[error("the sandbox cannot open its state file {}: check the folder and its permissions", path.display())]
    StateUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The state file is not one that this program wrote in whole.
    #[error(
        "the sandbox cannot read its state file {}:{line}:{column}: {reason}; restore it, or move it away to start empty",
        path.display()
    )]
    StateCorrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 for an empty file.
        line: usize,
        /// The column, from 1; 0 at the end of a line.
        column: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Another sandbox uses the state file.
    #[error("another sandbox uses the state file {}: stop that one, or use another file", path.display())]
    StateLocked {
        /// The file.
        path: PathBuf,
    },
    /// The state file cannot be written.
    #[error(
        "the sandbox cannot write its state file: check the folder, its permissions and the free space"
    )]
    StateUnwritable(#[source] io::Error),
    /// The file of faults cannot be read.
    #[error("the sandbox cannot read its faults {}: check the name and the permissions of the file", path.display())]
    FaultsUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of faults is too large to be one.
    #[error("the sandbox cannot read its faults {}: the file is larger than 1 MiB; write fewer rules, or name another file", path.display())]
    FaultsTooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file of faults says something that no rule can say.
    #[error("the sandbox cannot read its faults {}:{invalid}; docs/sandbox-faults.md has every fault with an example", path.display())]
    FaultsInvalid {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        invalid: InvalidFaults,
    },
    /// A body that was to be inserted is not one that creates an instance.
    #[error("the seed {index} does not describe an instance: {reason}")]
    Seed {
        /// InstanceSelector body, from 0.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: None,
            credentials: None,
            unset: UnsetValue::default(),
            mask_unset_passwords: true,
            keep_masked: true,
            bad_code_status: 400,
            shuffle: false,
            page_size: 200,
            slow_post: Duration::ZERO,
            faults: Faults::default(),
            time: TimeSource::default(),
        }
    }
}

impl SandboxCredentials {
    /// Makes up secrets of the platform's shapes: 44 characters of Base64 and 32 hexadecimal ones.
    fn fresh() -> Self {
        Self { user: oauth::random_token(), organization: format!("{:032x}", fastrand::u128(..)) }
    }
}

impl fmt::Debug for SandboxCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SandboxCredentials").finish_non_exhaustive()
    }
}

/// Starts a sandbox.
///
/// The server runs on a thread of its own, whatever runtime this is called from.
///
/// # Errors
///
/// If the address is not a loopback address or is taken, and if the state file cannot be locked,
/// read as a whole or, where fresh credentials have to survive, written.
pub async fn start(options: SandboxOptions) -> Result<Handle, SandboxError> {
    let listen = options.listen;
    // Reads a file, which blocks.
    let started = tokio::task::spawn_blocking(move || start_blocking(&options)).await;
    started
        .unwrap_or_else(|error| Err(SandboxError::Bind { listen, source: io::Error::other(error) }))
}

fn start_blocking(options: &SandboxOptions) -> Result<Handle, SandboxError> {
    let listen = options.listen;
    if !listen.ip().is_loopback() {
        return Err(SandboxError::NotLoopback { listen });
    }
    let (credentials, store) = open_store(options)?;
    let bind = |source| SandboxError::Bind { listen, source };
    let listener = TcpListener::bind(listen).map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let url = format!("http://{address}{}", request::BASE_PATH);
    let platform = Platform {
        behavior: options.behavior(&url),
        credentials: credentials.clone(),
        store,
        journal: journal::Journal::default(),
        script: Script::new(options.faults.clone()),
        clock: SandboxClock::new(options.time.clone()),
        provider: Provider::default(),
        events: EventQueue::default(),
        failing: refresh::Failing::new(),
        caught_up: None,
        lag: ReplicationLag::default(),
        visibility: Visibility::default(),
        late: VecDeque::new(),
    };
    let shared = Shared::new(platform, options.slow_post);
    let server = Server::start(listener, shared).map_err(bind)?;
    Ok(Handle { url, credentials, server })
}

/// Opens the store and settles the credentials.
fn open_store(options: &SandboxOptions) -> Result<(SandboxCredentials, Store), SandboxError> {
    let given = options.credentials.clone();
    let Some(path) = options.state.clone() else {
        let store = Store::new(state::SandboxState::default(), None);
        return Ok((given.unwrap_or_else(SandboxCredentials::fresh), store));
    };
    let (mut saved, file) = state::open(path)?;
    if let Some(credentials) = given.or_else(|| saved.credentials.clone()) {
        return Ok((credentials, Store::new(saved, Some(file))));
    }
    let credentials = SandboxCredentials::fresh();
    saved.credentials = Some(credentials.clone());
    // Now, and not with the first commit: they are shown to people as soon as this returns.
    file.write(&saved).map_err(SandboxError::StateUnwritable)?;
    Ok((credentials, Store::new(saved, Some(file))))
}

impl SandboxOptions {
    fn behavior(&self, own_url: &str) -> Behavior {
        Behavior {
            read_options: ReadOptions {
                unset: self.unset,
                mask_unset_passwords: self.mask_unset_passwords,
            },
            keep_masked: self.keep_masked,
            bad_code_status: self.bad_code_status,
            order: if self.shuffle { ListOrder::Shuffled } else { ListOrder::ById },
            page_size: self.page_size.max(1),
            own_url: own_url.to_owned(),
        }
    }
}

impl Handle {
    /// The base URL, `http://127.0.0.1:PORT/elements/api-v2`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The secrets that callers must send.
    pub fn credentials(&self) -> &SandboxCredentials {
        &self.credentials
    }

    /// What was asked so far, oldest first, in the order in which it was decided; at most the
    /// last 10,000 requests.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.server.platform().journal.entries().cloned().collect()
    }

    /// Replaces the faults; their counting begins anew. Requests that have arrived keep theirs.
    pub fn set_faults(&self, faults: Faults) {
        self.server.platform().script = Script::new(faults);
    }

    /// Moves the time of the sandbox forward. It goes on by itself from there.
    pub fn advance(&self, by: Duration) {
        let mut platform = self.server.platform();
        platform.clock.advance(by);
        platform.commit_late();
        drop(platform);
        self.server.wake();
    }

    /// Processes the requests whose late commit is due, which otherwise happens at the next request.
    pub fn commit_late(&self) {
        self.server.platform().commit_late();
    }

    /// Waits until no notification is due, and none is being sent.
    pub async fn notified(&self) {
        self.server.quiet().await;
    }

    /// Waits until so many requests are held by the faults, since the start or the last release.
    pub async fn held(&self, count: usize) {
        self.server.holds().held(count).await;
    }

    /// Lets every request that is held go on, also where its client has gone away meanwhile.
    pub fn release(&self) {
        self.server.holds().release();
    }

    /// Inserts `count` instances, each described by a body of `POST /instances`, and returns their
    /// ids. Nothing is required of them but a connector and a name, no grant is asked for, and the
    /// state is written once.
    ///
    /// # Errors
    ///
    /// If a body does not describe an instance or the state cannot be written; then none is
    /// inserted.
    pub fn seed(
        &self,
        count: usize,
        mut make: impl FnMut(usize) -> Value,
    ) -> Result<Vec<u64>, SandboxError> {
        let bodies: Vec<_> = (0..count).map(&mut make).collect();
        let mut platform = self.server.platform();
        let mut instances = Vec::with_capacity(count);
        for (index, body) in bodies.into_iter().enumerate() {
            let drafted = platform.draft_from(body);
            let mut instance = drafted.map_err(|reason| SandboxError::Seed { index, reason })?;
            instance.id = platform.store.next_id();
            instances.push(instance);
        }
        let ids = instances.iter().map(|instance| instance.id).collect();
        platform.store.insert_all(instances).map_err(SandboxError::StateUnwritable)?;
        Ok(ids)
    }

    /// Stops the server: takes no new request, lets those in flight finish and waits for them, at
    /// most five seconds longer than a creation takes. A scripted delay that is longer is cut off.
    pub async fn stopped(self) {
        self.server.stop().await;
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handle").field("url", &self.url).finish_non_exhaustive()
    }
}
