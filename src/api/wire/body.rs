//! The body of a reply.

use serde::Deserialize;
use serde_json::error::Category;

use crate::api::ErrorKind;
use crate::safe_text::bounded_line;

pub(in crate::api) struct Body {
    content_type: Option<String>,
    bytes: Vec<u8>,
}

impl Body {
    pub(in crate::api) fn new(content_type: Option<String>, bytes: Vec<u8>) -> Self {
        Self { content_type, bytes }
    }

    /// The body as text. Invalid UTF-8 is replaced.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// The size in bytes, decompressed.
    pub(in crate::api) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the body is empty or blank.
    pub(in crate::api) fn is_empty(&self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }

    /// Whether this is an HTML page: of a login or a gateway, never of the platform.
    pub(in crate::api) fn is_html(&self) -> bool {
        let declared = self.content_type.as_deref().unwrap_or_default();
        self.bytes.trim_ascii_start().starts_with(b"<")
            || declared.to_ascii_lowercase().contains("html")
    }

    /// Whether the first byte is that of a JSON object.
    pub(super) fn is_object(&self) -> bool {
        self.bytes.trim_ascii_start().starts_with(b"{")
    }

    /// Describes the body without quoting it: `HTML (text/html, 512 bytes)`.
    pub(in crate::api) fn describe(&self) -> String {
        let kind = if self.is_empty() {
            return "an empty body".to_owned();
        } else if self.is_html() {
            "HTML"
        } else {
            "something else"
        };
        let bytes = self.bytes.len();
        match &self.content_type {
            Some(declared) => format!("{kind} ({}, {bytes} bytes)", bounded_line(declared)),
            None => format!("{kind} ({bytes} bytes)"),
        }
    }

    /// Parses the body as JSON. Drops the message of the parser, because it quotes values.
    pub(super) fn parse<'a, T: Deserialize<'a>>(
        &'a self,
        expected: &'static str,
    ) -> Result<T, ErrorKind> {
        if self.is_empty() || self.is_html() {
            return Err(self.not_json());
        }
        serde_json::from_slice(&self.bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.classify() {
                Category::Eof => ErrorKind::Decode {
                    expected: "JSON",
                    found: format!("it ends after {} bytes", self.bytes.len()),
                },
                Category::Data => ErrorKind::Decode {
                    expected,
                    found: format!(
                        "JSON with an unexpected structure at line {line}, column {column}"
                    ),
                },
                Category::Syntax | Category::Io => self.not_json(),
            }
        })
    }

    /// The error of a body that is not JSON. HTML and other declared contents come from another server.
    pub(in crate::api) fn not_json(&self) -> ErrorKind {
        let found = self.describe();
        if self.is_html() || self.declares_other_content() {
            ErrorKind::ForeignContent { found }
        } else {
            ErrorKind::Decode { expected: "JSON", found }
        }
    }

    fn declares_other_content(&self) -> bool {
        let declared = self.content_type.as_deref().map(str::to_ascii_lowercase);
        declared.is_some_and(|declared| !declared.contains("json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(content_type: Option<&str>, bytes: &str) -> String {
        let body = Body::new(content_type.map(Into::into), bytes.into());
        let parsed = body.parse::<Vec<String>>("a list of texts");
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn an_unexpected_body_is_described_and_never_quoted() {
        let list = "a list of texts: JSON with an unexpected structure at line 1, column";
        let table = [
            (Some("text/html"), "<!DOCTYPE html>", "JSON: HTML (text/html, 15 bytes)"),
            (Some("application/json"), " <html>", "JSON: HTML (application/json, 7 bytes)"),
            (Some("text/plain"), "s3cret", "JSON: something else (text/plain, 6 bytes)"),
            (None, "s3cret", "JSON: something else (6 bytes)"),
            (None, " \n", "JSON: an empty body"),
            (None, r#"["s3cret""#, "JSON: it ends after 9 bytes"),
            (None, r#"{"s3cret":1}"#, &format!("{list} 0")),
            (None, r#"["a", {"s3cret":1}]"#, &format!("{list} 6")),
        ];
        for (content_type, bytes, text) in table {
            assert_eq!(failure(content_type, bytes), format!("the answer is not {text}"));
        }
    }
}
