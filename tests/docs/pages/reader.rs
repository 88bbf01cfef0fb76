//! A reader who follows a page.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::blocks::Step;
use super::regenerate::Page;

/// A reader with a new folder and a terminal.
pub(crate) struct Reader {
    root: TempDir,
    programs: TempDir,
    environment: BTreeMap<String, String>,
}

impl Default for Reader {
    fn default() -> Self {
        let environment = [
            ("COLUMNS", "80"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Reader"),
            ("GIT_AUTHOR_EMAIL", "reader@localhost"),
            ("GIT_COMMITTER_NAME", "Reader"),
            ("GIT_COMMITTER_EMAIL", "reader@localhost"),
        ];
        let environment =
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { root: tempfile::tempdir().unwrap(), programs: program(), environment }
    }
}

impl Reader {
    /// The working folder of the reader.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Writes a program that the reader has, as a script.
    pub(crate) fn add_program(&self, name: &str, script: &str) {
        let path = self.programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Follows a page, and compares.
    pub(crate) fn follow(&self, path: &'static str, at_least: usize) {
        let mut page = Page::read(path);
        let steps = page.steps();
        assert!(steps.len() >= at_least, "{path} lacks its blocks marked `console`");
        for step in &steps {
            match step {
                Step::File { path, text } => self.write(path, text),
                Step::Command { line, command, output } => {
                    page.check((*line, command), output, &self.run(command), str::to_owned);
                }
            }
        }
        page.finish();
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A command whose output and errors come in the order in which a terminal shows them.
    pub(crate) fn command(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{command}")]);
        shell.current_dir(self.root()).env_clear().envs(&self.environment);
        let programs = self.programs.path().display();
        shell.env("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin"));
        shell.stdin(Stdio::null()).stdout(Stdio::piped());
        shell
    }

    /// The output of a command, which must succeed.
    pub(crate) fn run(&self, command: &str) -> String {
        let output = self.command(command).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "$ {command}\n{}\n{text}", output.status);
        text
    }

    /// Sets the variables that a command exports.
    pub(crate) fn export(&mut self, command: &str) {
        let all = self.run(&format!("{command}\nenv"));
        let set = all.lines().filter_map(|line| line.split_once('='));
        self.environment.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// The variables that are secrets by their names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let is_secret =
            |name: &str| ["_SECRET", "_KEY", "_TOKEN"].iter().any(|end| name.ends_with(end));
        let variables = self.environment.iter();
        variables.filter(move |(name, _)| is_secret(name)).map(|(_, value)| value.as_str())
    }
}

/// A folder with `ocon`, which applies one step after the other. So the order of the files is the
/// order of the IDs.
fn program() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ocon = env!("CARGO_BIN_EXE_ocon");
    let script = format!(
        "#!/bin/sh\ncase $1 in apply) exec '{ocon}' \"$@\" --concurrency 1 ;; *) exec '{ocon}' \"$@\" ;; esac\n"
    );
    let path = folder.path().join("ocon");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
