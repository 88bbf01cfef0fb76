//! The refresh of access tokens, which the platform does by itself.
//!
//! In: the time. Out: instances whose `oauth.user.token` and `oauth.user.refresh_time` are new, and
//! those that are disabled since five refreshes in a row were refused, ten seconds apart. It happens
//! every night, and before a call to a provider whose token is old. The pretend provider refuses
//! every refresh token that begins with `revoked`. It must never enable an instance again.
//!
//! What is due is done when somebody looks: nobody can see the difference.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::instance::StoredInstance;
use super::oauth::random_token;
use super::platform::Platform;
use super::reply::ErrorReply;
use super::store::Change;
use super::timestamp;

const NIGHTLY: Duration = Duration::from_hours(24);
const LIFETIME: Duration = Duration::from_hours(1);
const AGAIN: Duration = Duration::from_secs(10);
const MOST_FAILURES: u32 = 5;

/// Instances whose last refreshes were refused.
pub(super) type Failing = BTreeMap<u64, Refused>;

/// How long what was looked at counts as seen.
const GLANCE: Duration = Duration::from_secs(1);

/// How often in a row, and when it is tried again.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    times: u32,
    next: SystemTime,
}

impl Platform {
    /// Does what was due since somebody looked last, at the moments at which it was due.
    pub(super) fn catch_up(&mut self) -> Result<(), ErrorReply> {
        let now = self.clock.now();
        if self.caught_up.is_some_and(|last| now < last + GLANCE) {
            return Ok(());
        }
        self.caught_up = Some(now);
        let due = |platform: &Self, instance: &StoredInstance| {
            let next = platform.next_refresh(instance)?;
            (next <= now).then_some((instance.id, next))
        };
        let ids: Vec<_> = self.store.instances().filter_map(|it| due(self, it)).collect();
        for (id, due) in ids {
            let mut next = Some(due);
            while let Some(at) = next.filter(|at| *at <= now) {
                // Nights that nobody has seen are made up for at once.
                let at =
                    if self.failing.contains_key(&id) { at } else { at.max(last_night(now, at)) };
                self.refresh(id, at)?;
                next = self.store.get(id).and_then(|instance| self.next_refresh(instance));
            }
        }
        Ok(())
    }

    /// Before a call to the provider: a token that is old is refreshed.
    pub(super) fn freshen(&mut self, id: u64) -> Result<(), ErrorReply> {
        let now = self.clock.now();
        let is_old = |instance: &StoredInstance| {
            refreshed(instance).is_some_and(|last| last + LIFETIME <= now)
                || instance.configuration.get("oauth.user.token").is_none()
        };
        let is_due = |instance: &StoredInstance| {
            !instance.disabled && refreshable(instance) && is_old(instance)
        };
        if !self.store.get(id).is_some_and(is_due) || self.refresh(id, now)? {
            return Ok(());
        }
        Err(ErrorReply::new(401, "The refresh token was not accepted by the provider")
            .said_by_provider("invalid_grant"))
    }

    /// When the platform refreshes an instance by itself.
    fn next_refresh(&self, instance: &StoredInstance) -> Option<SystemTime> {
        if instance.disabled || !refreshable(instance) {
            return None;
        }
        match self.failing.get(&instance.id) {
            Some(refused) => Some(refused.next),
            None => Some(refreshed(instance)? + NIGHTLY),
        }
    }

    /// Asks the provider for a new access token; whether it gave one.
    fn refresh(&mut self, id: u64, at: SystemTime) -> Result<bool, ErrorReply> {
        let Some(mut instance) = self.store.get(id).cloned() else { return Ok(false) };
        let token = instance.configuration.get("oauth.user.refresh_token").unwrap_or_default();
        let accepted = !token.starts_with("revoked");
        instance.refused = !accepted;
        if accepted {
            self.failing.remove(&id);
            instance.configuration.set("oauth.user.token", random_token());
            let time = timestamp::epoch_milliseconds(at);
            instance.configuration.set("oauth.user.refresh_time", time);
        } else {
            let times = self.failing.remove(&id).map_or(0, |refused| refused.times) + 1;
            instance.disabled = times == MOST_FAILURES;
            if !instance.disabled {
                self.failing.insert(id, Refused { times, next: at + AGAIN });
            }
        }
        self.commit(vec![Change::Put(Box::new(instance))])?;
        Ok(accepted)
    }
}

/// The last of the nights that began at `first` and are not after `now`.
fn last_night(now: SystemTime, first: SystemTime) -> SystemTime {
    let nights = now.duration_since(first).unwrap_or_default().as_secs() / NIGHTLY.as_secs();
    first + Duration::from_secs(nights * NIGHTLY.as_secs())
}

fn refreshable(instance: &StoredInstance) -> bool {
    instance.configuration.get("oauth.user.refresh_token").is_some()
}

/// When the access token was made.
fn refreshed(instance: &StoredInstance) -> Option<SystemTime> {
    let milliseconds = instance.configuration.get("oauth.user.refresh_time")?.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}
