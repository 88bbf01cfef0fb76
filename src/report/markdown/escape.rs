//! Escapes text for Markdown.
//!
//! Entities and backslashes are not enough: GitHub and GitLab look for mentions, references and URLs in
//! the text after they are decoded. Only code is never interpreted, so foreign text is rendered as code.
//! Sentences of ocon can quote foreign text, so only their plain words are rendered as text.

use crate::report::style::{clean, clean_line};

/// Renders a text as a code span on one line, for a table cell too.
pub(super) fn code(text: &str) -> String {
    // No escape for a bar in a code span works in every reader of tables.
    let text = clean_line(text).replace('|', "\\u{7c}");
    if text.trim().is_empty() {
        return format!("`\"{text}\"`");
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let touches = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if touches { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Renders a text in HTML, where Markdown is not interpreted.
pub(super) fn html(text: &str) -> String {
    let text = clean_line(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

pub(super) fn fenced(language: &str, text: &str) -> String {
    let text = clean(text);
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Renders a sentence of ocon on one line: plain words as text, and everything else as code.
pub(super) fn prose(text: &str) -> String {
    let text = clean_line(text);
    let mut parts: Vec<String> = Vec::new();
    let mut quoted = false;
    let mut segments = text.split('`').peekable();
    while let Some(segment) = segments.next() {
        // The segment after the last of an odd number of backticks is not a quotation.
        if quoted && segments.peek().is_some() && !segment.trim().is_empty() {
            parts.push(code(segment));
        } else {
            push_words(&mut parts, segment);
        }
        quoted = !quoted;
    }
    joined(&parts)
}

/// Joins words with spaces, but not before punctuation.
fn joined(parts: &[String]) -> String {
    let mut text = String::new();
    for part in parts {
        let is_punctuation = part.chars().all(|c| ".,;:)".contains(c));
        if !text.is_empty() && !is_punctuation && !text.ends_with('(') {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

fn push_words(parts: &mut Vec<String>, segment: &str) {
    let mut odd: Vec<&str> = Vec::new();
    for word in segment.split_whitespace() {
        if is_plain(word) {
            parts.extend(take_code(&mut odd));
            parts.push(word.to_owned());
        } else {
            odd.push(word);
        }
    }
    parts.extend(take_code(&mut odd));
}

/// Takes the words that are not plain, as one code span.
fn take_code(odd: &mut Vec<&str>) -> Option<String> {
    let words = std::mem::take(odd);
    (!words.is_empty()).then(|| code(&words.join(" ")))
}

/// Whether no reader interprets a word as markup, mention, reference, URL or commit.
fn is_plain(word: &str) -> bool {
    let core = word.trim_start_matches('(').trim_end_matches(['.', ',', ';', ':', ')', '?', '!']);
    let is_number = core.len() < 7 && core.chars().all(|c| c.is_ascii_digit());
    let is_word = core.chars().all(|c| c.is_ascii_alphabetic() || c == '\'' || c == '-')
        && !core.starts_with(['-', '\''])
        && !core.ends_with('-')
        && !looks_like_a_commit(core);
    let brackets = word.chars().all(|c| matches!(c, '(' | ')' | '.' | ',' | ';' | ':'));
    brackets || is_number || is_word
}

fn looks_like_a_commit(word: &str) -> bool {
    word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_longer_than_those_in_the_text() {
        assert_eq!(fenced("diff", "+ ```\n"), "````diff\n+ ```\n````\n");
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code(" a"), "`  a `");
        assert_eq!(code(""), "`\"\"`");
        assert_eq!(code("a|b\nc\u{202e}"), "`a\\u{7c}b\\nc\\u{202e}`");
    }

    #[test]
    fn sentences_keep_their_plain_words_and_their_quotations() {
        assert_eq!(
            prose("instance 4711, which is unmanaged: add `id: 4711` to it (or not)."),
            "instance 4711, which is unmanaged: add `id: 4711` to it (or not)."
        );
        assert_eq!(
            prose("see @team and #12 at www.evil.example or <b>x</b> *now*"),
            "see `@team` and `#12` at `www.evil.example` or `<b>x</b> *now*`"
        );
        assert_eq!(prose("a `b @c"), "a b `@c`");
        assert_eq!(prose("deadbeef GH-12 a-b"), "`deadbeef GH-12` a-b");
    }

    #[test]
    fn html_is_escaped() {
        assert_eq!(html("<img src='x'>&\u{202e}"), "&lt;img src=&#39;x&#39;&gt;&amp;\\u{202e}");
    }
}
