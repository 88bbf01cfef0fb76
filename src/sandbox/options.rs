//! The options of a sandbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{Faults, ListOrder, ReadOptions, SandboxCredentials, TimeSource, UnsetValue};

/// How a sandbox starts and behaves.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Loopback address to listen on. Port 0 selects a free port. Default: `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// File that keeps the state between restarts. Default: none, the state is only in memory.
    pub state: Option<PathBuf>,
    /// Secrets that callers must send. Default: those in the state file, otherwise random ones.
    pub credentials: Option<SandboxCredentials>,
    /// How an unset configuration value reads. Default: [`UnsetValue::Empty`].
    pub unset: UnsetValue,
    /// Whether an unset property of type PASSWORD reads as masked, as observed in 2020.
    /// Default: true.
    pub mask_unset_passwords: bool,
    /// Whether writing `********` to a masked value keeps the stored value. Default: true.
    pub keep_masked: bool,
    /// Status for an authorization code that is empty or was used before. Default: 400.
    pub bad_code_status: u16,
    /// Whether the order of instances in a list, and of the tags of an instance, is random.
    /// Default: false.
    pub shuffle: bool,
    /// Default and maximum number of instances on a page. Default: 200.
    pub page_size: usize,
    /// How long it takes to create an instance. The ID is assigned at the end. Default: zero.
    pub slow_post: Duration,
    /// Scripted faults. Default: none.
    pub faults: Faults,
    /// Source of the time. Default: the clock of the machine.
    pub time: TimeSource,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: None,
            credentials: None,
            unset: UnsetValue::default(),
            mask_unset_passwords: true,
            keep_masked: true,
            bad_code_status: 400,
            shuffle: false,
            page_size: 200,
            slow_post: Duration::ZERO,
            faults: Faults::default(),
            time: TimeSource::default(),
        }
    }
}

impl SandboxOptions {
    pub(super) fn read_options(&self) -> ReadOptions {
        ReadOptions { unset: self.unset, mask_unset_passwords: self.mask_unset_passwords }
    }

    pub(super) fn list_order(&self) -> ListOrder {
        if self.shuffle { ListOrder::Shuffled } else { ListOrder::ById }
    }
}
