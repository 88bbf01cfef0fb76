//! The forms of a plan, of what became of it, and of what there is, that scripts rely on.
//!
//! In: a plan, an outcome, a status, events, links. Out: documents of a fixed, versioned shape, which
//! hold no secret: a sensitive change names the source of its value and nothing else. Their schemas
//! in `schemas/` are generated from the types below.

mod doctor;
mod events;
mod outcome;
mod plan;
mod status;

pub use doctor::{DoctorDocument, DoctorLink};
pub use events::{DeliveryDocument, EventsDocument, EventsEntry, EventsObject};
pub use outcome::{ResultDocument, ResultEntry, ResultError, ResultNote, ResultSummary};
pub use plan::{
    PlanBlocked, PlanChange, PlanDocument, PlanNote, PlanRequest, PlanRequests, PlanStale,
    PlanStep, PlanSummary, PlanTarget, PlanValue, PlanValues,
};

pub use status::{StatusDocument, StatusFinding, StatusInstance, StatusSummary};

use schemars::JsonSchema;
use serde::Serialize;

use crate::safe_text::escaped_in_json;

/// Writes a document as indented JSON with a line break at its end.
///
/// # Panics
/// Never for the documents of this room: their keys are texts and their numbers finite.
pub fn render(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("documents have text keys and finite numbers, so they always serialise");
    text.push('\n');
    escaped(&text)
}

/// Writes a document as one line of JSON, with its line break: for what comes one after the other.
///
/// # Panics
/// Never, as [`render`].
pub fn line(document: &impl Serialize) -> String {
    let text = serde_json::to_string(document)
        .expect("documents have text keys and finite numbers, so they always serialise");
    escaped(&text) + "\n"
}

/// Writes deceptive characters and workflow commands as JSON escapes. The document stays the same,
/// and is harmless where a log shows it.
fn escaped(text: &str) -> String {
    // Runners of GitHub and Azure take these for commands wherever they stand in a line.
    escaped_in_json(text).replace("##[", "##\\u005b").replace("##vso[", "##vso\\u005b")
}

/// The JSON Schema of a document type, as it stands in `schemas/`.
pub fn schema<T: JsonSchema>() -> String {
    render(&schemars::schema_for!(T))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_or_a_runner_is_escaped_and_stays_the_same() {
        let hostile = "\u{1b}[31m \u{202e}\u{e0041}\u{2800} ##[add-mask]a ##vso[b] \n[c]";
        let text = render(&[hostile]);
        for bad in ["\u{1b}", "\u{202e}", "\u{e0041}", "\u{2800}", "##[", "##vso["] {
            assert!(!text.contains(bad), "{text}");
        }
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [hostile]);
    }
}
