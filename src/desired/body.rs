//! Documented members of the platform's own body that ocon has no use for.
//!
//! Bodies are copied from the documentation and from replies of the API. What is in them and is no key
//! of a document is named, with what to do about it.

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
