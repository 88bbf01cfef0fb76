//! Where secrets and events go: a reviewer who sees a host in a file should know what is sent there.

use std::collections::BTreeSet;

use crate::desired::{Desired, Field, HostRole};
use crate::instance::{Secrecy, StoredValue, Value};
use crate::observed::ObservedInstance;
use crate::plan::document::Document;
use crate::plan::{Change, HostUse, Note, NoteCode, Plan};
use crate::untrusted::quoted;

use super::host::Host;

/// The codes of what is said of a step and what it sends where; those of changed hosts come first.
pub(in crate::plan) const HOST_NOTES: [NoteCode; 5] = [
    NoteCode::CredentialHostChanged,
    NoteCode::EventHostChanged,
    NoteCode::SecretToHost,
    NoteCode::EventToHost,
    NoteCode::PublicSecret,
];

/// A secret that the platform keeps to itself: it signs events with it.
const NEVER_SENT: &str = "event.notification.signature.key";

/// The keys of the event delivery. Secrets under them go where the events go.
const OF_EVENTS: &str = "event.notification.";

/// The address to which the platform sends what happens at the provider.
const EVENT_CALLBACK: &str = "event.notification.callback.url";

impl Document<'_> {
    /// Adds what there is to say about where a step with these changes sends secrets and events.
    pub(in crate::plan) fn note_hosts(
        &self,
        plan: &mut Plan,
        found: Option<&ObservedInstance>,
        changes: &[Change],
    ) {
        let mut notes = found.map(|found| self.changed_hosts(found, changes)).unwrap_or_default();
        let code = if found.is_some() { NoteCode::EventHostChanged } else { NoteCode::EventToHost };
        notes.extend(self.event_hosts(code, changes));
        notes.extend(self.secrets_to_hosts(found, changes));
        notes.extend(public_secrets(changes));
        for HostNote { code, host, message } in notes {
            let (key, instance_id) = (self.key.clone(), found.map(|found| found.id));
            plan.notes.push(Note { code, key, instance_id, host, message });
        }
    }

    /// One note for each host that the file names and that gets a secret of the step.
    fn secrets_to_hosts(
        &self,
        found: Option<&ObservedInstance>,
        changes: &[Change],
    ) -> Vec<HostNote> {
        let written = changes.iter().filter_map(written_secret);
        let (of_events, of_provider): (Vec<_>, Vec<_>) =
            written.partition(|key| key.starts_with(OF_EVENTS));
        let paths: BTreeSet<String> =
            changes.iter().map(|change| change.path().to_string()).collect();
        let is_written = |key: &String| paths.contains(&format!("configuration.{key}"));
        let mut notes = Vec::new();
        for (key, field) in &self.wanted.configuration {
            // What is stored under an ignored key may be something else.
            if found.is_some() && self.ignores(&format!("configuration.{key}")) {
                continue;
            }
            let own = (carries_secret(field) && is_written(key)).then(|| key.clone());
            let given = match key.as_str() {
                EVENT_CALLBACK => of_events.as_slice(),
                _ if gets_credentials(field) => of_provider.as_slice(),
                _ => &[],
            };
            let secrets: Vec<String> = own.into_iter().chain(given.iter().cloned()).collect();
            for host in hosts(field).iter().filter(|host| host.is_whole() && !secrets.is_empty()) {
                notes.push(HostNote::new(NoteCode::SecretToHost, host, secrets.join(", "), key));
            }
        }
        notes.dedup();
        notes
    }

    /// One note for each host to which the step moves the instance's credentials.
    fn changed_hosts(&self, found: &ObservedInstance, changes: &[Change]) -> Vec<HostNote> {
        if !self.keeps_credentials(found) {
            return Vec::new();
        }
        let notes = changes.iter().flat_map(|change| match change {
            Change::Configuration { key, before, after } if is_host(after) => {
                let note = |host: &Host| {
                    HostNote::new(
                        NoteCode::CredentialHostChanged,
                        host,
                        "the stored credentials",
                        key,
                    )
                };
                new_hosts(before.as_ref(), after).iter().map(note).collect()
            }
            _ => Vec::new(),
        });
        notes.collect()
    }

    /// One note for each host to which the step sends the events of an instance: they are data of
    /// customers. The secrets of the event delivery go with them.
    fn event_hosts(&self, code: NoteCode, changes: &[Change]) -> Vec<HostNote> {
        let stored = self.wanted.configuration.iter().filter(|(key, field)| {
            let is_secret = field.secrecy == Secrecy::Secret && field.value != Value::Unset;
            is_secret && key.starts_with(OF_EVENTS) && *key != NEVER_SENT && *key != EVENT_CALLBACK
        });
        let stored: Vec<&str> = stored.map(|(key, _)| key.as_str()).collect();
        let gets = match stored.as_slice() {
            keys if code == NoteCode::EventHostChanged && !keys.is_empty() => {
                format!("the events, with {}", keys.join(", "))
            }
            _ => "the events".to_owned(),
        };
        let notes = changes.iter().flat_map(|change| match change {
            Change::Configuration { key, before, after }
                if key == EVENT_CALLBACK && after.value != Value::Unset =>
            {
                let note = |host: &Host| HostNote::new(code, host, gets.clone(), key);
                new_hosts(before.as_ref(), after).iter().map(note).collect()
            }
            _ => Vec::new(),
        });
        notes.collect()
    }

    /// Whether the platform holds credentials of the instance, whether or not the file still
    /// declares them.
    fn keeps_credentials(&self, found: &ObservedInstance) -> bool {
        let declared = |field: &Field| {
            field.secrecy == Secrecy::Secret
                && field.value != Value::Unset
                && !is_hidden_host(field)
        };
        self.wanted.facts.credentials.are_kept()
            || !self.wanted.provider_data.is_empty()
            || self.wanted.configuration.values().any(declared)
            || found.configuration.values().any(|seen| *seen == StoredValue::Masked)
            || found.marks.applied().holds_secrets()
    }
}

