//! The text form of the checks of the chain from a provider to an application.

use crate::doctor::LinkState;
use crate::report::json::{DoctorDocument, DoctorLink};
use crate::report::style::{clean_line, count};

/// Renders one line per link, with advice below if the link is not intact, and a summary.
pub fn doctor(document: &DoctorDocument) -> String {
    let mut text = format!("{}\n", document.key);
    for DoctorLink { link, state, says, advice } in &document.links {
        let sign = match state {
            LinkState::Holds => "ok",
            LinkState::Broken => "BROKEN",
            LinkState::Unseen => "?",
        };
        text.push_str(&format!("  {sign:<6}  {link:<14}  {}\n", clean_line(says)));
        if let Some(advice) = advice {
            text.push_str(&format!("{:26}{}\n", "", clean_line(advice)));
        }
    }
    let number = |state| document.links.iter().filter(|link| link.state == state).count();
    let summary = match (number(LinkState::Broken), number(LinkState::Unseen)) {
        (0, unseen) => format!("\nNo link is broken; {unseen} cannot be checked from here.\n"),
        (broken, _) => format!("\n{} broken.\n", count(broken, "link")),
    };
    text + &summary
}
