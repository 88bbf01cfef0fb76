//! Requests that a caller without a privilege cannot make.
//!
//! The requests are those of the vendor's suite (docs/platform.md#errors). All others stay allowed.

use axum::http::Method;
use serde::Deserialize;

use super::{
    ApiRequest, BehaviorFault, ErrorReply, Route, routes::ConnectorResource,
    routes::InstanceResource,
};

/// A privilege of a role, by its key in the API.
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

    /// The privilege that a request needs, if any.
    fn required(route: Route<'_>, method: &Method) -> Option<Self> {
        use ConnectorResource::{Clone, Export, Instance, Instances, Itself, Properties};
        match (route, method.as_str()) {
            (Route::Connectors, "GET")
            | (Route::OfConnector(_, Itself | Properties | Export), "GET") => {
                Some(Self::ViewElements)
            }
            (Route::OfConnector(_, Clone), "POST") => Some(Self::CreateElements),
            (Route::Instances | Route::OfConnector(_, Instances), "POST")
            | (Route::Instances, "PUT")
            | (Route::OfInstance(_, InstanceResource::Itself), "PUT")
            | (Route::OfConnector(_, Instance(_)), "PUT") => Some(Self::CreateElementInstances),
            _ => None,
        }
    }
}

/// Refuses a request for which the caller has no privilege. By default, callers have all privileges.
pub(super) fn check(request: &ApiRequest, route: Route<'_>) -> Result<(), ErrorReply> {
    let Some(BehaviorFault::MissingPrivileges(missing)) = &request.behavior_fault else {
        return Ok(());
    };
    match Privilege::required(route, &request.method) {
        Some(required) if missing.contains(&required) => {
            let message = format!("Insufficient privileges: {} is required", required.key());
            Err(ErrorReply::new(403, message))
        }
        _ => Ok(()),
    }
}
