//! Listings, page after page: while one page is read and decoded, the next is already asked for.
//!
//! The platform names the next page in a header (`Elements-Next-Page-Token`), which is in long
//! before the body is. So at most two pages are on their way at any time, and the plan of a large
//! account takes little longer than downloading it. Decoding has a thread of its own, and never
//! more than one page waits for it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::try_join;
use tracing::debug;

use super::call::{Arrival, Call, NoReply, Reply};
use super::request::{Absence, Method, Patience, Request};
use super::{Client, PageRead};
use crate::api::{Error, Keep, Kind, Listing, ListingFailure, Scope};
use crate::instance::{InstanceId, Record};

/// Two million instances: more is a listing that does not end.
const MAX_PAGES: usize = 10_000;

/// Every page has something new; whatever slips from one page to the next fills no page. A listing
/// that begins again would go on for all of [`MAX_PAGES`], which takes hours.
const MAX_REPEATED: usize = 3;

/// How often a listing that lacks instances is read again.
const FURTHER_READINGS: usize = 2;

/// Reads all pages, within the bounds of one listing. If that fails, `came` has the instances on
/// the pages that came before.
pub(super) async fn list(
    client: &Client,
    scope: &Scope,
    keep: &Keep,
    came: &mut Vec<Record>,
) -> Result<Listing, Error> {
    let limit = client.settings.listing_timeout;
    let mut session = Session {
        client,
        scope,
        keep: Arc::new(keep.clone()),
        size: client.settings.page_size.max(1),
        spent: Duration::ZERO,
        pages: 0,
        bytes: 0,
        was_restarted: false,
        came,
    };
    let listing = tokio::time::timeout(limit, complete(&mut session)).await;
    listing.unwrap_or_else(|_| Err(session.error(ListingFailure::TooLong { after: limit })))
}

/// Reads all pages until the listing is complete.
///
/// Before a create the whole account is listed, and what such a listing leaves out would be created
/// a second time: instances slip from one page to another where something before them is deleted.
/// So one that has fewer instances than the platform announced (`Elements-Total-Count`) is read
/// again, with pages that end elsewhere. It counts where nothing is lacking, or where the same comes
/// again: then it is the number that is wrong.
async fn complete(session: &mut Session<'_>) -> Result<Listing, Error> {
    let mut reading = read(session).await?;
    for _ in 0..FURTHER_READINGS {
        if *session.scope != Scope::Account || reading.is_complete() {
            return Ok(reading.listing);
        }
        session.size = session.size.saturating_sub(1).max(1);
        debug!(announced = reading.announced, size = session.size, "the listing lacks instances");
        let again = read(session).await?;
        let is_settled = again.ids() == reading.ids();
        reading = again;
        if is_settled {
            return Ok(reading.listing);
        }
    }
    if reading.is_complete() {
        return Ok(reading.listing);
    }
    let failure = reading.failure();
    session.came.extend(reading.listing.records);
    Err(session.error(failure))
}

/// What all readings of a listing have in common.
struct Session<'a> {
    client: &'a Client,
    scope: &'a Scope,
    keep: Arc<Keep>,
    /// Instances per page.
    size: usize,
    /// Time that larger pages took of the budget for repetitions.
    spent: Duration,
    /// How many pages were requested in the readings that are over.
    pages: usize,
    /// How many bytes they had.
    bytes: usize,
    /// Whether it started again since a page token was refused.
    was_restarted: bool,
    /// The instances on the pages of readings that failed.
    came: &'a mut Vec<Record>,
}

impl Session<'_> {
    fn error(&self, failure: ListingFailure) -> Error {
        let base = self.client.request(Method::Get, "/instances".to_owned());
        let mut url = base.url.clone();
        url.query_pairs_mut().extend_pairs(parameter(self.scope));
        let path = match url.query() {
            Some(query) if !query.is_empty() => format!("/instances?{query}"),
            _ => base.path.clone(),
        };
        Request { path, ..base }.error(1, Kind::Listing(failure))
    }
}

