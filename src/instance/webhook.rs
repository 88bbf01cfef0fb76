//! The URLs at which the platform receives the events of an instance.
//!
//! Most connectors have one URL per instance, which contains the instance ID. How it does so differs
//! (docs/platform.md#events).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{BaseUrl, ConnectorKey, InstanceId, vocabulary};

/// The spellings of Base64 padding in URLs.
const PADDING: [&str; 3] = ["=", "%3D", "%3d"];

/// The name of a form that only the platform knows.
const PLATFORM_GENERATED: &str = "platform-generated";

vocabulary! {
    /// How the webhook URL of a connector identifies the instance.
    WebhookUrlForm {
        /// `<base URL>/events/<connector>/<Base64 of the instance ID>`
        Base64 "base64",
        /// `<base URL>/events/<connector>/<instance ID>`
        Raw "raw",
        /// `<base URL>/events/<connector>`. The platform finds the instance by other means.
        WithoutId "none",
    }
}

/// What is known about the webhook URLs of a connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookUrlKnowledge {
    /// A source documents the form.
    Documented(WebhookUrlForm),
    /// The platform generates the URL, so `ocon` cannot compute it.
    PlatformGenerated,
    /// No source documents the form. The most common one is assumed: [`WebhookUrlForm::Base64`].
    #[default]
    Unknown,
}

impl WebhookUrlKnowledge {
    /// The form to use, or `None` if the platform generates the URL.
    pub fn form(self) -> Option<WebhookUrlForm> {
        match self {
            Self::Documented(form) => Some(form),
            Self::PlatformGenerated => None,
            Self::Unknown => Some(WebhookUrlForm::Base64),
        }
    }

    /// Whether the form is only assumed.
    pub fn is_assumed(self) -> bool {
        self == Self::Unknown
    }

    /// Parses a form as schemas and the catalog write it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let documented = WebhookUrlForm::ALL.into_iter().find(|form| form.as_str() == name);
        let generated = (name == PLATFORM_GENERATED).then_some(Self::PlatformGenerated);
        documented.map(Self::Documented).or(generated)
    }

    /// The form as schemas write it, unless it is not known.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Documented(form) => Some(form.as_str()),
            Self::PlatformGenerated => Some(PLATFORM_GENERATED),
            Self::Unknown => None,
        }
    }
}

impl WebhookUrlForm {
    /// Whether the URL contains the instance ID, so that it is known only after the create.
    pub fn contains_id(self) -> bool {
        self != Self::WithoutId
    }

    /// The webhook URL of an instance. Without an ID, it is the URL that all instances of the connector
    /// have in common, which a create sends as a placeholder.
    pub fn url(
        self,
        base_url: &BaseUrl,
        connector: &ConnectorKey,
        id: Option<InstanceId>,
    ) -> String {
        let common = format!("{base_url}/events/{connector}");
        match (self, id) {
            (Self::Base64, Some(id)) => format!("{common}/{}", id.base64()),
            (Self::Raw, Some(id)) => format!("{common}/{id}"),
            (Self::WithoutId, _) | (_, None) => common,
        }
    }
}

/// The instance ID in a URL of the form `…/events/<connector>/<Base64 of the instance ID>`, and with the
/// form [`WebhookUrlForm::Raw`] also with decimal digits. `None` for any other URL. The host does not
/// matter, because events may pass a gateway.
///
/// ```
/// # use ocon::instance::{InstanceId, WebhookUrlForm, id_in_webhook_url};
/// let url = "https://api.example/elements/api-v2/events/hootsuite/MjA5MzE=";
/// assert_eq!(id_in_webhook_url(url, WebhookUrlForm::Base64), Some(InstanceId::new(20931)));
/// ```
pub fn id_in_webhook_url(url: &str, form: WebhookUrlForm) -> Option<InstanceId> {
    let path = url.split(['?', '#']).next()?;
    let mut segments = path.strip_suffix('/').unwrap_or(path).rsplit('/');
    let (id, connector, events) = (segments.next()?, segments.next()?, segments.next()?);
    if events != "events" || connector.parse::<ConnectorKey>().is_err() {
        return None;
    }
    // Other applications have such paths with digits too. The Base64 of digits is never itself digits.
    let raw = if form == WebhookUrlForm::Raw { decimal(id) } else { None };
    raw.or_else(|| decode(id))
}

