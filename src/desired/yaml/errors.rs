//! The diagnostics of YAML.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Marker, ScanError, Span};

use super::node::{Node, NodeKind};
use crate::desired::{Code, Diagnostic, TextRange};
use crate::safe_text::quoted;

pub(super) const CURLY_QUOTES: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// The deepest nesting. Instance files nest 4 levels deep, event metadata somewhat deeper. More is an
/// attack.
pub(super) const MAX_DEPTH: usize = 64;

pub(super) fn byte(marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or_default()
}

pub(super) fn range_of(span: &Span) -> TextRange {
    TextRange {
        line: span.start.line(),
        column: span.start.col() + 1,
        start: byte(&span.start),
        end: byte(&span.end),
    }
}

/// A message and a fix.
type Explanation = (Cow<'static, str>, Option<&'static str>);

/// The error of the parser, in terms of instance files.
pub(super) fn syntax_error(error: &ScanError, content: &str) -> Diagnostic {
    let at = range_of(&Span::empty(*error.marker()));
    // The parser has no separate kind for tabs.
    if error.info().contains("tab") {
        return Diagnostic::new(Code::InvalidYaml, tab(content, at), "a tab is not allowed here")
            .help("indent with spaces");
    }
    let kind = error.kind();
    let (message, help) = match kind {
        ErrorKind::RecursionLimitExceeded => return too_deep(at),
        ErrorKind::UnclosedQuotedScalar => {
            let help = "write `\"` instead of the curly quote on this line";
            let help = line_has_curly_quotes(content, at).then_some(help);
            ("this quote is not closed".into(), help)
        }
        _ => of_scalar(kind)
            .or_else(|| of_collection(kind))
            .unwrap_or_else(|| (format!("this is not valid YAML: {}", error.info()).into(), None)),
    };
    let diagnostic = Diagnostic::new(Code::InvalidYaml, at, message);
    help.into_iter().fold(diagnostic, Diagnostic::help)
}

fn of_scalar(kind: &ErrorKind) -> Option<Explanation> {
    let in_quotes = Some("put the value in quotes");
    Some(match kind {
        ErrorKind::UnknownAnchor => ("no anchor with this name is defined above".into(), None),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => (
            "this `\\` does not begin a YAML escape".into(),
            Some("use single quotes or write `\\\\`: in double quotes, `\\` begins an escape"),
        ),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            "a control character is not allowed here".into(),
            Some("write it as an escape in double quotes, such as `\"\\u0007\"`"),
        ),
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            ("a value cannot begin with a backtick".into(), in_quotes)
        }
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("a value cannot begin with {}", quoted(&character)).into(), in_quotes)
        }
        _ => return None,
    })
}

fn of_collection(kind: &ErrorKind) -> Option<Explanation> {
    Some(match kind {
        ErrorKind::MappingValueNotAllowed => (
            "a second key on this line is not allowed".into(),
            Some("put a string that contains `: ` in quotes, and each key on its own line"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => (
            "a `,` or `}` is missing before this".into(),
            Some("in braces, put a string that contains `{`, `}` or `,` in quotes"),
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => (
            "a `,` or `]` is missing before this".into(),
            Some("in brackets, put a string that contains `[`, `]` or `,` in quotes"),
        ),
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("this {} is not closed", quoted(&open)).into(), None)
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("{} is closed with {}", quoted(&open), quoted(&close)).into(), None)
        }
        ErrorKind::ExpectedBlockMappingKey => (
            "this key is not indented like the keys above".into(),
            Some("begin all keys of a map in the same column"),
        ),
        ErrorKind::SimpleKeyExpected => (
            "the `: ` after this key is missing".into(),
            Some("write a colon and a space between key and value"),
        ),
        _ => return None,
    })
}

/// The tab of the error. The parser may report the end of the previous line.
fn tab(content: &str, near: TextRange) -> TextRange {
    let rest = content.get(near.start..).unwrap_or_default();
    rest.find('\t').map_or(near, |at| near.forward(content, near.start + at, 1))
}

fn line_has_curly_quotes(content: &str, at: TextRange) -> bool {
    let rest = content.get(at.start..).unwrap_or_default();
    rest.lines().next().is_some_and(|line| line.contains(CURLY_QUOTES))
}

pub(super) fn curly_quotes(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::InvalidYaml, at, "YAML and JSON do not accept curly quotes")
        .help("write straight quotes: `\"`")
}

pub(super) fn lone_carriage_return(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::InvalidYaml, at, "a single carriage return is not a line break")
        .help("save the file with Unix (LF) or Windows (CR LF) line breaks")
}

pub(super) fn json_comment(opening: &str, at: TextRange) -> Diagnostic {
    let message = format!("a comment cannot begin with {}", quoted(&opening));
    Diagnostic::new(Code::InvalidYaml, at, message).help("remove it, or begin it with `#`")
}

pub(super) fn expected_value(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::InvalidYaml, at, "expected a value")
}

pub(super) fn too_deep(at: TextRange) -> Diagnostic {
    let message = format!("values are nested more than {MAX_DEPTH} levels deep");
    Diagnostic::new(Code::TooDeep, at, message)
}

pub(super) fn custom_tag(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::CustomTag, at, "YAML tags are not supported")
        .help("remove the tag: a value in quotes is always a string")
}

pub(super) fn ambiguous_number(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::AmbiguousNumber, at, "this number would be sent in another form")
        .label("YAML parsers change its text")
        .help("put it in quotes to send it exactly as written, or write it in decimal digits")
}

pub(super) fn merge_key(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::MergeKey, at, "merge keys are not supported")
        .help("write the keys out: YAML 1.2 has no merge keys")
}

pub(super) fn alias_as_key(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::NonTextKey, at, "a key must be a string, but this is an alias")
        .help("write the key out")
}

pub(super) fn alias_of_itself(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::AliasLimit, at, "an alias cannot be inside the value that it repeats")
}

pub(super) fn alias_limit(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::AliasLimit, at, "aliases make this file larger than 1 MiB")
}

pub(super) fn control_character(at: TextRange) -> Diagnostic {
    Diagnostic::new(Code::InvalidName, at, "a key cannot contain control characters")
        .help("use single quotes or none: in double quotes, `\\` begins an escape")
}

pub(super) fn non_text_key(at: TextRange, node: &Node) -> Diagnostic {
    let noun = node.noun();
    // A reference without its dollar sign is a map that is the key of another one.
    let help = match node.kind {
        NodeKind::Map(_) => "for a reference, write `${{ env.NAME }}`; otherwise put it in quotes",
        _ => "put it in quotes",
    };
    Diagnostic::new(Code::NonTextKey, at, format!("a key must be a string, but this is {noun}"))
        .help(help)
}

pub(super) fn duplicate_key(name: &str, at: TextRange, first: TextRange) -> Diagnostic {
    let message = format!("the key {} occurs twice in this map", quoted(&name));
    Diagnostic::new(Code::DuplicateKey, at, message)
        .label("second occurrence")
        .related(first, "first occurrence")
}