/// Reads all pages once. Where a page is twice too much for the platform (it answers 429 for replies
/// beyond 8 MB, too), the listing starts again with half the size, since a page token belongs to
/// the size it was made for. Where the platform does not take its own token, which has a lifetime
/// that nobody knows, the listing starts again once.
async fn read(session: &mut Session<'_>) -> Result<Reading, Error> {
    loop {
        let mut pages = Pages::new(session);
        let end = pages.read().await;
        let Pages { bytes, announced, records, trail, .. } = pages;
        (session.bytes, session.pages) = (bytes, session.pages + trail.pages());
        let Err(failure) = end else {
            let listing = Listing { records, pages: session.pages, page_size: session.size };
            return Ok(Reading { listing, announced });
        };
        session.came.extend(records);
        match failure {
            NoReply::Failed(error) => return Err(*error),
            NoReply::TooMuch(_, time) => {
                (session.size, session.spent) = (session.size / 2, time);
                debug!(size = session.size, "smaller pages");
            }
            NoReply::Expired(error) if session.was_restarted => {
                let refusal = Box::new(error.kind);
                let kind = Kind::Listing(ListingFailure::TokenExpired { refusal });
                return Err(Error { kind, ..*error });
            }
            NoReply::Expired(error) => {
                session.was_restarted = true;
                debug!(reason = %error.kind.brief(), "the page token expired");
            }
        }
    }
}

/// What came of all pages.
struct Reading {
    listing: Listing,
    /// How many instances the platform said that there are; 0 where it did not say.
    announced: usize,
}

impl Reading {
    fn is_complete(&self) -> bool {
        self.listing.records.len() >= self.announced
    }

    fn ids(&self) -> BTreeSet<InstanceId> {
        self.listing.records.iter().map(|record| record.id).collect()
    }

    fn failure(&self) -> ListingFailure {
        let (came, announced) = (self.listing.records.len(), self.announced);
        let times = FURTHER_READINGS + 1;
        let found = format!(
            "it has {came} of {announced} instances, and each of {times} readings left out others"
        );
        ListingFailure::Changing { found }
    }
}

/// A listing with one page size.
struct Pages<'a> {
    client: &'a Client,
    scope: &'a Scope,
    keep: Arc<Keep>,
    size: usize,
    /// Time that larger pages took of the budget for repetitions.
    spent: Duration,
    /// How many bytes this listing has so far.
    bytes: usize,
    trail: Trail,
    /// The largest number of instances that a page said there are.
    announced: usize,
    records: Vec<Record>,
    /// How many pages they came on.
    read: usize,
    /// Whatever is created or deleted meanwhile moves others to a page that is still to come.
    known: HashSet<InstanceId>,
    /// How many pages in a row had nothing new.
    repeated: usize,
    decoding: Option<Decoding>,
}

/// The tokens of all pages but the first: a listing must not lead in a circle, nor on for ever.
#[derive(Default)]
struct Trail(HashSet<String>);

impl Trail {
    /// The number of the page at its end.
    fn pages(&self) -> usize {
        self.0.len() + 1
    }

    /// Goes to the page that this one names, or says why not.
    fn follow(&mut self, token: &str) -> Result<(), String> {
        let page = self.pages();
        if self.0.contains(token) {
            return Err(format!("page {page} leads back to an earlier one"));
        }
        if page == MAX_PAGES {
            return Err(format!("there are more than {MAX_PAGES} pages"));
        }
        self.0.insert(token.to_owned());
        Ok(())
    }
}

/// A page that is being decoded; dropping it leaves the thread to end by itself.
type Decoding = JoinHandle<Result<Vec<Record>, Error>>;

impl<'a> Pages<'a> {
    fn new(session: &Session<'a>) -> Self {
        Self {
            client: session.client,
            scope: session.scope,
            keep: Arc::clone(&session.keep),
            size: session.size,
            spent: session.spent,
            bytes: session.bytes,
            trail: Trail::default(),
            announced: 0,
            records: Vec::new(),
            read: 0,
            known: HashSet::new(),
            repeated: 0,
            decoding: None,
        }
    }

    async fn read(&mut self) -> Result<(), NoReply> {
        let mut call = self.call(None);
        let mut arrival = call.head().await?;
        while let Some(mut following) = self.following(&call, &arrival)? {
            let decoding = self.decode(call, arrival);
            let ((), ahead) = try_join!(decoding, following.head())?;
            (call, arrival) = (following, ahead);
        }
        self.decode(call, arrival).await?;
        self.collect().await
    }

    /// Takes notice of how many instances there are.
    fn hear(&mut self, arrival: &Arrival) {
        let total = arrival.header("elements-total-count");
        let total = total.and_then(|total| total.to_str().ok()?.parse().ok());
        self.announced = self.announced.max(total.unwrap_or_default());
    }

