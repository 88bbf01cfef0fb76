//! References in text: `${{ source.name }}`.
//!
//! In: a text of a file. Out: a [`Template`]. A substituted value is not searched for references
//! again. `${…}` with one brace is a macro of the platform and stays text. Every malformed reference is
//! a diagnostic and never stays text.

mod errors;
pub(crate) mod syntax;

use std::collections::BTreeMap;

use self::syntax::{
    Allowed, CLOSING, MAX_NAME_CHARS, OPENING, Source, is_environment_variable_name,
};
use super::{Diagnostics, SecretLookup, SecretStore, Text, TextRange};
use crate::instance::{
    InstanceReference, Part, SecretReference, SecretSource, Template, WebhookUrlKnowledge,
};

/// The most bytes that variables may add to one file: the limit of the file itself.
const MAX_EXPANDED_BYTES: usize = 1 << 20;

#[derive(Clone, Copy)]
pub(super) struct References<'a> {
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) secrets: &'a dyn SecretStore,
    /// The webhook URL of the document's connector.
    pub(super) webhook_url: WebhookUrlKnowledge,
}

/// A string with its location.
#[derive(Clone, Copy)]
pub(super) struct LocatedText<'a> {
    pub(super) text: &'a Text,
    pub(super) range: TextRange,
    /// The value after YAML has removed quotes and escapes.
    pub(super) value: &'a str,
}

struct ReferenceReader<'a> {
    references: References<'a>,
    located: LocatedText<'a>,
    allowed: Allowed,
    diagnostics: &'a mut Diagnostics,
    /// The location of each `${{` of the text, computed on first use.
    openings: Option<Vec<TextRange>>,
}

impl References<'_> {
    pub(super) fn template(
        self,
        located: LocatedText<'_>,
        allowed: Allowed,
        diagnostics: &mut Diagnostics,
    ) -> Template {
        if !located.value.contains(OPENING) {
            return Template::text(located.value);
        }
        Template::new(self.parts(located, allowed, diagnostics))
    }

    /// Reads a string whose references are all public. Returns `None` after adding a diagnostic.
    pub(super) fn text(
        self,
        located: LocatedText<'_>,
        allowed: Allowed,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        if !located.value.contains(OPENING) {
            return Some(located.value.to_owned());
        }
        let before = diagnostics.items.len();
        let parts = self.parts(located, allowed, diagnostics);
        let text = parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Secret(_) | Part::Instance(_) => "",
        });
        let text = text.collect();
        (diagnostics.items.len() == before).then_some(text)
    }

    fn parts(
        self,
        located: LocatedText<'_>,
        allowed: Allowed,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Part> {
        ReferenceReader { references: self, located, allowed, diagnostics, openings: None }.parts()
    }
}

impl ReferenceReader<'_> {
    fn parts(mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = self.located.value;
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
            // Searches only up to the next reference: otherwise many unclosed ones would take quadratic time.
            let candidate = after.split_once(OPENING).map_or(after, |(before, _)| before);
            let Some((inside, _)) = candidate.split_once(CLOSING) else {
                let at = self.location(count, OPENING.len());
                self.diagnostics.add(errors::unclosed(at));
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
        let at = self.location(count, OPENING.len() + inside.len() + CLOSING.len());
        let inside = inside.trim();
        let Some((word, name)) = inside.split_once('.') else {
            return self.diagnostics.reject(errors::no_source(inside, at));
        };
        let Some(source) = Source::parse(word) else {
            return self.diagnostics.reject(errors::unknown_source(word, at));
        };
        let needs = match source {
            Source::Var => Allowed::Public,
            Source::Env | Source::File => Allowed::Secrets,
            Source::Instance => Allowed::All,
        };
        if source != Source::File && name.chars().count() > MAX_NAME_CHARS {
            return self.diagnostics.reject(errors::long_name(at));
        }
        if needs > self.allowed {
            return self.diagnostics.reject(errors::not_allowed(inside, self.allowed, at));
        }
        match source {
            Source::Var => self.variable(name, at),
            Source::Instance => self.instance_property(name, at),
            Source::Env => self.secret(SecretSource::Env(name.to_owned()), at),
            Source::File => self.secret(SecretSource::File(name.to_owned()), at),
        }
    }

    fn variable(&mut self, name: &str, at: TextRange) -> Option<Part> {
        let variables = self.references.variables;
        if let Some(value) = variables.get(name) {
            self.diagnostics.variables.push((at, name.to_owned()));
            self.diagnostics.expanded = self.diagnostics.expanded.saturating_add(value.len());
            if self.diagnostics.expanded > MAX_EXPANDED_BYTES {
                return self.diagnostics.reject(errors::expansion_limit(name, at));
            }
            return Some(Part::Text(value.clone()));
        }
        let declared = variables.keys().map(String::as_str);
        let nearest = self.diagnostics.closest(name, declared);
        self.diagnostics.reject(errors::unknown_variable(name, nearest, at))
    }

    fn instance_property(&mut self, name: &str, at: TextRange) -> Option<Part> {
        let own = match (name, self.references.webhook_url.form()) {
            ("id", _) => InstanceReference::Id,
            ("id_base64", _) => InstanceReference::IdBase64,
            ("webhook_url", Some(form)) => InstanceReference::WebhookUrl(form),
            ("webhook_url", None) => return self.diagnostics.reject(errors::no_webhook_url(at)),
            _ => return self.diagnostics.reject(errors::unknown_instance_property(name, at)),
        };
        Some(Part::Instance(own))
    }

    fn secret(&mut self, source: SecretSource, at: TextRange) -> Option<Part> {
        if let SecretSource::Env(name) = &source
            && !is_environment_variable_name(name)
        {
            return self.diagnostics.reject(errors::invalid_variable_name(at));
        }
        let value = match self.references.secrets.look_up(&source) {
            SecretLookup::Set(secret) => {
                if let SecretSource::Env(name) = &source {
                    let odd = errors::odd_secret(name, secret.expose(), at);
                    self.diagnostics.items.extend(odd);
                }
                Some(secret)
            }
            SecretLookup::Unset => None,
            SecretLookup::Refused { message, help } => {
                return self.diagnostics.reject(errors::refused(&source, message, help, at));
            }
        };
        Some(Part::Secret(SecretReference { source, value }))
    }

    /// The location of the `count`-th `${{` (from 1), or the whole value if escapes hide it.
    fn location(&mut self, count: usize, length: usize) -> TextRange {
        let LocatedText { text, range, .. } = self.located;
        let openings = self.openings.get_or_insert_with(|| openings(text, range));
        let opening = count.checked_sub(1).and_then(|index| openings.get(index));
        let Some(opening) = opening else { return range };
        TextRange { end: (opening.start + length).min(range.end), ..*opening }
    }
}

