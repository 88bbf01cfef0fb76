//! The text form of a look at the chain from a provider to an application.

use crate::doctor::{ChainLink, LinkState};
use crate::instance::Key;
use crate::report::style::{clean_line, count};

/// The links, a line each, with what to do below those that do not hold; and the verdict.
pub fn doctor(key: &Key, links: &[ChainLink]) -> String {
    let mut text = format!("{key}\n");
    for ChainLink { name, state, says, advice } in links {
        let sign = match state {
            LinkState::Holds => "ok",
            LinkState::Broken => "BROKEN",
            LinkState::Unseen => "?",
        };
        text.push_str(&format!("  {sign:<6}  {name:<14}  {}\n", clean_line(says)));
        if let Some(advice) = advice {
            text.push_str(&format!("{:26}{}\n", "", clean_line(advice)));
        }
    }
    let number = |state| links.iter().filter(|link| link.state == state).count();
    let (broken, unseen) = (number(LinkState::Broken), number(LinkState::Unseen));
    let verdict = match broken {
        0 => format!("\nNo link is broken; {unseen} cannot be seen from here.\n"),
        _ => format!("\n{} broken.\n", count(broken, "link")),
    };
    text + &verdict
}
