//! HTML that is well-formed and safe by construction.
//!
//! Names of elements, attributes and classes are literals of ocon. Everything else becomes text or the
//! value of an attribute, and is escaped here and nowhere else: first the characters that deceive
//! ([`clean`]), then those that HTML interprets.

use std::ops::Add;

use crate::report::style::clean;

/// A piece of HTML. A text becomes one by being escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// The start of an element.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    /// The start tag without its `>`.
    start: String,
}

/// Starts an element.
pub(super) fn element(name: &'static str) -> Element {
    Element { name, start: format!("<{name}") }
}

impl Element {
    pub(super) fn class(self, class: &'static str) -> Self {
        self.attribute("class", class)
    }

    pub(super) fn attribute(mut self, name: &'static str, value: &str) -> Self {
        self.start.push_str(&format!(" {name}=\""));
        push_escaped(&mut self.start, value);
        self.start.push('"');
        self
    }

    /// Adds an attribute without a value if `is_set`.
    pub(super) fn flag(mut self, name: &'static str, is_set: bool) -> Self {
        if is_set {
            self.start.push_str(&format!(" {name}"));
        }
        self
    }

    /// Ends the element after its content.
    pub(super) fn with(self, content: impl Into<Html>) -> Html {
        let Html(content) = content.into();
        Html(format!("{}>{content}</{}>", self.start, self.name))
    }

    /// Ends an element that cannot have content.
    pub(super) fn alone(self) -> Html {
        Html(self.start + ">")
    }
}

impl Html {
    /// The number of bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A style sheet of ocon. Style sheets are not escaped.
    pub(super) fn style_sheet(css: &'static str) -> Self {
        Self(format!("<style>{css}</style>"))
    }

    pub(super) fn line_break() -> Self {
        Self("\n".to_owned())
    }

    pub(super) fn push(&mut self, Html(more): Html) {
        self.0.push_str(&more);
    }

    /// A complete document.
    pub(super) fn into_document(self) -> String {
        format!("<!doctype html>\n{}\n", self.0)
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        push_escaped(&mut html, text);
        Self(html)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl<const N: usize> From<[Html; N]> for Html {
    fn from(parts: [Html; N]) -> Self {
        parts.into_iter().collect()
    }
}

impl Add<Html> for Html {
    type Output = Self;

    fn add(mut self, more: Html) -> Self {
        self.push(more);
        self
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<T: IntoIterator<Item = Html>>(parts: T) -> Self {
        let mut all = Self::default();
        parts.into_iter().for_each(|part| all.push(part));
        all
    }
}

fn push_escaped(html: &mut String, text: &str) {
    for c in clean(text).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // A reader that reads the page as Markdown or a template would interpret these.
            '`' => html.push_str("&#96;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_markup_wherever_it_is() {
        let hostile = "</style><script>a('&')</script>\"`\u{202e}\u{0}\n";
        let escaped = "&lt;/style&gt;&lt;script&gt;a(&#39;&amp;&#39;)&lt;/script&gt;&quot;&#96;\\u{202e}\\u{0}\n";
        let html = element("p").attribute("title", hostile).flag("hidden", true).with(hostile);
        assert_eq!(html.0, format!("<p title=\"{escaped}\" hidden>{escaped}</p>"));
    }

    #[test]
    fn elements_are_nested_and_joined() {
        let items = ["a", "<"].map(|text| element("li").with(text));
        let list = element("ul").class("x").with(Html::from(items)) + element("br").alone();
        assert_eq!(list.0, "<ul class=\"x\"><li>a</li><li>&lt;</li></ul><br>");
    }
}
