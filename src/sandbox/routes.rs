//! The paths of the platform, their methods, and the access that each requires
//! (docs/platform.md#authentication).
//!
//! An unsupported method of a known path must be a 405, and only an unknown path a 404.

use axum::http::Method;

use super::{ApiRequest, Privilege, RequiredAccess, provider::Consent};

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
    /// One event of an instance or of all instances.
    Event(Option<u64>, &'a str),
    /// Where a provider reports events: the connector key, and the instance ID in the connector's form.
    Incoming(&'a str, Option<&'a str>),
    AccountInstances,
    Connectors,
    ConnectorKeys,
    ConnectorMetadata,
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
    Export,
    /// Where a private copy is made.
    Clone,
    OauthUrl,
    /// The URL for the OAuth application of the platform.
    DefaultOauthUrl,
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
            ["instances", "events", event] => Self::Event(None, event),
            ["instances", id, "events"] => Self::Events(Some(id.parse().ok()?)),
            ["instances", id, "events", event] => Self::Event(Some(id.parse().ok()?), event),
            ["instances", ref rest @ ..] => Self::of_instance(rest)?,
            ["events", key] => Self::Incoming(key, None),
            ["events", key, id] => Self::Incoming(key, Some(id)),
            ["accounts", "instances"] => Self::AccountInstances,
            ["elements"] => Self::Connectors,
            ["elements", "keys"] => Self::ConnectorKeys,
            ["elements", "metadata"] => Self::ConnectorMetadata,
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
            Self::Incoming(_, None) => "GET, POST",
            Self::Authorize(_, Some(_)) | Self::Incoming(_, Some(_)) => "POST",
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

    /// The privilege that a request needs, if the vendor's suite shows one (docs/platform.md#errors).
    pub(super) fn required_privilege(self, method: &Method) -> Option<Privilege> {
        use ConnectorResource::{Clone, Export, Instance, Itself, Properties};
        match self {
            _ if self.creates(method) => Some(Privilege::CreateElementInstances),
            Self::Instances
            | Self::OfInstance(_, InstanceResource::Itself)
            | Self::OfConnector(_, Instance(_)) => {
                (*method == Method::PUT).then_some(Privilege::CreateElementInstances)
            }
            Self::OfConnector(_, Clone) => Some(Privilege::CreateElements),
            Self::Connectors | Self::OfConnector(_, Itself | Properties | Export) => {
                (*method == Method::GET).then_some(Privilege::ViewElements)
            }
            _ => None,
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
            ["export"] => Self::Export,
            ["clone"] => Self::Clone,
            ["oauth", "url"] => Self::OauthUrl,
            ["oauth", "url", "default"] => Self::DefaultOauthUrl,
            ["oauth", "token"] => Self::OauthToken,
            ["instances"] => Self::Instances,
            ["instances", id] => Self::Instance(id.parse().ok()?),
            _ => return None,
        })
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Itself => "GET, DELETE",
            Self::Properties
            | Self::Metadata
            | Self::Export
            | Self::DefaultOauthUrl
            | Self::OauthToken => "GET",
            Self::Clone => "POST",
            Self::OauthUrl | Self::Instances => "GET, POST",
            // There is no PATCH below a connector, unlike below `/instances`.
            Self::Instance(_) => "GET, PUT, DELETE",
        }
    }
}
