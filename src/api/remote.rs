//! The traits through which the rest of the program reads and writes instances.

use std::collections::BTreeSet;
use std::future::Future;

use super::Error;
use crate::instance::{Draft, InstanceId, Record, RenderContext};

/// The instances to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Instances with this tag, including their configuration.
    Tag(String),
    /// All instances that the credentials can see, without configuration.
    Account,
    /// All instances that the credentials can see, including their configuration.
    Everything,
}

/// The configuration values to keep from a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// All values.
    All,
    /// The values of these keys.
    Only(BTreeSet<String>),
}

/// The readable part of a listing.
#[derive(Debug)]
pub struct PartialListing {
    /// The instances on the pages that were read.
    pub records: Vec<Record>,
    /// The reason why the listing is incomplete, if it is.
    pub error: Option<Error>,
}

/// A complete listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The instances, each once, in the order of the reply.
    pub records: Vec<Record>,
    /// The number of requested pages.
    pub pages: usize,
    /// The number of instances on a full page.
    pub page_size: usize,
}

/// Reads instances.
pub trait Read: Sync {
    /// Lists all instances in `scope`, page by page. A reply that reports no match is an empty
    /// listing.
    ///
    /// # Errors
    /// If a page cannot be read, or if pages repeat without end.
    fn list(
        &self,
        scope: &Scope,
        projection: &Projection,
    ) -> impl Future<Output = Result<Listing, Error>> + Send;

    /// Like [`list`](Self::list), but also returns what was read before an error. The existence of
    /// one instance may be all that the caller needs to know.
    fn list_partial(
        &self,
        scope: &Scope,
        projection: &Projection,
    ) -> impl Future<Output = PartialListing> + Send;

    /// Reads one instance. Returns `None` if the platform does not know the ID.
    ///
    /// # Errors
    /// If the request fails for another reason.
    fn instance(
        &self,
        id: InstanceId,
        projection: &Projection,
    ) -> impl Future<Output = Result<Option<Record>, Error>> + Send;
}

/// Writes instances. Returned records are complete and show the instance after the write.
pub trait Write: Sync {
    /// Creates an instance. References to the instance itself are sent as placeholders.
    ///
    /// # Errors
    /// If the platform refuses the request or the answer is lost: see
    /// [`Error::may_have_happened`].
    fn create(
        &self,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> impl Future<Output = Result<Record, Error>> + Send;

    /// Changes the fields that the draft contains, and no others. Returns `None` if the reply has no
    /// body.
    ///
    /// # Errors
    /// If the request fails after the retries that are safe for it.
    fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> impl Future<Output = Result<Option<Record>, Error>> + Send;

    /// Enables the instance.
    ///
    /// # Errors
    /// If the request fails after its retries.
    fn enable(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Disables the instance. The platform keeps its configuration
    /// (docs/platform.md#enable-disable-and-delete).
    ///
    /// # Errors
    /// If the request fails after its retries.
    fn disable(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Deletes the instance and its token permanently. Succeeds if the instance does not exist.
    ///
    /// # Errors
    /// If the request fails after its retries.
    fn delete(&self, id: InstanceId) -> impl Future<Output = Result<(), Error>> + Send;
}