    /// The call for the page after this one, if there is one.
    fn following(
        &mut self,
        call: &Call<'_>,
        arrival: &Arrival,
    ) -> Result<Option<Call<'a>>, NoReply> {
        self.hear(arrival);
        let Some(token) = arrival.header("elements-next-page-token") else {
            return Ok(None);
        };
        if token.is_empty() {
            return Ok(None);
        }
        // A token that is there and cannot be used must not pass for the end of the listing.
        let token = token.to_str().map_err(|_| {
            let found = "the token of the next page is not ASCII text".to_owned();
            call.error(Kind::Decode { expected: "a page of a listing", found })
        })?;
        self.trail.follow(token).map_err(|found| {
            let expected = "a listing that ends";
            call.error(Kind::Decode { expected, found })
        })?;
        Ok(Some(self.call(Some(token))))
    }

    /// Every parameter is repeated on every page: nothing says that a token implies them.
    fn call(&self, token: Option<&str>) -> Call<'a> {
        let base = self.client.request(Method::Get, "/instances".to_owned());
        let mut url = base.url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(parameter(self.scope));
            query.append_pair("pageSize", &self.size.to_string());
        }
        let shown = url.query().unwrap_or_default();
        let path = match self.trail.pages() {
            1 => format!("/instances?{shown}"),
            page => format!("/instances?{shown} (page {page})"),
        };
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("nextPage", token);
        }
        let settings = &self.client.settings;
        let each_piece = Patience::Piece(settings.read_timeout);
        let request = Request {
            url,
            path,
            patience: settings.page_timeout.map_or(each_piece, Patience::Whole),
            absence: Absence::IsAnAnswer,
            divisible: self.size > 1,
            has_page_token: token.is_some(),
            ..base
        };
        Call::continued(self.client, request, self.spent)
    }

    /// Reads the rest of a page, and hands it to a thread that decodes it.
    async fn decode(&mut self, call: Call<'_>, arrival: Arrival) -> Result<(), NoReply> {
        let reply = call.reply(arrival).await?;
        self.collect().await?;
        self.bytes += reply.body.len();
        let limit = self.client.settings.max_listing;
        if self.bytes > limit {
            return Err(reply.error(Kind::Listing(ListingFailure::TooLarge { limit })).into());
        }
        match reply.refusal() {
            None => {
                let keep = Arc::clone(&self.keep);
                let decode = move || records(&reply, &keep);
                self.decoding = Some(tokio::task::spawn_blocking(decode));
                Ok(())
            }
            Some(refusal) if refusal.says_nothing_matches() => Ok(()),
            Some(refusal) => {
                let error = self.client.refused(&reply, &refusal);
                let is_continued = reply.request.has_page_token;
                Err(if is_continued { NoReply::Expired(Box::new(error)) } else { error.into() })
            }
        }
    }

    /// Takes what the thread has decoded.
    async fn collect(&mut self) -> Result<(), NoReply> {
        let Some(decoding) = self.decoding.take() else {
            return Ok(());
        };
        match decoding.await {
            Ok(records) => {
                let records = records?;
                debug!(instances = records.len(), size = self.size, "page");
                let (before, some) = (self.records.len(), !records.is_empty());
                let new = |record: &Record| self.known.insert(record.id);
                self.records.extend(records.into_iter().filter(new));
                let repeated = some && self.records.len() == before;
                self.repeated = if repeated { self.repeated + 1 } else { 0 };
                self.read += 1;
                (self.client.settings.on_page)(&PageRead {
                    pages: self.read,
                    instances: self.records.len(),
                    announced: Some(self.announced).filter(|announced| *announced > 0),
                });
            }
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
        if self.repeated < MAX_REPEATED {
            return Ok(());
        }
        let found = format!("{MAX_REPEATED} pages in a row have nothing new");
        Err(self.call(None).error(Kind::Listing(ListingFailure::Changing { found })).into())
    }
}

/// What a listing asks for, on each of its pages.
fn parameter(scope: &Scope) -> Option<(&'static str, &str)> {
    match scope {
        Scope::Tag(tag) => Some(("tags[]", tag)),
        Scope::Account => Some(("hydrate", "false")),
        Scope::Everything => None,
    }
}

fn records(reply: &Reply, keep: &Keep) -> Result<Vec<Record>, Error> {
    reply.body.records(keep).map_err(|kind| reply.error(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_ten_thousand_pages_at_most() {
        let mut trail = Trail::default();
        for page in 2..=MAX_PAGES {
            trail.follow(&page.to_string()).unwrap();
        }
        assert_eq!(trail.pages(), 10_000);
        let error = trail.follow("more").unwrap_err();
        assert_eq!(error, "there are more than 10000 pages");
    }
}
