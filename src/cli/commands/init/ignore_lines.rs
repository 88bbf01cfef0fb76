//! The lines of `.gitignore` for the files that ocon writes and that do not belong in Git.

/// The folder of the sandbox and of secret files, files with secrets or tokens, and results of commands, as
/// the documentation names them.
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

/// The lines that a `.gitignore` with this text does not have. It has a line in every form that ignores the
/// same path at the root: `.ocon`, `/.ocon`, `.ocon/` or `**/.ocon`.
pub(super) fn missing(text: &str) -> Vec<&'static str> {
    let present: Vec<&str> = text.lines().map(pattern).collect();
    LINES.into_iter().filter(|line| !present.contains(&pattern(line))).collect()
}

fn pattern(line: &str) -> &str {
    let line = line.trim_end();
    let line = line.strip_prefix("**/").or_else(|| line.strip_prefix('/')).unwrap_or(line);
    line.strip_suffix("/**").or_else(|| line.strip_suffix('/')).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_in_every_form_of_the_same_path() {
        assert_eq!(missing(&text()), [""; 0]);
        assert_eq!(missing("").len(), LINES.len());
        for form in [".ocon", "/.ocon", ".ocon/", "**/.ocon/", "/.ocon/**  "] {
            assert!(!missing(form).contains(&"/.ocon/"), "{form}");
        }
        for other in ["# /.ocon/", "!.ocon", "a/.ocon", ".ocon2", "/.ocon/x"] {
            assert!(missing(other).contains(&"/.ocon/"), "{other}");
        }
    }
}
