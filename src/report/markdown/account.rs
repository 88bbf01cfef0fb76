//! What an account contains, and how to begin, for a repository without any document.

use super::escape::code;
use crate::report::json::AccountSummary;
use crate::report::style::count;
use crate::report::{phrases, truncate};

/// Renders the numbers of instances and the next steps. Empty if there are documents.
pub(super) fn section(account: Option<&AccountSummary>) -> String {
    let Some(account) = account else { return String::new() };
    let (shown, rest, instances) = account.most_used(phrases::MAX_CONNECTORS);
    let mut parts: Vec<String> = shown
        .iter()
        .map(|used| {
            let connector = truncate::line(&used.connector, phrases::MAX_CONNECTOR_CHARS);
            format!("{} {}", used.instances, code(&connector))
        })
        .collect();
    if rest > 0 {
        parts.push(format!("{} of {}", count(instances, "instance"), phrases::others(rest)));
    }
    let connectors =
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let steps = phrases::first_steps(account).join("\n- ");
    format!("\n{}{connectors}.\n\n### Next\n\n- {steps}\n", phrases::account(account))
}
