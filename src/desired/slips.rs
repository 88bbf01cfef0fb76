//! Texts that look like references of ours and are none: `${env.X}`, `{{ env.X }}`.
//!
//! They would be sent as they stand. The platform has macros of its own in one brace
//! (`${gmtDate:…}`), which no source of ours resembles.

use super::Code;
use super::text::{Finding, Mark};
use crate::safe_text::quoted;

/// What references begin with, once the braces are gone.
const SOURCES: [&str; 4] = ["env.", "file.", "var.", "instance."];

/// A finding where the text holds what was meant as a reference.
pub(super) fn mistaken(text: &str, mark: Mark) -> Option<Finding> {
    let inside = one_brace(text).or_else(|| no_dollar(text))?;
    let finding =
        Finding::new(Code::MistakenReference, mark, "this is no reference, but plain text")
            .help(format!("write {}", quoted(format!("${{{{ {inside} }}}}"))));
    Some(finding)
}

/// `${env.X}`
fn one_brace(text: &str) -> Option<&str> {
    let mut starts = text.match_indices("${").map(|(at, opening)| at + opening.len());
    starts.find_map(|start| reference(text.get(start..)?))
}

/// `{{ env.X }}`
fn no_dollar(text: &str) -> Option<&str> {
    let preceded = |at: usize| text.get(..at).is_some_and(|before| before.ends_with('$'));
    let mut starts = text.match_indices("{{").filter(|(at, _)| !preceded(*at));
    starts.find_map(|(at, opening)| reference(text.get(at + opening.len()..)?))
}

/// The name up to the closing brace, if it begins with one of our sources.
fn reference(rest: &str) -> Option<&str> {
    let (inside, _) = rest.split_once('}')?;
    let inside = inside.trim();
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let ours = SOURCES.iter().any(|source| inside.starts_with(source));
    (ours && inside.len() < 100 && inside.chars().all(of_name)).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_as_a_reference_is_found_and_macros_are_not() {
        let meant = |text| one_brace(text).or_else(|| no_dollar(text));
        assert_eq!(meant("https://${var.host}/x"), Some("var.host"));
        assert_eq!(meant("{{ env.KEY }}"), Some("env.KEY"));
        assert_eq!(meant("{{env.KEY}}"), Some("env.KEY"));
        for fine in
            ["${gmtDate:yyyy}", "${{ env.KEY }}", "$${{ env.KEY }}", "{{ name }}", "${env", "{}"]
        {
            assert_eq!(meant(fine), None, "{fine}");
        }
    }
}
