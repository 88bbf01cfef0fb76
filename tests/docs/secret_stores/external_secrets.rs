//! The manifests for the External Secrets Operator, and the folder that Kubernetes mounts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::page::Section;
use super::tenant::Tenant;

const VARIABLES: &str = "External Secrets Operator";
const FILES: &str = "Mounted files";
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/kubernetes");

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn of_the_example(file: &str) -> Value {
    yaml(&fs::read_to_string(Path::new(EXAMPLE).join(file)).unwrap())
}

/// The template of the pod in a `CronJob`.
fn pod(job: &Value) -> &Value {
    &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
}

#[test]
fn the_operator_creates_the_secret_that_the_cron_job_reads() {
    let section = Section::of_the_page(VARIABLES);
    let secret = yaml(section.file("external-secret.yaml"));
    assert_eq!(secret["kind"], "ExternalSecret");
    let job = of_the_example("base/cronjob.yaml");
    let sources = pod(&job)["containers"][0]["envFrom"].as_array().unwrap();
    let reads = |source: &Value| source["secretRef"]["name"] == secret["spec"]["target"]["name"];
    assert!(sources.iter().any(reads), "{sources:?}");
}

/// The files of a Secret, in the layout of a mounted volume: links to a folder that is replaced as a whole.
fn mount(tenant: &Tenant, files: &[(&str, &str)]) {
    for (name, value) in files {
        tenant.write(&format!("run/..2026_11_28/{name}"), value);
    }
    let folder = tenant.path("run");
    symlink("..2026_11_28", folder.join("..data")).unwrap();
    for (name, _) in files {
        symlink(format!("..data/{name}"), folder.join(name)).unwrap();
    }
    tenant.sh("chmod 700 ../run && chmod 400 ../run/..data/*");
}

/// A pod with all variables but the client secret, which comes from the mounted folder.
fn pod_with_files(value: &str) -> Tenant {
    let section = Section::of_the_page(FILES);
    let data = yaml(section.file("secret-files.yaml"))["spec"]["data"].clone();
    let [file] = data.as_array().unwrap().as_slice() else { panic!("{data}") };
    assert_eq!(file["remoteRef"]["property"], "HOOTSUITE_CLIENT_SECRET");
    let mut tenant = Tenant::new();
    let name = file["secretKey"].as_str().unwrap();
    tenant.read_client_secret_from(name);
    mount(&tenant, &[(name, value)]);
    tenant.variables.extend(tenant.secrets.clone());
    tenant.variables.remove("HOOTSUITE_CLIENT_SECRET");
    let folder = tenant.path("run").display().to_string();
    tenant.variables.insert("OCON_SECRETS_DIR".to_owned(), folder);
    tenant
}

#[test]
fn a_mounted_file_is_applied() {
    let secret = Tenant::new().secrets["HOOTSUITE_CLIENT_SECRET"].clone();
    let tenant = pod_with_files(&secret);
    tenant.check_apply(|| tenant.sh("ocon apply --yes"));
}

#[test]
fn an_empty_mounted_file_and_a_missing_key_are_not_applied() {
    let tenant = pod_with_files("");
    let run = tenant.sh("ocon apply --yes");
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(
        run.output.contains("file.hootsuite-client-secret is not in the secrets folder, or empty"),
        "{}",
        run.output
    );
    let mut tenant = pod_with_files("value-of-the-client-secret");
    tenant.variables.remove("SLACK_CLIENT_ID");
    let run = tenant.sh("ocon apply --yes");
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(run.output.contains("env.SLACK_CLIENT_ID is not set"), "{}", run.output);
    assert_eq!(tenant.requests(), 0);
}

/// Builds the tenant of the example with the files of the page, and checks the result with `validate`.
#[test]
#[ignore = "needs kubectl and kubernetes-validate"]
fn kustomize_mounts_the_secret_where_ocon_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").args(["-R", EXAMPLE]).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    let eu = folder.path().join("kubernetes/tenants/eu");
    let (variables, files) = (Section::of_the_page(VARIABLES), Section::of_the_page(FILES));
    fs::write(eu.join("external-secret.yaml"), variables.file("external-secret.yaml")).unwrap();
    for name in ["secret-files.yaml", "mount-secrets.yaml"] {
        fs::write(eu.join(name), files.file(name)).unwrap();
    }
    let path = eu.join("kustomization.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let resources = "  - ../../base\n  - external-secret.yaml\n  - secret-files.yaml\n";
    let changed = text.replace("  - ../../base\n", resources);
    assert_ne!(changed, text);
    fs::write(&path, format!("{changed}patches:\n  - path: mount-secrets.yaml\n")).unwrap();
    let built = Command::new("kubectl").arg("kustomize").arg(&eu).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let documents = String::from_utf8(built.stdout).unwrap();
    let (external, known): (Vec<_>, Vec<_>) =
        documents.split("\n---\n").partition(|text| text.contains("kind: ExternalSecret"));
    assert!(external.len() == 2 && external.iter().all(|it| it.contains("namespace: ocon-eu")));
    check_mount(&known);
    validate(&folder.path().join("known.yaml"), &known.join("\n---\n"));
}

/// The folder of the mounted Secret is the one that the config map names.
fn check_mount(documents: &[&str]) {
    let of_kind =
        |kind: &str| documents.iter().map(|text| yaml(text)).find(|it| it["kind"] == kind).unwrap();
    let job = of_kind("CronJob");
    let container = &pod(&job)["containers"][0];
    let mounts = container["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["name"] == "secret-files").unwrap();
    assert_eq!(mount["mountPath"], of_kind("ConfigMap")["data"]["OCON_SECRETS_DIR"]);
    assert!(mounts.len() == 2 && !container["envFrom"].is_null(), "{container}");
    let volumes = pod(&job)["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|it| it["name"] == "secret-files").unwrap();
    assert_eq!(volume["secret"]["defaultMode"], 0o440);
    assert_eq!(volumes.len(), 3, "the other volumes stay: {volumes:?}");
}

fn validate(path: &Path, documents: &str) {
    fs::write(path, documents).unwrap();
    let checked = Command::new("kubernetes-validate").arg("--strict").arg(path).output().unwrap();
    let output = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
    assert!(checked.status.success(), "{output}");
}
