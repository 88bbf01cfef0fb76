//! The `where` of `GET /elements`.
//!
//! The vendor's CLIs send `private='true'`, `extended='true'`, and either of them with
//! `AND abridged='true'` or `AND key in ('a','b')` (docs/platform.md#connectors-and-their-fields). Any other condition is refused,
//! so that no caller takes an unfiltered list for a filtered one.

use crate::sandbox::{ConnectorRef, ErrorReply};

const SEPARATOR: &str = " and ";

/// The conditions, all of which must hold.
#[derive(Default)]
pub(super) struct ConnectorFilter<'a>(Vec<Condition<'a>>);

enum Condition<'a> {
    Private,
    Extended,
    /// Asks for short items, and filters nothing.
    Abridged,
    HasKey(Vec<&'a str>),
}

impl<'a> ConnectorFilter<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ErrorReply> {
        let invalid = || ErrorReply::bad_request(format!("The condition is not supported: {text}"));
        let conditions = conditions(text).into_iter().map(Condition::parse);
        conditions.collect::<Option<_>>().map(Self).ok_or_else(invalid)
    }

    pub(super) fn contains(&self, connector: &ConnectorRef) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Private => matches!(connector, ConnectorRef::Private(_)),
            // Nothing extends a connector in the sandbox.
            Condition::Extended => false,
            Condition::Abridged => true,
            Condition::HasKey(keys) => keys.contains(&connector.key()),
        })
    }
}

/// The parts of `text` between `AND` in any case. Keys of connectors have no blanks.
fn conditions(text: &str) -> Vec<&str> {
    // An ASCII letter has the same position in lower case.
    let lower = text.to_ascii_lowercase();
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, separator) in lower.match_indices(SEPARATOR) {
        parts.extend(text.get(start..at));
        start = at + separator.len();
    }
    parts.extend(text.get(start..));
    parts
}

impl<'a> Condition<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Some((member, value)) = text.split_once('=') {
            return match (member.trim(), value.trim()) {
                ("private", "'true'") => Some(Self::Private),
                ("extended", "'true'") => Some(Self::Extended),
                ("abridged", "'true'") => Some(Self::Abridged),
                _ => None,
            };
        }
        let list = text.trim().strip_prefix("key")?.trim_start().strip_prefix("in")?.trim_start();
        let keys = list.strip_prefix('(')?.strip_suffix(')')?.split(',');
        keys.map(|key| key.trim().strip_prefix('\'')?.strip_suffix('\''))
            .collect::<Option<_>>()
            .map(Self::HasKey)
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, conditions};

    #[test]
    fn a_condition_is_known_or_refused() {
        for known in [
            "private='true'",
            "extended = 'true'",
            "abridged='true'",
            "key in ('a')",
            "key in('a', 'b')",
        ] {
            assert!(Condition::parse(known).is_some(), "{known}");
        }
        for unknown in [
            "",
            "private='false'",
            "private=true",
            "key='a'",
            "key in (a)",
            "key in ('a'",
            "hub in ('a')",
        ] {
            assert!(Condition::parse(unknown).is_none(), "{unknown}");
        }
        assert_eq!(conditions("a AND b and c"), ["a", "b", "c"]);
    }
}
