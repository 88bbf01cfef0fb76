//! The sections of `docs/diagnostics.md`: what each code means and how to solve the problem.

/// The page. Its sections have headings `## code`, in parts with headings `# title`.
const PAGE: &str = include_str!("../../docs/diagnostics.md");

/// The section of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The title of the part of the page.
    pub part: &'static str,
    /// The code.
    pub code: &'static str,
    /// The text below the heading: severity, meaning and further paragraphs.
    pub text: &'static str,
}

/// Returns all sections, in the order of the page.
pub fn all() -> Vec<Explanation> {
    let mut all: Vec<Explanation> = Vec::new();
    let mut part = "";
    let mut open: Option<(&str, usize)> = None;
    for (offset, line) in headings() {
        if let Some((code, start)) = open.take() {
            let text = PAGE.get(start..offset).unwrap_or_default().trim();
            all.push(Explanation { part, code, text });
        }
        match line.strip_prefix("## ") {
            Some(code) => open = Some((code, offset + line.len())),
            None => part = line.trim_start_matches("# "),
        }
    }
    all
}

/// Returns the section of a code.
pub fn of(code: &str) -> Option<Explanation> {
    all().into_iter().find(|explanation| explanation.code == code)
}

/// Returns the headings with their offsets, and an empty one at the end.
fn headings() -> Vec<(usize, &'static str)> {
    let (mut offset, mut fenced) = (0, false);
    let mut headings = Vec::new();
    for line in PAGE.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        if !fenced && (line.starts_with("# ") || line.starts_with("## ")) {
            headings.push((offset, line.trim_end()));
        }
        offset += line.len();
    }
    headings.push((offset, ""));
    headings
}

impl Explanation {
    /// Returns the meaning: the first sentence of the second paragraph.
    pub fn summary(&self) -> String {
        let paragraph = self.text.split("\n\n").nth(1).unwrap_or_default();
        let meaning = paragraph.lines().collect::<Vec<_>>().join(" ");
        match meaning.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => meaning,
        }
    }
}
