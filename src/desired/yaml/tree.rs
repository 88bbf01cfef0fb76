//! Events to nodes, within bounds.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use super::scalar::{self, Ambiguous};
use super::{Kind, Member, Node, pasted, syntax};
use crate::catalog::named_like_a_secret;
use crate::desired::Code;
use crate::desired::text::{Finding, Mark, Notes};
use crate::safe_text::quoted;

/// Instance files nest four deep, event metadata somewhat deeper; beyond this it is an attack.
const DEEPEST: usize = 64;

/// What aliases may add to a file, in bytes of text plus one per node: as much as a file may hold.
const ALIAS_BUDGET: usize = 1 << 20;

/// Reading cannot go on; why is among the findings.
struct Halt;

struct Builder<'t, 'n> {
    content: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    notes: &'n mut Notes,
    anchors: HashMap<usize, Anchored>,
    budget: usize,
}

#[derive(Clone)]
struct Anchored {
    node: Node,
    extent: Extent,
}

/// How much an alias of a node adds to the file, and how deep it is.
#[derive(Clone, Copy, Default)]
struct Extent {
    weight: usize,
    height: usize,
}

/// Reads the documents of a text, the empty ones as null; stops at the first place where the text
/// is no YAML.
pub(super) fn read(content: &str, notes: &mut Notes) -> Vec<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    };
    let mut builder = Builder {
        content,
        parser: Parser::new_from_str_with_options(content, options),
        notes,
        anchors: HashMap::new(),
        budget: ALIAS_BUDGET,
    };
    let mut documents = Vec::new();
    if builder.documents(&mut documents).is_err() {
        builder.notes.broken_off = true;
    }
    documents
}

impl<'t> Builder<'t, '_> {
    fn documents(&mut self, documents: &mut Vec<Node>) -> Result<(), Halt> {
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) => self.anchors.clear(),
                Event::StreamEnd => break,
                event => documents.push(self.node(event, span, 1)?.0),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Halt> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(pair)) => Ok(Some(pair)),
            Some(Err(error)) => {
                let finding = syntax::error(&error, self.content);
                Err(self.halt(finding))
            }
        }
    }

    fn halt(&mut self, finding: Finding) -> Halt {
        self.notes.add(finding);
        Halt
    }

    /// Builds the node that begins with `event`.
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<(Node, Extent), Halt> {
        if depth > DEEPEST {
            return Err(self.halt(too_deep(mark(&span))));
        }
        if let Some(tag) = span.tag_span() {
            self.notes.add(custom_tag(mark(&tag)));
        }
        let anchor = event.anchor_id();
        let (node, extent) = match event {
            Event::Alias(id) => return self.alias(id, mark(&span), depth),
            Event::Scalar(text, style, ..) => self.scalar(&text, style, mark(&span)),
            Event::SequenceStart(..) => self.list(mark(&span), depth)?,
            Event::MappingStart(..) => self.map(mark(&span), depth)?,
            // The parser produces a node wherever one is asked for.
            _ => {
                return Err(self.halt(Finding::new(
                    Code::InvalidYaml,
                    mark(&span),
                    "expected a value",
                )));
            }
        };
        if let Some(id) = anchor {
            let node = node.clone();
            self.anchors.insert(id, Anchored { node, extent });
        }
        Ok((node, extent))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, mark: Mark) -> (Node, Extent) {
        let plain = style == ScalarStyle::Plain;
        let inside = pasted::without_curly_quotes(text).filter(|_| plain);
        let kind = if let Some(inside) = inside {
            self.notes.add(pasted::curly_quotes(mark));
            Kind::Text(inside.to_owned())
        } else if plain {
            scalar::resolve(text).unwrap_or_else(|Ambiguous| {
                self.notes.add(ambiguous_number(mark));
                Kind::Text(text.to_owned())
            })
        } else {
            Kind::Text(text.to_owned())
        };
        let extent = Extent { weight: 1 + text.len(), height: 0 };
        (Node { mark, kind }, extent)
    }

    fn list(&mut self, mut at: Mark, depth: usize) -> Result<(Node, Extent), Halt> {
        let mut items = Vec::new();
        let mut extent = Extent::default();
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                at.end = end_of_collection(at, &span, items.last());
                break;
            }
            let (item, size) = self.node(event, span, depth + 1)?;
            extent.include(size);
            items.push(item);
        }
        extent.close();
        Ok((Node { mark: at, kind: Kind::List(items) }, extent))
    }

    fn map(&mut self, mut at: Mark, depth: usize) -> Result<(Node, Extent), Halt> {
        let mut members: Vec<Member> = Vec::new();
        let mut places = HashMap::new();
        let mut extent = Extent::default();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                at.end = end_of_collection(at, &span, members.last().map(|last| &last.value));
                break;
            }
            let key = self.key(event, span, depth)?;
            let Some((event, span)) = self.next()? else {
                break;
            };
            let (value, size) = self.node(event, span, depth + 1)?;
            extent.include(size);
            let Some((name, mark)) = key else { continue };
            extent.weight += name.len();
            if named_like_a_secret(&name) {
                value.hide(self.content, self.notes);
            }
            self.insert(
                &mut members,
                &mut places,
                Member { name, mark, value, repeats: Vec::new() },
            );
        }
        extent.close();
        Ok((Node { mark: at, kind: Kind::Map(members) }, extent))
    }

    /// Adds a member, or reports that its key was there before. `places` has the index of each key.
    fn insert(
        &mut self,
        members: &mut Vec<Member>,
        places: &mut HashMap<String, usize>,
        member: Member,
    ) {
        let index = *places.entry(member.name.clone()).or_insert(members.len());
        match members.get_mut(index) {
            None => members.push(member),
            Some(first) => {
                let Member { name, mark, value, .. } = member;
                self.notes.add(duplicate_key(&name, mark, first.mark));
                // The lines of a whole section would be searched for secrets in vain.
                if matches!(value.kind, Kind::List(_) | Kind::Map(_)) {
                    value.hide(self.content, self.notes);
                }
                first.repeats.push(value);
            }
        }
    }

    /// Reads a key; `None` where it cannot be used and a finding says so.
    fn key(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<Option<(String, Mark)>, Halt> {
        let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
        let place = mark(&span);
        if let Event::Scalar(text, ScalarStyle::Plain, ..) = &event
            && let Some(name) = pasted::key_without_curly_quotes(text)
        {
            self.notes.add(pasted::curly_quotes(place));
            return Ok(Some((name.to_owned(), place)));
        }
        // What it repeats may be a secret, and keys are shown.
        if matches!(event, Event::Alias(_)) {
            self.notes.add(alias_as_key(place));
            return Ok(None);
        }
        let before = self.notes.findings.len();
        let (node, _) = self.node(event, span, depth + 1)?;
        match node.kind {
            Kind::Text(name) if plain && name == "<<" => self.notes.add(merge_key(place)),
            Kind::Text(name) if self.notes.findings.len() == before => {
                return Ok(Some((self.printable(name, place), place)));
            }
            // An ambiguous number or a tagged text: that was reported.
            Kind::Text(_) => {}
            _ => self.notes.add(non_text_key(place, node.noun())),
        }
        Ok(None)
    }

    /// The name without control characters, which are reported.
    fn printable(&mut self, name: String, at: Mark) -> String {
        if !name.contains(char::is_control) {
            return name;
        }
        self.notes.add(control_character(at));
        name.replace(char::is_control, "")
    }

    fn alias(&mut self, id: usize, at: Mark, depth: usize) -> Result<(Node, Extent), Halt> {
        let Some(Anchored { node, extent }) = self.anchors.get(&id) else {
            let message = "an alias cannot stand inside of the value that it repeats";
            return Err(self.halt(Finding::new(Code::AliasLimit, at, message)));
        };
        let Some(rest) = self.budget.checked_sub(extent.weight) else {
            let message = "aliases make this file larger than 1 MiB";
            return Err(self.halt(Finding::new(Code::AliasLimit, at, message)));
        };
        if depth + extent.height > DEEPEST {
            return Err(self.halt(too_deep(at)));
        }
        self.budget = rest;
        Ok((node.clone(), *extent))
    }
}

