//! Runs the steps of the workflows that make a release, with a `gh` and a `docker` that only record what they
//! are asked for.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use super::{Repository, TARGETS, root, text};

const MANIFEST: &str = "[package]\nname = \"ocon\"\nversion = \"1.2.3\"\ndescription = \"Short\"\n\
    homepage = \"https://ocon.example.com\"\nrepository = \"https://github.com/Example/Ocon\"\n\n";

const CHANGELOG: &str = "# Changelog\n\n## 1.2.3\n\n- One.\n";

/// Records its arguments. `release view` and `api` answer as the variables say.
const GH: &str = r#"#!/bin/sh
echo "gh $*" >> "$RECORD"
case "$1 $2" in
  'release view') [ -n "$IS_DRAFT" ] && echo "$IS_DRAFT" ;;
  'release download') cp released/* . ;;
  'attestation verify') [ "$ATTESTED" = yes ] ;;
  'api repos/'*) [ -n "$BLOB" ] && echo "$BLOB" || { echo '{"message":"Not Found"}'; exit 1; } ;;
esac
"#;

/// Records its arguments. A build has the digest of its number, and an index the digest of its tag.
const DOCKER: &str = r#"#!/bin/sh
echo "docker $*" >> "$RECORD"
case "$1 $2 $3" in
  'login '*) cat > password ;;
  'buildx build '*)
    while [ "$1" != --metadata-file ]; do shift; done
    echo "{\"containerimage.digest\": \"sha256:$(grep -c 'buildx build' "$RECORD")\"}" > "$2"
    ;;
  'buildx imagetools inspect') echo "{\"digest\": \"sha256:index-of-${4##*:}\"}" ;;
esac
"#;

pub(super) fn workflow(name: &str) -> Value {
    let path = root().join(format!(".github/workflows/{name}.yml"));
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A checkout in which steps run.
pub(super) struct Job {
    pub(super) repository: Repository,
    variables: BTreeMap<&'static str, String>,
}

/// What a step did.
pub(super) struct Ended {
    pub(super) exit: i32,
    pub(super) log: String,
    /// The commands that were recorded, one per line.
    pub(super) record: String,
    pub(super) outputs: String,
}

impl Job {
    pub(super) fn new() -> Self {
        let files = [("Cargo.toml", MANIFEST), ("CHANGELOG.md", CHANGELOG)];
        let repository = Repository::with(&files);
        for (name, script) in [("gh", GH), ("docker", DOCKER)] {
            let path = repository.path().join("bin").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, script).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = |name: &str| repository.path().join(name).display().to_string();
        let variables = [
            ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path("bin"))),
            ("RECORD", path("record")),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_REPOSITORY", "Example/Ocon".to_owned()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_ACTOR", "releaser".to_owned()),
            ("GH_TOKEN", "t0ken".to_owned()),
            ("GH_REPO", "Example/Ocon".to_owned()),
            ("TAG", "v1.2.3".to_owned()),
            ("VERSION", "1.2.3".to_owned()),
        ];
        Self { repository, variables: variables.into() }
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.repository.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The archives of all targets with their digests, in this folder.
    pub(super) fn add_archives(&self, folder: &str) {
        for target in TARGETS {
            let suffix = if target.contains("windows") { "zip" } else { "tar.gz" };
            self.write(&format!("{folder}/ocon-1.2.3-{target}.{suffix}"), target);
        }
        let script = "for file in *; do sha256sum \"$file\" > \"$file.sha256\"; done";
        let folder = self.repository.path().join(folder);
        let status = Command::new("sh").args(["-c", script]).current_dir(folder).status();
        assert!(status.unwrap().success());
    }

    /// Runs a step as GitHub does. Each variable that the step sets must have a value here.
    pub(super) fn run(&self, name: &str, job: &str, step: &str) -> Ended {
        let workflow = workflow(name);
        assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        let step = steps.iter().find(|candidate| candidate["name"] == step).unwrap();
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "a script must not contain an expression:\n{script}");
        let mut variables = self.variables.clone();
        for (variable, value) in step["env"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            if !value.contains("${{") {
                variables.insert(Box::leak(variable.clone().into_boxed_str()), value.to_owned());
            }
            assert!(variables.contains_key(variable.as_str()), "{variable}");
        }
        let _ = fs::remove_file(self.repository.path().join("record"));
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        bash.current_dir(self.repository.path()).env_clear().envs(variables);
        let ended = bash.output().unwrap();
        let read = |name| fs::read_to_string(self.repository.path().join(name)).unwrap_or_default();
        Ended {
            exit: ended.status.code().unwrap(),
            log: text(&ended),
            record: read("record"),
            outputs: read("output"),
        }
    }
}
