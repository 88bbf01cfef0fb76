//! What an account contains, and how to begin, for a repository without any document.

use super::layout::Layout;
use crate::report::json::AccountSummary;
use crate::report::style::{clean_line, count, hanging, wrapped};
use crate::report::{phrases, truncate};

/// Adds the numbers of instances and the next steps, if there is no document.
pub(super) fn push(text: &mut String, account: Option<&AccountSummary>, layout: Layout) {
    let Some(account) = account else { return };
    if !text.ends_with("\n\n") && !text.is_empty() {
        text.push('\n');
    }
    let (shown, rest, instances) = account.most_used(phrases::MAX_CONNECTORS);
    let end = if shown.is_empty() { "." } else { ":" };
    let intro = format!("{}{end}", phrases::account(account));
    text.push_str(&wrapped(&intro, "", layout.width));
    let digits = shown.first().map_or(0, |used| used.instances.to_string().len());
    for used in shown {
        let connector = clean_line(&truncate::line(&used.connector, phrases::MAX_CONNECTOR_CHARS));
        let first = format!("  {:>digits$}  ", used.instances);
        text.push_str(&hanging(&first, &connector, "      ", layout.width));
    }
    if rest > 0 {
        let rest = format!("… and {} of {}", count(instances, "instance"), phrases::others(rest));
        text.push_str(&wrapped(&rest, "  ", layout.width));
    }
    text.push_str("\nNext:\n");
    for step in phrases::first_steps(account) {
        text.push_str(&hanging("  - ", &step, "    ", layout.width));
    }
    text.push('\n');
}
