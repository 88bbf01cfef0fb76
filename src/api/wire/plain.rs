//! Text of a server, made harmless for one line of output.

/// The most that is shown of a text that came from outside; a gateway's page may be huge.
const LONGEST: usize = 512;

/// As much of the text as fits into 512 bytes, with control characters and everything that reorders
/// or hides text shown as escapes.
pub(in crate::api) fn line(text: &str) -> String {
    let mut line = String::new();
    for c in text.trim().chars() {
        let before = line.len();
        if deceives(c) {
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

/// Whether a terminal or an editor would act on the character, or show nothing for it.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_shown_escaped() {
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
