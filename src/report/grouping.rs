//! Groups of equal things, which text shows once with their number and first places.

use std::collections::BTreeMap;

/// Maximum number of places that text names for a group.
pub(super) const MAX_PLACES: usize = 3;

/// Groups the items for which `same` returns the same value, in the order of their first items.
pub(super) fn grouped<'a, T, K: Ord>(
    items: impl IntoIterator<Item = &'a T>,
    same: impl Fn(&'a T) -> K,
) -> Vec<Vec<&'a T>> {
    let mut groups: BTreeMap<K, (usize, Vec<&T>)> = BTreeMap::new();
    for (number, item) in items.into_iter().enumerate() {
        groups.entry(same(item)).or_insert_with(|| (number, Vec::new())).1.push(item);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|(first, _)| *first);
    groups.into_iter().map(|(_, items)| items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_order_of_their_first_items() {
        let words = ["zebra", "ant", "zoo", "bee", "apple"];
        let initials = grouped(&words, |word| word.chars().next());
        assert_eq!(initials, [vec![&"zebra", &"zoo"], vec![&"ant", &"apple"], vec![&"bee"]]);
        assert!(grouped(&[0_u8; 0], |number| *number).is_empty());
    }
}
