//! The frame of every page: the policy, the style sheet, the headings and the sections.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::markup::{Html, element};
use super::text::code;

const STYLE: &str = include_str!("style.css");
/// Number of bytes after which entries are rendered without their details.
const MAX_DETAILED_BYTES: usize = 6 << 20;
/// Number of bytes after which no further entry of a section is rendered.
const MAX_BYTES: usize = 9 << 20;

/// A page: what to know first, and sections in the order of a decision.
pub(super) struct Page {
    /// `ocon plan`
    pub(super) command: String,
    pub(super) project: String,
    pub(super) base_url: String,
    /// One sentence with every number, which is the title too.
    pub(super) sentence: String,
    /// What else to know first, below the sentence.
    pub(super) lead: Html,
    pub(super) sections: Vec<PageSection>,
}

/// A section with a heading.
pub(super) struct PageSection {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) number: usize,
    pub(super) content: Html,
}

/// The space that is left on a page.
#[derive(Debug)]
pub(super) struct PageSpace {
    used: usize,
}

impl PageSpace {
    pub(super) fn new() -> Self {
        Self { used: 0 }
    }

    /// Whether details still fit.
    pub(super) fn has_details(&self) -> bool {
        self.used < MAX_DETAILED_BYTES
    }

    /// Renders entries until the page is full, and counts the others.
    pub(super) fn entries<T>(
        &mut self,
        items: &[T],
        mut render: impl FnMut(&T, &mut Self) -> Html,
    ) -> (Html, Html) {
        let mut html = Html::default();
        for (done, item) in items.iter().enumerate() {
            if self.used >= MAX_BYTES {
                let rest = format!("… and {} more of {}.", items.len() - done, items.len());
                return (html, element("p").class("more").with(rest));
            }
            let entry = render(item, self);
            self.used += entry.len();
            html.push(entry);
        }
        (html, Html::default())
    }
}

impl PageSection {
    /// A section of entries; `None` without any.
    pub(super) fn of<T>(
        id: &'static str,
        title: &str,
        items: &[T],
        content: impl FnOnce(&[T]) -> Html,
    ) -> Option<Self> {
        (!items.is_empty()).then(|| Self {
            id,
            title: title.to_owned(),
            number: items.len(),
            content: content(items),
        })
    }

    /// A section that is not a list.
    pub(super) fn one(id: &'static str, title: &str, content: Html) -> Self {
        Self { id, title: title.to_owned(), number: 1, content }
    }

    fn render(&self) -> Html {
        let number = element("span").class("number").with(self.number.to_string());
        let heading = element("h2").attribute("id", self.id).with(Html::from([
            Html::from(self.title.as_str()),
            Html::from(" "),
            number,
        ]));
        let section = element("section").attribute("aria-labelledby", self.id);
        section.with(heading + self.content.clone()) + Html::line_break()
    }
}

impl Page {
    pub(super) fn render(&self) -> String {
        let title = format!("{}: {} · {}", self.command, self.sentence, self.project);
        let body = Html::from([
            element("a").class("skip").attribute("href", "#result").with("Skip to the result"),
            self.header(),
            element("main").attribute("id", "result").with(self.main()),
            footer(),
        ]);
        element("html")
            .attribute("lang", "en")
            .with(Html::from([head(&title), element("body").with(body)]))
            .into_document()
    }

    fn header(&self) -> Html {
        let heading = element("h1").with(self.command.as_str());
        let project = element("p").class("target").with(Html::from([
            Html::from("Project "),
            code(&self.project),
            Html::from(if self.base_url.is_empty() { "" } else { " at " }),
            if self.base_url.is_empty() { Html::default() } else { code(&self.base_url) },
        ]));
        element("header").with(heading + project)
    }

    fn main(&self) -> Html {
        let sentence = element("p").class("sentence").with(self.sentence.as_str());
        let sections = self.sections.iter().map(PageSection::render).collect();
        Html::from([sentence, self.lead.clone(), self.contents(), Html::line_break(), sections])
    }

    /// Links to the sections, if there are several.
    fn contents(&self) -> Html {
        if self.sections.len() < 2 {
            return Html::default();
        }
        let links = self.sections.iter().map(|section| {
            let link = element("a").attribute("href", &format!("#{}", section.id));
            element("li").with(link.with(format!("{} ({})", section.title, section.number)))
        });
        let list = element("ul").with(links.collect::<Html>());
        element("nav").attribute("aria-label", "Sections").with(list)
    }
}

/// A table with a caption for screen readers. The first cell of a row is its heading.
pub(super) fn table(caption: &str, columns: &[&str], rows: Html) -> Html {
    let heading = |column: &&str| element("th").attribute("scope", "col").with(*column);
    let head = element("tr").with(columns.iter().map(heading).collect::<Html>());
    element("table").with(Html::from([
        element("caption").class("unseen").with(caption),
        element("thead").with(head),
        element("tbody").with(rows),
    ]))
}

/// A row of a table.
pub(super) fn row<const N: usize>(heading: Html, cells: [Html; N]) -> Html {
    let cells = cells.map(|cell| element("td").with(cell));
    element("tr").with(element("th").attribute("scope", "row").with(heading) + Html::from(cells))
}

fn head(title: &str) -> Html {
    // Nothing is loaded, and no style but this one is accepted.
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    let meta = |name: &str, content: &str| {
        element("meta").attribute("name", name).attribute("content", content).alone()
    };
    let equivalent = element("meta").attribute("http-equiv", "Content-Security-Policy");
    element("head").with(Html::from([
        element("meta").attribute("charset", "utf-8").alone(),
        equivalent.attribute("content", &policy).alone(),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        meta("referrer", "no-referrer"),
        element("title").with(title),
        Html::style_sheet(STYLE),
    ]))
}

fn footer() -> Html {
    let text = "Written by ocon. The words in brackets are codes: run ";
    let command = code("ocon explain CODE");
    element("footer").with(element("p").with(Html::from(text) + command + Html::from(" for each.")))
}
