//! Reads a listing page by page, and requests the next page while it reads and decodes the current one.
//!
//! The platform names the next page in a header (`Elements-Next-Page-Token`), which arrives long
//! before the body. At most two pages are requested concurrently, and a listing takes little longer
//! than its download (docs/platform.md#conventions). Another thread decodes, and at most one page waits for it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::JoinHandle;
use tokio::try_join;
use tracing::debug;

use super::PageRead;
use super::call::{Call, CallFailure, ResponseHead};
use super::connection::{Connection, Reply};
use super::empty_account;
use super::page_tokens::{MAX_REPEATED, PageTokens};
use super::request::{Method, NotFound, Request, TimeoutPolicy};
use crate::api::{Error, ErrorKind, Listing, ListingFailure, Projection, Scope, wire};
use crate::instance::{InstanceId, Record};

/// The number of times an incomplete listing is read again.
const MAX_REREADS: usize = 2;

/// Reads all pages within the limits of a listing. On failure, `partial` has the instances on the
/// pages that were read.
pub(super) async fn list(
    connection: &Connection,
    scope: &Scope,
    projection: &Projection,
    partial: &mut Vec<Record>,
) -> Result<Listing, Error> {
    let limit = connection.settings.listing_timeout;
    let mut session = Session {
        connection,
        scope,
        projection: Arc::new(projection.clone()),
        size: connection.settings.page_size.max(1),
        spent: Duration::ZERO,
        pages: 0,
        bytes: 0,
        was_restarted: false,
        partial,
    };
    let listing = tokio::time::timeout(limit, complete(&mut session)).await;
    listing.unwrap_or_else(|_| Err(session.error(ListingFailure::TooLong { after: limit })))
}

/// Reads the listing until it is complete.
///
/// Before a create, the whole account is listed, and an instance that the listing misses would be
/// created a second time. Instances move between pages if something before them is deleted. If a
/// listing has fewer instances than the platform reports (`Elements-Total-Count`), it is read again
/// with another page size. A listing is complete if it has all instances, or if it contains the same
/// instances twice, because then the reported number is wrong.
async fn complete(session: &mut Session<'_>) -> Result<Listing, Error> {
    let mut result = read_with_tags(session).await?;
    for _ in 0..MAX_REREADS {
        if *session.scope != Scope::Account || result.is_complete() {
            return Ok(result.listing);
        }
        session.size = session.size.saturating_sub(1).max(1);
        debug!(announced = result.announced, size = session.size, "the listing lacks instances");
        let again = read(session).await?;
        let is_settled = again.ids() == result.ids();
        result = again;
        if is_settled {
            return Ok(result.listing);
        }
    }
    if result.is_complete() {
        return Ok(result.listing);
    }
    let failure = result.failure();
    session.partial.extend(result.listing.records);
    Err(session.error(failure))
}

/// Reads the listing, and ensures that its items show the tags of the instances. Without them, an
/// instance of this project looks unmanaged, and would be created again.
async fn read_with_tags(session: &mut Session<'_>) -> Result<ReadResult, Error> {
    let mut result = read(session).await?;
    if !session.is_hydrated() && result.has_no_tags() {
        debug!("the listing without configuration has no tags");
        session.connection.hydrates_account.store(true, Ordering::Relaxed);
        result = read(session).await?;
    }
    session.complete_tags(&mut result.listing.records).await?;
    Ok(result)
}

/// The state that all reads of a listing share.
struct Session<'a> {
    connection: &'a Connection,
    scope: &'a Scope,
    projection: Arc<Projection>,
    size: usize,
    /// The part of the retry budget that larger pages used.
    spent: Duration,
    /// The number of pages of earlier reads.
    pages: usize,
    /// The size of all pages, in bytes.
    bytes: usize,
    /// Whether the listing was restarted after a refused page token.
    was_restarted: bool,
    /// The instances of failed reads.
    partial: &'a mut Vec<Record>,
}

