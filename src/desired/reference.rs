//! `${{ source.name }}` in a text.
//!
//! In: a text of a file. Out: a [`Template`]. One pass: what a reference yields is not read again.
//! `${…}` without the second brace is the platform's own and passes through. Every mistake is a
//! finding at the reference, never text that passes through.

mod mistake;

use std::collections::BTreeMap;

use super::secrets::{LookUp, SecretStore};
use super::text::{Mark, Notes, Text};
use crate::instance::{InstanceReference, Part, SecretReference, SecretSource, Template};

pub(super) const OPENING: &str = "${{";
pub(super) const CLOSING: &str = "}}";

/// No variable has a longer name, in characters.
pub(crate) const MAX_NAME: usize = 128;

/// The most bytes that variables put into one file: as many as the file itself may have.
const MAX_EXPANDED: usize = 1 << 20;

/// The references that a place in a file may hold, each including the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Allowed {
    /// `element`, `key`: they name things and must be readable as they are.
    Nothing,
    /// `name`, `tags` and the like: they are shown.
    Public,
    /// `providerData`: it is sent before the instance exists.
    Secrets,
    /// `configuration`
    All,
}

/// What references resolve to.
#[derive(Clone, Copy)]
pub(super) struct References<'a> {
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) secrets: &'a dyn SecretStore,
}

/// A text with its place.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) text: &'a Text,
    pub(super) mark: Mark,
    /// The value after YAML has removed quotes and escapes.
    pub(super) value: &'a str,
}

/// Reads the references of one text.
struct Reader<'a, 'n> {
    references: References<'a>,
    written: Written<'a>,
    allowed: Allowed,
    notes: &'n mut Notes,
    /// Where in the file each `${{` of the text is, found when first asked for.
    places: Option<Vec<Mark>>,
}

impl References<'_> {
    /// Reads the references in a text.
    pub(super) fn template(
        &self,
        written: Written<'_>,
        allowed: Allowed,
        notes: &mut Notes,
    ) -> Template {
        if !written.value.contains(OPENING) {
            return Template::text(written.value);
        }
        let reader = Reader { references: *self, written, allowed, notes, places: None };
        Template::new(reader.parts())
    }

    /// Reads a text that may hold public references only; `None` if a finding was added.
    pub(super) fn public(&self, written: Written<'_>, notes: &mut Notes) -> Option<String> {
        self.plain(written, Allowed::Public, notes)
    }

    /// Reads a text that may hold no reference; `None` if a finding was added.
    pub(super) fn literal(&self, written: Written<'_>, notes: &mut Notes) -> Option<String> {
        self.plain(written, Allowed::Nothing, notes)
    }

    fn plain(&self, written: Written<'_>, allowed: Allowed, notes: &mut Notes) -> Option<String> {
        if !written.value.contains(OPENING) {
            return Some(written.value.to_owned());
        }
        let before = notes.findings.len();
        let reader = Reader { references: *self, written, allowed, notes, places: None };
        let parts = reader.parts();
        let text = parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Secret(_) | Part::Instance(_) => "",
        });
        let text = text.collect();
        (notes.findings.len() == before).then_some(text)
    }
}

impl Reader<'_, '_> {
    fn parts(mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = self.written.value;
        let mut count = 0;
        while let Some((before, after)) = rest.split_once(OPENING) {
            count += 1;
            if let Some(before) = before.strip_suffix('$') {
                text.push_str(before);
                text.push_str(OPENING);
                rest = after;
                continue;
            }
            text.push_str(before);
            // Only as far as the next reference, so that many unclosed ones cost no more than one.
            let own = after.split_once(OPENING).map_or(after, |(own, _)| own);
            let Some((inside, _)) = own.split_once(CLOSING) else {
                self.unclosed(count);
                rest = after;
                continue;
            };
            let after = after.get(inside.len() + CLOSING.len()..).unwrap_or_default();
            match self.reference(inside, count) {
                Some(Part::Text(public)) => text.push_str(&public),
                Some(part) => {
                    push_text(&mut parts, &mut text);
                    parts.push(part);
                }
                None => {}
            }
            rest = after;
        }
        text.push_str(rest);
        push_text(&mut parts, &mut text);
        parts
    }

    fn reference(&mut self, inside: &str, count: usize) -> Option<Part> {
        let at = self.place(count, OPENING.len() + inside.len() + CLOSING.len());
        let inside = inside.trim();
        let Some((source, name)) = inside.split_once('.') else {
            self.notes.add(mistake::no_source(inside, at));
            return None;
        };
        let (needs, known) = match source {
            "var" => (Allowed::Public, true),
            "env" | "file" => (Allowed::Secrets, true),
            "instance" => (Allowed::All, true),
            _ => (Allowed::Nothing, false),
        };
        if !known {
            self.notes.add(mistake::unknown_source(source, at));
            return None;
        }
        if source != "file" && name.chars().count() > MAX_NAME {
            self.notes.add(mistake::long_name(at));
            return None;
        }
        if needs > self.allowed {
            self.notes.add(mistake::not_allowed(inside, self.allowed, at));
            return None;
        }
        match source {
            "var" => self.variable(name, at),
            "instance" => self.own(name, at),
            "env" => self.secret(SecretSource::Env(name.to_owned()), at),
            _ => self.secret(SecretSource::File(name.to_owned()), at),
        }
    }

