//! What an account contains, and how to begin, for a repository without any document.

use super::markup::{Html, element};
use super::text::prose;
use crate::report::json::AccountSummary;
use crate::report::phrases;
use crate::report::style::count;

/// Renders the numbers of instances by connector, and the next steps.
pub(super) fn summary(account: &AccountSummary) -> Html {
    let (shown, rest, instances) = account.most_used(phrases::MAX_CONNECTORS);
    let used = |text: String| element("li").with(text);
    let mut connectors: Html = shown
        .iter()
        .map(|connector| used(format!("{} {}", connector.instances, connector.connector)))
        .collect();
    if rest > 0 {
        let others = format!("{} of {}", count(instances, "instance"), phrases::others(rest));
        connectors.push(used(others));
    }
    let steps = phrases::first_steps(account);
    let steps: Html = steps.iter().map(|step| element("li").with(prose(step))).collect();
    let list = if connectors.is_empty() { connectors } else { element("ul").with(connectors) };
    let sentence = format!("{}.", phrases::account(account));
    element("p").with(sentence) + list + element("ul").class("next").with(steps)
}
