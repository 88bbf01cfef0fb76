//! Input and output of the file of a new instance.

use crate::catalog::{ConnectorSpec, CreateRequest};
use crate::instance::{EventSupport, Key};

/// What the file of a new instance depends on.
pub(crate) struct NewDocument<'a> {
    pub(crate) key: &'a Key,
    pub(crate) spec: &'a ConnectorSpec,
    pub(crate) request: &'a CreateRequest<'a>,
    /// How its events arrive, if the file enables them.
    pub(crate) events: Option<EventSupport>,
    /// Whether the callback URL of events must be the webhook URL of the instance.
    pub(crate) callback_carries_id: bool,
    /// The path of the connector's schema, relative to the file.
    pub(crate) schema: Option<String>,
}

/// The file of a new instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewFile {
    /// The path below the instances folder.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The variables of the configuration, in the order of the file.
    pub(crate) variables: Vec<String>,
    /// The variables of the authorization grant. `ocon authorize` needs none of them.
    pub(crate) grant_variables: Vec<String>,
    /// The configuration keys whose values are samples.
    pub(crate) samples: Vec<String>,
    /// Whether the file has credentials, or somebody grants access. Otherwise, nothing knows its credentials.
    pub(crate) has_credentials: bool,
}