    fn variable(&mut self, name: &str, at: Mark) -> Option<Part> {
        let variables = self.references.variables;
        if let Some(value) = variables.get(name) {
            self.notes.expanded = self.notes.expanded.saturating_add(value.len());
            if self.notes.expanded > MAX_EXPANDED {
                self.notes.add(mistake::expansion_limit(name, at));
                return None;
            }
            return Some(Part::Text(value.clone()));
        }
        let declared = variables.keys().map(String::as_str);
        let nearest = self.notes.closest(name, declared);
        self.notes.add(mistake::unknown_variable(name, nearest, at));
        None
    }

    fn own(&mut self, name: &str, at: Mark) -> Option<Part> {
        let own = match name {
            "id" => InstanceReference::Id,
            "id_base64" => InstanceReference::IdBase64,
            "webhook_url" => InstanceReference::WebhookUrl,
            _ => {
                self.notes.add(mistake::unknown_own(name, at));
                return None;
            }
        };
        Some(Part::Instance(own))
    }

    fn secret(&mut self, source: SecretSource, at: Mark) -> Option<Part> {
        if let SecretSource::Env(name) = &source
            && !is_variable_name(name)
        {
            self.notes.add(mistake::no_variable_name(at));
            return None;
        }
        let value = match self.references.secrets.look_up(&source) {
            LookUp::Set(secret) => {
                if let SecretSource::Env(name) = &source {
                    let odd = mistake::odd_secret(name, secret.expose(), at);
                    self.notes.findings.extend(odd);
                }
                Some(secret)
            }
            LookUp::Unset => None,
            LookUp::Refused { message, help } => {
                self.notes.add(mistake::refused(&source, message, help, at));
                return None;
            }
        };
        Some(Part::Secret(SecretReference { source, value }))
    }

    fn unclosed(&mut self, count: usize) {
        let at = self.place(count, OPENING.len());
        self.notes.add(mistake::unclosed(at));
    }

    /// The place of the `count`-th `${{` (from 1), or the whole value where escapes blur it.
    fn place(&mut self, count: usize, length: usize) -> Mark {
        let Written { text, mark, .. } = self.written;
        let places = self.places.get_or_insert_with(|| openings(text, mark));
        let place = count.checked_sub(1).and_then(|index| places.get(index));
        let Some(place) = place else { return mark };
        Mark { end: (place.start + length).min(mark.end), ..*place }
    }
}

/// The places of all `${{` in a piece of a file, in one walk.
fn openings(text: &Text, within: Mark) -> Vec<Mark> {
    let raw = text.content.get(within.start..within.end).unwrap_or_default();
    let mut at = Mark { end: within.start, ..within };
    let mut places = Vec::new();
    for (offset, _) in raw.match_indices(OPENING) {
        let step = within.start + offset - at.start;
        at = text.piece(at, step, 0);
        places.push(at);
    }
    places
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

fn is_variable_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::secrets::Demo;
    use crate::instance::Secret;

    fn read(value: &str, allowed: Allowed) -> (Template, usize) {
        let variables = BTreeMap::from([("team".to_owned(), "${{ env.X }}".to_owned())]);
        let references = References { variables: &variables, secrets: &Demo::default() };
        let text = Text { file: "a.yaml".into(), content: value.to_owned() };
        let mark = Mark { line: 1, column: 1, start: 0, end: value.len() };
        let mut notes = Notes::default();
        let written = Written { text: &text, mark, value };
        let template = references.template(written, allowed, &mut notes);
        (template, notes.findings.len())
    }

    fn demo(name: &str, value: &str) -> Part {
        let source = SecretSource::Env(name.to_owned());
        Part::Secret(SecretReference { source, value: Some(Secret::new(value)) })
    }

    #[test]
    fn a_reference_may_be_part_of_a_text_and_needs_no_blanks() {
        let (template, findings) = read("a ${{env.A_B}} b ${{ instance.id }}", Allowed::All);
        let text = |text: &str| Part::Text(text.to_owned());
        let own = Part::Instance(InstanceReference::Id);
        assert_eq!(
            template,
            Template::new(vec![text("a "), demo("A_B", "demo-a-b"), text(" b "), own])
        );
        assert_eq!(findings, 0);
    }

    #[test]
    fn the_platforms_macros_and_a_doubled_dollar_pass_through() {
        for (value, text) in
            [("${date:yyyy}", "${date:yyyy}"), ("$${{ x }}", "${{ x }}"), ("$$${{", "$${{")]
        {
            assert_eq!(read(value, Allowed::All), (Template::text(text), 0), "{value}");
        }
    }

    #[test]
    fn what_a_reference_yields_is_not_read_again() {
        assert_eq!(read("${{ var.team }}", Allowed::Public), (Template::text("${{ env.X }}"), 0));
    }

    #[test]
    fn every_mistake_is_found_in_one_pass() {
        let (_, findings) =
            read("${{ x }} ${{ evn.A }} ${{ var.taem }} ${{ instance.key }} ${{", Allowed::All);
        assert_eq!(findings, 5);
    }

    #[test]
    fn what_may_stand_where() {
        for (value, least) in [
            ("${{ var.team }}", Allowed::Public),
            ("${{ env.A }}", Allowed::Secrets),
            ("${{ file.a }}", Allowed::Secrets),
            ("${{ instance.id }}", Allowed::All),
        ] {
            for allowed in [Allowed::Nothing, Allowed::Public, Allowed::Secrets, Allowed::All] {
                assert_eq!(read(value, allowed).1 == 0, allowed >= least, "{value} {allowed:?}");
            }
        }
    }
}
