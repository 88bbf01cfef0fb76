//! The settings of a client, and the notifications that it sends.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::api::{Clock, StopSignal, SystemClock};
use crate::instance::{BaseUrl, Secret};

/// The settings of a client. [`ClientSettings::new`] has the default of every number.
#[derive(Clone)]
pub struct ClientSettings {
    /// The address of the API.
    pub base_url: BaseUrl,
    /// The credentials of every request.
    pub credentials: ApiCredentials,
    /// The time limit of a read or a small write. For a page of a listing, the limit of each chunk.
    pub read_timeout: Duration,
    /// The time limit of a whole page of a listing, if the user set a limit for every request.
    pub page_timeout: Option<Duration>,
    /// The time limit of a request during which the platform calls the provider.
    pub create_timeout: Duration,
    /// The time limit of the connection, including TLS.
    pub connect_timeout: Duration,
    /// The number of instances per page of a listing, up to 200 (docs/platform.md#list-and-read).
    pub page_size: usize,
    /// The maximum number of concurrent requests, reads and writes together. A 429 lowers the limit
    /// temporarily.
    pub concurrency: usize,
    /// The maximum number of requests of this client, including retries.
    pub max_requests: Option<u64>,
    /// The maximum size of a reply body, and of all bodies in memory together, decompressed, in
    /// bytes.
    pub max_body: usize,
    /// The time limit of all pages of a listing together, including repeated reads.
    pub listing_timeout: Duration,
    /// The maximum size of all pages of a listing together, decompressed, in bytes.
    pub max_listing: usize,
    /// A PEM bundle of certificate authorities in addition to those of the system.
    pub ca_certificates: Option<Vec<u8>>,
    /// PEM bundles of the system. Needed if `SSL_CERT_FILE` is set, which the TLS library of Linux reads
    /// instead of them.
    pub system_certificates: Vec<u8>,
    /// The proxy of all requests, with its credentials. Variables are not read.
    pub proxy: Option<Url>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The signal that asks the run to stop. After it, no request is retried.
    pub stop: StopSignal,
    /// Called before each retry.
    pub on_retry: Arc<dyn Fn(&Retrying) + Send + Sync>,
    /// Called after each page of a listing.
    pub on_page: Arc<dyn Fn(&PageRead) + Send + Sync>,
    /// Called for each reply of which parts were left out.
    pub on_left_out: Arc<dyn Fn(&LeftOut) + Send + Sync>,
}

/// The pair of secrets that identifies an account.
#[derive(Clone, Debug)]
pub struct ApiCredentials {
    /// The user secret.
    pub user: Secret,
    /// The organization secret.
    pub organization: Secret,
}

/// A failed request that will be retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrying {
    /// The HTTP method.
    pub method: &'static str,
    /// The path and query below the base URL, without secrets.
    pub path: String,
    /// The number of attempts so far.
    pub attempt: u32,
    /// The time until the next attempt.
    pub wait: Duration,
    /// The failure, as a phrase.
    pub reason: String,
}

/// A reply that was read without its odd parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The HTTP method.
    pub method: &'static str,
    /// The path and query below the base URL, without secrets.
    pub path: String,
    /// For each part, a phrase with its place and its problem, but not its value.
    pub problems: Vec<String>,
}

/// The progress of a listing after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRead {
    /// The number of pages read so far.
    pub pages: usize,
    /// The number of instances on them.
    pub instances: usize,
    /// The total number of instances, if the platform reports it.
    pub announced: Option<usize>,
}

impl ClientSettings {
    /// The default settings for these credentials at this address.
    pub fn new(base_url: BaseUrl, credentials: ApiCredentials) -> Self {
        Self {
            base_url,
            credentials,
            read_timeout: Duration::from_secs(30),
            page_timeout: None,
            // The platform calls the provider before it answers, which can take two minutes
            // (docs/platform.md#create).
            create_timeout: Duration::from_mins(3),
            connect_timeout: Duration::from_secs(10),
            page_size: 200,
            concurrency: 4,
            max_requests: None,
            max_body: 64 << 20,
            // 100,000 instances take a few minutes and about 100 MiB.
            listing_timeout: Duration::from_mins(10),
            max_listing: 512 << 20,
            ca_certificates: None,
            system_certificates: Vec::new(),
            proxy: None,
            clock: Arc::new(SystemClock),
            stop: StopSignal::default(),
            on_retry: Arc::new(|_| {}),
            on_page: Arc::new(|_| {}),
            on_left_out: Arc::new(|_| {}),
        }
    }
}
