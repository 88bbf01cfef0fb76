//! Parses the part of Groovy that the declarative pipeline uses: statements with a name, arguments and a
//! block. Anything else is an error.

/// One statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Statement {
    pub(crate) name: String,
    /// The arguments with their names. An assignment has one argument.
    pub(crate) arguments: Vec<(String, Argument)>,
    pub(crate) block: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    /// A string, a number or a boolean.
    Text(String),
    /// `name('text')`
    Call(String, String),
}

impl Statement {
    /// The statements of this name in the block.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.block.iter().filter(move |statement| statement.name == name)
    }

    /// The argument of this name, or the only one, whose name is empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.arguments.iter().find(|(given, _)| given == name) {
            Some((_, Argument::Text(text))) => text,
            _ => panic!("`{}` has no text `{name}`", self.name),
        }
    }
}

/// The content of a file.
pub(crate) fn read(text: &str) -> Vec<Statement> {
    let mut reader = Reader { rest: text };
    let statements = reader.statements();
    assert_eq!(reader.rest, "", "a `}}` too many");
    statements
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            self.skip_space(char::is_whitespace);
            if self.rest.is_empty() || self.rest.starts_with('}') {
                return statements;
            }
            let name = self.name();
            statements.push(match name {
                "def" => self.statement("def"),
                name => self.statement_of(name),
            });
        }
    }

    /// `def name() { … }`, by its name with `def ` before it.
    fn statement(&mut self, kind: &str) -> Statement {
        self.skip_blanks();
        let name = format!("{kind} {}", self.name());
        let mut statement = self.statement_of("");
        statement.name = name;
        statement
    }

    fn statement_of(&mut self, name: &str) -> Statement {
        let mut statement = Statement { name: name.to_owned(), ..Statement::default() };
        if self.takes("(") {
            statement.arguments = self.arguments(")");
            assert!(self.takes(")"), "`)` is missing at `{}`", self.line());
        } else if self.takes("=") || !self.rest.starts_with(['{', '\n']) {
            statement.arguments = self.arguments("\n");
        }
        if self.takes("{") {
            statement.block = self.statements();
            assert!(self.takes("}"), "`}}` is missing");
        }
        statement
    }

    fn arguments(&mut self, end: &str) -> Vec<(String, Argument)> {
        let mut arguments = Vec::new();
        self.skip_blanks();
        while !self.rest.starts_with(end) && !self.rest.starts_with('}') {
            let (name, argument) = self.argument();
            arguments.push((name, argument));
            if !self.takes(",") {
                break;
            }
        }
        arguments
    }

    fn argument(&mut self) -> (String, Argument) {
        self.skip_blanks();
        if let Some(text) = self.quoted() {
            return (String::new(), Argument::Text(text));
        }
        let name = self.name();
        if self.takes(":") {
            return (name.to_owned(), self.argument().1);
        }
        if self.takes("(") {
            let text = self.quoted().expect("a call has a text");
            assert!(self.takes(")"), "`)` is missing at `{}`", self.line());
            return (String::new(), Argument::Call(name.to_owned(), text));
        }
        (String::new(), Argument::Text(name.to_owned()))
    }

    /// A string in quotes without substitution.
    fn quoted(&mut self) -> Option<String> {
        let quotes = ["'''", "'"].into_iter().find(|quotes| self.rest.starts_with(quotes))?;
        let (text, rest) = self.rest[quotes.len()..].split_once(quotes).expect("a text ends");
        assert!(!text.contains('\\'), "Groovy takes `\\` for an escape in `{text}`");
        self.rest = rest;
        Some(text.to_owned())
    }

    fn name(&mut self) -> &'a str {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(length);
        assert!(!name.is_empty(), "no name begins at `{}`", self.line());
        self.rest = rest;
        name
    }

    fn takes(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let taken = self.rest.strip_prefix(word);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn skip_blanks(&mut self) {
        self.skip_space(|letter| letter == ' ');
    }

    fn skip_space(&mut self, is_space: fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(is_space);
        while self.rest.starts_with("//") {
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            self.rest = self.rest.trim_start_matches(is_space);
        }
    }

    fn line(&self) -> &'a str {
        self.rest.lines().next().unwrap_or_default()
    }
}

#[test]
fn statements_have_names_arguments_and_blocks() {
    let read = read(
        "// first\na {\n  b(c: 'd', e: 3)\n  F = g('h')\n  not { i 'j' } // last\n}\ndef k() {\n  l()\n}\n",
    );
    let [pipeline, function] = read.as_slice() else { panic!("{read:?}") };
    let [b, f, not] = pipeline.block.as_slice() else { panic!("{pipeline:?}") };
    assert_eq!((b.text("c"), b.text("e")), ("d", "3"));
    assert_eq!(f.arguments, [(String::new(), Argument::Call("g".to_owned(), "h".to_owned()))]);
    assert_eq!(not.block[0].text(""), "j");
    assert_eq!((function.name.as_str(), function.block[0].name.as_str()), ("def k", "l"));
}

#[test]
#[should_panic(expected = "no name begins at `\"text\"`")]
fn unknown_syntax_is_an_error() {
    read("a {\n  sh \"text\"\n}\n");
}