/// The inverse of [`InstanceId::base64`], with or without padding.
fn decode(text: &str) -> Option<InstanceId> {
    let mut digits = text;
    while let Some(shorter) = PADDING.iter().find_map(|padding| digits.strip_suffix(padding)) {
        digits = shorter;
    }
    decimal(&String::from_utf8(STANDARD_NO_PAD.decode(digits).ok()?).ok()?)
}

/// An instance ID in decimal digits. The platform writes no ID as `+1`, `007` or 0.
fn decimal(text: &str) -> Option<InstanceId> {
    let id: u64 = text.parse().ok()?;
    (id > 0 && id.to_string() == text).then(|| InstanceId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_id_is_found_with_any_padding() {
        for (url, id) in [
            ("https://h/elements/api-v2/events/hootsuite/MjA5MzE=", 20931),
            ("https://h/elements/api-v2/events/hootsuite/MjA5MzE%3D", 20931),
            ("https://h/events/hootsuite/MjA5MzE%3d", 20931),
            ("https://h/events/hootsuite/MjA5MzE", 20931),
            ("https://h/events/hootsuite/MjA5MzE=/", 20931),
            ("https://user:pw@h/events/hootsuite/MjA5MzE=?token=x/y#z", 20931),
            ("https://h/events/sfdc/MQ%3D%3D", 1),
            ("https://h/events/sfdc/OTk5", 999),
            ("https://h/events/sfdc/MTg0NDY3NDQwNzM3MDk1NTE2MTU=", u64::MAX),
        ] {
            let id = InstanceId::new(id);
            for form in WebhookUrlForm::ALL {
                assert_eq!(id_in_webhook_url(url, form), Some(id), "{url}");
                let own = format!("https://h/events/sfdc/{}", id.base64());
                assert_eq!(id_in_webhook_url(&own, form), Some(id));
            }
            let raw = format!("https://h/events/sfdc/{id}");
            assert_eq!(id_in_webhook_url(&raw, WebhookUrlForm::Raw), Some(id));
            assert_eq!(id_in_webhook_url(&raw, WebhookUrlForm::Base64), None);
        }
    }

    #[test]
    fn each_form_has_its_url() {
        let base_url = BaseUrl::new("https://h/elements/api-v2");
        let connector = "slack".parse().unwrap();
        let url = |form: WebhookUrlForm, id: Option<u64>| {
            form.url(&base_url, &connector, id.map(InstanceId::new))
        };
        let common = "https://h/elements/api-v2/events/slack";
        assert_eq!(url(WebhookUrlForm::Base64, Some(20931)), format!("{common}/MjA5MzE="));
        assert_eq!(url(WebhookUrlForm::Raw, Some(20931)), format!("{common}/20931"));
        assert_eq!(url(WebhookUrlForm::WithoutId, Some(20931)), common);
        assert!(WebhookUrlForm::ALL.into_iter().all(|form| url(form, None) == common));
    }

    #[test]
    fn other_urls_contain_no_instance_id() {
        for url in [
            "",
            "https://mycoolapp.com",
            "https://h/elements/api-v2/events/hootsuite",
            "https://h/elements/api-v2/events/hootsuite/",
            "https://h/hooks/hootsuite/MjA5MzE=",
            "https://h/events/hoot suite/MjA5MzE=",
            "https://h/events/hootsuite/020931",
            "https://h/events/hootsuite/0",
            "https://h/events/hootsuite/aGVsbG8=",
            "https://h/events/hootsuite/MDA3",
            "https://h/events/hootsuite/MA==",
            "https://h/events/hootsuite/KzE=",
            "https://h/events/hootsuite/LTE=",
            "https://h/events/hootsuite/MTg0NDY3NDQwNzM3MDk1NTE2MTY=",
            "https://h/app?next=/events/hootsuite/MjA5MzE=",
        ] {
            assert_eq!(id_in_webhook_url(url, WebhookUrlForm::Raw), None, "{url}");
        }
    }
}
