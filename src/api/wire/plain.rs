//! Text of a server, made harmless for one line of output.

use crate::untrusted::characters;

/// The most that is shown of a text that came from outside; a gateway's page may be huge.
const LONGEST: usize = 512;

/// As much of the text as fits into 512 bytes. Characters that deceive are shown as escapes, and so are
/// backticks: the text enters messages that quote other text with them.
pub(in crate::api) fn line(text: &str) -> String {
    let mut line = String::new();
    for (_, c, is_escaped) in characters(text.trim()) {
        let before = line.len();
        if c == '`' {
            line.extend(c.escape_unicode());
        } else if is_escaped {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        if line.len() > LONGEST {
            line.truncate(before);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_shown_escaped() {
        assert_eq!(line("a `b` \u{e0041}"), r"a \u{60}b\u{60} \u{e0041}");
        assert_eq!(line("a\u{1b}[31m\r\n\u{202e}b ü\u{9b}"), r"a\u{1b}[31m\r\n\u{202e}b ü\u{9b}");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = line(&format!("a{}", "ü".repeat(400)));
        assert_eq!(cut, format!("a{}…", "ü".repeat(255)));
        assert_eq!(line(&"x".repeat(512)), "x".repeat(512));
        assert_eq!(line(&"\u{1b}".repeat(512)), format!("{}…", r"\u{1b}".repeat(85)));
    }
}
