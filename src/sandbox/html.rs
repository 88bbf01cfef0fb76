//! Removes HTML elements from names and tags.
//!
//! In: text as a client sent it. Out: the same text without its elements; what stood between them
//! stays, and so does every character that does not begin an element (`@`, `&`, a lone `<`).
//! The platform sanitises the names and tags it is given on every write, so a client that writes
//! `<a href="#">x</a>` reads `x` back. It must never fail and never take more than linear time.

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

/// The length of the element that `markup` begins with; none if its `<` is only a character.
fn element_length(markup: &str) -> Option<usize> {
    if markup.starts_with("<!--") {
        return Some(markup.find("-->").map_or(markup.len(), |end| end + 3));
    }
    let begins = markup.chars().nth(1)?;
    if !(begins.is_ascii_alphabetic() || matches!(begins, '/' | '!' | '?')) {
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
    // Never closed: a browser would swallow the rest, so it goes as well.
    Some(markup.len())
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn elements_go_and_their_text_stays() {
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
