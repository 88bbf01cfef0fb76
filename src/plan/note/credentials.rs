//! Where secrets go: a reviewer who sees a host in a file should know what is sent there.

use std::collections::BTreeSet;

use crate::desired::{Field, HostRole};
use crate::instance::{Secrecy, Seen, Value};
use crate::observed::Found;
use crate::plan::document::Document;
use crate::plan::{Change, Note, Plan};

use super::host::Host;

/// The codes of what is said of a step and where it sends secrets.
pub const CREDENTIAL_NOTES: [&str; 2] = [SECRET_TO_HOST, HOST_CHANGED];

const SECRET_TO_HOST: &str = "secret-to-host";
const HOST_CHANGED: &str = "credential-host-changed";

/// A secret that the platform keeps to itself: it signs events with it.
const NEVER_SENT: &str = "event.notification.signature.key";

impl Document<'_> {
    /// Adds what there is to say about the credentials of a step with these changes.
    pub(in crate::plan) fn note_credentials(
        &self,
        plan: &mut Plan,
        found: Option<&Found>,
        changes: &[Change],
    ) {
        let sent = self.secrets_to_hosts(found, changes).into_iter();
        let sent = sent.map(|message| (SECRET_TO_HOST, message));
        let moved = found.map(|found| self.changed_hosts(found, changes)).unwrap_or_default();
        let moved = moved.into_iter().map(|message| (HOST_CHANGED, message));
        for (code, message) in sent.chain(moved) {
            let (key, instance_id) = (self.key.clone(), found.map(|found| found.id));
            plan.notes.push(Note { code, key, instance_id, message });
        }
    }

    /// One message for each host that the file names and that gets a secret of the step.
    fn secrets_to_hosts(&self, found: Option<&Found>, changes: &[Change]) -> Vec<String> {
        let written: Vec<String> = changes.iter().filter_map(written_secret).collect();
        let paths: BTreeSet<String> =
            changes.iter().map(|change| change.path().to_string()).collect();
        let is_written = |key: &String| paths.contains(&format!("configuration.{key}"));
        let mut messages = Vec::new();
        for (key, field) in &self.wanted.configuration {
            // What is stored under an ignored key may be something else.
            if found.is_some() && self.ignores(&format!("configuration.{key}")) {
                continue;
            }
            let own = (carries_secret(field) && is_written(key)).then(|| key.clone());
            let given = if gets_credentials(field) { written.as_slice() } else { &[] };
            let secrets: Vec<String> = own.into_iter().chain(given.iter().cloned()).collect();
            for host in hosts(field).iter().filter(|host| host.is_whole() && !secrets.is_empty()) {
                messages.push(format!(
                    "sends {} to {host} (`{key}`): make sure that it is the provider's",
                    secrets.join(", ")
                ));
            }
        }
        messages.dedup();
        messages
    }

    /// One message for each key by which the step moves the instance's credentials to another
    /// host.
    fn changed_hosts(&self, found: &Found, changes: &[Change]) -> Vec<String> {
        if !self.keeps_credentials(found) {
            return Vec::new();
        }
        let messages = changes.iter().filter_map(|change| match change {
            Change::Configuration { key, before, after } if is_host(after) => {
                let hosts = new_hosts(before.as_ref(), after)?;
                Some(format!(
                    "`{key}` changes, and the credentials that the instance keeps will be sent to {hosts}: make \
                     sure that it is the provider's"
                ))
            }
            _ => None,
        });
        messages.collect()
    }

    /// Whether the platform holds credentials of the instance, whether or not the file still
    /// declares them.
    fn keeps_credentials(&self, found: &Found) -> bool {
        let declared = |field: &Field| {
            field.secrecy == Secrecy::Secret
                && field.value != Value::Unset
                && !is_hidden_host(field)
        };
        self.wanted.facts.credentials.are_kept()
            || !self.wanted.provider_data.is_empty()
            || self.wanted.configuration.values().any(declared)
            || found.configuration.values().any(|seen| *seen == Seen::Masked)
            || found.marks.applied().holds_secrets()
    }
}

/// The name of the secret that a change sends, unless it is itself the name of a host or goes
/// with its own URL.
fn written_secret(change: &Change) -> Option<String> {
    match change {
        Change::ProviderData { key, after: _ } => Some(format!("providerData.{key}")),
        Change::Configuration { key, before: _, after } => {
            let is_sent = after.secrecy == Secrecy::Secret
                && after.value != Value::Unset
                && key != NEVER_SENT
                && !is_hidden_host(after)
                && Host::of_urls(&after.value).is_empty();
            is_sent.then(|| key.clone())
        }
        Change::Name { .. }
        | Change::Tags { .. }
        | Change::Mark { .. }
        | Change::Protect { .. }
        | Change::ExternalAuthentication(_) => None,
    }
}

/// Whether a secret stands inside a URL of the value, beside the host.
fn carries_secret(field: &Field) -> bool {
    let hidden = hosts(field).into_iter().filter(|host| *host == Host::Hidden);
    field.value.secrets().count() > hidden.count()
}

/// Whether all that is secret in the value is which host it names.
fn is_hidden_host(field: &Field) -> bool {
    gets_credentials(field) && hosts(field).contains(&Host::Hidden)
}

/// Whether the hosts of the value get the instance's credentials.
fn gets_credentials(field: &Field) -> bool {
    matches!(field.host_role, HostRole::Names | HostRole::MayName)
}

/// The hosts that a value names.
fn hosts(field: &Field) -> Vec<Host> {
    match field.host_role {
        HostRole::Names => Host::of(&field.value),
        HostRole::MayName | HostRole::Other => Host::of_urls(&field.value),
    }
}

/// Whether a change of the value can be one of the host that gets the credentials.
fn is_host(field: &Field) -> bool {
    match field.host_role {
        HostRole::Names => true,
        HostRole::MayName => !Host::of_urls(&field.value).is_empty(),
        HostRole::Other => false,
    }
}

/// The hosts of the new value, unless all of them are known to be those of the stored one.
fn new_hosts(before: Option<&Seen>, after: &Field) -> Option<String> {
    let stored = match before {
        Some(Seen::Text(text)) => Host::of_stored(text.expose()),
        Some(Seen::Masked | Seen::Unset) | None => Vec::new(),
    };
    if after.value == Value::Unset {
        return Some("the host that the connector takes by itself".to_owned());
    }
    let is_stored =
        |host: &Host| matches!(host, Host::Named { .. } | Host::Label(_)) && stored.contains(host);
    let new: Vec<String> =
        hosts(after).iter().filter(|host| !is_stored(host)).map(Host::to_string).collect();
    (!new.is_empty()).then(|| new.join(", "))
}
