//! The paths of the platform, their methods, and the access that each requires
//! (docs/platform.md#authentication).
//!
//! An unsupported method of a known path must be a 405, and only an unknown path a 404.

use axum::http::Method;

use super::{ApiRequest, RequiredAccess, provider::Consent};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstanceSelector {
    /// By the ID in the path.
    Id(u64),
    /// By the Element token in `Authorization`.
    Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// The list of instances. Writes other than POST apply to the instance of the token.
    Instances,
    OfInstance(InstanceSelector, InstanceResource),
    /// Events of one instance or of all instances.
    Events(Option<u64>),
    /// Where a provider reports events: connector key and Base64-encoded instance ID.
    Incoming(&'a str, &'a str),
    AccountInstances,
    Connectors,
    ConnectorKeys,
    /// A resource of the connector with a key or ID.
    OfConnector(&'a str, ConnectorResource),
    Organization,
    /// Whether the connection to the provider works.
    Ping,
    /// Resources of the provider.
    Hub,
    /// Page of the simulated provider, or the decision on it.
    Authorize(&'a str, Option<Consent>),
    Journal,
}

/// An instance, or a path below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstanceResource {
    Itself,
    Configuration,
    ConfigurationEntry(u64),
    Enabled,
    TraceLogging,
}

/// A connector, or a path below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectorResource {
    Itself,
    Properties,
    Metadata,
    OauthUrl,
    OauthToken,
    Instances,
    Instance(u64),
}

impl<'a> Route<'a> {
    /// Parses the path of a request.
    pub(super) fn of(request: &'a ApiRequest) -> Option<Self> {
        Some(match *request.segments()? {
            ["instances"] => Self::Instances,
            ["instances", "events"] => Self::Events(None),
            ["instances", id, "events"] => Self::Events(Some(id.parse().ok()?)),
            ["instances", ref rest @ ..] => Self::of_instance(rest)?,
            ["events", key, base64] => Self::Incoming(key, base64),
            ["accounts", "instances"] => Self::AccountInstances,
            ["elements"] => Self::Connectors,
            ["elements", "keys"] => Self::ConnectorKeys,
            ["elements", key, ref rest @ ..] => {
                Self::OfConnector(key, ConnectorResource::parse(rest)?)
            }
            ["organizations", "me"] => Self::Organization,
            ["ping"] | ["hubs", _, "ping"] => Self::Ping,
            ["hubs", _, _, ..] => Self::Hub,
            ["sandbox", "journal"] => Self::Journal,
            ["sandbox", "authorize", key] => Self::Authorize(key, None),
            ["sandbox", "authorize", key, "allow"] => Self::Authorize(key, Some(Consent::Allow)),
            ["sandbox", "authorize", key, "deny"] => Self::Authorize(key, Some(Consent::Deny)),
            _ => return None,
        })
    }

    /// The ID is optional: without one, the token selects the instance.
    fn of_instance(path: &[&str]) -> Option<Self> {
        let (first, below) = path.split_first()?;
        let (selector, rest) = first
            .parse()
            .map_or((InstanceSelector::Token, path), |id| (InstanceSelector::Id(id), below));
        let resource = match *rest {
            [] => InstanceResource::Itself,
            ["configuration"] => InstanceResource::Configuration,
            ["configuration", entry] => InstanceResource::ConfigurationEntry(entry.parse().ok()?),
            ["enabled"] => InstanceResource::Enabled,
            ["trace-logging"] => InstanceResource::TraceLogging,
            _ => return None,
        };
        Some(Self::OfInstance(selector, resource))
    }

    /// Methods of the path, as `Allow` lists them.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Instances | Self::Hub => "GET, POST, PUT, PATCH, DELETE",
            Self::OfInstance(_, resource) => resource.methods(),
            Self::OfConnector(_, resource) => resource.methods(),
            Self::Authorize(_, Some(_)) | Self::Incoming(..) => "POST",
            _ => "GET",
        }
    }

    pub(super) fn has(self, method: &Method) -> bool {
        self.methods().split(", ").any(|known| known == method.as_str())
    }

    pub(super) fn required_access(self, method: &Method) -> RequiredAccess {
        let changes = matches!(*method, Method::PUT | Method::PATCH | Method::DELETE);
        match self {
            Self::Instances if changes => RequiredAccess::Instance,
            Self::OfInstance(InstanceSelector::Token, _) => RequiredAccess::Instance,
            Self::Ping | Self::Hub => RequiredAccess::DataPlane,
            Self::Authorize(..) | Self::Incoming(..) => RequiredAccess::Public,
            _ => RequiredAccess::Account,
        }
    }

    pub(super) fn creates(self, method: &Method) -> bool {
        let creates =
            matches!(self, Self::Instances | Self::OfConnector(_, ConnectorResource::Instances));
        creates && *method == Method::POST
    }
}

impl InstanceResource {
    fn methods(self) -> &'static str {
        match self {
            Self::Itself => "GET, PUT, PATCH, DELETE",
            Self::Configuration => "GET",
            Self::ConfigurationEntry(_) => "GET, PATCH",
            Self::Enabled | Self::TraceLogging => "PUT, DELETE",
        }
    }
}

impl ConnectorResource {
    fn parse(rest: &[&str]) -> Option<Self> {
        Some(match *rest {
            [] => Self::Itself,
            ["configuration"] => Self::Properties,
            ["metadata"] => Self::Metadata,
            ["oauth", "url"] => Self::OauthUrl,
            ["oauth", "token"] => Self::OauthToken,
            ["instances"] => Self::Instances,
            ["instances", id] => Self::Instance(id.parse().ok()?),
            _ => return None,
        })
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Itself | Self::Properties | Self::Metadata | Self::OauthToken => "GET",
            Self::OauthUrl | Self::Instances => "GET, POST",
            // There is no PATCH below a connector, unlike below `/instances`.
            Self::Instance(_) => "GET, PUT, DELETE",
        }
    }
}
