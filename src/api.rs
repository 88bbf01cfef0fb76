//! The API of the platform: what can be read, what can be written, and how requests fail.
//!
//! In: a scope, an ID or a [`Draft`](crate::instance::Draft). Out:
//! [`Record`](crate::instance::Record)s with the requested values, or an [`Error`] that names the
//! failed request and the reason. [`Read`] and [`Write`] are separate traits, so the code that makes
//! a plan cannot write. [`client::Client`] implements both over HTTP. Tests implement them in memory.
//!
//! This module never reads the environment, never prints, and never sends a create twice.

pub mod client;
mod clock;
mod connector;
mod error;
mod reading;
mod remote;
pub mod reply;
mod retry;
mod wire;

pub use clock::{Clock, Sleep, StopSignal, SystemClock, Waiter};
pub use connector::{
    ChangedObject, ConnectorDescription, OAuthApplication, ProviderEvent, RequestToken,
    SecretPlacement,
};
pub use error::{Error, ErrorKind, ListingFailure, NotRetried};
pub use reading::Reading;
pub use remote::{Listing, PartialListing, Projection, Read, Scope, Write};
