//! The lines of `.gitignore` for the files that ocon writes and that do not belong in Git.

use wildmatch::WildMatch;

/// The folder of the sandbox and of secret files, files with secrets or tokens, and results of commands, as
/// the documentation names them. All of them are in the root.
const LINES: [&str; 8] = [
    "/.ocon/",
    "/secrets/",
    "/.env",
    "/outputs.json",
    "/plan.json",
    "/plan.html",
    "/report.html",
    "/comment.md",
];

/// The text of a new `.gitignore`.
pub(super) fn text() -> String {
    let lines = LINES.map(|line| format!("{line}\n")).concat();
    format!("# Files of ocon with secrets, tokens or results.\n{lines}")
}

/// The lines whose files or folders a `.gitignore` with this text does not ignore. As in Git, the last
/// pattern that matches decides, and a byte-order mark at the beginning has no meaning
/// (<https://git-scm.com/docs/gitignore>).
pub(super) fn missing(text: &str) -> Vec<&'static str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_ignored = |line: &str| {
        let deciding = text.lines().rev().filter(|it| !it.starts_with('#'));
        let mut deciding = deciding.filter_map(|pattern| ignores(pattern, line));
        deciding.next().unwrap_or(false)
    };
    LINES.into_iter().filter(|line| !is_ignored(line)).collect()
}

/// Whether a pattern ignores the path of one of [`LINES`], or includes it again; `None` if it does not
/// match.
fn ignores(pattern: &str, line: &str) -> Option<bool> {
    let pattern = pattern.trim_end();
    let (pattern, is_ignored) = match pattern.strip_prefix('!') {
        Some(included) => (included, false),
        None => (pattern, true),
    };
    let pattern = pattern.strip_prefix("**/").or(pattern.strip_prefix('/')).unwrap_or(pattern);
    let of_folder = ["/**", "/*", "/"].into_iter().find_map(|end| pattern.strip_suffix(end));
    let (name, is_folder) = match line.strip_suffix('/') {
        Some(folder) => (folder, true),
        None => (line, false),
    };
    if of_folder.is_some() && !is_folder {
        return None;
    }
    let name = name.trim_start_matches('/');
    matches(of_folder.unwrap_or(pattern), name, is_ignored).then_some(is_ignored)
}

/// Whether a pattern matches a name in the root. Of a character class or an escape, only the text before it
/// counts: such a pattern ignores nothing, and includes every name that begins with this text.
fn matches(pattern: &str, name: &str, is_ignored: bool) -> bool {
    match pattern.split_once(['[', '\\']) {
        _ if pattern.contains('/') => false,
        Some(_) if is_ignored => false,
        Some((before, _)) => WildMatch::new(&format!("{before}*")).matches(name),
        None => WildMatch::new(pattern).matches(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_in_every_form_of_the_same_path() {
        assert_eq!(missing(&text()), [""; 0]);
        assert_eq!(missing(&text().replace('\n', "\r\n")), [""; 0]);
        assert_eq!(missing(&format!("\u{feff}{}", text().split_once('\n').unwrap().1)), [""; 0]);
        assert_eq!(missing("").len(), LINES.len());
        for form in [".ocon", "/.ocon", ".ocon/", "**/.ocon/", "/.ocon/**  ", ".ocon/*", ".oc*"] {
            assert!(!missing(form).contains(&"/.ocon/"), "{form}");
        }
        for other in ["# /.ocon/", "!.ocon", "a/.ocon", ".ocon2", "/.ocon/x", ".OCON", "[.]ocon"] {
            assert!(missing(other).contains(&"/.ocon/"), "{other}");
        }
        for folder in ["/.env/", ".env/**"] {
            assert!(missing(folder).contains(&"/.env"), "{folder}");
        }
    }

    #[test]
    fn wildcards_count_and_the_last_pattern_decides() {
        for all in ["*", "/*", "**", "/**", "**/*", "*\n!README.md\n!docs/[a-z]\n"] {
            assert_eq!(missing(all), [""; 0], "{all}");
        }
        let most = "*.json\n*.html\n*.md\n.env*\n/secrets\n.ocon\n";
        assert_eq!(missing(most), [""; 0]);
        assert_eq!(missing(&format!("{}!/.env\n", text())), ["/.env"]);
        assert_eq!(missing(&format!("{}!.env*\n", text())), ["/.env"]);
        assert_eq!(missing(&format!("{}!/.en[v]\n", text())), ["/.env"]);
        assert_eq!(missing(&format!("{}!*.json\n/plan.json\n", text())), ["/outputs.json"]);
        assert_eq!(missing(&format!("!/.env\n{}", text())), [""; 0]);
        // These do not match the file in the root.
        assert_eq!(missing(&format!("{}!/eu/.env\n!.env/\n# !.env\n", text())), [""; 0]);
    }
}
