//! Reads the keys of all connectors, page by page (docs/platform.md#connectors-and-their-fields).

use std::collections::BTreeSet;
use std::time::Duration;

use super::call::Call;
use super::connection::{Connection, Reply};
use super::page_tokens::{MAX_REPEATED, PageTokens};
use super::request::{Method, Request};
use crate::api::{Error, ErrorKind, ListingFailure, Reading, wire};
use crate::instance::ConnectorKey;

pub(super) const PATH: &str = "/elements/keys";

/// Reads all pages within the limits of a listing.
pub(super) async fn connector_keys(
    connection: &Connection,
) -> Result<Reading<BTreeSet<ConnectorKey>>, Error> {
    let limit = connection.settings.listing_timeout;
    let failure = ErrorKind::Listing(ListingFailure::TooLong { after: limit });
    let read = tokio::time::timeout(limit, read(connection)).await;
    read.unwrap_or_else(|_| Err(page_request(connection, None, 1).error(1, failure)))
}

async fn read(connection: &Connection) -> Result<Reading<BTreeSet<ConnectorKey>>, Error> {
    let mut all = Reading { value: BTreeSet::new(), left_out: Vec::new() };
    let (mut tokens, mut token) = (PageTokens::default(), None);
    let (mut bytes, mut repeated) = (0, 0);
    loop {
        let request = page_request(connection, token.as_deref(), tokens.pages());
        let mut call = Call::new(connection, request, Duration::ZERO);
        let head = call.head().await?;
        token = tokens.next(&head).map_err(|kind| call.error(kind))?;
        let reply = call.reply(head).await?;
        bytes += reply.body.len();
        check_size(connection, &reply, bytes)?;
        let page = reply.read(connection, wire::connector_keys)?;
        let (before, is_empty) = (all.value.len(), page.value.is_empty());
        all.value.extend(page.value);
        all.left_out.extend(page.left_out);
        repeated = if !is_empty && all.value.len() == before { repeated + 1 } else { 0 };
        if repeated == MAX_REPEATED {
            let found = format!("{MAX_REPEATED} consecutive pages have no new connector");
            return Err(reply.error(ErrorKind::Decode { expected: "a listing that ends", found }));
        }
        if token.is_none() {
            return Ok(all);
        }
    }
}

fn check_size(connection: &Connection, reply: &Reply, bytes: usize) -> Result<(), Error> {
    let limit = connection.settings.max_listing;
    if bytes <= limit {
        return Ok(());
    }
    Err(reply.error(ErrorKind::Listing(ListingFailure::TooLarge { limit })))
}

fn page_request(connection: &Connection, token: Option<&str>, page: usize) -> Request {
    let base = connection.request(Method::Get, PATH.to_owned());
    let mut url = base.url.clone();
    let size = connection.settings.page_size.max(1).to_string();
    url.query_pairs_mut().append_pair("pageSize", &size);
    let path = match page {
        1 => format!("{PATH}?pageSize={size}"),
        page => format!("{PATH}?pageSize={size} (page {page})"),
    };
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("nextPage", token);
    }
    Request { url, path, ..base }
}
