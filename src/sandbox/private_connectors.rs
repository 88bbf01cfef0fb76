//! The private connectors of a sandbox, which are copies of public ones.
//!
//! An ID is never used again, also between restarts.

use serde::{Deserialize, Serialize};

use super::{Connector, ConnectorCopy, ConnectorRef, catalog};

/// The first ID. All public connectors have smaller ones.
const FIRST_ID: u64 = 100_001;

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivateConnectors {
    next_id: u64,
    /// By ascending ID.
    copies: Vec<ConnectorCopy>,
}

impl Default for PrivateConnectors {
    fn default() -> Self {
        Self { next_id: FIRST_ID, copies: Vec::new() }
    }
}

impl PrivateConnectors {
    /// Whether there never was a copy.
    pub(super) fn is_unused(&self) -> bool {
        self.next_id == FIRST_ID
    }

    /// Finds a private or public connector by its key or ID.
    pub(super) fn find(&self, key_or_id: &str) -> Option<ConnectorRef> {
        self.with_key(key_or_id).or_else(|| self.with_id(key_or_id.parse().ok()?))
    }

    pub(super) fn with_key(&self, key: &str) -> Option<ConnectorRef> {
        let copy = self.copies.iter().find(|copy| copy.key == key).cloned();
        copy.map(ConnectorRef::Private)
            .or_else(|| catalog().find(key).filter(|it| it.key == key).map(ConnectorRef::Public))
    }

    pub(super) fn with_id(&self, id: u64) -> Option<ConnectorRef> {
        let copy = self.copies.iter().find(|copy| copy.id == id).cloned();
        copy.map(ConnectorRef::Private).or_else(|| catalog().with_id(id).map(ConnectorRef::Public))
    }

    /// All connectors, public and private, by ascending ID.
    pub(super) fn all(&self) -> Vec<ConnectorRef> {
        let public = catalog().iter().map(ConnectorRef::Public);
        public.chain(self.copies.iter().cloned().map(ConnectorRef::Private)).collect()
    }

    /// Describes a new copy. It is not in the list yet.
    pub(super) fn new_copy(&mut self, original: &'static Connector) -> ConnectorCopy {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        ConnectorCopy { id, key: format!("{}{id}", original.key), original }
    }

    pub(super) fn add(&mut self, copy: ConnectorCopy) {
        let at = self.copies.partition_point(|other| other.id < copy.id);
        self.copies.insert(at, copy);
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<ConnectorCopy> {
        let at = self.copies.iter().position(|copy| copy.id == id)?;
        Some(self.copies.remove(at))
    }

    /// Checks a list that was read from a file.
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.copies.is_sorted_by(|first, second| first.id < second.id) {
            return Err("the copies of connectors are not by ascending ID".to_owned());
        }
        match self.copies.iter().find(|copy| copy.id < FIRST_ID || copy.id >= self.next_id) {
            Some(copy) => Err(format!(
                "the ID {} of a copied connector is not between {FIRST_ID} and `next_id`, which is {}",
                copy.id, self.next_id
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_ids_are_above_all_public_ones() {
        assert!(catalog().iter().all(|connector| connector.id < FIRST_ID));
    }
}
