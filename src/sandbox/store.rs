//! The state of the sandbox. Only [`Store::commit`] may change it.
//!
//! A commit applies its changes and writes the state file. If writing fails, it undoes them, so that
//! memory and file are always equal. IDs only increase, also between restarts, and are never reused.

use std::collections::{BTreeSet, HashMap};
use std::io;

use super::{
    Connector, ConnectorCopy, PrivateConnectors, SandboxState, StoredInstance, state::StateFile,
};

/// The state, with an index of tokens.
pub(super) struct Store {
    saved: SandboxState,
    by_token: HashMap<String, u64>,
    file: Option<StateFile>,
}

/// A change. Applying it returns the change that undoes it.
#[derive(Clone)]
pub(super) enum Change {
    /// Adds an instance, or replaces the one with the same ID.
    Put(Box<StoredInstance>),
    Remove(u64),
    AddConnector(ConnectorCopy),
    RemoveConnector(u64),
    UseCode(UsedCode),
    ForgetCode(UsedCode),
}

/// A code that was exchanged for tokens.
#[derive(Clone)]
pub(super) struct UsedCode {
    pub(super) connector: &'static str,
    pub(super) code: String,
}

impl Store {
    /// Creates a store from a saved state. Each commit writes `file`.
    pub(super) fn new(saved: SandboxState, file: Option<StateFile>) -> Self {
        let tokens = saved.instances.values().map(|instance| (instance.token.clone(), instance.id));
        Self { by_token: tokens.collect(), saved, file }
    }

    pub(super) fn get(&self, id: u64) -> Option<&StoredInstance> {
        self.saved.instances.get(&id)
    }

    pub(super) fn with_token(&self, token: &str) -> Option<u64> {
        self.by_token.get(token).copied()
    }

    pub(super) fn instances(&self) -> impl Iterator<Item = &StoredInstance> {
        self.saved.instances.values()
    }

    /// The private connectors, which also find the public ones.
    pub(super) fn connectors(&self) -> &PrivateConnectors {
        &self.saved.connectors
    }

    /// Describes a new copy of a connector. Its ID is never used again.
    pub(super) fn new_copy(&mut self, original: &'static Connector) -> ConnectorCopy {
        self.saved.connectors.new_copy(original)
    }

    pub(super) fn was_used(&self, connector: &str, code: &str) -> bool {
        self.saved.codes.get(connector).is_some_and(|codes| codes.contains(code))
    }

    /// Returns a new ID. It is never returned again.
    pub(super) fn next_id(&mut self) -> u64 {
        let id = self.saved.next_id;
        self.saved.next_id = id.saturating_add(1);
        id
    }

    /// Applies and saves `changes`, or changes nothing. Returns the changes that undo them.
    pub(super) fn commit(&mut self, changes: Vec<Change>) -> io::Result<Vec<Change>> {
        let mut undo: Vec<_> = changes.into_iter().map(|change| self.apply(change)).collect();
        if let Some(file) = &self.file
            && let Err(error) = file.write(&self.saved)
        {
            while let Some(change) = undo.pop() {
                self.apply(change);
            }
            return Err(error);
        }
        Ok(undo)
    }

    fn apply(&mut self, change: Change) -> Change {
        match change {
            Change::Put(instance) => {
                let id = instance.id;
                self.by_token.insert(instance.token.clone(), id);
                let before = self.saved.instances.insert(id, *instance);
                before.map_or(Change::Remove(id), |instance| Change::Put(Box::new(instance)))
            }
            Change::Remove(id) => match self.saved.instances.remove(&id) {
                Some(instance) => {
                    self.by_token.remove(&instance.token);
                    Change::Put(Box::new(instance))
                }
                None => Change::Remove(id),
            },
            Change::AddConnector(copy) => {
                let id = copy.id;
                self.saved.connectors.add(copy);
                Change::RemoveConnector(id)
            }
            Change::RemoveConnector(id) => {
                let removed = self.saved.connectors.remove(id);
                removed.map_or(Change::RemoveConnector(id), Change::AddConnector)
            }
            Change::UseCode(used) => {
                self.codes_of(used.connector).insert(used.code.clone());
                Change::ForgetCode(used)
            }
            Change::ForgetCode(used) => {
                self.codes_of(used.connector).remove(&used.code);
                Change::UseCode(used)
            }
        }
    }

    fn codes_of(&mut self, connector: &str) -> &mut BTreeSet<String> {
        self.saved.codes.entry(connector.to_owned()).or_default()
    }
}
