//! The hooks in `.pre-commit-hooks.yaml`, run by pre-commit as `docs/pipelines.md` shows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::pages::read;

const BROKEN: &str = "element: stripe\nnmae: Shop\n";

#[test]
fn the_hooks_differ_only_in_where_ocon_comes_from() {
    let hooks: Value = serde_yaml::from_str(&read(".pre-commit-hooks.yaml")).unwrap();
    let [source, system] = hooks.as_array().unwrap().as_slice() else { panic!("{hooks}") };
    assert_eq!((&source["id"], &source["language"]), (&"ocon-validate".into(), &"rust".into()));
    assert_eq!(system["id"], "ocon-validate-system");
    assert_eq!(system["language"], "system");
    let shared = |hook: &Value| {
        let mut hook = hook.as_object().unwrap().clone();
        hook.retain(|name, _| !["id", "language", "description"].contains(&name.as_str()));
        hook
    };
    assert_eq!(shared(source), shared(system));
}

/// A block of the page that is this file.
fn block(name: &str) -> String {
    let page = read("docs/pipelines.md");
    let (_, rest) = page.split_once(&format!("```yaml {name}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The source of the hook, in the configuration of the page.
struct Source {
    repository: String,
    revision: String,
}

fn configuration() -> Source {
    let configuration: Value = serde_yaml::from_str(&block(".pre-commit-config.yaml")).unwrap();
    let text = |name: &str| configuration["repos"][0][name].as_str().unwrap().to_owned();
    Source { repository: text("repo"), revision: text("rev") }
}

#[test]
fn the_page_names_the_tag_of_this_version() {
    assert_eq!(configuration().revision, concat!("v", env!("CARGO_PKG_VERSION")));
}

/// A repository with the hook of the page, and the `ocon` of this build in the `PATH`.
struct Repository {
    /// Has the folders `work`, `bin`, `home` and `hooks`.
    folder: TempDir,
}

/// The result of a command.
struct Run {
    succeeded: bool,
    output: String,
}

impl Repository {
    /// Commits these files, and installs the hook for the next commit.
    fn new(files: &[(&str, &str)], hooks: Option<&str>) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["work", "bin", "home", "hooks"] {
            fs::create_dir(repository.path(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_ocon"), repository.path("bin/ocon")).unwrap();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        fs::copy(manifest, repository.path("hooks/.pre-commit-hooks.yaml")).unwrap();
        repository.passes("cd ../hooks && git init -q && git add . && git commit -qm hooks");
        let commit = repository.passes("git -C ../hooks rev-parse HEAD");
        let page = configuration();
        let configuration = block(".pre-commit-config.yaml")
            .replace(&page.repository, repository.path("hooks").to_str().unwrap())
            .replace(&page.revision, commit.trim());
        let (head, of_the_page) = configuration.split_once("    hooks:\n").unwrap();
        let hooks = hooks.map_or(of_the_page.to_owned(), |hooks| {
            hooks.lines().skip(1).map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat()
        });
        let hooks = hooks.replace("id: ocon-validate\n", "id: ocon-validate-system\n");
        repository.write(".pre-commit-config.yaml", &format!("{head}    hooks:\n{hooks}"));
        for (name, text) in files {
            repository.write(name, text);
        }
        repository.passes("git init -q && git add . && git commit -qm files && pre-commit install");
        repository
    }

    /// A project with one file.
    fn with_a_shop() -> Self {
        let files = [
            ("ocon.yaml", "project: tests\nvars:\n  app: https://app.example.com\n"),
            ("instances/shop.yaml", "element: stripe\nname: Shop ${{ var.app }}\n"),
            ("instances/crm.yaml", "element: stripe\nname: CRM\n"),
            ("README.md", "# Instances\n"),
        ];
        Self::new(&files, None)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("work").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn sh(&self, script: &str) -> Run {
        let mut sh = Command::new("sh");
        sh.args(["-euc", &format!("exec 2>&1\n{script}")]).current_dir(self.path("work"));
        let bin = self.path("bin").display().to_string();
        let path = std::env::join_paths(
            [PathBuf::from(bin)].into_iter().chain(std::env::split_paths(&inherited_path())),
        );
        sh.env_clear().env("PATH", path.unwrap()).env("HOME", self.path("home"));
        sh.env("PRE_COMMIT_HOME", self.path("home/pre-commit"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            sh.env(format!("GIT_{role}_NAME"), "Test");
            sh.env(format!("GIT_{role}_EMAIL"), "test@localhost");
        }
        let ended = sh.output().unwrap();
        let output = String::from_utf8(ended.stdout).unwrap();
        Run { succeeded: ended.status.success(), output }
    }

    /// The output of a script that must succeed.
    fn passes(&self, script: &str) -> String {
        let run = self.sh(script);
        assert!(run.succeeded, "{script}\n{}", run.output);
        run.output
    }

    /// Changes files and commits. The hook runs and passes.
    fn commits(&self, change: &str) {
        let output = self.passes(&format!("{change}\ngit commit -qm change"));
        assert!(output.contains("Passed"), "{change}\n{output}");
    }

    /// Changes files and commits. The hook runs and fails with this text, and there is no commit.
    fn refuses(&self, change: &str, reason: &str) {
        let before = self.passes("git rev-parse HEAD");
        let run = self.sh(&format!("{change}\ngit commit -qm change"));
        assert!(!run.succeeded && run.output.contains("Failed"), "{change}\n{}", run.output);
        assert!(run.output.contains(reason), "{change}\n{}", run.output);
        assert_eq!(self.passes("git rev-parse HEAD"), before);
    }
}

#[expect(clippy::disallowed_methods, reason = "pre-commit is found by its PATH")]
fn inherited_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap()
}

#[test]
#[ignore = "needs pre-commit"]
fn pre_commit_accepts_the_manifest() {
    let repository = Repository::with_a_shop();
    repository.passes("pre-commit validate-manifest ../hooks/.pre-commit-hooks.yaml");
    repository.passes("pre-commit validate-config .pre-commit-config.yaml");
}

#[test]
#[ignore = "needs pre-commit"]
fn a_broken_instance_file_is_not_committed() {
    let repository = Repository::with_a_shop();
    repository.write("instances/new.yaml", BROKEN);
    repository.refuses("git add instances", "instances/new.yaml:2:1");
    repository.refuses("true", "exit code: 5");
    repository.commits("git rm -qf instances/new.yaml && echo >> README.md && git add README.md");
}

#[test]
#[ignore = "needs pre-commit"]
fn deleted_and_renamed_files_are_checked() {
    let repository = Repository::with_a_shop();
    repository.commits("git mv instances/crm.yaml instances/desk.yaml");
    repository.commits("git rm -q instances/desk.yaml");
    repository.refuses("git rm -q ocon.yaml", "app");
    repository.commits("git reset -q --hard && git rm -q README.md");
    repository.refuses("git rm -q instances/shop.yaml", "the folder `instances` does not exist");
    repository.commits("mkdir instances && touch instances/.gitkeep && git add instances");
}

#[test]
#[ignore = "needs pre-commit"]
fn foreign_files_do_no_harm() {
    let repository = Repository::with_a_shop();
    repository.write("a file with blanks.yaml", "a: [\n");
    repository.write("-C", "not an option\n");
    repository.write("docs/données.yaml", BROKEN);
    repository.write("instances/notes.txt", "a: [\n");
    repository.commits("git add .");
    repository.commits("git rm -q -- -C && git mv 'a file with blanks.yaml' b.yaml");
}

#[test]
#[ignore = "needs pre-commit"]
fn only_staged_changes_and_new_files_are_checked() {
    let repository = Repository::with_a_shop();
    repository.write("instances/shop.yaml", BROKEN);
    repository.commits("echo >> README.md && git add README.md");
    let kept = fs::read_to_string(repository.path("work/instances/shop.yaml")).unwrap();
    assert_eq!(kept, BROKEN);
    repository.passes("git checkout -q instances");
    repository.write("instances/new.yaml", BROKEN);
    repository.refuses("echo >> README.md && git add README.md", "instances/new.yaml");
}

#[test]
#[ignore = "needs pre-commit"]
fn a_staged_secret_file_is_not_committed() {
    let repository = Repository::with_a_shop();
    let text =
        "element: stripe\nname: Shop\nconfiguration:\n  oauth.api.secret: ${{ file.shop }}\n";
    repository.write("instances/shop.yaml", text);
    repository.write("secrets/shop", "value-of-the-secret");
    repository.refuses("git add -f .", "committed-secret");
}

#[test]
#[ignore = "needs pre-commit"]
fn each_project_of_a_repository_has_its_hook() {
    let shop = "element: stripe\nname: Shop\n";
    let files = [
        ("team-a/ocon.yaml", "project: a\n"),
        ("team-a/instances/shop.yaml", shop),
        ("team-b/ocon.yaml", "project: b\n"),
        ("team-b/instances/shop.yaml", shop),
    ];
    let repository = Repository::new(&files, Some(&block("several-projects.yaml")));
    let output = repository.passes(
        "git mv team-b/instances/shop.yaml team-b/instances/new.yaml
git commit -qm change",
    );
    assert_eq!(output.matches("Passed").count(), 2, "{output}");
    repository.write("team-b/instances/new.yaml", BROKEN);
    let run = repository.sh("git add . && git commit -qm change");
    assert!(run.output.contains("ocon validate (team-a)"), "{}", run.output);
    assert_eq!((run.output.matches("Passed").count(), run.succeeded), (1, false), "{}", run.output);
}
