//! Hides changes from the views that do not show them yet.
//!
//! Until then a new instance is absent, a deleted one is still listed, a changed one has its old state.
//! The changes of one instance become visible in order, as on a replica. A state is kept until every
//! view shows the next one, and the number of kept states is limited. Writes do not use this file,
//! because they change the stored state. After a restart everything is visible.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::SystemTime;

use super::{Change, ErrorReply, ReplicationLag, Store, StoredInstance};

const CAPACITY: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadView {
    TagListing,
    AccountListing,
    Get,
}

#[derive(Default)]
pub(super) struct Visibility {
    hidden: BTreeMap<u64, VecDeque<HiddenChange>>,
    /// For each change: when every view shows it, its instance, and its serial number.
    ends: BTreeSet<(SystemTime, u64, u64)>,
    serial: u64,
}

struct HiddenChange {
    before: Option<Box<StoredInstance>>,
    shown: VisibleFrom,
}

/// When each view shows a change, in the order of [`ReadView`].
#[derive(Clone, Copy)]
struct VisibleFrom([SystemTime; 3]);

impl VisibleFrom {
    fn new(lag: ReplicationLag, now: SystemTime) -> Self {
        Self([lag.tag_listing, lag.account_listing, lag.get].map(|lag| now + lag))
    }

    /// Delays each view until it shows the `earlier` change.
    fn not_before(self, earlier: Self) -> Self {
        let mut views = self.0;
        for (view, earlier) in views.iter_mut().zip(earlier.0) {
            *view = earlier.max(*view);
        }
        Self(views)
    }

    fn in_view(self, view: ReadView) -> SystemTime {
        let [tag_listing, account_listing, get] = self.0;
        match view {
            ReadView::TagListing => tag_listing,
            ReadView::AccountListing => account_listing,
            ReadView::Get => get,
        }
    }

    fn everywhere(self) -> SystemTime {
        let [tag_listing, account_listing, get] = self.0;
        tag_listing.max(account_listing).max(get)
    }
}

impl Visibility {
    /// Refuses a lag above the limit of hidden changes.
    pub(super) fn check(&mut self, lag: ReplicationLag, now: SystemTime) -> Result<(), ErrorReply> {
        self.drop_expired(now);
        if !lag.hides() || self.ends.len() < CAPACITY {
            return Ok(());
        }
        let message = format!(
            "The sandbox hides at most {CAPACITY} changes at once: write a shorter lag, or change less"
        );
        Err(ErrorReply::new(500, message))
    }

    /// Hides a change that is committed now. `undo` is the change that undoes it.
    pub(super) fn hide(&mut self, undo: Change, lag: ReplicationLag, now: SystemTime) {
        let (id, before) = match undo {
            Change::Put(instance) => (instance.id, Some(instance)),
            Change::Remove(id) => (id, None),
            Change::AddConnector(_)
            | Change::RemoveConnector(_)
            | Change::UseCode(_)
            | Change::ForgetCode(_) => return,
        };
        let earlier = self.hidden.get(&id).and_then(VecDeque::back).map(|hidden| hidden.shown);
        let own = VisibleFrom::new(lag, now);
        let shown = earlier.map_or(own, |earlier| own.not_before(earlier));
        if shown.everywhere() <= now {
            return;
        }
        self.ends.insert((shown.everywhere(), id, self.serial));
        self.serial += 1;
        self.hidden.entry(id).or_default().push_back(HiddenChange { before, shown });
    }

    pub(super) fn instance<'a>(
        &'a self,
        store: &'a Store,
        view: ReadView,
        id: u64,
        now: SystemTime,
    ) -> Option<&'a StoredInstance> {
        let mut changes = self.hidden.get(&id).into_iter().flatten();
        match changes.find(|change| now < change.shown.in_view(view)) {
            Some(change) => change.before.as_deref(),
            None => store.get(id),
        }
    }

    pub(super) fn instances<'a>(
        &'a self,
        store: &'a Store,
        view: ReadView,
        now: SystemTime,
    ) -> Vec<&'a StoredInstance> {
        if self.hidden.is_empty() {
            return store.instances().collect();
        }
        let mut shown: BTreeMap<u64, &StoredInstance> =
            store.instances().map(|instance| (instance.id, instance)).collect();
        for id in self.hidden.keys() {
            match self.instance(store, view, *id, now) {
                Some(instance) => shown.insert(*id, instance),
                None => shown.remove(id),
            };
        }
        shown.into_values().collect()
    }

    fn drop_expired(&mut self, now: SystemTime) {
        while let Some((end, id, _)) = self.ends.first().copied()
            && end <= now
        {
            self.ends.pop_first();
            // The changes of an instance become visible in order, so the first one ends first.
            if let Some(changes) = self.hidden.get_mut(&id) {
                changes.pop_front();
                if changes.is_empty() {
                    self.hidden.remove(&id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LAG: ReplicationLag = ReplicationLag {
        tag_listing: Duration::from_secs(2),
        account_listing: Duration::ZERO,
        get: Duration::ZERO,
        commit: Duration::ZERO,
    };

    #[test]
    fn a_state_is_kept_while_a_view_shows_it() {
        let (mut visibility, start) = (Visibility::default(), SystemTime::UNIX_EPOCH);
        let after = |seconds| start + Duration::from_secs(seconds);
        visibility.hide(Change::Remove(7), LAG, start);
        // Without a lag, it still becomes visible after the first change.
        visibility.hide(Change::Remove(7), ReplicationLag::default(), after(1));
        visibility.hide(Change::Remove(8), ReplicationLag::default(), after(1));
        assert_eq!((visibility.hidden.len(), visibility.ends.len()), (1, 2));
        visibility.check(LAG, after(1)).unwrap();
        assert_eq!(visibility.ends.len(), 2);
        visibility.check(LAG, after(2)).unwrap();
        assert_eq!((visibility.hidden.len(), visibility.ends.len()), (0, 0));
    }

    #[test]
    fn the_number_of_hidden_changes_is_limited() {
        let (mut visibility, now) = (Visibility::default(), SystemTime::UNIX_EPOCH);
        for id in 0..CAPACITY as u64 {
            visibility.check(LAG, now).unwrap();
            visibility.hide(Change::Remove(id), LAG, now);
        }
        let message = visibility.check(LAG, now).unwrap_err().into_message();
        assert_eq!(
            message,
            "The sandbox hides at most 100000 changes at once: write a shorter lag, or change less"
        );
        visibility.check(ReplicationLag::default(), now).unwrap();
        visibility.check(LAG, now + LAG.tag_listing).unwrap();
    }
}
