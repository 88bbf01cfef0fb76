//! Artifacts of text that was pasted from a web page or a word processor: JavaScript comments in JSON,
//! curly quotes, and single carriage returns.
//!
//! YAML reads them as text or reports an error elsewhere, so they are checked first.

use super::errors::{self, CURLY_QUOTES};
use crate::desired::{Diagnostic, START, TextRange};

/// The artifacts that make a text unreadable.
pub(super) fn check(content: &str) -> Vec<Diagnostic> {
    if let Some(at) = lone_carriage_return(content) {
        return vec![errors::lone_carriage_return(at)];
    }
    let mut at = START;
    let comments = JsonComments::of(content).map(|(start, opening)| {
        at = at.forward(content, start, opening.len());
        errors::json_comment(opening, at)
    });
    comments.collect()
}

/// YAML parsers disagree on whether a single carriage return is a line break.
fn lone_carriage_return(content: &str) -> Option<TextRange> {
    let mut returns = content.match_indices('\r').map(|(at, _)| at);
    let alone = returns.find(|at| content.as_bytes().get(at + 1) != Some(&b'\n'))?;
    Some(START.forward(content, alone, 1))
}

/// The text between curly quotes, if an unquoted word has them on both sides.
pub(super) fn without_curly_quotes(word: &str) -> Option<&str> {
    word.strip_prefix(CURLY_QUOTES)?.strip_suffix(CURLY_QUOTES)
}

/// The name without curly quotes, if an unquoted key has one on either side. A comma in a string with
/// such quotes makes the rest of the string a key.
pub(super) fn key_without_curly_quotes(word: &str) -> Option<&str> {
    let name = word.trim_matches(CURLY_QUOTES);
    (name.len() < word.len()).then_some(name)
}

/// The comments of a JSON text, each with its offset and its first two characters.
struct JsonComments<'t> {
    content: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> JsonComments<'t> {
    fn of(content: &'t str) -> Self {
        let start = content.trim_start();
        let inside = start.strip_prefix('{').map(str::trim_start).unwrap_or_default();
        let is_json = inside.starts_with(['"', '/', '“', '”'])
            || start.starts_with("//")
            || start.starts_with("/*");
        // Text that does not begin with a brace is not JSON, and `//` is ordinary text.
        let at = if is_json { content.len() - start.len() } else { content.len() };
        Self { content, at, depth: 0 }
    }

    fn rest(&self) -> &'t str {
        self.content.get(self.at..).unwrap_or_default()
    }

    /// Moves past the next `end`, or to the end of the text.
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

    /// Whether a comment may begin here. In a word, such as a URL, it may not.
    fn is_apart(&self) -> bool {
        let before = self.content.get(..self.at).unwrap_or_default().chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "{}[],\"”/".contains(c))
    }
}

impl<'t> Iterator for JsonComments<'t> {
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
        JsonComments::of(content).map(|(at, _)| content[at..].lines().next().unwrap()).collect()
    }

    #[test]
    fn comments_in_json_are_found() {
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
    fn curly_quotes_inside_a_string_belong_to_it() {
        assert_eq!(without_curly_quotes("“a”"), Some("a"));
        assert_eq!(without_curly_quotes("“a” b"), None);
        assert_eq!(key_without_curly_quotes("a”"), Some("a"));
        assert_eq!(key_without_curly_quotes("a"), None);
    }
}
