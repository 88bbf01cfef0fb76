//! The paths of the platform, their methods, and the access that each requires.
//!
//! In: the path segments below the base URL. Out: a [`Route`]. An unsupported method of a known path
//! must be a 405, and only an unknown path a 404.

use axum::http::Method;

use super::{RequiredAccess, provider::Consent};

/// How a request selects an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstanceSelector {
    /// By the ID in the path.
    Id(u64),
    /// By the Element token in `Authorization`.
    Token,
}

/// A path of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// The list of instances. Writes other than POST apply to the instance of the token.
    Instances,
    Instance(u64),
    Configuration(InstanceSelector),
    ConfigurationEntry(InstanceSelector, u64),
    Enabled(InstanceSelector),
    TraceLogging(InstanceSelector),
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
    /// Journal of the sandbox.
    Journal,
}

/// A path below a connector.
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
    /// Parses a path.
    pub(super) fn parse(segments: &[&'a str]) -> Option<Self> {
        Some(match *segments {
            ["instances"] => Self::Instances,
            ["instances", "configuration"] => Self::Configuration(InstanceSelector::Token),
            ["instances", "configuration", entry] => {
                Self::ConfigurationEntry(InstanceSelector::Token, entry.parse().ok()?)
            }
            ["instances", "enabled"] => Self::Enabled(InstanceSelector::Token),
            ["instances", "trace-logging"] => Self::TraceLogging(InstanceSelector::Token),
            ["instances", "events"] => Self::Events(None),
            ["instances", id, ref rest @ ..] => Self::of_instance(id.parse().ok()?, rest)?,
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

    fn of_instance(id: u64, rest: &[&str]) -> Option<Self> {
        Some(match *rest {
            [] => Self::Instance(id),
            ["configuration"] => Self::Configuration(InstanceSelector::Id(id)),
            ["configuration", entry] => {
                Self::ConfigurationEntry(InstanceSelector::Id(id), entry.parse().ok()?)
            }
            ["enabled"] => Self::Enabled(InstanceSelector::Id(id)),
            ["trace-logging"] => Self::TraceLogging(InstanceSelector::Id(id)),
            ["events"] => Self::Events(Some(id)),
            _ => return None,
        })
    }

    /// Methods of the path, as `Allow` lists them.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Instances | Self::Hub => "GET, POST, PUT, PATCH, DELETE",
            Self::Instance(_) => "GET, PUT, PATCH, DELETE",
            Self::ConfigurationEntry(..) => "GET, PATCH",
            Self::Enabled(_) | Self::TraceLogging(_) => "PUT, DELETE",
            Self::OfConnector(_, part) => part.methods(),
            Self::Authorize(_, Some(_)) | Self::Incoming(..) => "POST",
            Self::Configuration(_)
            | Self::Events(_)
            | Self::AccountInstances
            | Self::Connectors
            | Self::ConnectorKeys
            | Self::Organization
            | Self::Ping
            | Self::Authorize(_, None)
            | Self::Journal => "GET",
        }
    }

    /// Whether the path has `method`.
    pub(super) fn has(self, method: &Method) -> bool {
        self.methods().split(", ").any(|known| known == method.as_str())
    }

    /// Access that a request requires.
    pub(super) fn required_access(self, method: &Method) -> RequiredAccess {
        let changes = matches!(*method, Method::PUT | Method::PATCH | Method::DELETE);
        match self {
            Self::Instances if changes => RequiredAccess::Instance,
            Self::Configuration(InstanceSelector::Token)
            | Self::ConfigurationEntry(InstanceSelector::Token, _)
            | Self::Enabled(InstanceSelector::Token)
            | Self::TraceLogging(InstanceSelector::Token) => RequiredAccess::Instance,
            Self::Ping | Self::Hub => RequiredAccess::DataPlane,
            Self::Authorize(..) | Self::Incoming(..) => RequiredAccess::Public,
            _ => RequiredAccess::Account,
        }
    }

    /// Whether a request creates an instance.
    pub(super) fn creates(self, method: &Method) -> bool {
        let creates =
            matches!(self, Self::Instances | Self::OfConnector(_, ConnectorResource::Instances));
        creates && *method == Method::POST
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
