//! What a bare word means, by the core schema of YAML 1.2.

use serde_json::Number;

use super::Kind;

/// A bare word that is a number whose decimal text is not what is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// Decides what a bare word is.
pub(super) fn resolve(word: &str) -> Result<Kind, Ambiguous> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Kind::Null),
        "true" | "True" | "TRUE" => Ok(Kind::Bool(true)),
        "false" | "False" | "FALSE" => Ok(Kind::Bool(false)),
        _ if is_number(word) => canonical(word).map(Kind::Number).ok_or(Ambiguous),
        _ => Ok(Kind::Text(word.to_owned())),
    }
}

/// Whether the core schema, or the common reader's additions to it, see a number here.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => true,
        ".nan" | ".NaN" | ".NAN" => unsigned == word,
        _ => is_in_base(unsigned) || is_decimal(unsigned),
    }
}

/// `0x1F`, `0o17`, `0b11`: the last one is no number to YAML 1.2, yet it is to many readers.
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
    fn yaml_one_point_one_words_are_texts() {
        for word in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "2026-01-01",
            "12:30:45",
            "1_000",
            "1.2.3",
            "e3",
            ".",
            "-",
            "0x",
            "+",
        ] {
            assert!(matches!(resolve(word), Ok(Kind::Text(_))), "{word}");
        }
    }

    #[test]
    fn numbers_are_those_whose_decimal_text_is_what_is_written() {
        for word in
            ["0", "15", "-7", "1.5", "-0.25", "1.0", "18446744073709551615", "-9223372036854775808"]
        {
            assert!(matches!(resolve(word), Ok(Kind::Number(_))), "{word}");
        }
        for word in [
            "1.10",
            "0x1F",
            "1e3",
            "1e16",
            "0o17",
            "0b11",
            "0777",
            "+9",
            "-0",
            ".5",
            "1.",
            ".inf",
            "-.INF",
            ".nan",
            "18446744073709551616",
            "0.1000000000000000055",
            "1.5e300",
        ] {
            assert!(matches!(resolve(word), Err(Ambiguous)), "{word}");
        }
    }
}
