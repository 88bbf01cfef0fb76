//! `ocon explain`: what a code means and how to mend it, out of `docs/diagnostics.md`.

use crate::catalog::closest;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::report::explanation::{self, Explanation};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The code; all of them are listed by default
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = match &arguments.code {
        Some(code) => section(code)?,
        None => list(&explanation::all()),
    };
    output::text(&text)?;
    Ok(Exit::Success)
}

fn section(code: &str) -> Result<String, Failure> {
    if let Some(explanation) = explanation::of(code) {
        return Ok(format!("{code}\n\n{}\n", explanation.text));
    }
    let failure =
        Failure::new(Exit::Usage, format!("there is no code {code}", code = quoted(&code)));
    let all = explanation::all();
    Err(match closest(code, all.iter().map(|explanation| explanation.code)) {
        Some(nearest) => {
            failure.hint(format!("did you mean {nearest}?", nearest = quoted(&nearest)))
        }
        None => failure.hint("`ocon explain` lists them"),
    })
}

/// One line per code, below the titles of the parts.
fn list(all: &[Explanation]) -> String {
    let column = all.iter().map(|explanation| explanation.code.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut part = "";
    for explanation in all {
        if explanation.part != part {
            part = explanation.part;
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{part}\n\n"));
        }
        text.push_str(&format!("  {:column$}  {}\n", explanation.code, explanation.summary()));
    }
    text
}