impl Session<'_> {
    /// Reads by its ID each instance whose item has no tags.
    async fn complete_tags(&self, records: &mut [Record]) -> Result<(), Error> {
        // An instance that the filter of a tag finds has that tag.
        let has_filter = matches!(self.scope, Scope::Tag(_));
        let untagged = records
            .iter()
            .filter(|record| record.omitted.tags || (has_filter && record.tags.is_empty()));
        let ids: Vec<InstanceId> = untagged.map(|record| record.id).collect();
        let (connection, projection) = (self.connection, &*self.projection);
        let requests = ids.into_iter().map(|id| super::instance(connection, id, projection));
        let read = stream::iter(requests).buffer_unordered(connection.settings.concurrency);
        let read: Vec<Option<Record>> = read.try_collect().await?;
        let mut read: HashMap<InstanceId, Record> =
            read.into_iter().flatten().map(|record| (record.id, record)).collect();
        for record in records {
            if let Some(complete) = read.remove(&record.id) {
                *record = complete;
            }
        }
        Ok(())
    }

    /// Whether the listing includes the configuration. The account is listed without it, because that is
    /// faster, unless such items lack their tags: no source shows whether they have them
    /// (docs/platform.md#list-and-read).
    fn is_hydrated(&self) -> bool {
        match self.scope {
            Scope::Account => self.connection.hydrates_account.load(Ordering::Relaxed),
            Scope::Tag(_) | Scope::Everything => true,
        }
    }

    /// The query parameter of the scope.
    fn parameter(&self) -> Option<(&'static str, &str)> {
        match self.scope {
            Scope::Tag(tag) => Some(("tags[]", tag)),
            Scope::Account if !self.is_hydrated() => Some(("hydrate", "false")),
            Scope::Account | Scope::Everything => None,
        }
    }

    fn error(&self, failure: ListingFailure) -> Error {
        let base = self.connection.request(Method::Get, "/instances".to_owned());
        let mut url = base.url.clone();
        url.query_pairs_mut().extend_pairs(self.parameter());
        let path = match url.query() {
            Some(query) if !query.is_empty() => format!("/instances?{query}"),
            _ => base.path.clone(),
        };
        Request { path, ..base }.error(1, ErrorKind::Listing(failure))
    }
}

/// Reads all pages once. After a second 429 for a page, the listing restarts with half the page size,
/// because the platform also answers 429 for replies larger than 8 MB, and a page token is valid for
/// one page size only. If the platform refuses its own page token, whose lifetime is not documented
/// (docs/platform.md#open-questions), the listing restarts once.
async fn read(session: &mut Session<'_>) -> Result<ReadResult, Error> {
    loop {
        let mut pages = PageReader::new(session);
        let end = pages.read().await;
        let PageReader { announced, records, tokens, .. } = pages;
        session.pages += tokens.pages();
        let Err(failure) = end else {
            let listing = Listing { records, pages: session.pages, page_size: session.size };
            return Ok(ReadResult { listing, announced });
        };
        session.partial.extend(records);
        match failure {
            CallFailure::Failed(error) => return Err(*error),
            CallFailure::TooLarge(_, time) => {
                (session.size, session.spent) = (session.size / 2, time);
                debug!(size = session.size, "smaller pages");
            }
            CallFailure::TokenExpired(error) if session.was_restarted => {
                let refusal = Box::new(error.kind);
                let kind = ErrorKind::Listing(ListingFailure::TokenExpired { refusal });
                return Err(Error { kind, ..*error });
            }
            CallFailure::TokenExpired(error) => {
                session.was_restarted = true;
                debug!(reason = %error.kind.brief(), "the page token expired");
            }
        }
    }
}

/// The instances on all pages.
struct ReadResult {
    listing: Listing,
    /// The number of instances that the platform reported, or 0.
    announced: usize,
}

impl ReadResult {
    /// Whether no item has the member `tags`.
    fn has_no_tags(&self) -> bool {
        let records = &self.listing.records;
        !records.is_empty() && records.iter().all(|record| record.omitted.tags)
    }

    fn is_complete(&self) -> bool {
        self.listing.records.len() >= self.announced
    }

    fn ids(&self) -> BTreeSet<InstanceId> {
        self.listing.records.iter().map(|record| record.id).collect()
    }

    fn failure(&self) -> ListingFailure {
        let (count, announced) = (self.listing.records.len(), self.announced);
        let reads = MAX_REREADS + 1;
        let found = format!(
            "it has {count} of {announced} instances, and each of {reads} reads missed different ones"
        );
        ListingFailure::Changing { found }
    }
}

/// Reads a listing with one page size.
struct PageReader<'s, 'a> {
    session: &'s mut Session<'a>,
    tokens: PageTokens,
    /// The largest number of instances that a page reported.
    announced: usize,
    records: Vec<Record>,
    decoded: usize,
    /// Concurrent creates and deletes move instances to later pages.
    known: HashSet<InstanceId>,
    /// The number of consecutive pages without a new instance.
    repeated: usize,
    decoding: Option<Decoding>,
}

/// A page that another thread decodes. Dropping it does not stop the thread.
type Decoding = JoinHandle<Result<Vec<Record>, Error>>;

