//! Texts of a page: names, sentences, places and counters.

use super::markup::{Html, element};
use crate::report::file_links::FileLinks;
use crate::report::style::clean_line;
use crate::report::truncate;

const MAX_NAME_CHARS: usize = 120;
const MAX_MESSAGE_CHARS: usize = 800;

/// Renders a name or a value on one line. Text from right to left does not reorder what is around it.
pub(super) fn code(text: &str) -> Html {
    let line = clean_line(text);
    let shown = if line.trim().is_empty() { format!("\"{line}\"") } else { line };
    let code = element("code");
    let code = if shown.is_ascii() { code } else { code.attribute("dir", "auto") };
    code.with(shown)
}

/// Renders a display name, truncated.
pub(super) fn name(text: &str) -> Html {
    let line = clean_line(&truncate::line(text, MAX_NAME_CHARS));
    let name = element("span").class("name");
    let name = if line.is_ascii() { name } else { name.attribute("dir", "auto") };
    name.with(line)
}

/// Renders ` #20931`; empty without an ID.
pub(super) fn id(id: Option<u64>) -> Html {
    id.map(|id| Html::from(" ") + element("span").class("id").with(format!("#{id}")))
        .unwrap_or_default()
}

/// Renders a sentence of ocon. Its quotations between backticks become code.
pub(super) fn prose(text: &str) -> Html {
    let text = clean_line(text);
    let mut segments = text.split('`').peekable();
    let mut is_quoted = false;
    let mut html = Html::default();
    while let Some(segment) = segments.next() {
        // The segment after the last of an odd number of backticks is not a quotation.
        if is_quoted && segments.peek().is_some() {
            html.push(code(segment));
        } else {
            html.push(Html::from(segment));
        }
        is_quoted = !is_quoted;
    }
    html
}

/// Renders a sentence, truncated.
pub(super) fn message(text: &str) -> Html {
    prose(&truncate::message(text, MAX_MESSAGE_CHARS))
}

/// Renders a place in a file, as a link if possible.
pub(super) fn place(links: &FileLinks, file: &str, line: usize) -> Html {
    let label = code(&format!("{file}:{line}"));
    match links.url(file, line) {
        Some(url) => element("a").class("place").attribute("href", &url).with(label),
        None => element("span").class("place").with(label),
    }
}

/// Renders a word in a frame of its color. The word says what the color says.
pub(super) fn badge(class: &'static str, text: &str) -> Html {
    element("span").class(class).with(text)
}

/// Renders a text for screen readers only.
pub(super) fn unseen(text: &str) -> Html {
    element("span").class("unseen").with(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_become_code() {
        let html = element("p").with(prose("run `a <b>` or `c"));
        let expected = element("p")
            .with(Html::from("run ") + element("code").with("a <b>") + " or ".into() + "c".into());
        assert_eq!(html, expected);
    }

    #[test]
    fn a_place_is_a_link_if_the_url_is_known() {
        let links = FileLinks::below("https://github.com/o/r/blob/abc");
        let link = place(&links, "instances/a\"b.yaml", 3).into_document();
        assert!(link.contains("href=\"https://github.com/o/r/blob/abc/instances/a%22b.yaml#L3\""));
        assert!(!place(&FileLinks::default(), "a.yaml", 1).into_document().contains("href"));
    }

    #[test]
    fn text_from_right_to_left_is_isolated() {
        assert!(code("שלום").into_document().contains("<code dir=\"auto\">"));
        assert!(code(" ").into_document().contains("<code>&quot; &quot;</code>"));
    }
}
