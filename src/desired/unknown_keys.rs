//! Keys that a document or a part of it does not have.
//!
//! Users copy bodies from the documentation and from API responses. For the members of such a body, the
//! help names the fix.

use super::{Code, Diagnostic, Diagnostics, Member};
use crate::safe_text::quoted;

pub(super) const DOCUMENT_KEYS: [&str; 11] = [
    "element",
    "name",
    "tags",
    "configuration",
    "providerData",
    "externalAuthentication",
    "key",
    "id",
    "enabled",
    "moved_from",
    "lifecycle",
];

/// Reports unknown keys. `advice` has a fix for some of them.
pub(super) fn check(
    diagnostics: &mut Diagnostics,
    members: &[Member],
    known: &[&str],
    what: &str,
    advice: fn(&str) -> Option<&'static str>,
) {
    for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
        let message = format!("{} is not a key of {what}", quoted(&member.name));
        let diagnostic = Diagnostic::new(Code::UnknownKey, member.range, message);
        if let Some(advice) = advice(&member.name) {
            diagnostics.add(diagnostic.help(advice));
            continue;
        }
        let nearest = diagnostics.closest(&member.name, known.iter().copied());
        diagnostics.add(match nearest {
            Some(_) => diagnostic.suggest(nearest),
            None => diagnostic.help(format!("use one of the keys {}", list(known))),
        });
    }
}

/// The fix for a member of the API's instance body that a document does not have.
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
            "remove the line: it only adds the provider's objects to the response, which ocon does not read"
        }
        "oauthProxy" => {
            "create the instance with the API, then adopt it with `id:`: ocon does not support OAuth proxies"
        }
        _ => return None,
    })
}

/// The fix for a member of `element` other than its key.
pub(super) fn advice_for_element(name: &str) -> Option<&'static str> {
    Some(match name {
        "id" => {
            "write `key:` with the connector key, such as `hootsuite`: the numeric ID is not used"
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
        | "elementProvisionType" => "remove the line: `key` alone identifies the connector",
        _ => return None,
    })
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| quoted(name).to_string()).collect();
    quoted.join(", ")
}
