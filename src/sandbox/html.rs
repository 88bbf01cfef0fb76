//! Removes HTML elements from names and tags, as the platform does on every write
//! (docs/platform.md#names-and-tags).
//!
//! The text between them stays, and so does every character that does not start an element (`@`, `&`, a
//! single `<`). It must never fail, and takes linear time.

/// Returns `text` without its HTML elements and comments.
pub(super) fn strip(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, markup) = rest.split_at(start);
        kept.push_str(before);
        let length = element_length(markup).unwrap_or_else(|| {
            kept.push('<');
            1
        });
        rest = markup.get(length..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

/// Length of the element at the start of `markup`. `None` if its `<` is only a character.
fn element_length(markup: &str) -> Option<usize> {
    if markup.starts_with("<!--") {
        return Some(markup.find("-->").map_or(markup.len(), |end| end + 3));
    }
    let first = markup.chars().nth(1)?;
    if !(first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?')) {
        return None;
    }
    let mut quote = None;
    for (at, character) in markup.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), closing) if open == closing => quote = None,
            _ => {}
        }
    }
    // Not closed. A browser would ignore the rest, so it is removed too.
    Some(markup.len())
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn elements_are_removed_and_their_text_stays() {
        let cases = [
            (r##"<a href="#" onClick="alert(1)">@churros-xss</a>"##, "@churros-xss"),
            ("plain & simple", "plain & simple"),
            ("1 < 2 > 0", "1 < 2 > 0"),
            ("a<br/>b<!-- > --->c", "abc"),
            (r#"<i title=">">x</i>"#, "x"),
            ("open <b unclosed", "open "),
            ("größer <b>ä</b> <", "größer ä <"),
        ];
        for (given, expected) in cases {
            assert_eq!(strip(given), expected, "{given}");
        }
    }
}
