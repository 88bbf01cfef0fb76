//! The platform's automatic refresh of access tokens (docs/platform.md#enable-disable-and-delete).
//!
//! A refresh happens every night, and before a call to a provider if the token is old. Five refused
//! refreshes in a row, ten seconds apart, disable an instance. The simulated provider refuses every
//! refresh token that starts with `revoked`. A refresh must never enable an instance. Overdue refreshes
//! happen when the next request arrives, which no client can distinguish from the exact moment.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{ErrorReply, Storage, StoredInstance, random_token, timestamp};

const REFRESH_INTERVAL: Duration = Duration::from_hours(24);
const TOKEN_LIFETIME: Duration = Duration::from_hours(1);
const RETRY_DELAY: Duration = Duration::from_secs(10);
const MAX_FAILURES: u32 = 5;

/// Minimum time between two searches for overdue refreshes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct TokenRefresher {
    /// Instances whose last refreshes were refused.
    failures: BTreeMap<u64, RefreshFailure>,
    /// When overdue refreshes were last searched for.
    checked_at: Option<SystemTime>,
}

/// Number of consecutive failures, and when the next attempt is due.
#[derive(Clone, Copy)]
struct RefreshFailure {
    count: u32,
    next: SystemTime,
}

impl TokenRefresher {
    /// Runs all overdue refreshes, each with the time at which it was due.
    pub(super) fn catch_up(&mut self, storage: &mut Storage) -> Result<(), ErrorReply> {
        let now = storage.now();
        if self.checked_at.is_some_and(|last| now < last + CHECK_INTERVAL) {
            return Ok(());
        }
        self.checked_at = Some(now);
        let due = |instance: &StoredInstance| {
            let next = self.next_refresh(instance)?;
            (next <= now).then_some((instance.id, next))
        };
        let due: Vec<_> = storage.store.instances().filter_map(due).collect();
        for (id, first) in due {
            let mut next = Some(first);
            while let Some(at) = next.filter(|at| *at <= now) {
                // One refresh replaces all nightly refreshes that were missed.
                let is_retry = self.failures.contains_key(&id);
                let at = if is_retry { at } else { at.max(last_night(now, at)) };
                self.refresh(storage, id, at)?;
                next = storage.store.get(id).and_then(|instance| self.next_refresh(instance));
            }
        }
        Ok(())
    }

    /// Refreshes the token of an instance before a call to its provider, if the token is old.
    pub(super) fn freshen(&mut self, storage: &mut Storage, id: u64) -> Result<(), ErrorReply> {
        let now = storage.now();
        let is_old = |instance: &StoredInstance| {
            refreshed_at(instance).is_some_and(|last| last + TOKEN_LIFETIME <= now)
                || instance.configuration.get("oauth.user.token").is_none()
        };
        let is_due = |instance: &StoredInstance| {
            !instance.disabled && is_refreshable(instance) && is_old(instance)
        };
        if !storage.store.get(id).is_some_and(is_due) || self.refresh(storage, id, now)? {
            return Ok(());
        }
        Err(ErrorReply::invalid_grant(401, "The refresh token was not accepted by the provider"))
    }

    /// Forgets the failures of an instance that has authenticated again.
    pub(super) fn reset(&mut self, id: u64) {
        self.failures.remove(&id);
    }

    fn next_refresh(&self, instance: &StoredInstance) -> Option<SystemTime> {
        if instance.disabled || !is_refreshable(instance) {
            return None;
        }
        match self.failures.get(&instance.id) {
            Some(failure) => Some(failure.next),
            None => Some(refreshed_at(instance)? + REFRESH_INTERVAL),
        }
    }

    /// Requests a new access token. Returns whether the provider issued one.
    fn refresh(
        &mut self,
        storage: &mut Storage,
        id: u64,
        at: SystemTime,
    ) -> Result<bool, ErrorReply> {
        let Some(mut instance) = storage.store.get(id).cloned() else { return Ok(false) };
        let token = instance.configuration.get("oauth.user.refresh_token").unwrap_or_default();
        let is_accepted = !token.starts_with("revoked");
        instance.refused = !is_accepted;
        let failure = self.failures.remove(&id);
        if is_accepted {
            instance.configuration.set("oauth.user.token", random_token());
            let time = timestamp::epoch_milliseconds(at);
            instance.configuration.set("oauth.user.refresh_time", time);
        } else {
            let count = failure.map_or(0, |failure| failure.count) + 1;
            instance.disabled = count == MAX_FAILURES;
            if !instance.disabled {
                self.failures.insert(id, RefreshFailure { count, next: at + RETRY_DELAY });
            }
        }
        storage.put(instance)?;
        Ok(is_accepted)
    }
}

/// The last nightly refresh up to `now`, counted from `first`.
fn last_night(now: SystemTime, first: SystemTime) -> SystemTime {
    let interval = REFRESH_INTERVAL.as_secs();
    let nights = now.duration_since(first).unwrap_or_default().as_secs() / interval;
    first + Duration::from_secs(nights * interval)
}

fn is_refreshable(instance: &StoredInstance) -> bool {
    instance.configuration.get("oauth.user.refresh_token").is_some()
}

fn refreshed_at(instance: &StoredInstance) -> Option<SystemTime> {
    let milliseconds = instance.configuration.get("oauth.user.refresh_time")?.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}