/// The locations of all `${{` in a part of a file.
fn openings(text: &Text, within: TextRange) -> Vec<TextRange> {
    let raw = text.slice(within);
    let mut at = TextRange { end: within.start, ..within };
    let openings = raw.match_indices(OPENING).map(|(offset, _)| {
        at = text.part(at, within.start + offset - at.start, 0);
        at
    });
    openings.collect()
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::secrets::DemoSecrets;
    use crate::instance::{InstanceReference, Secret};

    fn read(value: &str, allowed: Allowed) -> (Template, usize) {
        let variables = BTreeMap::from([("team".to_owned(), "${{ env.X }}".to_owned())]);
        let references = References {
            variables: &variables,
            secrets: &DemoSecrets::default(),
            webhook_url: WebhookUrlKnowledge::default(),
        };
        let text = Text { file: "a.yaml".into(), content: value.to_owned() };
        let range = TextRange { line: 1, column: 1, start: 0, end: value.len() };
        let mut diagnostics = Diagnostics::default();
        let located = LocatedText { text: &text, range, value };
        let template = references.template(located, allowed, &mut diagnostics);
        (template, diagnostics.items.len())
    }

    fn demo(name: &str, value: &str) -> Part {
        let source = SecretSource::Env(name.to_owned());
        Part::Secret(SecretReference { source, value: Some(Secret::new(value)) })
    }

    #[test]
    fn a_reference_may_be_part_of_a_text_and_needs_no_spaces() {
        let (template, count) = read("a ${{env.A_B}} b ${{ instance.id }}", Allowed::All);
        let text = |text: &str| Part::Text(text.to_owned());
        let own = Part::Instance(InstanceReference::Id);
        assert_eq!(
            template,
            Template::new(vec![text("a "), demo("A_B", "demo-a-b"), text(" b "), own])
        );
        assert_eq!(count, 0);
    }

    #[test]
    fn platform_macros_and_escaped_references_stay_text() {
        for (value, text) in
            [("${date:yyyy}", "${date:yyyy}"), ("$${{ x }}", "${{ x }}"), ("$$${{", "$${{")]
        {
            assert_eq!(read(value, Allowed::All), (Template::text(text), 0), "{value}");
        }
    }

    #[test]
    fn a_substituted_value_is_not_searched_for_references() {
        assert_eq!(read("${{ var.team }}", Allowed::Public), (Template::text("${{ env.X }}"), 0));
    }

    #[test]
    fn every_mistake_is_found_in_one_pass() {
        let (_, count) =
            read("${{ x }} ${{ evn.A }} ${{ var.taem }} ${{ instance.key }} ${{", Allowed::All);
        assert_eq!(count, 5);
    }

    #[test]
    fn each_place_allows_its_kinds_of_references() {
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
