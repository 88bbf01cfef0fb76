//! Keys that a document, or a part of it, does not have, and documented members of the platform's own
//! body among them.
//!
//! Bodies are copied from the documentation and from replies of the API. What is in them and is no key
//! of a document is named, with what to do about it.

use super::Code;
use super::document::Reader;
use super::text::Finding;
use super::yaml::Member;

use crate::safe_text::quoted;

impl Reader<'_, '_> {
    pub(super) fn unknown_keys(&mut self, members: &[Member], known: &[&str], what: &str) {
        self.unknown_members(members, known, what, |_| None);
    }

    /// Reports the keys that are not known. Of some there is advice that says more than a similar key.
    pub(super) fn unknown_members(
        &mut self,
        members: &[Member],
        known: &[&str],
        what: &str,
        advice: fn(&str) -> Option<&'static str>,
    ) {
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            let message = format!("{what} has no key {}", quoted(&member.name));
            let finding = Finding::new(Code::UnknownKey, member.mark, message);
            if let Some(advice) = advice(&member.name) {
                self.notes.add(finding.help(advice));
                continue;
            }
            let nearest = self.notes.closest(&member.name, known.iter().copied());
            let finding = match nearest {
                Some(_) => finding.suggest(nearest),
                None => finding.help(format!("the keys are {}", list(known))),
            };
            self.notes.add(finding);
        }
    }
}

/// What to do about a member of the body of an instance that a document does not have.
pub(super) fn advice_for_document(name: &str) -> Option<&'static str> {
    Some(match name {
        "token" => {
            "remove the line: the platform chooses the token of an instance, and it is a secret"
        }
        "createdDate"
        | "updatedDate"
        | "elementId"
        | "provisionInteractions"
        | "valid"
        | "user"
        | "transformationData"
        | "objects"
        | "maxCacheSize"
        | "cacheTimeToLive"
        | "cachingEnabled" => "remove the line: the platform writes this itself",
        "disabled" => "write `enabled: false` to disable the instance, or remove the line",
        "eventsEnabled" => "write `event.notification.enabled` below `configuration`",
        "eventsNotificationCallbackUrl" => {
            "write `event.notification.callback.url` below `configuration`"
        }
        "traceLoggingEnabled" => "remove the line: ocon does not manage trace logging",
        "retrieveObjectsAfterInstantiation" => {
            "remove the line: it only adds the provider's objects to the reply, which ocon does not read"
        }
        "oauthProxy" => {
            "ocon cannot create an instance through an OAuth proxy: create it with the API, then adopt \
             it with `id:`"
        }
        _ => return None,
    })
}

/// What to do about a member of `element` other than its key.
pub(super) fn advice_for_element(name: &str) -> Option<&'static str> {
    Some(match name {
        "id" => {
            "the number of a connector is not used: write `key:` with the connector's name, like `hootsuite`"
        }
        "name"
        | "description"
        | "image"
        | "logo"
        | "hub"
        | "active"
        | "deleted"
        | "typeOauth"
        | "resources"
        | "parameters"
        | "authentication"
        | "private"
        | "beta"
        | "cloneable"
        | "extendable"
        | "extended"
        | "trialAccount"
        | "transformationsEnabled"
        | "bulkDownloadEnabled"
        | "bulkUploadEnabled"
        | "protocolType"
        | "hookName"
        | "configDescription"
        | "signupURL"
        | "existingAccountDescription"
        | "elementProvisionType" => "remove the line: `key` alone names the connector",
        _ => return None,
    })
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| quoted(name).to_string()).collect();
    quoted.join(", ")
}
