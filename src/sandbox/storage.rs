//! The instances of a sandbox, as they are stored and as reads show them.
//!
//! Every change goes through [`Storage::commit`].

use std::time::SystemTime;

use super::{
    Change, ErrorReply, ReadView, ReplicationLag, SandboxClock, Store, StoredInstance,
    visibility::Visibility,
};

/// Stored instances with what each view shows of them.
pub(super) struct Storage {
    pub(super) store: Store,
    pub(super) clock: SandboxClock,
    /// How late the changes of the current request become visible.
    pub(super) lag: ReplicationLag,
    visibility: Visibility,
}

impl Storage {
    pub(super) fn new(store: Store, clock: SandboxClock) -> Self {
        Self { store, clock, lag: ReplicationLag::default(), visibility: Visibility::default() }
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub(super) fn instance(&self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        self.store.get(id).ok_or_else(|| no_instance(id))
    }

    /// Returns the instance as a read by ID shows it.
    pub(super) fn readable(&self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        let instance = self.visibility.instance(&self.store, ReadView::Get, id, self.now());
        instance.ok_or_else(|| no_instance(id))
    }

    /// Returns all instances as a view shows them, by ascending ID.
    pub(super) fn listed(&self, view: ReadView) -> Vec<&StoredInstance> {
        self.visibility.instances(&self.store, view, self.now())
    }

    /// Refuses a lag whose changes the sandbox cannot hide.
    pub(super) fn check_lag(&mut self, lag: ReplicationLag) -> Result<(), ErrorReply> {
        let now = self.now();
        self.visibility.check(lag, now)
    }

    /// Applies and saves `changes`, or changes nothing.
    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), ErrorReply> {
        let now = self.now();
        let undo = self.store.commit(changes).map_err(|error| {
            let message =
                format!("The sandbox cannot write its state. Nothing was changed: {error}");
            ErrorReply::new(500, message)
        })?;
        for change in undo {
            self.visibility.hide(change, self.lag, now);
        }
        Ok(())
    }

    pub(super) fn put(&mut self, instance: StoredInstance) -> Result<(), ErrorReply> {
        self.commit(vec![Change::Put(Box::new(instance))])
    }
}

pub(super) fn no_instance(id: u64) -> ErrorReply {
    ErrorReply::not_found(format!("No element instance found with ID {id}"))
}