impl<'s, 'a> PageReader<'s, 'a> {
    fn new(session: &'s mut Session<'a>) -> Self {
        Self {
            session,
            tokens: PageTokens::default(),
            announced: 0,
            records: Vec::new(),
            decoded: 0,
            known: HashSet::new(),
            repeated: 0,
            decoding: None,
        }
    }

    async fn read(&mut self) -> Result<(), CallFailure> {
        let mut call = self.call(None);
        let mut head = call.head().await?;
        while let Some(mut next) = self.next_call(&call, &head)? {
            let decoding = self.decode(call, head);
            let ((), next_head) = try_join!(decoding, next.head())?;
            (call, head) = (next, next_head);
        }
        self.decode(call, head).await?;
        self.collect().await
    }

    /// Reads the number of instances that the platform reports.
    fn read_total(&mut self, head: &ResponseHead) {
        let total = head.header("elements-total-count");
        let total = total.and_then(|total| total.to_str().ok()?.parse().ok());
        self.announced = self.announced.max(total.unwrap_or_default());
    }

    /// The call for the next page, if there is one.
    fn next_call(
        &mut self,
        call: &Call<'_>,
        head: &ResponseHead,
    ) -> Result<Option<Call<'a>>, CallFailure> {
        self.read_total(head);
        let token = self.tokens.next(head).map_err(|kind| call.error(kind))?;
        Ok(token.map(|token| self.call(Some(&token))))
    }

    /// Repeats every parameter on every page, because the platform does not document that a token
    /// implies them.
    fn call(&self, token: Option<&str>) -> Call<'a> {
        let base = self.session.connection.request(Method::Get, "/instances".to_owned());
        let mut url = base.url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(self.session.parameter());
            query.append_pair("pageSize", &self.session.size.to_string());
        }
        let shown = url.query().unwrap_or_default();
        let path = match self.tokens.pages() {
            1 => format!("/instances?{shown}"),
            page => format!("/instances?{shown} (page {page})"),
        };
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("nextPage", token);
        }
        let settings = &self.session.connection.settings;
        let per_chunk = TimeoutPolicy::PerChunk(settings.read_timeout);
        let request = Request {
            url,
            path,
            timeout: settings.page_timeout.map_or(per_chunk, TimeoutPolicy::Total),
            not_found: NotFound::Expected,
            divisible: self.session.size > 1,
            has_page_token: token.is_some(),
            ..base
        };
        Call::new(self.session.connection, request, self.session.spent)
    }

    /// Reads the body of a page, and starts a thread that decodes it.
    async fn decode(&mut self, call: Call<'_>, head: ResponseHead) -> Result<(), CallFailure> {
        let reply = call.reply(head).await?;
        self.collect().await?;
        self.session.bytes += reply.body.len();
        let limit = self.session.connection.settings.max_listing;
        if self.session.bytes > limit {
            return Err(reply.error(ErrorKind::Listing(ListingFailure::TooLarge { limit })).into());
        }
        if reply.is_found() {
            let projection = Arc::clone(&self.session.projection);
            let decode = move || records(&reply, &projection);
            self.decoding = Some(tokio::task::spawn_blocking(decode));
        } else if !reply.request.has_page_token {
            Box::pin(empty_account::check(self.session.connection, &reply)).await?;
        } else if !wire::is_empty_listing(&reply.body) {
            let error = reply.refusal(self.session.connection);
            return Err(CallFailure::TokenExpired(Box::new(error)));
        }
        Ok(())
    }

    async fn collect(&mut self) -> Result<(), CallFailure> {
        let Some(decoding) = self.decoding.take() else {
            return Ok(());
        };
        match decoding.await {
            Ok(records) => {
                let records = records?;
                debug!(instances = records.len(), size = self.session.size, "page");
                let (before, is_empty) = (self.records.len(), records.is_empty());
                let new = |record: &Record| self.known.insert(record.id);
                self.records.extend(records.into_iter().filter(new));
                let repeated = !is_empty && self.records.len() == before;
                self.repeated = if repeated { self.repeated + 1 } else { 0 };
                self.decoded += 1;
                (self.session.connection.settings.on_page)(&PageRead {
                    pages: self.decoded,
                    instances: self.records.len(),
                    announced: Some(self.announced).filter(|announced| *announced > 0),
                });
            }
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
        if self.repeated < MAX_REPEATED {
            return Ok(());
        }
        let found = format!("{MAX_REPEATED} consecutive pages have no new instance");
        Err(self.call(None).error(ErrorKind::Listing(ListingFailure::Changing { found })).into())
    }
}

fn records(reply: &Reply, projection: &Projection) -> Result<Vec<Record>, Error> {
    reply.decode(|body| wire::records(body, projection))
}
