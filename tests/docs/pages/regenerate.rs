//! Rewrites the blocks of a page: with `SNAPSHOTS=overwrite`, a block gets the output of this build and
//! keeps its lines of `...`.

use std::fs;
use std::path::Path;

use super::blocks::{Step, read, steps};

/// A page whose blocks are compared, or rewritten.
pub(crate) struct Page {
    path: &'static str,
    text: String,
    /// The line at which the output begins, the number of lines, and the new ones.
    rewritten: Vec<(usize, usize, String)>,
}

impl Page {
    pub(crate) fn read(path: &'static str) -> Self {
        Self { path, text: read(path), rewritten: Vec::new() }
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        steps(&self.text)
    }

    /// Compares the output of the command at a line with the page. `constant` replaces text that
    /// differs from run to run.
    pub(crate) fn check(
        &mut self,
        (line, command): (usize, &str),
        shown: &str,
        output: &str,
        constant: fn(&str) -> String,
    ) {
        let place = format!("{}:{line}", self.path);
        let compared = snapbox::Assert::new().normalize_paths(false).try_eq(
            Some(&place),
            constant(output).into(),
            constant(shown).into(),
        );
        match compared {
            Ok(()) => {}
            Err(_) if overwrites() => {
                let begin = line + command.lines().count();
                let new = rewrite(shown, output, constant);
                self.rewritten.push((begin, shown.lines().count(), new));
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes the page if blocks were rewritten.
    pub(crate) fn finish(mut self) {
        if self.rewritten.is_empty() {
            return;
        }
        let mut lines: Vec<&str> = self.text.lines().collect();
        self.rewritten.sort();
        for (begin, count, new) in self.rewritten.iter().rev() {
            lines.splice(begin - 1..begin - 1 + count, new.lines());
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.path);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "snapbox reads the same variable for its snapshots")]
fn overwrites() -> bool {
    std::env::var(snapbox::assert::DEFAULT_ACTION_ENV).is_ok_and(|action| action == "overwrite")
}

/// How lines of the page and lines of the output belong together.
#[derive(Clone, Copy)]
enum Pair {
    /// A line of the page that has a counterpart, or a line of the output that has none.
    Output,
    /// A line of the page that the output no longer has.
    Gone,
    /// A line of the output that `...` leaves out.
    LeftOut,
    /// Where `...` ends.
    End,
}

/// The output, without the lines that the page omits. A line of the page stays unchanged if it differs
/// only in text that is different in each run.
fn rewrite(shown: &str, output: &str, constant: fn(&str) -> String) -> String {
    let shown: Vec<&str> = shown.lines().collect();
    let output: Vec<&str> = output.lines().collect();
    let constant = |line: &&str| constant(line);
    let wanted: Vec<String> = shown.iter().map(constant).collect();
    let found: Vec<String> = output.iter().map(constant).collect();
    let costs = costs(&shown, &wanted, &found);
    let (mut i, mut j, mut new, mut left_out) = (0, 0, String::new(), false);
    while i < shown.len() || j < output.len() {
        let (_, pair, advance) = costs[i][j];
        match pair {
            Pair::Output => {
                let same = advance == (1, 1) && wanted[i] == found[j];
                new.push_str(if same { shown[i] } else { output[j] });
                new.push('\n');
            }
            Pair::LeftOut => left_out = true,
            Pair::End if left_out => {
                new.push_str("...\n");
                left_out = false;
            }
            Pair::Gone | Pair::End => {}
        }
        (i, j) = (i + advance.0, j + advance.1);
    }
    new
}

/// For the rest of the page from `i` and the rest of the output from `j`: the cost of the cheapest
/// pairing, its first pair, and how far that reaches in both.
type Costs = Vec<Vec<(f64, Pair, (usize, usize))>>;

fn costs(shown: &[&str], wanted: &[String], found: &[String]) -> Costs {
    let mut costs: Costs = vec![vec![(0.0, Pair::End, (0, 0)); found.len() + 1]; shown.len() + 1];
    for i in (0..=shown.len()).rev() {
        for j in (0..=found.len()).rev() {
            let gap = shown.get(i) == Some(&"...");
            let mut choices = Vec::new();
            if gap {
                choices.push((costs[i + 1][j].0, Pair::End, (1, 0)));
            } else if i < shown.len() {
                choices.push((1.0 + costs[i + 1][j].0, Pair::Gone, (1, 0)));
            }
            if gap && j < found.len() {
                choices.push((costs[i][j + 1].0, Pair::LeftOut, (0, 1)));
            } else if j < found.len() {
                choices.push((1.0 + costs[i][j + 1].0, Pair::Output, (0, 1)));
            }
            if !gap && i < shown.len() && j < found.len() {
                let differ = 1.0 - strsim::normalized_levenshtein(&wanted[i], &found[j]);
                choices.push((2.0 * differ + costs[i + 1][j + 1].0, Pair::Output, (1, 1)));
            }
            if let Some(cheapest) = choices.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) {
                costs[i][j] = cheapest;
            }
        }
    }
    costs
}

#[test]
fn a_rewritten_block_keeps_what_it_leaves_out() {
    let shown =
        "Project a\n...\nPlan: 1 to create, told.\nat 12:00\nold line without counterpart\n";
    let output = "Project a\n\n+ one\n+ two\nPlan: 1 to create.\nat 13:00\nand this\n";
    let constant = |text: &str| text.replace("12:00", "TIME").replace("13:00", "TIME");
    assert_eq!(
        rewrite(shown, output, constant),
        "Project a\n...\nPlan: 1 to create.\nat 12:00\nand this\n"
    );
    assert_eq!(rewrite("...\nb\n", "b\n", str::to_owned), "b\n");
    assert_eq!(rewrite("a\n...\n", "a\nb\n", str::to_owned), "a\n...\n");
    assert_eq!(rewrite("", "a\n", str::to_owned), "a\n");
}
