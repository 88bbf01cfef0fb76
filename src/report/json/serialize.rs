//! Writes documents as JSON text that is harmless in a terminal and in the log of a pipeline.

use schemars::JsonSchema;
use serde::Serialize;

use crate::safe_text::escaped_in_json;

/// Writes a document as indented JSON with a line break at its end.
///
/// # Panics
/// Never for the documents of this module: their keys are texts and their numbers are finite.
pub fn render(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("documents have text keys and finite numbers, so they always serialize");
    text.push('\n');
    escaped(&text)
}

/// Writes a document as one line of JSON, with its line break, for a stream of documents.
///
/// # Panics
/// Never, as [`render`].
pub fn line(document: &impl Serialize) -> String {
    let text = serde_json::to_string(document)
        .expect("documents have text keys and finite numbers, so they always serialize");
    escaped(&text) + "\n"
}

/// Writes deceptive characters and workflow commands as JSON escapes. The parsed document stays equal.
fn escaped(text: &str) -> String {
    // The runners of GitHub and Azure recognize these commands anywhere in a line.
    escaped_in_json(text).replace("##[", "##\\u005b").replace("##vso[", "##vso\\u005b")
}

/// Returns the JSON Schema of a document type, as it is stored in `schemas/`.
pub fn schema<T: JsonSchema>() -> String {
    render(&schemars::schema_for!(T))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_and_runner_commands_are_escaped_and_the_document_stays_equal() {
        let hostile = "\u{1b}[31m \u{202e}\u{e0041}\u{2800} ##[add-mask]a ##vso[b] \n[c]";
        let text = render(&[hostile]);
        for bad in ["\u{1b}", "\u{202e}", "\u{e0041}", "\u{2800}", "##[", "##vso["] {
            assert!(!text.contains(bad), "{text}");
        }
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [hostile]);
    }
}
