//! A comment as blocks of text.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Plain,
    Bold,
    Muted,
    Code,
}

/// Text in one style.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Run {
    pub(super) fn bold(text: &str) -> Self {
        Self { text: text.to_owned(), style: Style::Bold }
    }

    pub(super) fn muted(text: &str) -> Self {
        Self { text: text.to_owned(), style: Style::Muted }
    }
}

#[derive(Debug, PartialEq)]
pub(super) enum Block {
    Heading {
        level: u8,
        runs: Vec<Run>,
    },
    Paragraph(Vec<Run>),
    /// The first row is the header.
    Table(Vec<Vec<Vec<Run>>>),
    Code(String),
    /// A `<details>` element.
    Fold {
        summary: Vec<Run>,
        blocks: Vec<Block>,
    },
}

impl Block {
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::Code(text) => text.lines().count(),
            _ => 1,
        }
    }
}

#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    /// The fold that is open, and the blocks before it.
    outer: Option<(Vec<Run>, Vec<Block>)>,
    runs: Vec<Run>,
    rows: Vec<Vec<Vec<Run>>>,
    html: String,
    code: Option<String>,
    bold: bool,
}

/// The blocks of a comment in GitHub's Markdown. Comments in HTML are left out.
pub(super) fn parse(text: &str) -> Vec<Block> {
    let mut builder = Builder::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        builder.event(event);
    }
    assert!(builder.outer.is_none(), "a <details> element is not closed");
    builder.blocks
}

impl Builder {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text, if self.bold { Style::Bold } else { Style::Plain }),
            },
            Event::Code(text) => self.push(&text, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.push(" ", Style::Plain),
            Event::Html(html) => self.html.push_str(&html),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, style: Style) {
        self.runs.push(Run { text: text.to_owned(), style });
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                self.code = Some(String::new());
            }
            Tag::Strong => self.bold = true,
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::TableCell => self.runs.clear(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let level = if level <= HeadingLevel::H2 { 2 } else { 3 };
                let runs = std::mem::take(&mut self.runs);
                self.blocks.push(Block::Heading { level, runs });
            }
            TagEnd::Paragraph => {
                let runs = std::mem::take(&mut self.runs);
                self.blocks.push(Block::Paragraph(runs));
            }
            TagEnd::Item if !self.runs.is_empty() => {
                let bullet = Run { text: "- ".to_owned(), style: Style::Plain };
                self.runs.insert(0, bullet);
                self.blocks.push(Block::Paragraph(std::mem::take(&mut self.runs)));
            }
            TagEnd::TableCell => {
                let runs = std::mem::take(&mut self.runs);
                self.rows.last_mut().unwrap().push(runs);
            }
            TagEnd::Table => self.blocks.push(Block::Table(std::mem::take(&mut self.rows))),
            TagEnd::CodeBlock => self.blocks.push(Block::Code(self.code.take().unwrap())),
            TagEnd::Strong => self.bold = false,
            TagEnd::HtmlBlock => self.html_block(),
            _ => {}
        }
    }

    fn html_block(&mut self) {
        let html = std::mem::take(&mut self.html);
        if let Some((_, rest)) = html.split_once("<summary>") {
            let (summary, _) = rest.split_once("</summary>").unwrap();
            self.outer = Some((summary_runs(summary), std::mem::take(&mut self.blocks)));
        }
        if html.contains("</details>") {
            let (summary, outer) = self.outer.take().unwrap();
            let blocks = std::mem::replace(&mut self.blocks, outer);
            self.blocks.push(Block::Fold { summary, blocks });
        }
    }
}

/// Text with `<code>` elements.
fn summary_runs(html: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for (index, part) in html.split("<code>").enumerate() {
        let (code, plain) = match part.split_once("</code>") {
            Some((code, plain)) if index > 0 => (code, plain),
            _ => ("", part),
        };
        let pieces = [(code, Style::Code), (plain, Style::Plain)];
        let pieces = pieces.into_iter().filter(|(text, _)| !text.is_empty());
        runs.extend(pieces.map(|(text, style)| Run { text: unescape(text), style }));
    }
    runs
}

fn unescape(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
