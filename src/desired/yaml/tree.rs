//! Parser events to nodes, within limits.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::errors::{self, MAX_DEPTH, byte, range_of};
use super::node::{Member, Node, NodeKind};
use super::pasted;
use super::scalar::{self, Ambiguous};
use crate::catalog::named_like_a_secret;
use crate::desired::{Diagnostic, Diagnostics, TextRange};

/// The most that aliases may add to a file, in bytes of text plus one per node: the limit of a file.
const MAX_ALIASED: usize = 1 << 20;

/// Parsing stopped. The reason is among the diagnostics.
struct Stopped;

struct TreeBuilder<'t, 'n> {
    content: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    diagnostics: &'n mut Diagnostics,
    anchors: HashMap<usize, Anchor>,
    alias_budget: usize,
}

#[derive(Clone)]
struct Anchor {
    node: Node,
    extent: Extent,
}

/// The size and depth that an alias of a node adds to the file.
#[derive(Clone, Copy, Default)]
struct Extent {
    weight: usize,
    height: usize,
}

/// Reads the documents of a text, empty ones as null. Stops at the first syntax error.
pub(super) fn read(content: &str, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    };
    let mut builder = TreeBuilder {
        content,
        parser: Parser::new_from_str_with_options(content, options),
        diagnostics,
        anchors: HashMap::new(),
        alias_budget: MAX_ALIASED,
    };
    let mut documents = Vec::new();
    if builder.documents(&mut documents).is_err() {
        builder.diagnostics.incomplete = true;
    }
    documents
}

