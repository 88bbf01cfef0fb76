//! A section of the page: its files and its scripts.

use crate::pages::read;

const PAGE: &str = "docs/secret-stores.md";

/// The blocks below one heading, up to the next heading.
pub(crate) struct Section {
    heading: &'static str,
    blocks: Vec<Block>,
}

struct Block {
    /// The text after the language: `run`, or the name of a file.
    name: String,
    text: String,
}

impl Section {
    pub(crate) fn of_the_page(heading: &'static str) -> Self {
        Self { heading, blocks: blocks(&read(PAGE), heading) }
    }

    /// The text of the block that is this file.
    pub(crate) fn file(&self, name: &str) -> &str {
        let mut files = self.blocks.iter().filter(|block| block.name == name);
        let file = files.next().unwrap_or_else(|| panic!("{} has no file {name}", self.heading));
        assert!(files.next().is_none(), "{} has {name} twice", self.heading);
        &file.text
    }

    /// The blocks marked `sh run`, in order.
    pub(crate) fn scripts<const COUNT: usize>(&self) -> [&str; COUNT] {
        let scripts = self.blocks.iter().filter(|block| block.name == "run");
        let scripts: Vec<&str> = scripts.map(|block| block.text.as_str()).collect();
        scripts.try_into().unwrap_or_else(|found: Vec<_>| {
            panic!("{} has {} scripts, not {COUNT}", self.heading, found.len())
        })
    }
}

fn blocks(page: &str, heading: &str) -> Vec<Block> {
    let (mut found, mut is_inside, mut is_open) = (Vec::<Block>::new(), false, false);
    for line in page.lines() {
        match (is_open, line.strip_prefix("```")) {
            (false, None) => {
                let title = line.trim_start_matches('#').strip_prefix(' ');
                if let Some(title) = title.filter(|_| line.starts_with('#')) {
                    is_inside = title == heading;
                }
            }
            (false, Some(info)) => {
                is_open = true;
                if is_inside {
                    let name = info.split_once(' ').map_or("", |(_, name)| name).to_owned();
                    found.push(Block { name, text: String::new() });
                }
            }
            (true, Some(_)) => is_open = false,
            (true, None) if is_inside => {
                let text = &mut found.last_mut().unwrap().text;
                text.push_str(line);
                text.push('\n');
            }
            (true, None) => {}
        }
    }
    found
}

#[test]
fn a_section_has_the_blocks_below_its_heading() {
    let page = "# A\n## B\n```sh run\n# C\nx\n```\n```yaml y.yaml\nz\n```\n```\n```\n## C\n```sh run\ny\n```\n";
    let section = Section { heading: "B", blocks: blocks(page, "B") };
    assert_eq!(section.scripts(), ["# C\nx\n"]);
    assert_eq!(section.file("y.yaml"), "z\n");
}

#[test]
fn no_script_of_the_page_contains_a_value() {
    for line in read(PAGE).lines() {
        let assigned = line.trim_start().strip_prefix("export ");
        let is_folder = |text: &str| text.starts_with("SOPS_AGE_KEY_FILE=~/");
        assert!(assigned.is_none_or(is_folder), "a value in the history of the shell: {line}");
    }
}