/// What there is to say about a host.
#[derive(PartialEq, Eq)]
struct HostNote {
    code: NoteCode,
    host: Option<HostUse>,
    message: String,
}

impl HostNote {
    fn new(code: NoteCode, host: &Host, gets: impl Into<String>, key: &str) -> Self {
        let (gets, key) = (gets.into(), quoted(key));
        let owner = if matches!(code, NoteCode::EventHostChanged | NoteCode::EventToHost) {
            "yours"
        } else {
            "the provider's"
        };
        let message = if code.is_changed_host() {
            format!("{host} will get {gets} ({key} changes): make sure that it is {owner}")
        } else {
            format!("{host} gets {gets} ({key}): make sure that it is {owner}")
        };
        Self { code, host: Some(HostUse { host: host.in_a_list(), gets }), message }
    }
}

/// The secrets that the step writes under keys that the platform shows in plain text.
fn public_secrets(changes: &[Change]) -> Option<HostNote> {
    let keys = changes.iter().filter_map(|change| match change {
        Change::Configuration { key, after, .. } if after.is_shown_by_platform => {
            Some(quoted(key).to_string())
        }
        _ => None,
    });
    let keys: Vec<_> = keys.collect();
    let message = format!(
        "the platform shows {} in plain text to everyone who can read the instance, although the value comes from a \
         secret",
        keys.join(", ")
    );
    (!keys.is_empty()).then_some(HostNote { code: NoteCode::PublicSecret, host: None, message })
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

/// The hosts that the documents name, as a plan shows them.
pub fn declared_hosts(desired: &Desired) -> BTreeSet<String> {
    let fields = desired.instances.values().flat_map(|wanted| wanted.configuration.values());
    let hosts = fields.flat_map(|field| match field.host_role {
        HostRole::Other => Host::of(&field.value),
        HostRole::Names | HostRole::MayName => hosts(field),
    });
    hosts.map(|host| host.in_a_list()).collect()
}

fn is_hidden(host: &Host) -> bool {
    matches!(host, Host::Hidden(_))
}

/// Whether a secret stands inside a URL of the value, beside the host.
fn carries_secret(field: &Field) -> bool {
    let hosts = hosts(field);
    let hidden = hosts.iter().filter(|host| is_hidden(host)).count();
    let secrets = field.value.secrets().count();
    // Where readers differ, what is the host for one is something else for the other.
    secrets > hidden || secrets > 0 && hosts.len() > hidden
}

/// Whether all that is secret in the value is which host it names.
fn is_hidden_host(field: &Field) -> bool {
    let hosts = hosts(field);
    gets_credentials(field) && !hosts.is_empty() && hosts.iter().all(is_hidden)
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

/// The hosts of the new value that are not known to be those of the stored one.
fn new_hosts(before: Option<&StoredValue>, after: &Field) -> Vec<Host> {
    let stored = match before {
        Some(StoredValue::Text(text)) => Host::of_stored(text.expose()),
        Some(StoredValue::Masked | StoredValue::Unset) | None => Vec::new(),
    };
    if after.value == Value::Unset {
        return vec![Host::OfConnector];
    }
    let is_stored =
        |host: &Host| matches!(host, Host::Named { .. } | Host::Label(_)) && stored.contains(host);
    let hosts =
        if after.host_role == HostRole::Other { Host::of(&after.value) } else { hosts(after) };
    hosts.into_iter().filter(|host| !is_stored(host)).collect()
}
