//! `--help`, `-h` and manual pages. `tests/data/help/` holds the text of each command,
//! and the global options once.

use clap::{CommandFactory as _, Parser as _};
use ocon::cli::Cli;
use snapbox::Data;
use snapbox::data::DataFormat;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

fn commands() -> Vec<String> {
    let cli = Cli::command();
    let commands = cli.get_subcommands().filter(|command| !command.is_hide_set());
    commands.map(|command| command.get_name().to_owned()).collect()
}

/// The words between `ocon` and `--help`.
fn lines() -> Vec<String> {
    ["", "schema pull", "events listen"].map(str::to_owned).into_iter().chain(commands()).collect()
}

/// The global options as a help text writes them: `-C` and `--instances`, among others.
fn global_options() -> Vec<String> {
    let cli = Cli::command();
    let global = cli.get_arguments().filter(|argument| argument.is_global_set());
    let name = |argument: &clap::Arg| match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => format!("-{}", argument.get_short().unwrap()),
    };
    global.map(name).collect()
}

/// A help text in two parts.
#[derive(Default)]
struct Help {
    /// The text without the global options.
    own: String,
    /// The global options, under their headings.
    global: String,
}

impl Help {
    /// The help that `line` prints at 80 columns.
    fn of(world: &World, line: &str) -> Self {
        let run = world.ocon(line);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{line}");
        let options = global_options();
        let (mut help, mut heading, mut is_global) = (Self::default(), None, false);
        // clap writes the spaces at the end of a line.
        for line in run.stdout.lines().map(str::trim_end) {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            if indent == 0 && text.ends_with(':') {
                heading = Some(line);
                is_global = false;
                continue;
            }
            if indent == 0 && !text.is_empty() {
                is_global = false;
            }
            if indent < 10 && text.starts_with('-') {
                let mut names = text.split([' ', ',', '.']).filter(|word| word.starts_with('-'));
                is_global = names.any(|name| options.iter().any(|option| option == name));
            }
            let part = if is_global { &mut help.global } else { &mut help.own };
            for line in heading.take_if(|_| !line.is_empty()).into_iter().chain([line]) {
                // At most one empty line, even if options are omitted.
                if !line.is_empty() || !part.ends_with("\n\n") {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
        help
    }

    /// Compares the text with a file; `SNAPSHOTS=overwrite` writes it.
    fn is(text: &str, name: &str) {
        let file = format!("{}/tests/data/help/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        text.is(Data::read_from(file.as_ref(), Some(DataFormat::Text)).raw());
    }
}

/// The words of a text in alphabetical order, so that line breaks and headings do not matter.
fn words(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| line.starts_with(' '));
    let mut words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    words.sort_unstable();
    words
}

fn at_80_columns() -> World {
    let mut world = World::new(&[]);
    world.set("COLUMNS", "80");
    world
}

#[test]
fn every_help_text_matches_its_snapshot() {
    let world = at_80_columns();
    for (flag, suffix) in [("--help", ""), ("-h", "-short")] {
        let mut global = Help::of(&world, flag).global;
        if global.is_empty() {
            global = world.ocon("help options").stdout;
        }
        Help::is(&global, &format!("global-options{suffix}"));
        for command in lines() {
            let name = format!("ocon {command}").trim_end().replace(' ', "-");
            let help = Help::of(&world, &format!("{command} {flag}"));
            Help::is(&help.own, &format!("{name}{suffix}"));
            // The width of the column depends on the options of the command, and so do the line breaks.
            if !help.global.is_empty() {
                assert_eq!(words(&help.global), words(&global), "{command} {flag}");
            }
        }
    }
}

#[test]
fn every_help_text_fits_into_80_columns_and_leaves_no_word_alone() {
    let world = at_80_columns();
    for command in lines().into_iter().chain(["help options".to_owned()]) {
        let flags: &[&str] = if command == "help options" { &[""] } else { &["-h", "--help"] };
        for flag in flags {
            let text = world.ocon(&format!("{command} {flag}")).stdout;
            let mut above = "";
            for line in text.lines().map(str::trim_end) {
                let indent = |line: &str| line.len() - line.trim_start().len();
                let is_continued = indent(line) >= 8 && indent(line) == indent(above);
                assert!(line.chars().count() <= 80, "{command} {flag}: {line}");
                let is_alone = is_continued && line.split_whitespace().count() == 1;
                assert!(!is_alone, "{command} {flag}: {above}\n{line}");
                above = line;
            }
        }
    }
}

#[test]
fn every_example_in_a_help_text_is_a_command_line() {
    let world = at_80_columns();
    for command in lines() {
        let text = world.ocon(&format!("{command} --help")).stdout;
        let (_, examples) = text.split_once("Examples:\n").expect(&command);
        let examples = examples.split("\n\n").next().unwrap();
        let lines = examples.lines().map(str::trim).filter(|line| line.starts_with("ocon "));
        let mut number = 0;
        for line in lines {
            // Two spaces start a description, and `>` is for the shell.
            let line = line.split("  ").next().unwrap().split(" >").next().unwrap();
            Cli::try_parse_from(line.split_whitespace())
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            number += 1;
        }
        assert!(number > 0, "{command} has no example");
    }
}

/// The manual pages of all commands, each with its name.
fn pages(world: &World) -> Vec<(String, String)> {
    let names: Vec<String> =
        lines().iter().map(|line| format!("ocon {line}").trim_end().replace(' ', "-")).collect();
    let count = format!("{} pages in pages", names.len());
    assert_eq!(world.ocon("man pages").stdout.trim_end(), count);
    names.into_iter().map(|name| (name.clone(), world.read(&format!("pages/{name}.1")))).collect()
}

#[test]
fn every_command_and_subcommand_has_a_manual_page() {
    for (name, page) in pages(&World::new(&[])) {
        let title = format!(".TH \"{}\" \"1\" \"\" \"ocon 0.1.0\"", name.to_uppercase());
        assert!(page.starts_with(&title), "{name}: {page}");
        let first = format!(".SH NAME\n{} \\- ", name.replace('-', "\\-"));
        assert!(page.contains(&first), "{name}: {page}");
        for section in ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"SEE ALSO\""] {
            let heading = format!(".SH {section}");
            let quoted = format!(".SH \"{section}\"");
            assert!(page.contains(&heading) || page.contains(&quoted), "{name} has no {section}");
        }
        assert!(page.lines().all(|line| line.trim_end() == line), "{name}");
    }
}

#[test]
fn the_pages_refer_to_each_other() {
    let world = World::new(&[]);
    let pages = pages(&world);
    let related = |name: &str| -> Vec<String> {
        let (_, page) = pages.iter().find(|(page, _)| page == name).unwrap();
        let (_, related) = page.split_once("\"SEE ALSO\"\n").unwrap();
        let names = related.lines().take_while(|line| line.starts_with("\\fB"));
        let name = |line: &str| line.replace("\\fB", "").replace("\\fR(1)", "").replace('\\', "");
        names.map(|line| name(line).trim_end_matches(',').to_owned()).collect()
    };
    assert_eq!(related("ocon-events-listen"), ["ocon", "ocon-events"]);
    assert_eq!(related("ocon-events"), ["ocon", "ocon-events-listen"]);
    assert_eq!(related("ocon-plan"), ["ocon", "ocon-apply"]);
    assert_eq!(related("ocon").len(), commands().len());
    for (name, _) in &pages {
        let all_exist = related(name).iter().all(|it| pages.iter().any(|(page, _)| page == it));
        assert!(all_exist, "{name}: {:?}", related(name));
    }
}

#[test]
fn a_manual_page_shows_arguments_and_examples_as_tagged_paragraphs() {
    let world = World::new(&[]);
    world.ocon("man pages");
    world.read("pages/ocon-token.1").as_str().is(str![[r#"
.TH "OCON-TOKEN" "1" "" "ocon 0.1.0" "ocon manual"
.SH NAME
ocon\-token \- Print the token of an instance
.ie \n(.g .ds Aq \(aq
.el .ds Aq '
.SH SYNOPSIS
\fBocon token\fR <KEY|PATH>
.ie \n(.g .ds Aq \(aq
.el .ds Aq '
.SH DESCRIPTION
Print the token of an instance
.PP
Prints the token that an application needs to call the connector\*(Aqs API, and nothing else. Needs no secrets of the files.
.ie \n(.g .ds Aq \(aq
.el .ds Aq '
.SH ARGUMENTS
.TP
<\fIKEY|PATH\fR>
Document key, or path of a file with one document
.SH OPTIONS
.TP
\fB\-h\fR, \fB\-\-help\fR
Print help (see a summary with \*(Aq\-h\*(Aq)
.TP
\fB\-V\fR, \fB\-\-version\fR
Print version
.SH "EXAMPLES"
.TP
\fBocon token hootsuite\fR
print the token of hootsuite
.SH "SEE ALSO"
\fBocon\fR(1)
.PP
The global options and the exit codes are in \fBocon\fR(1).

"#]]);
}

#[test]
fn help_refuses_a_word_that_is_not_a_command() {
    let world = World::new(&[]);
    world.ocon("help plan nope").is(str![[r#"
--- stderr ---
error: `nope` is not a subcommand of plan

hint: run `ocon help plan` for its help
--- exit 64 ---
"#]]);
    assert_eq!(world.ocon("help nope").exit, 64);
    assert_eq!(world.ocon("help events listen").exit, 0);
}
