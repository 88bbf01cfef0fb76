//! What is wrong where a text is no YAML, in the words of somebody who writes instance files.

use granit_parser::{ErrorKind, ScanError, Span};

use super::pasted;
use super::tree::{mark, too_deep};
use crate::desired::Code;
use crate::desired::text::{Finding, Mark};
use crate::safe_text::quoted;

/// Says what the parser stumbled over in this text.
pub(super) fn error(error: &ScanError, content: &str) -> Finding {
    let at = mark(&Span::empty(*error.marker()));
    if error.info().contains("tab") {
        return Finding::new(Code::InvalidYaml, tab(content, at), "a tab cannot be used here")
            .help("YAML is indented with spaces");
    }
    let finding = |message: String| Finding::new(Code::InvalidYaml, at, message);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(at),
        ErrorKind::UnknownAnchor => finding("there is no anchor of this name above".to_owned()),
        ErrorKind::UnclosedQuotedScalar => {
            let finding = finding("this quote is not closed".to_owned());
            if pasted::line_has_curly_quotes(content, at) {
                return finding
                    .help("the line has a curly quote, which closes nothing: write `\"`");
            }
            finding
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => finding(
            "this `\\` begins no escape of YAML".to_owned(),
        )
        .help("in double quotes `\\` begins an escape: use single quotes, or write it twice"),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            finding("a control character cannot stand here".to_owned())
                .help("write it as an escape within double quotes, like `\"\\u0007\"`")
        }
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            finding("a value cannot begin with a backtick".to_owned())
                .help("put the value in quotes")
        }
        ErrorKind::UnexpectedCharacter { character } => finding(format!(
            "a value cannot begin with {character}",
            character = quoted(&character)
        ))
        .help("put the value in quotes"),
        ErrorKind::MappingValueNotAllowed => {
            finding("a second key cannot stand on this line".to_owned())
                .help("put a text with `: ` in quotes, and every key on a line of its own")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            finding("a `,` or `}` is missing before this".to_owned())
                .help("within braces, put a text that has `{`, `}` or `,` in quotes")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            finding("a `,` or `]` is missing before this".to_owned())
                .help("within brackets, put a text that has `[`, `]` or `,` in quotes")
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            finding(format!("this {open} is not closed", open = quoted(&open)))
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => finding(format!(
            "{open} is closed with {close}",
            open = quoted(&open),
            close = quoted(&close)
        )),
        ErrorKind::ExpectedBlockMappingKey => {
            finding("this is not indented like the keys above".to_owned())
                .help("keys of one map begin in the same column")
        }
        ErrorKind::SimpleKeyExpected => finding("there is no `: ` after this key".to_owned())
            .help("write a colon and a blank between key and value"),
        _ => finding(format!("this is not valid YAML: {}", error.info())),
    }
}

/// The tab that is meant: the parser may notice it at the end of the line before.
fn tab(content: &str, near: Mark) -> Mark {
    let rest = content.get(near.start..).unwrap_or_default();
    rest.find('\t').map_or(near, |at| near.forward(content, near.start + at, 1))
}
