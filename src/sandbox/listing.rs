//! Cuts a list into pages.
//!
//! In: everything that matches, by ascending id, and the query's `pageSize` and `nextPage`. Out:
//! the items of one page and the headers that go with it. The token names the last item that was
//! given, not a position, so instances that come and go between two pages move no others. A page
//! size above the limit is clamped and `Elements-Error` says so; the token is absent, not empty,
//! on the last page. It must never serialise or copy items of other pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::faults::{BehaviorFault, ListingShift};
use super::reply::{ErrorReply, Reply, ReplyResult};
use super::request::ApiRequest;

/// One page of a list.
pub(super) struct ListPage<'a, T> {
    pub(super) items: Vec<&'a T>,
    total: usize,
    next: Option<String>,
    clamped_to: Option<usize>,
}

/// In which order a list is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListOrder {
    ById,
    /// Another order for each listing, and the same one on all pages of a listing.
    Shuffled,
}

/// Where a page begins.
struct Cursor {
    /// The seed of the order; 0 is the order of ids.
    seed: u64,
    /// The id of the last item that was given.
    after: Option<u64>,
}

impl<'a, T> ListPage<'a, T> {
    /// Cuts out the page that `request` asks for; `matches` are by ascending id.
    pub(super) fn cut(
        request: &ApiRequest,
        mut matches: Vec<&'a T>,
        id: impl Fn(&T) -> u64,
        limit: usize,
        order: ListOrder,
    ) -> Result<Self, ErrorReply> {
        let (size, clamped_to) = page_size(request, limit)?;
        let cursor = Cursor::of(request, order)?;
        let total = matches.len();
        if cursor.seed != 0 {
            matches.sort_unstable_by_key(|item| cursor.rank(id(item)));
        }
        let last = cursor.after.map(|id| cursor.rank(id));
        let start = matches.partition_point(|item| Some(cursor.rank(id(item))) <= last);
        let start = match request.behavior_fault {
            Some(BehaviorFault::ShiftedListing(ListingShift::Skip)) if last.is_some() => start + 1,
            Some(BehaviorFault::ShiftedListing(ListingShift::Repeat)) => start.saturating_sub(1),
            _ => start,
        };
        let items: Vec<_> = matches.into_iter().skip(start).take(size).collect();
        let more = start + items.len() < total;
        let next = match items.last() {
            Some(item) if more => Some(cursor.after(id(item))),
            _ => (request.behavior_fault == Some(BehaviorFault::EndlessPages))
                .then(|| cursor.again()),
        };
        Ok(Self { items, total, next, clamped_to })
    }

    /// Whether nothing matches at all, on any page.
    pub(super) fn is_nothing(&self) -> bool {
        self.total == 0
    }

    /// The reply with this page's headers; `body` is what its items read as.
    pub(super) fn reply(&self, body: &impl Serialize) -> ReplyResult {
        let mut reply = Reply::json(body)?
            .with("elements-returned-count", &self.items.len())
            .with("elements-total-count", &self.total);
        if let Some(token) = &self.next {
            reply = reply.with("elements-next-page-token", token);
        }
        if let Some(limit) = self.clamped_to {
            let warning = format!("pageSize is too large: at most {limit} items are returned");
            reply = reply.with("elements-error", &warning);
        }
        Ok(reply)
    }
}

/// The size of the page and, if it was clamped, to what.
fn page_size(request: &ApiRequest, limit: usize) -> Result<(usize, Option<usize>), ErrorReply> {
    let Some(asked) = request.parameter("pageSize").filter(|text| !text.is_empty()) else {
        return Ok((limit, None));
    };
    match asked.parse::<usize>() {
        Ok(size) if size > limit => Ok((limit, Some(limit))),
        Ok(size) if size > 0 => Ok((size, None)),
        _ => {
            Err(ErrorReply::bad_request(format!("pageSize must be a positive number, not {asked}")))
        }
    }
}

impl Cursor {
    /// The cursor that a request carries; an empty token asks for the first page.
    fn of(request: &ApiRequest, order: ListOrder) -> Result<Self, ErrorReply> {
        if let Some(token) = request.parameter("nextPage").filter(|token| !token.is_empty()) {
            let foreign = || ErrorReply::bad_request("nextPage is not a token of this list");
            return Self::decode(token).ok_or_else(foreign);
        }
        let seed = if order == ListOrder::Shuffled { fastrand::u64(1..) } else { 0 };
        Ok(Self { seed, after: None })
    }

    fn decode(token: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
        let (seed, after) = text.split_once(':')?;
        let after = if after.is_empty() { None } else { Some(after.parse().ok()?) };
        Some(Self { seed: seed.parse().ok()?, after })
    }

    /// The token for the page after the item `id`. Plain Base64 on purpose: a client that puts it
    /// into a URL without encoding it is to notice.
    fn after(&self, id: u64) -> String {
        STANDARD.encode(format!("{}:{id}", self.seed))
    }

    /// The token for the first page of the same list in another order, which never came before.
    fn again(&self) -> String {
        STANDARD.encode(format!("{}:", self.seed.wrapping_add(1)))
    }

    /// The place of an id in this listing's order; no two ids have the same.
    fn rank(&self, id: u64) -> u64 {
        if self.seed == 0 {
            return id;
        }
        // SplitMix64: every step can be undone, hence no collisions.
        let mut mixed = id.wrapping_add(self.seed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
