//! The expressions of GitHub Actions that the recipes use. Any other one is an error.

use serde_json::Value;

/// Replaces each `${{ … }}` in a text.
pub(crate) fn substitute(text: &str, context: &Value) -> String {
    let mut parts = text.split("${{");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").expect("an expression ends");
        whole.push_str(&shown(&evaluate(expression, context)));
        whole.push_str(rest);
    }
    whole
}

/// Whether the condition of a job or step is true after the previous steps succeeded or failed.
pub(crate) fn holds(condition: Option<&str>, context: &Value, well: bool) -> bool {
    let condition = condition.unwrap_or("success()");
    let asks = ["success()", "failure()", "always()", "cancelled()"];
    // A condition without a status function is true only after success.
    if !asks.iter().any(|ask| condition.contains(ask)) && !well {
        return false;
    }
    let condition = condition
        .replace("always()", "true")
        .replace("success()", if well { "true" } else { "false" })
        .replace("failure()", if well { "false" } else { "true" });
    is_truthy(&evaluate(&condition, context))
}

fn is_truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != 0
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => panic!("{value} has no text"),
    }
}

fn evaluate(expression: &str, context: &Value) -> Value {
    let mut reader = Reader { rest: expression.trim(), context };
    let value = reader.either();
    assert_eq!(reader.rest, "", "in the expression `{expression}`");
    value
}

struct Reader<'a> {
    rest: &'a str,
    context: &'a Value,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(word);
        self.rest = taken.unwrap_or(rest).trim_start();
        taken.is_some()
    }

    fn either(&mut self) -> Value {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            value = if is_truthy(&value) { value } else { other };
        }
        value
    }

    fn both(&mut self) -> Value {
        let mut value = self.comparison();
        while self.takes("&&") {
            let other = self.comparison();
            value = if is_truthy(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let left = self.operand();
        if self.takes("==") {
            return (left == self.operand()).into();
        }
        if self.takes("!=") {
            return (left != self.operand()).into();
        }
        left
    }

    fn operand(&mut self) -> Value {
        if self.takes("(") {
            let value = self.either();
            assert!(self.takes(")"), "`)` is missing before `{}`", self.rest);
            return value;
        }
        if let Some(text) = self.rest.strip_prefix('\'') {
            let (text, rest) = text.split_once('\'').expect("a text ends");
            self.rest = rest.trim_start();
            return text.into();
        }
        let name = self.name();
        match name {
            "true" => true.into(),
            "false" => false.into(),
            "contains" => self.contains(),
            "fromJSON" => self.parsed_json(),
            _ => self.variable(name),
        }
    }

    fn name(&mut self) -> &'a str {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        let length = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(length);
        assert!(!name.is_empty(), "no name begins at `{rest}`");
        self.rest = rest.trim_start();
        name
    }

    fn contains(&mut self) -> Value {
        assert!(self.takes("("));
        let list = self.either();
        assert!(self.takes(","));
        let item = self.either();
        assert!(self.takes(")"));
        list.as_array().expect("only lists are searched").contains(&item).into()
    }

    fn parsed_json(&mut self) -> Value {
        assert!(self.takes("("));
        let text = self.either();
        assert!(self.takes(")"));
        serde_json::from_str(text.as_str().unwrap()).unwrap()
    }

    /// The value of a name. A step that did not run has no outputs, and a secret that is not set is empty.
    /// Any other name must be known.
    fn variable(&self, name: &str) -> Value {
        let pointer = format!("/{}", name.replace('.', "/"));
        if let Some(value) = self.context.pointer(&pointer) {
            return value.clone();
        }
        let may_be_unset = name.starts_with("secrets.") || name.contains(".outputs.");
        assert!(may_be_unset, "`{name}` is nothing that the test knows");
        Value::Null
    }
}

#[test]
fn expressions_are_those_of_github() {
    let context = serde_json::json!({
        "github": { "event_name": "push", "repository": "a/b" },
        "steps": { "plan": { "outputs": { "code": "2" } } },
    });
    let holds = |condition| holds(Some(condition), &context, true);
    assert!(holds("github.event_name == 'push' && github.repository != 'x/y'"));
    assert!(holds("contains(fromJSON('[\"0\", \"2\"]'), steps.plan.outputs.code)"));
    assert!(!holds("failure() || steps.plan.outputs.other == '2'"));
    assert_eq!(substitute("<${{ github.repository }}>", &context), "<a/b>");
    assert_eq!(substitute("<${{ secrets.X }}>", &context), "<>");
}

#[test]
#[should_panic(expected = "`github.actor` is nothing that the test knows")]
fn an_expression_that_the_test_does_not_know_is_an_error() {
    substitute("${{ github.actor }}", &serde_json::json!({ "github": {} }));
}
