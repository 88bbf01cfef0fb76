//! Text that looks like a reference but is not one: `${env.X}`, `{{ env.X }}`.
//!
//! ocon would send it unchanged. The platform's own macros have one brace too (`${gmtDate:…}`), but
//! none of them begins like a source of a reference.

use super::reference::syntax::Source;
use super::{Code, Diagnostic, TextRange};
use crate::safe_text::quoted;

pub(super) fn check(text: &str, range: TextRange) -> Option<Diagnostic> {
    let inside = one_brace(text).or_else(|| no_dollar(text))?;
    let message = "this looks like a reference, but it is plain text";
    let help = format!("write {}", quoted(format!("${{{{ {inside} }}}}")));
    Some(Diagnostic::new(Code::MistakenReference, range, message).help(help))
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

/// The name up to the closing brace, if it begins with a source.
fn reference(rest: &str) -> Option<&str> {
    let (inside, _) = rest.split_once('}')?;
    let inside = inside.trim();
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let source = inside.split_once('.').and_then(|(word, _)| Source::parse(word));
    (source.is_some() && inside.len() < 100 && inside.chars().all(of_name)).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_references_are_found_and_macros_are_not() {
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
