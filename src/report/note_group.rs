//! Notes of a plan that say the same about several instances.

use super::grouping::{for_any_key, grouped};
use super::json::PlanNote;
use super::style::count;
use crate::plan::NoteCode;

/// Notes with one diagnostic code and one advice, at least one.
pub(super) struct NoteGroup<'a> {
    pub(super) notes: Vec<&'a PlanNote>,
    pub(super) code: NoteCode,
    /// The fact, if it is the same for all, with `KEY` for the document key of several notes.
    pub(super) message: Option<String>,
    /// What to do, with `KEY` for the document key of several notes.
    pub(super) help: Option<String>,
}

/// Groups the notes that are not about a host: hosts have their own summary.
pub(super) fn groups(notes: &[PlanNote]) -> Vec<NoteGroup<'_>> {
    // Without advice, only the fact says what a reader can miss, so a group has one fact.
    let same = |note: &PlanNote| {
        let fact = || for_any_key(&note.message, &note.key);
        let help = note.help.as_ref().map(|help| for_any_key(help, &note.key));
        (note.code, help.is_none().then(fact), help)
    };
    let groups = grouped(others(notes), same);
    groups.into_iter().filter_map(NoteGroup::new).collect()
}

/// Returns each note that is not about a host as a group.
pub(super) fn singles(notes: &[PlanNote]) -> Vec<NoteGroup<'_>> {
    others(notes).filter_map(|note| NoteGroup::new(vec![note])).collect()
}

fn others(notes: &[PlanNote]) -> impl Iterator<Item = &PlanNote> {
    notes.iter().filter(|note| note.host.is_none())
}

impl<'a> NoteGroup<'a> {
    fn new(notes: Vec<&'a PlanNote>) -> Option<Self> {
        let first = *notes.first()?;
        let generic = |text: &str, note: &PlanNote| match notes.as_slice() {
            [_] => text.to_owned(),
            _ => for_any_key(text, &note.key),
        };
        let message = generic(&first.message, first);
        let is_common = notes.iter().all(|note| generic(&note.message, note) == message);
        let help = first.help.as_ref().map(|help| generic(help, first));
        Some(Self { code: first.code, message: is_common.then_some(message), help, notes })
    }

    /// `52 instances`: what the notes are about.
    pub(super) fn about(&self) -> String {
        let are_instances = self.notes.iter().all(|note| note.instance_id.is_some());
        count(self.notes.len(), if are_instances { "instance" } else { "document" })
    }

    /// Returns the common sentences: the fact, if it is common, and the advice.
    pub(super) fn sentences(&self) -> String {
        let sentences: Vec<&str> =
            [&self.message, &self.help].into_iter().filter_map(Option::as_deref).collect();
        sentences.join(". ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(key: &str, message: &str, help: Option<&str>) -> PlanNote {
        PlanNote {
            code: NoteCode::Unverified,
            key: key.to_owned(),
            instance_id: Some(7),
            host: None,
            gets: None,
            message: message.to_owned(),
            help: help.map(str::to_owned),
        }
    }

    #[test]
    fn notes_with_the_same_advice_are_a_group_whatever_their_keys() {
        let notes = [
            note("a/x", "b", Some("use `--rotate a/x`")),
            note("a/y", "b", Some("use `--rotate a/y`")),
            note("a/z", "c", None),
        ];
        let groups = groups(&notes);
        let texts = groups.iter().map(|group| (group.about(), group.sentences()));
        assert_eq!(
            texts.collect::<Vec<_>>(),
            [
                ("2 instances".to_owned(), "b. use `--rotate KEY`".to_owned()),
                ("1 instance".to_owned(), "c".to_owned()),
            ]
        );
    }

    #[test]
    fn a_single_note_keeps_its_key_and_different_facts_have_no_common_one() {
        let [one, other] = ["x", "y"].map(|key| note(key, &format!("{key} changed"), None));
        let notes = [one, other, note("z", "w", None)];
        let facts = groups(&notes).into_iter().map(|group| group.message);
        assert_eq!(
            facts.collect::<Vec<_>>(),
            [Some("KEY changed".to_owned()), Some("w".to_owned())]
        );
        let advised = ["one", "other"].map(|fact| note("x", fact, Some("look")));
        let facts = groups(&advised).into_iter().map(|group| group.message);
        assert_eq!(facts.collect::<Vec<_>>(), [None]);
        let single = singles(&notes);
        assert_eq!(
            single.iter().map(NoteGroup::sentences).collect::<Vec<_>>(),
            ["x changed", "y changed", "w"]
        );
    }
}
