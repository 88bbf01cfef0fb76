//! A local emulator of SAP Open Connectors: a real HTTP server on loopback.
//!
//! In: [`SandboxOptions`] and HTTP requests. Out: a running server and its [`Handle`], with the base
//! URL, the credentials and a journal of all requests. Instances, configuration, connectors and OAuth
//! behave as documented or observed (see docs/platform.md). Options select the behavior where the
//! facts are not clear. The more likely behavior is the default.
//!
//! The sandbox is an independent check of the wire format. It must never share code with the client,
//! so it imports nothing from the rest of the crate. It listens only on loopback addresses and
//! contacts only callback URLs of events on loopback.
//!
//! A request passes from `server` (connections) through `platform` (credentials and routes) to
//! `instances` or `connectors` (handlers). These change `storage`, which writes the state file
//! (`state`). `faults` scripts what goes wrong.

mod authorization;
mod body;
mod catalog;
mod clock;
mod configuration;
mod connection;
mod connectors;
mod credentials;
mod delivery;
mod error;
mod events;
mod faults;
mod html;
mod instance;
mod instances;
mod journal;
mod listing;
mod oauth;
mod options;
mod platform;
mod postponed;
mod private_connectors;
mod privilege;
mod provider;
mod random;
mod refresh;
mod reply;
mod request;
mod routes;
mod schema;
mod server;
mod shared;
mod state;
mod storage;
mod store;
mod timestamp;
mod visibility;

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;

pub(in crate::sandbox) use self::{
    authorization::RequiredAccess, body::InstanceBody, catalog::Connector, catalog::catalog,
    catalog::entry::AddressForm, catalog::entry::AuthMethod, catalog::identity::ConnectorCopy,
    catalog::identity::ConnectorRef, catalog::identity::ElementMembers, clock::SandboxClock,
    configuration::ReadOptions, configuration::StoredConfiguration, connection::ConnectionControl,
    events::EventQueue, faults::edit::Edit, faults::lag::ReplicationLag,
    faults::rule::BehaviorFault, faults::rule::Fault, faults::rule::FaultTiming,
    faults::rule::ListingShift, faults::rule::StubResponse, faults::script::Script,
    instance::DetailLevel, instance::ExternalAuthentication, instance::StoredInstance,
    journal::Journal, listing::ListOrder, listing::ListPage, platform::Platform,
    postponed::PostponedRequests, private_connectors::PrivateConnectors, privilege::Privilege,
    provider::Provider, random::random_id, random::random_number, random::random_token,
    refresh::TokenRefresher, reply::ErrorReply, reply::Reply, reply::ReplyResult, reply::render,
    request::ApiRequest, routes::Route, schema::SchemaProperty, server::Server, shared::Shared,
    state::SandboxState, storage::Storage, store::Change, store::Store, store::UsedCode,
    visibility::ReadView,
};

pub use clock::TimeSource;
pub use configuration::UnsetValue;
pub use credentials::SandboxCredentials;
pub use error::{InvalidFaults, SandboxError};
pub use faults::Faults;
pub use journal::JournalEntry;
pub use options::SandboxOptions;

/// A running sandbox. Dropping it stops the server.
pub struct Handle {
    url: String,
    credentials: SandboxCredentials,
    server: Server,
}

/// Starts a sandbox on its own thread, independent of the caller's runtime.
///
/// # Errors
///
/// If the address is in use or is not a loopback address, and if the state file cannot be locked,
/// read or written.
pub async fn start(options: SandboxOptions) -> Result<Handle, SandboxError> {
    let listen = options.listen;
    // Reading the state file blocks.
    let started = tokio::task::spawn_blocking(move || start_blocking(&options)).await;
    started.unwrap_or_else(|error| Err(SandboxError::Bind(listen, io::Error::other(error))))
}

