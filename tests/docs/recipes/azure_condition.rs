//! The conditions of Azure Pipelines that the recipe uses. Any other one is an error.
//!
//! Source: <https://learn.microsoft.com/en-us/azure/devops/pipelines/process/expressions>

/// Whether a condition is true. `value` returns the value of a name such as `variables['Build.Reason']`, and
/// the results before decide about `succeeded()`.
pub(crate) fn holds(condition: &str, succeeded: bool, value: &dyn Fn(&str) -> String) -> bool {
    let condition = condition.trim();
    let Some((function, rest)) = condition.split_once('(').filter(|(name, _)| is_name(name)) else {
        panic!("`{condition}` is no condition that the test knows");
    };
    let arguments = arguments(rest.strip_suffix(')').expect("`)` ends a condition"));
    let all_hold = |conditions: &[&str]| conditions.iter().all(|it| holds(it, succeeded, value));
    match (function, arguments.as_slice()) {
        ("and", conditions) => all_hold(conditions),
        ("succeeded", [""]) => succeeded,
        ("succeededOrFailed", [""]) => true,
        ("eq", [left, right]) => are_equal(left, right, value),
        ("ne", [left, right]) => !are_equal(left, right, value),
        (other, _) => panic!("`{other}` is no function that the test knows"),
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// Texts are compared without regard to case.
fn are_equal(left: &str, right: &str, value: &dyn Fn(&str) -> String) -> bool {
    let operand =
        |text: &str| match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            Some(text) => text.to_owned(),
            None => value(text),
        };
    operand(left).eq_ignore_ascii_case(&operand(right))
}

/// The arguments of a function: the text between the commas that are in no parentheses.
fn arguments(text: &str) -> Vec<&str> {
    let (mut arguments, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(text[start..].trim());
    arguments
}

#[test]
fn conditions_are_those_of_azure() {
    let value = |name: &str| match name {
        "variables['Build.Reason']" => "PullRequest".to_owned(),
        _ => String::new(),
    };
    let holds = |condition| holds(condition, true, &value);
    assert!(holds("and(succeeded(), eq(variables['Build.Reason'], 'pullrequest'))"));
    assert!(holds("and(succeeded(),\n  ne(variables['Build.Reason'], 'Schedule'))"));
    assert!(!holds("eq(variables['other'], 'True')"));
}

#[test]
#[should_panic(expected = "`always` is no function that the test knows")]
fn a_condition_that_the_test_does_not_know_is_an_error() {
    holds("always()", true, &|_| String::new());
}
