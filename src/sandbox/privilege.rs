//! Privileges of a role. By default, callers have all of them (docs/platform.md#errors).

use serde::Deserialize;

use super::ErrorReply;

/// A privilege, by its key in the API.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub(super) enum Privilege {
    /// To copy connectors.
    CreateElements,
    /// To create instances and to replace them by PUT.
    CreateElementInstances,
    /// To read connectors.
    ViewElements,
}

impl Privilege {
    fn key(self) -> &'static str {
        match self {
            Self::CreateElements => "createElements",
            Self::CreateElementInstances => "createElementInstances",
            Self::ViewElements => "viewElements",
        }
    }

    /// The reply to a request that needs the privilege.
    pub(super) fn is_missing(self) -> ErrorReply {
        let message = format!("Insufficient privileges: {} is required", self.key());
        ErrorReply::new(403, message)
    }
}
