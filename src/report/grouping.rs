//! Groups what is equal for a reader, so that it is shown once.

use std::collections::BTreeMap;

/// Number of places that are shown of a group.
pub(super) const MAX_PLACES: usize = 3;

/// Groups items that `same` makes equal, in the order of the first item of each group.
pub(super) fn grouped<'a, T, K: Ord>(
    items: impl IntoIterator<Item = &'a T>,
    same: impl Fn(&'a T) -> K,
) -> Vec<Vec<&'a T>> {
    let mut positions = BTreeMap::new();
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for item in items {
        let position = *positions.entry(same(item)).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// `a, b, c and 49 more`: the first places of a group.
pub(super) fn first_places(places: impl ExactSizeIterator<Item = String>) -> String {
    let more = places.len().saturating_sub(MAX_PLACES);
    let shown: Vec<String> = places.take(MAX_PLACES).collect();
    let shown = shown.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Replaces a document key in a text by `KEY`, so the same advice for two documents is equal.
pub(super) fn for_any_key(text: &str, key: &str) -> String {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let mut generic = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(key).filter(|_| !key.is_empty()) {
        let (before, from) = rest.split_at(at);
        let after = from.get(key.len()..).unwrap_or_default();
        let last = before.chars().next_back().or_else(|| generic.chars().next_back());
        let is_whole = !last.is_some_and(is_of_key) && !after.starts_with(is_of_key);
        generic.push_str(before);
        generic.push_str(if is_whole { "KEY" } else { key });
        rest = after;
    }
    generic + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_are_one_group_in_the_order_of_the_first() {
        let items = ["b1", "a1", "b2", "a2", "c1"];
        let groups = grouped(&items, |item| item.chars().next());
        assert_eq!(groups, [vec![&"b1", &"b2"], vec![&"a1", &"a2"], vec![&"c1"]]);
    }

    #[test]
    fn the_first_places_are_shown_and_the_others_counted() {
        let places = |number: usize| first_places((0..number).map(|n| n.to_string()));
        assert_eq!([places(1), places(3), places(5)], ["0", "0, 1, 2", "0, 1, 2 and 2 more"]);
    }

    #[test]
    fn only_a_whole_key_is_replaced() {
        assert_eq!(for_any_key("run `ocon authorize a/b`", "a/b"), "run `ocon authorize KEY`");
        assert_eq!(for_any_key("a/bc a/b-a/b a/b", "a/b"), "a/bc a/b-a/b KEY");
        assert_eq!(for_any_key("use it", ""), "use it");
    }
}
