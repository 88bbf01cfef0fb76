//! The samples in a new file: values that a person must replace. No provider can have registered them.

/// The sample of a text.
pub(crate) const SAMPLE_TEXT: &str = "replace-me";

/// The sample of a host. The domain `.example` belongs to nobody (RFC 2606).
pub(crate) const SAMPLE_HOST: &str = "replace-me.example";

/// Whether the text is a sample: [`SAMPLE_TEXT`], [`SAMPLE_HOST`], or a URL of this host.
pub(crate) fn is_sample(text: &str) -> bool {
    let without_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = without_scheme.split(['/', ':', '?', '#']).next();
    text == SAMPLE_TEXT || host == Some(SAMPLE_HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_samples_count() {
        for sample in [
            "replace-me",
            "replace-me.example",
            "replace-me.example:22",
            "https://replace-me.example",
            "https://replace-me.example/callback?x=1",
        ] {
            assert!(is_sample(sample), "{sample}");
        }
        for other in [
            "",
            "example",
            "replace-me-not",
            "please replace-me",
            "replace-me.example.com",
            "https://api.example/?next=https://replace-me.example",
            "https://replace-me",
        ] {
            assert!(!is_sample(other), "{other}");
        }
    }
}