impl Extent {
    fn include(&mut self, child: Self) {
        self.weight += child.weight;
        self.height = self.height.max(child.height);
    }

    fn close(&mut self) {
        self.weight += 1;
        self.height += 1;
    }
}

/// A flow collection ends with its bracket; a block collection with its last item, since the
/// parser notices the end of a block only at what follows it.
fn end_of_collection(start: Mark, end: &Span, last: Option<&Node>) -> usize {
    let bracket = byte(&end.end);
    match last {
        _ if bracket > byte(&end.start) => bracket,
        Some(last) => last.mark.end.max(start.end),
        None => start.end,
    }
}

fn byte(marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or_default()
}

pub(super) fn mark(span: &Span) -> Mark {
    Mark {
        line: span.start.line(),
        column: span.start.col() + 1,
        start: byte(&span.start),
        end: byte(&span.end),
    }
}

pub(super) fn too_deep(at: Mark) -> Finding {
    Finding::new(Code::TooDeep, at, format!("values are nested more than {DEEPEST} deep"))
}

fn custom_tag(at: Mark) -> Finding {
    Finding::new(Code::CustomTag, at, "tags are not supported")
        .help("remove the tag; a value in quotes is always a text")
}

fn ambiguous_number(at: Mark) -> Finding {
    Finding::new(Code::AmbiguousNumber, at, "this number would not be sent as it is written")
        .label("readers of YAML change its text")
        .help("put it in quotes to send it exactly so, or write it in plain decimal digits")
}

fn merge_key(at: Mark) -> Finding {
    Finding::new(Code::MergeKey, at, "merge keys are not supported")
        .help("YAML 1.2 has none; write the keys out, so that a reviewer sees them")
}

fn alias_as_key(at: Mark) -> Finding {
    Finding::new(Code::NonTextKey, at, "a key must be a text, and this is an alias")
        .help("write the key out")
}

fn control_character(at: Mark) -> Finding {
    Finding::new(Code::InvalidName, at, "a key cannot contain control characters")
        .help("in double quotes `\\` begins an escape: use single quotes, or none")
}

fn non_text_key(at: Mark, noun: &str) -> Finding {
    Finding::new(Code::NonTextKey, at, format!("a key must be a text, and this is {noun}"))
        .help("put it in quotes")
}

fn duplicate_key(name: &str, at: Mark, first: Mark) -> Finding {
    Finding::new(
        Code::DuplicateKey,
        at,
        format!("the key {name} occurs twice in this map", name = quoted(&name)),
    )
    .label("second time")
    .related(first, "first time")
}
