//! The text form of a search for secrets in the output of ocon.

use crate::report::json::{SelftestDocument, SelftestFinding};
use crate::report::style::count;

/// Renders the numbers of the search, each finding on its own line, and a conclusion.
pub fn selftest(document: &SelftestDocument) -> String {
    let SelftestDocument { commands, bytes, secrets, too_short, encodings, findings, .. } =
        document;
    let mut text = format!(
        "Ran {} against a sandbox, and searched {} of stdout, stderr and plans.\n\
         Looked for {} in {}: {}.\n",
        count(*commands, "command"),
        count(*bytes, "byte"),
        count(*secrets, "secret"),
        count(encodings.len(), "encoding"),
        encodings.join(", "),
    );
    if *too_short > 0 {
        let verb = if *too_short == 1 { "is" } else { "are" };
        text.push_str(&format!(
            "{} {verb} shorter than 8 bytes and cannot be distinguished from ordinary text.\n",
            count(*too_short, "more secret")
        ));
    }
    for SelftestFinding { secret, encoding, output } in findings {
        text.push_str(&format!("\n  found  {secret}  {encoding}  {output}"));
    }
    text.push_str(&match findings.len() {
        0 => "\nNo secret was found.\n".to_owned(),
        found => {
            format!("\n\n{found} found. This is a bug in ocon. Report it without the values.\n")
        }
    });
    text
}
