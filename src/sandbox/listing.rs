//! Splits a list into pages.
//!
//! The token names the last item of the page, not a position, so that creations and deletions between
//! two pages do not shift other items. A page size above the limit is reduced, and `Elements-Error`
//! says so. The last page has no token. It must never serialize or copy items of other pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{ApiRequest, BehaviorFault, ErrorReply, ListingShift, Reply, ReplyResult};

pub(super) struct ListPage<'a, T> {
    pub(super) items: Vec<&'a T>,
    total: usize,
    next: Option<String>,
    reduced_to: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListOrder {
    ById,
    /// A random order for each list, and the same order for all pages of a list.
    Shuffled,
}

struct Cursor {
    /// Seed of the order. 0 is the order by ID.
    seed: u64,
    /// ID of the last item of the previous page.
    after: Option<u64>,
}

impl<'a, T> ListPage<'a, T> {
    /// Selects the page that `request` asks for from `matches`, which are by ascending ID.
    pub(super) fn select(
        request: &ApiRequest,
        mut matches: Vec<&'a T>,
        id: impl Fn(&T) -> u64,
        limit: usize,
        order: ListOrder,
    ) -> Result<Self, ErrorReply> {
        let (size, reduced_to) = page_size(request, limit)?;
        let cursor = Cursor::from_request(request, order)?;
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
                .then(|| cursor.restart()),
        };
        Ok(Self { items, total, next, reduced_to })
    }

    pub(super) fn is_list_empty(&self) -> bool {
        self.total == 0
    }

    /// Builds the reply with the headers of the page. `body` is the list of its items.
    pub(super) fn reply(&self, body: &impl Serialize) -> ReplyResult {
        let mut reply = Reply::json(body)?
            .with("elements-returned-count", &self.items.len())
            .with("elements-total-count", &self.total);
        if let Some(token) = &self.next {
            reply = reply.with("elements-next-page-token", token);
        }
        if let Some(limit) = self.reduced_to {
            let warning = format!("pageSize is too large: at most {limit} items are returned");
            reply = reply.with("elements-error", &warning);
        }
        Ok(reply)
    }
}

/// Size of the page, and the limit if the requested size is larger.
fn page_size(request: &ApiRequest, limit: usize) -> Result<(usize, Option<usize>), ErrorReply> {
    let Some(requested) = request.parameter("pageSize").filter(|text| !text.is_empty()) else {
        return Ok((limit, None));
    };
    match requested.parse::<usize>() {
        Ok(size) if size > limit => Ok((limit, Some(limit))),
        Ok(size) if size > 0 => Ok((size, None)),
        _ => Err(ErrorReply::bad_request(format!(
            "pageSize must be a positive number, not {requested}"
        ))),
    }
}

impl Cursor {
    /// Reads the cursor of a request. An empty token means the first page.
    fn from_request(request: &ApiRequest, order: ListOrder) -> Result<Self, ErrorReply> {
        if let Some(token) = request.parameter("nextPage").filter(|token| !token.is_empty()) {
            let invalid = || ErrorReply::bad_request("nextPage is not a token of this list");
            return Self::decode(token).ok_or_else(invalid);
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

    /// Token of the page after the item `id`. It is plain Base64, so that a client fails if it does not
    /// URL-encode the token.
    fn after(&self, id: u64) -> String {
        STANDARD.encode(format!("{}:{id}", self.seed))
    }

    /// A new token for the first page of the same list in another order.
    fn restart(&self) -> String {
        STANDARD.encode(format!("{}:", self.seed.wrapping_add(1)))
    }

    /// Position of an ID in the order of the list. Each ID has another position.
    fn rank(&self, id: u64) -> u64 {
        if self.seed == 0 {
            return id;
        }
        // SplitMix64: every step is reversible, so there are no collisions.
        let mut mixed = id.wrapping_add(self.seed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
