//! A configuration key as the platform describes it.

/// An entry of `GET /elements/{key}/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveProperty {
    /// The configuration key.
    pub key: String,
    /// The label in the user interface.
    pub name: String,
    /// The data type, such as `TEXTFIELD_128`.
    pub data_type: String,
    /// The value that the platform uses if the key is absent.
    pub default: Option<String>,
    /// Whether the user or the default must provide a value.
    pub required: bool,
    /// Whether the platform writes the value.
    pub internal: bool,
    /// The authentication type that the key belongs to, if the connector has several.
    pub group: Option<String>,
    /// The values of a `COMBO`.
    pub options: Vec<String>,
}
