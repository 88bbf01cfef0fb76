//! What a page or a word processor leaves in a file: comments of JavaScript in JSON, curly quotes, and
//! carriage returns that are no line breaks.
//!
//! YAML takes all of them for text, or stumbles at another place. Here they are named as such.

use crate::desired::Code;
use crate::desired::text::{Finding, Mark, START};
use crate::safe_text::quoted;

const CURLY_QUOTES: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// What makes the whole text unreadable.
pub(super) fn findings(content: &str) -> Vec<Finding> {
    if let Some(at) = lone_carriage_return(content) {
        return vec![
            Finding::new(Code::InvalidYaml, at, "a carriage return alone is not a line break")
                .help("save the file with line breaks of Unix (LF) or Windows (CR LF)"),
        ];
    }
    let mut at = START;
    let comments = Comments::of(content).map(|(start, opening)| {
        at = at.forward(content, start, opening.len());
        Finding::new(
            Code::InvalidYaml,
            at,
            format!("a comment cannot begin with {opening}", opening = quoted(&opening)),
        )
        .help("remove it, or begin it with `#`")
    });
    comments.collect()
}

/// Some readers of YAML break the line there and some do not.
fn lone_carriage_return(content: &str) -> Option<Mark> {
    let mut returns = content.match_indices('\r').map(|(at, _)| at);
    let alone = returns.find(|at| content.as_bytes().get(at + 1) != Some(&b'\n'))?;
    Some(START.forward(content, alone, 1))
}

/// The text without the curly quotes around it, where a bare word has any on both sides.
pub(super) fn without_curly_quotes(word: &str) -> Option<&str> {
    word.strip_prefix(CURLY_QUOTES)?.strip_suffix(CURLY_QUOTES)
}

/// The name without curly quotes, where a bare key has one on either side: a comma in a text within
/// such quotes makes a key of the rest.
pub(super) fn key_without_curly_quotes(word: &str) -> Option<&str> {
    let name = word.trim_matches(CURLY_QUOTES);
    (name.len() < word.len()).then_some(name)
}

/// Whether a curly quote follows on the line.
pub(super) fn line_has_curly_quotes(content: &str, at: Mark) -> bool {
    let rest = content.get(at.start..).unwrap_or_default();
    rest.lines().next().is_some_and(|line| line.contains(CURLY_QUOTES))
}

pub(super) fn curly_quotes(at: Mark) -> Finding {
    Finding::new(Code::InvalidYaml, at, "curly quotes are letters to YAML and JSON")
        .help("write straight quotes: `\"`")
}

/// The comments of a text that is JSON, with their first two characters.
struct Comments<'t> {
    content: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Comments<'t> {
    fn of(content: &'t str) -> Self {
        let start = content.trim_start();
        let inside = start.strip_prefix('{').map(str::trim_start).unwrap_or_default();
        let is_json = inside.starts_with(['"', '/', '“', '”'])
            || start.starts_with("//")
            || start.starts_with("/*");
        // Without braces at its beginning the text is no JSON, and `//` is a text like any other.
        let at = if is_json { content.len() - start.len() } else { content.len() };
        Self { content, at, depth: 0 }
    }

    fn rest(&self) -> &'t str {
        self.content.get(self.at..).unwrap_or_default()
    }

    /// Moves behind the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        let rest = self.rest();
        self.at += rest.find(end).map_or(rest.len(), |at| at + end.len());
    }

    fn skip_string(&mut self) {
        let mut escaped = false;
        let rest = self.rest();
        let end = rest.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        self.at += end.map_or(rest.len(), |at| at + 1);
    }

    /// Whether a comment may begin here: within a word, as in an address, none does.
    fn is_apart(&self) -> bool {
        let before = self.content.get(..self.at).unwrap_or_default().chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "{}[],\"”/".contains(c))
    }
}

impl<'t> Iterator for Comments<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            let start = self.at;
            let opening = rest.get(..2).filter(|two| ["//", "/*"].contains(two));
            if let Some(opening) = opening.filter(|_| self.is_apart()) {
                self.at += opening.len();
                self.skip_past(if opening == "//" { "\n" } else { "*/" });
                return Some((start, opening));
            }
            let apart = self.is_apart();
            self.at += first.len_utf8();
            match first {
                '"' => self.skip_string(),
                '#' if apart => self.skip_past("\n"),
                '{' | '[' => self.depth += 1,
                '}' | ']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.at = self.content.len();
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(content: &str) -> Vec<&str> {
        Comments::of(content).map(|(at, _)| content[at..].lines().next().unwrap()).collect()
    }

    #[test]
    fn comments_of_json_are_found_where_they_are() {
        let json = "{ // first\n  \"a\": \"http://x // no\\\" // no\", /* second */\n  \"b\": {}// third\n}\n// later";
        assert_eq!(comments(json), ["// first", "/* second */", "// third"]);
        assert_eq!(comments("// head\n{}"), ["// head"]);
        for fine in [
            "a: //host/x",
            "{ a: //host/x }",
            "{ \"a\": http://x }",
            "{ \"a\": 1 } # // x",
            "{ \"a\": 1 # see // x\n}",
            "{\"a\": \"\\\\\", \"b\": \"//\"}",
            "",
        ] {
            assert_eq!(comments(fine), Vec::<&str>::new(), "{fine}");
        }
    }

    #[test]
    fn a_carriage_return_before_a_line_feed_is_a_line_break() {
        assert_eq!(lone_carriage_return("a\r\nb\n"), None);
        let at = lone_carriage_return("a\r\nbc\rd").unwrap();
        assert_eq!((at.line, at.column, at.start), (2, 3, 5));
        assert!(lone_carriage_return("a\r\r\n").is_some() && lone_carriage_return("a\r").is_some());
    }

    #[test]
    fn curly_quotes_inside_of_a_text_are_part_of_it() {
        assert_eq!(without_curly_quotes("“a”"), Some("a"));
        assert_eq!(without_curly_quotes("“a” b"), None);
        assert_eq!(key_without_curly_quotes("a”"), Some("a"));
        assert_eq!(key_without_curly_quotes("a"), None);
    }
}
