//! The recipe for 1Password.

use super::page::Section;
use super::tenant::{CREDENTIALS, Run, Tenant};

struct Vault {
    tenant: Tenant,
    section: Section,
}

impl Vault {
    /// A vault with a field for each reference of the page.
    fn new() -> Self {
        let (mut tenant, section) = (Tenant::new(), Section::of_the_page("1Password"));
        tenant.stub("op");
        tenant.variables.insert("OP_SERVICE_ACCOUNT_TOKEN".to_owned(), "token".to_owned());
        tenant.write("checkout/ocon.op.env", section.file("ocon.op.env"));
        let vault = Self { tenant, section };
        let names: Vec<String> = vault.tenant.secrets.keys().cloned().collect();
        for name in names {
            vault.store(&name, &vault.tenant.secrets[&name]);
        }
        vault
    }

    /// The file of the vault that a reference of the page means.
    fn field(&self, name: &str) -> String {
        let lines = self.section.file("ocon.op.env").lines();
        let reference = lines.filter_map(|line| line.split_once('=')).find(|(it, _)| *it == name);
        let (_, reference) = reference.unwrap_or_else(|| panic!("the page has no {name}"));
        format!("store/{}", reference.strip_prefix("op://").unwrap())
    }

    fn store(&self, name: &str, value: &str) {
        self.tenant.write(&self.field(name), value);
    }

    fn apply(&self) -> Run {
        let [apply] = self.section.scripts();
        self.tenant.sh(apply)
    }
}

#[test]
fn op_run_applies_the_secrets_of_the_vault() {
    let vault = Vault::new();
    vault.tenant.check_apply(|| vault.apply());
}

#[test]
fn op_run_does_not_start_ocon_without_a_field_of_the_vault() {
    let vault = Vault::new();
    std::fs::remove_file(vault.tenant.path(&vault.field("SLACK_CODE"))).unwrap();
    let run = vault.apply();
    assert_eq!(run.exit, 1, "{}", run.output);
    assert!(run.output.contains("op://Platform/slack/code"), "{}", run.output);
    assert_eq!(vault.tenant.requests(), 0);
}

#[test]
fn an_empty_field_of_the_vault_is_not_applied() {
    for empty in ["", " \n"] {
        let vault = Vault::new();
        vault.store("SLACK_CLIENT_SECRET", empty);
        let run = vault.apply();
        assert_eq!(run.exit, 5, "{}", run.output);
        assert!(run.output.contains("env.SLACK_CLIENT_SECRET is not set, or empty"));
        assert_eq!(vault.tenant.requests(), 0);
    }
}

#[test]
fn without_a_credential_nothing_is_contacted_except_for_the_fingerprint_key() {
    for name in CREDENTIALS {
        let vault = Vault::new();
        vault.tenant.check_apply(|| vault.apply());
        let requests = vault.tenant.requests();
        vault.store(name, "");
        vault.store("SLACK_CLIENT_SECRET", "another-value-of-the-secret");
        let run = vault.apply();
        if name == "OCON_FINGERPRINT_KEY" {
            assert_eq!(run.exit, 0, "{}", run.output);
            assert!(run.output.contains("unverified"), "{}", run.output);
            assert!(!vault.tenant.received("another-value-of-the-secret"));
        } else {
            assert_eq!(run.exit, 6, "{}", run.output);
            assert!(run.output.contains(name), "{}", run.output);
            assert_eq!(vault.tenant.requests(), requests);
        }
    }
}

#[test]
fn no_file_can_read_the_token_of_the_vault() {
    let vault = Vault::new();
    let file = std::fs::read_to_string("instances/slack.yaml").unwrap();
    let file = file.replace("env.SLACK_CODE", "env.OP_SERVICE_ACCOUNT_TOKEN");
    vault.tenant.write("checkout/instances/slack.yaml", &file);
    let run = vault.apply();
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(run.output.contains("OP_SERVICE_ACCOUNT_TOKEN"), "{}", run.output);
    assert_eq!(vault.tenant.requests(), 0);
}
