//! Notes about hosts that get secrets or events, which a reviewer must check.

use std::collections::BTreeSet;

use super::host::Host;
use crate::desired::{DeclaredValue, Desired, HostRole};
use crate::instance::{EVENT_CALLBACK, Secrecy, StoredValue, Value};
use crate::observed::ObservedInstance;
use crate::plan::document::Document;
use crate::plan::{Change, HostUse, Note, NoteCode, Plan};
use crate::safe_text::quoted;

/// The key of the secret with which the platform signs events. It is never sent
/// (docs/platform.md#events).
const SIGNATURE_KEY: &str = "event.notification.signature.key";

/// The prefix of keys for event delivery. Their secrets go to the host that gets the events.
const EVENT_PREFIX: &str = "event.notification.";

/// Adds the notes about hosts that get secrets or events from a step with these changes.
pub(in crate::plan) fn add_hosts(
    plan: &mut Plan,
    document: &Document<'_>,
    found: Option<&ObservedInstance>,
    changes: &[Change],
) {
    let mut notes = found.map(|found| changed_hosts(document, found, changes)).unwrap_or_default();
    let code = if found.is_some() { NoteCode::EventHostChanged } else { NoteCode::EventToHost };
    notes.extend(event_hosts(document, code, changes));
    notes.extend(secrets_to_hosts(document, found, changes));
    notes.extend(public_secrets(changes));
    for HostNote { code, host, message } in notes {
        let (key, instance_id) = (document.key.clone(), found.map(|found| found.id));
        plan.notes.push(Note { code, key, instance_id, host, message, help: None });
    }
}

/// One note for each host in the file that gets a secret of the step.
fn secrets_to_hosts(
    document: &Document<'_>,
    found: Option<&ObservedInstance>,
    changes: &[Change],
) -> Vec<HostNote> {
    let written = changes.iter().filter_map(written_secret);
    let (of_events, of_provider): (Vec<_>, Vec<_>) =
        written.partition(|key| key.starts_with(EVENT_PREFIX));
    let paths: BTreeSet<String> = changes.iter().map(|change| change.path().to_string()).collect();
    let mut notes = Vec::new();
    for (key, field) in &document.wanted.configuration {
        let path = format!("configuration.{key}");
        // The stored value of an ignored key may be another one.
        if found.is_some() && document.ignores(&path) {
            continue;
        }
        let own = (contains_secret(field) && paths.contains(&path)).then(|| key.clone());
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
fn changed_hosts(
    document: &Document<'_>,
    found: &ObservedInstance,
    changes: &[Change],
) -> Vec<HostNote> {
    if !has_credentials(document, found) {
        return Vec::new();
    }
    let notes = changes.iter().flat_map(|change| match change {
        Change::Configuration { key, before, after } if is_host(after) => {
            let (code, gets) = (NoteCode::CredentialHostChanged, "the stored credentials");
            let note = |host: &Host| HostNote::new(code, host, gets, key);
            new_hosts(before.as_ref(), after).iter().map(note).collect()
        }
        _ => Vec::new(),
    });
    notes.collect()
}

/// One note for each host to which the step sends events, which are customer data. The secrets of the
/// event delivery go to the same host.
fn event_hosts(document: &Document<'_>, code: NoteCode, changes: &[Change]) -> Vec<HostNote> {
    let stored = document.wanted.configuration.iter().filter(|(key, field)| {
        let is_secret = field.secrecy == Secrecy::Secret && field.value != Value::Unset;
        let is_sent = *key != SIGNATURE_KEY && *key != EVENT_CALLBACK;
        is_secret && is_sent && key.starts_with(EVENT_PREFIX)
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

/// Whether the platform holds credentials of the instance, even if the file no longer declares them.
fn has_credentials(document: &Document<'_>, found: &ObservedInstance) -> bool {
    let wanted = document.wanted;
    let is_declared = |field: &DeclaredValue| {
        field.secrecy == Secrecy::Secret && field.value != Value::Unset && !is_hidden_host(field)
    };
    wanted.facts.credentials.are_stored()
        || !wanted.provider_data.is_empty()
        || wanted.configuration.values().any(is_declared)
        || found.configuration.values().any(|stored| *stored == StoredValue::Masked)
        || found.marks.last_applied().holds_secrets()
}

#[derive(PartialEq, Eq)]
struct HostNote {
    code: NoteCode,
    host: Option<HostUse>,
    message: String,
}

impl HostNote {
    fn new(code: NoteCode, host: &Host, gets: impl Into<String>, key: &str) -> Self {
        let (gets, key) = (gets.into(), quoted(key));
        let owner = match code {
            NoteCode::EventHostChanged | NoteCode::EventToHost => "yours",
            _ => "the provider's",
        };
        let message = if code.is_host_change() {
            format!("{host} will get {gets} ({key} changes). Make sure that the host is {owner}")
        } else {
            format!("{host} gets {gets} ({key}). Make sure that the host is {owner}")
        };
        Self { code, host: Some(HostUse { host: host.in_a_list(), gets }), message }
    }
}

/// A note about the secrets in keys that the platform shows in plain text
/// (docs/platform.md#secrets).
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

/// The name of the secret that a change sends to another host. A secret that is a host name or a part
/// of the URL itself is not.
fn written_secret(change: &Change) -> Option<String> {
    match change {
        Change::ProviderData { key, after: _ } => Some(format!("providerData.{key}")),
        Change::Configuration { key, before: _, after } => {
            let is_sent = after.secrecy == Secrecy::Secret
                && after.value != Value::Unset
                && key != SIGNATURE_KEY
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

/// The hosts in the documents, as a plan shows them.
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

/// Whether a URL in the value contains a secret outside its host.
fn contains_secret(field: &DeclaredValue) -> bool {
    let hosts = hosts(field);
    let hidden = hosts.iter().filter(|host| is_hidden(host)).count();
    let secrets = field.value.secrets().count();
    // If URL parsers disagree, the host of one is another part for the other.
    secrets > hidden || secrets > 0 && hosts.len() > hidden
}

/// Whether the only secret in the value is its host.
fn is_hidden_host(field: &DeclaredValue) -> bool {
    let hosts = hosts(field);
    gets_credentials(field) && !hosts.is_empty() && hosts.iter().all(is_hidden)
}

/// Whether the hosts of the value get the instance's credentials.
fn gets_credentials(field: &DeclaredValue) -> bool {
    matches!(field.host_role, HostRole::Names | HostRole::MayName)
}

fn hosts(field: &DeclaredValue) -> Vec<Host> {
    match field.host_role {
        HostRole::Names => Host::of(&field.value),
        HostRole::MayName | HostRole::Other => Host::of_urls(&field.value),
    }
}

/// Whether a change of the value may change the host that gets the credentials.
fn is_host(field: &DeclaredValue) -> bool {
    match field.host_role {
        HostRole::Names => true,
        HostRole::MayName => !Host::of_urls(&field.value).is_empty(),
        HostRole::Other => false,
    }
}

/// The hosts of the new value that the stored value may not have.
fn new_hosts(before: Option<&StoredValue>, after: &DeclaredValue) -> Vec<Host> {
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