impl<'t> TreeBuilder<'t, '_> {
    fn documents(&mut self, documents: &mut Vec<Node>) -> Result<(), Stopped> {
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

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Stopped> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(pair)) => Ok(Some(pair)),
            Some(Err(error)) => Err(self.stop(errors::syntax_error(&error, self.content))),
        }
    }

    fn stop(&mut self, diagnostic: Diagnostic) -> Stopped {
        self.diagnostics.add(diagnostic);
        Stopped
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<(Node, Extent), Stopped> {
        if depth > MAX_DEPTH {
            return Err(self.stop(errors::too_deep(range_of(&span))));
        }
        if let Some(tag) = span.tag_span() {
            self.diagnostics.add(errors::custom_tag(range_of(&tag)));
        }
        let anchor = event.anchor_id();
        let (node, extent) = match event {
            Event::Alias(id) => return self.alias(id, range_of(&span), depth),
            Event::Scalar(text, style, ..) => self.scalar(&text, style, range_of(&span)),
            Event::SequenceStart(..) => self.list(range_of(&span), depth)?,
            Event::MappingStart(..) => self.map(range_of(&span), depth)?,
            // The parser always produces a node here.
            _ => return Err(self.stop(errors::expected_value(range_of(&span)))),
        };
        if let Some(id) = anchor {
            let node = node.clone();
            self.anchors.insert(id, Anchor { node, extent });
        }
        Ok((node, extent))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, range: TextRange) -> (Node, Extent) {
        let plain = style == ScalarStyle::Plain;
        let inside = pasted::without_curly_quotes(text).filter(|_| plain);
        let kind = match inside {
            Some(inside) => {
                self.diagnostics.add(errors::curly_quotes(range));
                NodeKind::Text(inside.to_owned())
            }
            None if plain => scalar::resolve(text).unwrap_or_else(|Ambiguous| {
                self.diagnostics.add(errors::ambiguous_number(range));
                NodeKind::Text(text.to_owned())
            }),
            None => NodeKind::Text(text.to_owned()),
        };
        let extent = Extent { weight: 1 + text.len(), height: 0 };
        (Node { range, kind }, extent)
    }

    fn list(&mut self, mut at: TextRange, depth: usize) -> Result<(Node, Extent), Stopped> {
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
        Ok((Node { range: at, kind: NodeKind::List(items) }, extent))
    }

    fn map(&mut self, mut at: TextRange, depth: usize) -> Result<(Node, Extent), Stopped> {
        let mut members: Vec<Member> = Vec::new();
        let mut indexes = HashMap::new();
        let mut extent = Extent::default();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                at.end = end_of_collection(at, &span, members.last().map(|last| &last.value));
                break;
            }
            let key = self.key(event, span, depth)?;
            let Some((event, span)) = self.next()? else { break };
            let (value, size) = self.node(event, span, depth + 1)?;
            extent.include(size);
            let Some((name, range)) = key else { continue };
            extent.weight += name.len();
            if named_like_a_secret(&name) {
                value.hide(self.content, self.diagnostics);
            }
            let member = Member { name, range, value, repeats: Vec::new() };
            self.insert(&mut members, &mut indexes, member);
        }
        extent.close();
        Ok((Node { range: at, kind: NodeKind::Map(members) }, extent))
    }

    /// Adds a member or reports a duplicate key. `indexes` has the index of each key.
    fn insert(
        &mut self,
        members: &mut Vec<Member>,
        indexes: &mut HashMap<String, usize>,
        member: Member,
    ) {
        let index = *indexes.entry(member.name.clone()).or_insert(members.len());
        match members.get_mut(index) {
            None => members.push(member),
            Some(first) => {
                let Member { name, range, value, .. } = member;
                self.diagnostics.add(errors::duplicate_key(&name, range, first.range));
                // A whole section cannot be searched for secrets line by line.
                if matches!(value.kind, NodeKind::List(_) | NodeKind::Map(_)) {
                    value.hide(self.content, self.diagnostics);
                }
                first.repeats.push(value);
            }
        }
    }

    /// Reads a key. Returns `None` after adding a diagnostic.
    fn key(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<Option<(String, TextRange)>, Stopped> {
        let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
        let at = range_of(&span);
        if let Event::Scalar(text, ScalarStyle::Plain, ..) = &event
            && let Some(name) = pasted::key_without_curly_quotes(text)
        {
            self.diagnostics.add(errors::curly_quotes(at));
            return Ok(Some((name.to_owned(), at)));
        }
        // The value of the alias may be a secret, and keys are shown.
        if matches!(event, Event::Alias(_)) {
            self.diagnostics.add(errors::alias_as_key(at));
            return Ok(None);
        }
        let before = self.diagnostics.items.len();
        let (node, _) = self.node(event, span, depth + 1)?;
        match node.kind {
            NodeKind::Text(name) if plain && name == "<<" => {
                self.diagnostics.add(errors::merge_key(at));
            }
            NodeKind::Text(name) if self.diagnostics.items.len() == before => {
                return Ok(Some((self.without_controls(name, at), at)));
            }
            // An ambiguous number or a tagged string, which is already reported.
            NodeKind::Text(_) => {}
            _ => self.diagnostics.add(errors::non_text_key(at, &node)),
        }
        Ok(None)
    }

    /// Removes control characters from the name and reports them.
    fn without_controls(&mut self, name: String, at: TextRange) -> String {
        if !name.contains(char::is_control) {
            return name;
        }
        self.diagnostics.add(errors::control_character(at));
        name.replace(char::is_control, "")
    }

    fn alias(&mut self, id: usize, at: TextRange, depth: usize) -> Result<(Node, Extent), Stopped> {
        let Some(Anchor { node, extent }) = self.anchors.get(&id) else {
            return Err(self.stop(errors::alias_of_itself(at)));
        };
        let Some(rest) = self.alias_budget.checked_sub(extent.weight) else {
            return Err(self.stop(errors::alias_limit(at)));
        };
        if depth + extent.height > MAX_DEPTH {
            return Err(self.stop(errors::too_deep(at)));
        }
        self.alias_budget = rest;
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

/// The end of a flow collection is its bracket. The end of a block collection is its last item, because
/// the parser detects the end of a block only at the next token.
fn end_of_collection(start: TextRange, end: &Span, last: Option<&Node>) -> usize {
    let bracket = byte(&end.end);
    match last {
        _ if bracket > byte(&end.start) => bracket,
        Some(last) => last.range.end.max(start.end),
        None => start.end,
    }
}
