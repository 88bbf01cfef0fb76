//! Checks that a page of HTML has no element, attribute or link but those of ocon.

/// The elements of a page.
const ELEMENTS: &str = " a b body caption code dd del desc details div dl dt footer g h1 h2 head header html ins \
                        li main meta nav ol p path rect section span style summary svg table tbody td text th \
                        thead title tr ul ";
const WITHOUT_CONTENT: [&str; 1] = ["meta"];
/// The attributes of their start tags.
const ATTRIBUTES: &str = " aria-hidden aria-label aria-labelledby charset class content d dir height href http-equiv \
                          id lang name open preserveAspectRatio role rx scope transform viewBox width x y ";

/// Returns what does not belong to the page, if anything.
pub(super) fn foreign(page: &str) -> Option<String> {
    let page = page.strip_prefix("<!doctype html>\n").unwrap_or_default();
    let parts = page.split_once("<style>").and_then(|(before, rest)| {
        let (_, after) = rest.split_once("</style>")?;
        Some([before, after].concat())
    });
    let Some(page) = parts else {
        return Some("no style sheet".to_owned());
    };
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = page.split('<');
    if pieces.next().is_some_and(|before| !before.is_empty()) {
        return Some("text before the page".to_owned());
    }
    for piece in pieces {
        let Some((tag, text)) = piece.split_once('>') else {
            return Some(format!("an open tag {piece:?}"));
        };
        if text.contains(['"', '\'', '`', '>']) {
            return Some(format!("a text that is not escaped: {text:?}"));
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("an end tag {name:?}"));
            }
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !ELEMENTS.contains(&format!(" {name} ")) {
            return Some(format!("an element {name:?}"));
        }
        if let Some(found) = foreign_attribute(attributes) {
            return Some(found);
        }
        if !WITHOUT_CONTENT.contains(&name) {
            open.push(name);
        }
    }
    (!open.is_empty()).then(|| format!("open elements {open:?}"))
}

fn foreign_attribute(attributes: &str) -> Option<String> {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !ATTRIBUTES.contains(&format!(" {name} ")) {
            return Some(format!("an attribute {name:?}"));
        }
        let Some(value) = after.strip_prefix("=\"") else {
            rest = after.trim_start();
            continue;
        };
        let Some((value, after)) = value.split_once('"') else {
            return Some(format!("an open value {value:?}"));
        };
        let is_ours =
            value.starts_with('#') || value.starts_with("https://forge.example/o/r/blob/abc/");
        if name == "href" && !is_ours {
            return Some(format!("a link to {value}"));
        }
        rest = after.trim_start();
    }
    None
}
