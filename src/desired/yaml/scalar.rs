//! The meaning of an unquoted word in the core schema of YAML 1.2.

use serde_json::Number;

use super::node::NodeKind;

/// A number whose decimal text differs from the text in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

pub(super) fn resolve(word: &str) -> Result<NodeKind, Ambiguous> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => Ok(NodeKind::Null),
        "true" | "True" | "TRUE" => Ok(NodeKind::Bool(true)),
        "false" | "False" | "FALSE" => Ok(NodeKind::Bool(false)),
        _ if is_number(word) => canonical(word).map(NodeKind::Number).ok_or(Ambiguous),
        _ => Ok(NodeKind::Text(word.to_owned())),
    }
}

/// Whether the word is a number in the core schema or in common extensions of it.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => true,
        ".nan" | ".NaN" | ".NAN" => unsigned == word,
        _ => is_in_base(unsigned) || is_decimal(unsigned),
    }
}

/// `0x1F`, `0o17`, `0b11`. The last one is a number only to parsers that extend YAML 1.2.
fn is_in_base(unsigned: &str) -> bool {
    let digits = |prefix, base| {
        unsigned.strip_prefix(prefix).is_some_and(|digits: &str| {
            !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base))
        })
    };
    digits("0x", 16) || digits("0o", 8) || digits("0b", 2)
}

/// `12`, `1.5`, `.5`, `1e3`
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some_digit = !(whole.is_empty() && fraction.is_empty());
    exponent_fits && some_digit && all_digits(whole) && all_digits(fraction)
}

/// The number, if its decimal text is the word itself.
fn canonical(word: &str) -> Option<Number> {
    let number = if word.contains('.') {
        word.parse().ok().and_then(Number::from_f64)?
    } else {
        let negative = || word.parse::<i64>().ok().map(Number::from);
        word.parse::<u64>().ok().map(Number::from).or_else(negative)?
    };
    (number.to_string() == word && !word.contains(['e', 'E'])).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_words_of_yaml_1_1_are_strings() {
        let words = "yes no on off y n 2026-01-01 12:30:45 1_000 1.2.3 e3 . - 0x +";
        for word in words.split(' ') {
            assert!(matches!(resolve(word), Ok(NodeKind::Text(_))), "{word}");
        }
    }

    #[test]
    fn only_numbers_in_canonical_decimal_form_are_unambiguous() {
        let canonical = "0 15 -7 1.5 -0.25 1.0 18446744073709551615 -9223372036854775808";
        for word in canonical.split(' ') {
            assert!(matches!(resolve(word), Ok(NodeKind::Number(_))), "{word}");
        }
        let ambiguous = "1.10 0x1F 1e3 1e16 0o17 0b11 0777 +9 -0 .5 1. .inf -.INF .nan \
                         18446744073709551616 0.1000000000000000055 1.5e300";
        for word in ambiguous.split(' ') {
            assert!(matches!(resolve(word), Err(Ambiguous)), "{word}");
        }
    }
}
