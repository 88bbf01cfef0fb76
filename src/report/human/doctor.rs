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
            LinkState::Warning => "warn",
            LinkState::NotNeeded => "–",
            LinkState::Unseen => "?",
        };
        text.push_str(&format!("  {sign:<6}  {link:<14}  {}\n", clean_line(says)));
        if let Some(advice) = advice {
            text.push_str(&format!("{:26}{}\n", "", clean_line(advice)));
        }
    }
    text + &summary(document)
}

/// `Nothing is broken; 1 warning; 2 cannot be checked from here.`
fn summary(document: &DoctorDocument) -> String {
    let number = |state| document.links.iter().filter(|link| link.state == state).count();
    let broken = match number(LinkState::Broken) {
        0 => "Nothing is broken".to_owned(),
        number => format!("{} broken", count(number, "link")),
    };
    let warnings = number(LinkState::Warning);
    let warnings = (warnings > 0).then(|| count(warnings, "warning"));
    let unseen = number(LinkState::Unseen);
    let unseen = (unseen > 0).then(|| format!("{unseen} cannot be checked from here"));
    let parts: Vec<String> = [Some(broken), warnings, unseen].into_iter().flatten().collect();
    format!("\n{}.\n", parts.join("; "))
}
