//! The recipes for Vault and `OpenBao`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::page::Section;
use super::tenant::{CREDENTIALS, Run, Tenant};

const SECRET: &str = "store/ocon/marketing.json";

fn script() -> Section {
    Section::of_the_page("Vault and OpenBao")
}

/// A tenant with the script of the page, and with a login to a store that has nothing.
fn logged_in() -> Tenant {
    let mut tenant = Tenant::new();
    tenant.stub("vault");
    tenant.variables.insert("VAULT_TOKEN".to_owned(), "token".to_owned());
    tenant.write("checkout/with-vault", script().file("with-vault"));
    tenant
}

/// The same, with the secrets in the store.
fn with_secrets() -> Tenant {
    let tenant = logged_in();
    store(&tenant, &json!(tenant.secrets));
    tenant
}

fn store(tenant: &Tenant, secret: &Value) {
    tenant.write(SECRET, &secret.to_string());
}

/// Follows the recipe.
fn apply(tenant: &Tenant) -> Run {
    let section = script();
    let [apply] = section.scripts();
    tenant.sh(apply)
}

#[test]
fn the_script_applies_the_secrets_of_vault() {
    let tenant = with_secrets();
    tenant.check_apply(|| apply(&tenant));
}

#[test]
fn the_script_applies_the_secrets_of_openbao() {
    let tenant = with_secrets();
    let script = script().file("with-vault").replace("vault kv get", "bao kv get");
    tenant.write("checkout/with-vault", &script);
    fs::rename(tenant.path("bin/vault"), tenant.path("bin/bao")).unwrap();
    tenant.check_apply(|| apply(&tenant));
}

#[test]
fn the_exit_code_of_ocon_passes_through() {
    let tenant = with_secrets();
    let plan = apply_script("ocon plan --detailed-exitcode");
    tenant.sh("chmod +x with-vault");
    let run = tenant.sh(&plan);
    assert_eq!(run.exit, 2, "{}", run.output);
    let mut secrets = tenant.secrets.clone();
    // Without its authorization code, an instance is blocked, and the others are applied.
    secrets.remove("SLACK_CODE");
    store(&tenant, &json!(secrets));
    let run = apply(&tenant);
    assert_eq!(run.exit, 3, "{}", run.output);
    secrets.remove("SLACK_CLIENT_ID");
    store(&tenant, &json!(secrets));
    let run = apply(&tenant);
    assert_eq!(run.exit, 5, "{}", run.output);
}

/// The last line of the recipe, with another command.
fn apply_script(command: &str) -> String {
    let section = script();
    let [apply] = section.scripts();
    let last = apply.lines().last().unwrap();
    assert!(last.ends_with(" ocon apply --yes"), "{last}");
    last.replace("ocon apply --yes", command)
}

