//! The exact value of a number in JSON.

/// The most digits of an exponent that is compared by value. Longer ones do not fit the platform's
/// types, so they are equal only if their text is equal.
const MAX_EXPONENT_DIGITS: usize = 30;

/// A decimal number `0.digits × 10^exponent` without leading or trailing zeros, so each value has one
/// form. It takes as much memory as its text, however large the exponent is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    /// Empty for zero.
    digits: String,
    exponent: Exponent,
}

#[derive(Debug, PartialEq, Eq)]
enum Exponent {
    Number(i128),
    /// The text of a number whose exponent has too many digits.
    Text(String),
}

impl Decimal {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let exponent_digits =
            exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
        let is_number = are_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(are_digits)
            && exponent_digits.is_none_or(are_digits);
        if !is_number {
            return None;
        }
        let digits = [whole, fraction.unwrap_or_default()].concat();
        let significant = digits.trim_start_matches('0');
        let leading_zeros = digits.len() - significant.len();
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self {
                is_negative: false,
                digits: String::new(),
                exponent: Exponent::Number(0),
            });
        }
        let shift = i128::try_from(whole.len()).ok()? - i128::try_from(leading_zeros).ok()?;
        let exponent = match small_exponent(exponent.unwrap_or("0")) {
            Some(exponent) => Exponent::Number(exponent + shift),
            None => Exponent::Text(text.to_owned()),
        };
        Some(Self { is_negative, digits: significant.to_owned(), exponent })
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn small_exponent(text: &str) -> Option<i128> {
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    match digits {
        "" => Some(0),
        digits if digits.len() > MAX_EXPONENT_DIGITS => None,
        digits => {
            let magnitude: i128 = digits.parse().ok()?;
            Some(if text.starts_with('-') { -magnitude } else { magnitude })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_of_any_size_takes_no_more_than_its_text() {
        let huge = format!("1e{}", "9".repeat(100));
        assert_eq!(Decimal::parse(&huge), Decimal::parse(&huge));
        assert_ne!(Decimal::parse(&huge), Decimal::parse(&huge.replace("1e", "1e-")));
        let small = "1e-00000000000000000000000000000000005";
        assert_eq!(Decimal::parse(small), Decimal::parse("0.00001"));
    }
}
