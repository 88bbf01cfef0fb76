//! Parses the URLs at which the platform receives events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{ConnectorKey, InstanceId};

/// The spellings of Base64 padding in URLs.
const PADDING: [&str; 3] = ["=", "%3D", "%3d"];

/// The instance ID in a URL of the form `…/events/<connector>/<Base64 of the instance ID>`. `None` for
/// any other URL. The host does not matter, because events may pass a gateway.
///
/// ```
/// # use ocon::instance::{InstanceId, id_in_webhook_url};
/// let url = "https://api.example/elements/api-v2/events/hootsuite/MjA5MzE=";
/// assert_eq!(id_in_webhook_url(url), Some(InstanceId::new(20931)));
/// ```
pub fn id_in_webhook_url(url: &str) -> Option<InstanceId> {
    let path = url.split(['?', '#']).next()?;
    let mut segments = path.strip_suffix('/').unwrap_or(path).rsplit('/');
    let (id, connector, events) = (segments.next()?, segments.next()?, segments.next()?);
    if events != "events" || connector.parse::<ConnectorKey>().is_err() {
        return None;
    }
    decode(id)
}

/// The inverse of [`InstanceId::base64`], with or without padding.
fn decode(text: &str) -> Option<InstanceId> {
    let mut digits = text;
    while let Some(shorter) = PADDING.iter().find_map(|padding| digits.strip_suffix(padding)) {
        digits = shorter;
    }
    let decoded = String::from_utf8(STANDARD_NO_PAD.decode(digits).ok()?).ok()?;
    let id: u64 = decoded.parse().ok()?;
    // The platform writes no ID as `+1`, `007` or 0.
    (id > 0 && id.to_string() == decoded).then(|| InstanceId::new(id))
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
            assert_eq!(id_in_webhook_url(url), Some(id), "{url}");
            let own = format!("https://h/events/sfdc/{}", id.base64());
            assert_eq!(id_in_webhook_url(&own), Some(id));
        }
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
            "https://h/events/hootsuite/20931",
            "https://h/events/hootsuite/aGVsbG8=",
            "https://h/events/hootsuite/MDA3",
            "https://h/events/hootsuite/MA==",
            "https://h/events/hootsuite/KzE=",
            "https://h/events/hootsuite/LTE=",
            "https://h/events/hootsuite/MTg0NDY3NDQwNzM3MDk1NTE2MTY=",
            "https://h/app?next=/events/hootsuite/MjA5MzE=",
        ] {
            assert_eq!(id_in_webhook_url(url), None, "{url}");
        }
    }
}