#[test]
fn a_key_that_is_missing_in_vault_is_not_applied() {
    let tenant = with_secrets();
    let mut secrets = tenant.secrets.clone();
    secrets.remove("SLACK_CLIENT_SECRET");
    store(&tenant, &json!(secrets));
    let run = apply(&tenant);
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(run.output.contains("env.SLACK_CLIENT_SECRET is not set, or empty"), "{}", run.output);
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn a_key_without_a_text_in_vault_ends_the_script() {
    for value in [json!(""), json!(null), json!(12), json!(["canary-of-a-list"])] {
        let tenant = with_secrets();
        let mut secrets: BTreeMap<_, _> =
            tenant.secrets.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        secrets.insert("SLACK_CLIENT_SECRET".to_owned(), value);
        store(&tenant, &json!(secrets));
        let run = apply(&tenant);
        assert_eq!(run.exit, 5, "{}", run.output);
        assert!(run.output.contains("SLACK_CLIENT_SECRET has no value"), "{}", run.output);
        assert_eq!(tenant.requests(), 0);
    }
}

#[test]
fn a_problem_of_vault_ends_the_script_with_its_reason() {
    let mut tenant = logged_in();
    let run = apply(&tenant);
    assert_eq!(run.exit, 2, "{}", run.output);
    assert!(run.output.contains("No value found at secret/data/ocon/marketing"), "{}", run.output);
    store(&tenant, &json!(null));
    let run = apply(&tenant);
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(run.output.contains("the secret has no data"), "{}", run.output);
    tenant.variables.remove("VAULT_TOKEN");
    let run = apply(&tenant);
    assert_eq!(run.exit, 2, "{}", run.output);
    assert!(run.output.contains("permission denied"), "{}", run.output);
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn a_name_in_vault_is_not_executed() {
    let tenant = with_secrets();
    let mut secrets = tenant.secrets.clone();
    secrets.insert("X=$(touch executed)".to_owned(), "$(touch executed)".to_owned());
    store(&tenant, &json!(secrets));
    apply(&tenant);
    assert!(!tenant.path("checkout/executed").exists());
    secrets.insert("X;touch executed;".to_owned(), "value".to_owned());
    store(&tenant, &json!(secrets));
    let run = apply(&tenant);
    assert_ne!(run.exit, 0, "{}", run.output);
    assert!(!tenant.path("checkout/executed").exists());
}

/// A tenant whose agent writes below the folder of the test. The store has the credentials and the
/// secrets of the files.
fn with_agent(agent: impl Fn(&str) -> String) -> Tenant {
    let tenant = with_secrets();
    let credentials: BTreeMap<_, _> = CREDENTIALS.map(|it| (it, &tenant.secrets[it])).into();
    let mut others = json!(tenant.secrets);
    for name in CREDENTIALS {
        others.as_object_mut().unwrap().remove(name);
    }
    others.as_object_mut().unwrap().extend(json!(credentials).as_object().unwrap().clone());
    others.as_object_mut().unwrap().remove("HOOTSUITE_CLIENT_SECRET");
    tenant.write("store/ocon/credentials.json", &others.to_string());
    tenant.read_client_secret_from("hootsuite/client-secret");
    let section = Section::of_the_page("Files by Vault Agent");
    let text = section.file("agent.hcl").replace("/run/", &format!("{}/", run_folder(&tenant)));
    tenant.write("checkout/agent.hcl", &agent(&text));
    tenant.sh("chmod +x with-vault && mkdir ../run");
    tenant
}

fn run_folder(tenant: &Tenant) -> String {
    tenant.path("run").display().to_string()
}

fn apply_files(tenant: &Tenant) -> Run {
    let section = Section::of_the_page("Files by Vault Agent");
    let [apply] = section.scripts();
    tenant.sh(&apply.replace("/run/", &format!("{}/", run_folder(tenant))))
}

#[test]
fn vault_agent_writes_the_file_that_ocon_applies() {
    let tenant = with_agent(str::to_owned);
    tenant.check_apply(|| apply_files(&tenant));
    let file = tenant.path("run/ocon/secrets/hootsuite/client-secret");
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = fs::metadata(tenant.path("run/ocon")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    assert!(!tenant.path("run/ocon/secrets/hootsuite/client-secret.bak").exists());
}

#[test]
fn vault_agent_ends_the_recipe_without_the_key() {
    let tenant = with_agent(str::to_owned);
    let mut secrets = tenant.secrets.clone();
    secrets.remove("HOOTSUITE_CLIENT_SECRET");
    store(&tenant, &json!(secrets));
    let run = apply_files(&tenant);
    assert_eq!(run.exit, 1, "{}", run.output);
    assert!(run.output.contains("HOOTSUITE_CLIENT_SECRET"), "{}", run.output);
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn an_empty_file_of_vault_agent_is_not_applied() {
    let tenant = with_agent(str::to_owned);
    let mut secrets = tenant.secrets.clone();
    secrets.insert("HOOTSUITE_CLIENT_SECRET".to_owned(), String::new());
    store(&tenant, &json!(secrets));
    let run = apply_files(&tenant);
    assert_eq!(run.exit, 5, "{}", run.output);
    let expected = "file.hootsuite/client-secret is not in the secrets folder, or empty";
    assert!(run.output.contains(expected), "{}", run.output);
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn vault_agent_needs_the_settings_of_the_page() {
    for setting in ["error_on_missing_key", "exit_on_retry_failure"] {
        let without = |text: &str| {
            let lines = text.lines().filter(|line| !line.trim_start().starts_with(setting));
            lines.collect::<Vec<_>>().join("\n")
        };
        let tenant = with_agent(without);
        let mut secrets = tenant.secrets.clone();
        secrets.remove("HOOTSUITE_CLIENT_SECRET");
        store(&tenant, &json!(secrets));
        apply_files(&tenant);
        assert!(tenant.received("<no value>"), "the page warns of this: {setting}");
    }
}