fn start_blocking(options: &SandboxOptions) -> Result<Handle, SandboxError> {
    let listen = options.listen;
    if !listen.ip().is_loopback() {
        return Err(SandboxError::NotLoopback(listen));
    }
    let (credentials, store) = open_store(options)?;
    let bind_error = |source| SandboxError::Bind(listen, source);
    let listener = TcpListener::bind(listen).map_err(bind_error)?;
    let address = listener.local_addr().map_err(bind_error)?;
    let url = format!("http://{address}{}", request::BASE_PATH);
    let platform = Platform {
        options: options.clone(),
        own_url: url.clone(),
        credentials: credentials.clone(),
        storage: Storage::new(store, SandboxClock::new(options.time.clone())),
        journal: Journal::default(),
        script: Script::new(options.faults.clone()),
        provider: Provider::default(),
        events: EventQueue::default(),
        refresher: TokenRefresher::default(),
        postponed: PostponedRequests::default(),
    };
    let shared = Shared::new(platform, options.slow_post);
    let server = Server::start(listener, shared).map_err(bind_error)?;
    Ok(Handle { url, credentials, server })
}

fn open_store(options: &SandboxOptions) -> Result<(SandboxCredentials, Store), SandboxError> {
    let given = options.credentials.clone();
    let Some(path) = options.state.clone() else {
        let store = Store::new(SandboxState::default(), None);
        return Ok((given.unwrap_or_else(SandboxCredentials::random), store));
    };
    let (mut saved, file) = state::open(path)?;
    if let Some(credentials) = given.or_else(|| saved.credentials.clone()) {
        return Ok((credentials, Store::new(saved, Some(file))));
    }
    let credentials = SandboxCredentials::random();
    saved.credentials = Some(credentials.clone());
    // Not with the first commit, because the caller shows the credentials immediately.
    file.write(&saved).map_err(SandboxError::StateUnwritable)?;
    Ok((credentials, Store::new(saved, Some(file))))
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

    /// The last 10,000 requests, oldest first, in the order in which they were processed.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.server.shared().platform().journal.entries().cloned().collect()
    }

    /// Replaces the faults and resets their counters. Does not affect requests in progress.
    pub fn set_faults(&self, faults: Faults) {
        self.server.shared().platform().script = Script::new(faults);
    }

    /// Moves the time of the sandbox forward. It continues from there.
    pub fn advance(&self, by: Duration) {
        let mut platform = self.server.shared().platform();
        platform.storage.clock.advance(by);
        platform.commit_late();
        drop(platform);
        self.server.shared().wake.notify_one();
    }

    /// Processes the late commits that are due. Otherwise, the next request does.
    pub fn commit_late(&self) {
        self.server.shared().platform().commit_late();
    }

    /// Waits until no notification is due or being sent.
    pub async fn wait_until_notified(&self) {
        self.server.shared().wait_until_idle().await;
    }

    /// Waits until faults have held `count` requests since the start or the last release.
    pub async fn wait_until_held(&self, count: usize) {
        self.server.shared().holds.wait_for(count).await;
    }

    /// Releases every held request, even if its client has disconnected.
    pub fn release(&self) {
        self.server.shared().holds.release();
    }

    /// Inserts `count` instances, each from a body of `POST /instances`, and returns their IDs. A body
    /// needs only a connector and a name. Writes the state file once.
    ///
    /// # Errors
    ///
    /// If a body does not describe an instance or the state cannot be written. Then no instance is
    /// inserted.
    pub fn seed(
        &self,
        count: usize,
        mut make: impl FnMut(usize) -> Value,
    ) -> Result<Vec<u64>, SandboxError> {
        let bodies: Vec<_> = (0..count).map(&mut make).collect();
        let mut platform = self.server.shared().platform();
        let (keep_masked, now) = (platform.options.keep_masked, platform.storage.now());
        let (mut ids, mut changes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (index, body) in bodies.into_iter().enumerate() {
            let connectors = platform.storage.store.connectors();
            let drafted = body::draft_from_json(body, connectors, keep_masked, now);
            let mut instance = drafted.map_err(|reason| SandboxError::Seed { index, reason })?;
            instance.id = platform.storage.store.next_id();
            ids.push(instance.id);
            changes.push(Change::Put(Box::new(instance)));
        }
        platform.storage.store.commit(changes).map_err(SandboxError::StateUnwritable)?;
        Ok(ids)
    }

    /// Stops the server after the requests in progress. Waits at most five seconds longer than it
    /// takes to create an instance, so a longer scripted delay is cut off.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handle").field("url", &self.url).finish_non_exhaustive()
    }
}
