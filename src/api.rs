//! The platform's API: what can be read, what can be written, and how either can fail.
//!
//! In: a scope, an id or a [`Draft`]. Out: [`Record`]s with the values the caller asked to keep,
//! or an [`Error`] that says which request failed and how. [`Read`] and [`Write`] are separate
//! traits, so that a plan is made by code that cannot write. [`client::Client`] is the one that
//! talks HTTP; tests have remotes in memory.
//!
//! This room never reads the environment, never prints, and never sends a create twice.

pub mod client;
mod clock;
mod error;
pub mod reply;
mod retry;
mod stop;
mod waiting;
mod wire;

use std::collections::BTreeSet;
use std::future::Future;

pub use clock::{Clock, Sleep, SystemClock};
pub use error::{Error, HeldBack, Kind, ListingFailure};
pub use stop::Stop;
pub use waiting::Waiting;

use crate::instance::{Draft, InstanceId, Record, RenderContext};

/// Which instances to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that carry this tag, with their configuration.
    Tag(String),
    /// All that the credentials can see, without configuration.
    Account,
    /// All that the credentials can see, with their configuration.
    Everything,
}

/// Which configuration values of a reply are worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    All,
    /// Those under these keys.
    Only(BTreeSet<String>),
}

/// What a look at a listing showed, even if it broke off.
#[derive(Debug)]
pub struct Glance {
    /// The instances on the pages that came.
    pub records: Vec<Record>,
    /// Why the listing is not complete, if it is not.
    pub broken_off: Option<Error>,
}

/// A complete listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The instances, each once, in the order of the reply.
    pub records: Vec<Record>,
    /// The number of pages it took.
    pub pages: usize,
    /// How many instances a full page has.
    pub page_size: usize,
}

/// What the platform says that a connector takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The properties of its configuration.
    pub properties: Vec<Property>,
    /// The members of `providerData` that a create takes.
    pub grant: Vec<String>,
}

/// A property of a connector's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    /// The configuration key.
    pub key: String,
    /// The label in the user interface.
    pub name: String,
    /// The data type, such as `TEXTFIELD_128`.
    pub data_type: String,
    /// What the platform takes where it is absent.
    pub default: Option<String>,
    /// Whether it must be set, by the user or by its default.
    pub required: bool,
    /// Whether the platform itself writes it.
    pub internal: bool,
    /// The authentication that it belongs to, where the connector has several.
    pub group: Option<String>,
    /// The values of a `COMBO`.
    pub options: Vec<String>,
}

/// Reads instances.
pub trait Read: Sync {
    /// All instances in `scope`, page after page. A reply that says that nothing matches is an
    /// empty listing.
    ///
    /// # Errors
    /// When a page cannot be read, or pages repeat without end.
    fn list(
        &self,
        scope: &Scope,
        keep: &Keep,
    ) -> impl Future<Output = Result<Listing, Error>> + Send;

    /// Like [`list`](Self::list), with what came before the listing broke off: one instance that is
    /// there may be all that the caller needs to know.
    fn glance(&self, scope: &Scope, keep: &Keep) -> impl Future<Output = Glance> + Send;

    /// One instance, or `None` where the platform knows none by this id.
    ///
    /// # Errors
    /// When the request fails otherwise.
    fn instance(
        &self,
        id: InstanceId,
        keep: &Keep,
    ) -> impl Future<Output = Result<Option<Record>, Error>> + Send;
}

/// Writes instances. Every reply is the instance as it is afterwards, with all configuration.
pub trait Write: Sync {
    /// Creates an instance. References to the instance itself are sent as placeholders.
    ///
    /// # Errors
    /// When the platform refuses, or the answer is lost: see [`Error::may_have_happened`].
    fn create(
        &self,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> impl Future<Output = Result<Record, Error>> + Send;

    /// Changes what the draft mentions, and nothing else. `None` where the reply has no body.
    ///
    /// # Errors
    /// When the request fails after the retries that are safe for it.
    fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> impl Future<Output = Result<Option<Record>, Error>> + Send;

    /// Switches the instance on.
    ///
    /// # Errors
    /// When the request fails after its retries.
    fn enable(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Switches the instance off; its configuration is kept.
    ///
    /// # Errors
    /// When the request fails after its retries.
    fn disable(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Deletes the instance and its token for good. One that is gone already is a success.
    ///
    /// # Errors
    /// When the request fails after its retries.
    fn delete(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;
}
