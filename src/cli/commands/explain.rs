//! `ocon explain`: prints the section of `docs/diagnostics.md` for a code.

use crate::catalog::closest;
use crate::cli::terminal::{Exit, Failure, output};
use crate::report::explanation::{self, Explanation};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Code; lists all codes by default
    code: Option<String>,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let text = match &args.code {
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
    let failure = Failure::new(Exit::Usage, format!("the code {} does not exist", quoted(&code)));
    let all = explanation::all();
    Err(match closest(code, all.iter().map(|explanation| explanation.code)) {
        Some(nearest) => failure.hint(format!("did you mean {}?", quoted(&nearest))),
        None => failure.hint("list all codes with: ocon explain"),
    })
}

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
