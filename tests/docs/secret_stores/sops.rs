//! The recipe for SOPS, with SOPS and age themselves.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::page::Section;
use super::tenant::{Run, Tenant};

#[expect(clippy::disallowed_methods, reason = "a test run by .ci/run takes the path of SOPS")]
fn sops() -> PathBuf {
    let path = env::var_os("OCON_SOPS").expect("OCON_SOPS has the path of SOPS");
    fs::canonicalize(path).unwrap()
}

/// A person with a key, in a repository with an encrypted file.
struct Person {
    tenant: Tenant,
    section: Section,
}

impl Person {
    /// Follows the section up to the commit, with an editor that writes the secrets.
    fn new() -> Self {
        let (mut tenant, section) = (Tenant::new(), Section::of_the_page("SOPS"));
        symlink(sops(), tenant.path("bin/sops")).unwrap();
        let lines = tenant.secrets.iter().map(|(name, value)| format!("{name}={value}\n"));
        let lines = lines.collect::<String>();
        tenant.write("store/ocon.env", &lines);
        let editor =
            format!("#!/bin/sh\ncat '{}' > \"$1\"\n", tenant.path("store/ocon.env").display());
        tenant.program("editor", &editor);
        tenant.variables.insert("EDITOR".to_owned(), "editor".to_owned());
        let [create, edit, _] = section.scripts();
        let created = tenant.sh(create);
        let (_, key) = created.output.split_once("Public key: ").unwrap();
        let rules = section.file(".sops.yaml");
        let example = rules.split_once("age: ").unwrap().1.trim();
        tenant.write("checkout/.sops.yaml", &rules.replace(example, key.trim()));
        let edited = tenant.sh(edit);
        assert_eq!(edited.exit, 0, "{}", edited.output);
        Self { tenant, section }
    }

    fn apply(&self) -> Run {
        let [.., apply] = self.section.scripts::<3>();
        self.tenant.sh(apply)
    }

    /// Replaces the content of the encrypted file.
    fn edit(&self, text: &str) {
        self.tenant.write("store/ocon.env", text);
        let [_, edit, _] = self.section.scripts();
        let edited = self.tenant.sh(edit);
        assert_eq!(edited.exit, 0, "{}", edited.output);
    }

    /// The content of the encrypted file, with another value of one variable.
    fn with(&self, name: &str, value: &str) -> String {
        let line = |(it, kept): (&String, &String)| {
            let value = if it == name { value } else { kept };
            format!("{it}={value}\n")
        };
        self.tenant.secrets.iter().map(line).collect()
    }
}

#[test]
#[ignore = "needs SOPS and age"]
fn sops_applies_the_secrets_of_the_encrypted_file() {
    let person = Person::new();
    person.tenant.check_apply(|| person.apply());
    person.edit(&person.with("SLACK_CLIENT_SECRET", "another-value"));
    let run = person.apply();
    assert_eq!(run.exit, 0, "{}", run.output);
    assert!(run.output.contains("(secret, env.SLACK_CLIENT_SECRET)"), "{}", run.output);
    assert!(person.tenant.received("another-value"));
}

#[test]
#[ignore = "needs SOPS and age"]
fn a_pipeline_decrypts_with_a_variable() {
    let mut person = Person::new();
    let file = person.tenant.path("home/.config/sops/age/keys.txt");
    let keys = fs::read_to_string(&file).unwrap();
    let key = keys.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    fs::remove_file(file).unwrap();
    person.tenant.variables.insert("SOPS_AGE_KEY".to_owned(), key.to_owned());
    let [.., apply] = person.section.scripts::<3>();
    let (export, apply) = apply.split_once('\n').unwrap();
    assert!(export.starts_with("export SOPS_AGE_KEY_FILE="), "{export}");
    let apply = apply.to_owned();
    person.tenant.check_apply(|| person.tenant.sh(&apply));
}

#[test]
#[ignore = "needs SOPS and age"]
fn the_exit_code_of_ocon_passes_through_sops() {
    let person = Person::new();
    let [.., apply] = person.section.scripts::<3>();
    let plan = apply.replace("ocon apply --yes", "ocon plan --detailed-exitcode");
    let run = person.tenant.sh(&plan);
    assert_eq!(run.exit, 2, "{}", run.output);
    // Without its authorization code, an instance is blocked, and the others are applied.
    person.edit(&person.with("SLACK_CODE", ""));
    let run = person.apply();
    assert_eq!(run.exit, 3, "{}", run.output);
    for value in ["", " "] {
        person.edit(&person.with("SLACK_CLIENT_ID", value));
        let run = person.apply();
        assert_eq!(run.exit, 5, "{}", run.output);
        assert!(run.output.contains("env.SLACK_CLIENT_ID is not set, or empty"), "{}", run.output);
    }
}

#[test]
#[ignore = "needs SOPS and age"]
fn without_the_key_ocon_does_not_start() {
    let person = Person::new();
    fs::remove_file(person.tenant.path("home/.config/sops/age/keys.txt")).unwrap();
    let run = person.apply();
    assert_eq!(run.exit, 128, "{}", run.output);
    assert!(run.output.contains("Failed to get the data key"), "{}", run.output);
    assert_eq!(person.tenant.requests(), 0);
}

/// The reason why the page asks for a file with the extension `.env`.
#[test]
#[ignore = "needs SOPS and age"]
fn sops_changes_values_of_a_yaml_file() {
    let person = Person::new();
    let rules = fs::read_to_string(person.tenant.path("checkout/.sops.yaml")).unwrap();
    person.tenant.write("checkout/.sops.yaml", &rules.replace(r"ocon\.env$", "secrets.yaml$"));
    person.tenant.write("store/ocon.env", "A: null\nB: 1.10\n");
    let [_, edit, apply] = person.section.scripts();
    let edited = person.tenant.sh(&edit.replace("ocon.env", "secrets.yaml"));
    assert_eq!(edited.exit, 0, "{}", edited.output);
    let print =
        apply.replace("ocon.env", "secrets.yaml").replace("exec ocon apply --yes", "echo $A $B");
    assert_eq!(person.tenant.sh(&print).output, "<nil> 1.1\n");
}
