//! Every secret of every connector, masked or not, through the real client and the real sandbox: created,
//! unchanged, replaced in the environment, written once, unchanged again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ocon::api::client::{ApiCredentials, Client, ClientSettings};
use ocon::api::{StopSignal, SystemClock};
use ocon::apply::{self, Outcome};
use ocon::catalog::{
    Catalog, Connector, ConnectorField, FieldKind, named_like_a_secret, platform_written,
};
use ocon::desired::{self, Desired, SecretLookup, SecretStore, Sources};
use ocon::instance::{BaseUrl, Secret, SecretSource};
use ocon::ownership::Fingerprints;
use ocon::plan::{self, Action, Limits, Plan, PlanContext, PlanOptions, Target};
use ocon::sandbox::{self, Handle, SandboxOptions};
use serde_json::Value;

use crate::world::plan_of;

/// An environment in which every variable is set; some were replaced.
struct Environment<'a>(&'a BTreeSet<String>);

impl SecretStore for Environment<'_> {
    fn look_up(&self, source: &SecretSource) -> SecretLookup {
        let name = source.to_string();
        let version = if self.0.contains(&name) { "new" } else { "old" };
        SecretLookup::Set(Secret::new(format!("demo-{version}-{name}")))
    }
}

/// Whether every read shows a mask in place of the value.
fn is_masked(key: &str) -> bool {
    let ends_like_a_password = key.ends_with("password") || key.ends_with("passphrase");
    ends_like_a_password || matches!(key, "oauth.api.key" | "oauth.api.secret")
}

/// Whether the field is a secret; some are read in plain text.
fn is_secret(field: &ConnectorField) -> bool {
    let is_named = field.secret || named_like_a_secret(&field.key) || is_masked(&field.key);
    is_named && !platform_written(&field.key)
}

/// The variable that a document takes a value from.
fn variable(connector: &str, key: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("{connector}__{key}").chars().map(letter).collect()
}

/// The smallest document that creates an instance, with all secrets.
fn document(key: &str, connector: &Connector) -> String {
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let needed = |field: &&ConnectorField| field.required || is_secret(field);
    for field in connector.fields.iter().filter(needed) {
        values.insert(&field.key, value(key, field));
    }
    // A required value may bring further ones with it.
    for field in &connector.fields {
        let condition = field.required_when.as_deref().and_then(|text| text.split_once('='));
        if condition.is_some_and(|(other, text)| values.get(other).is_some_and(|it| it == text)) {
            values.insert(&field.key, value(key, field));
        }
    }
    let mut text = format!("element: {key}\nname: The {key}\nconfiguration:\n");
    for (name, value) in values.into_iter().filter(|(name, _)| !platform_written(name)) {
        writeln!(text, "  {name}: {value}").unwrap();
    }
    text.push_str("providerData:\n");
    let documented = connector.provider_data.iter().map(String::as_str);
    for member in documented.chain(["code"]).collect::<BTreeSet<_>>() {
        writeln!(text, "  {member}: ${{{{ env.{} }}}}", variable(key, member)).unwrap();
    }
    text
}

fn value(connector: &str, field: &ConnectorField) -> String {
    if is_secret(field) {
        return format!("${{{{ env.{} }}}}", variable(connector, &field.key));
    }
    match field.kind {
        FieldKind::Boolean => "true".to_owned(),
        FieldKind::Integer => "1".to_owned(),
        FieldKind::Enum => field.options.first().unwrap().clone(),
        FieldKind::Json => "{ a: b }".to_owned(),
        FieldKind::Url => "https://provider.example/".to_owned(),
        FieldKind::String => "some-text".to_owned(),
    }
}

fn load(root: &Path, replaced: &BTreeSet<String>) -> Desired {
    let secrets = Environment(replaced);
    let sources = Sources::with_defaults(root, &secrets, "2026-01-01");
    desired::load(&sources).unwrap().desired
}

/// A platform and the client for it.
struct World {
    sandbox: Handle,
    client: Client,
    target: Target,
}

impl World {
    async fn start() -> Self {
        let sandbox = sandbox::start(SandboxOptions::default()).await.unwrap();
        let base_url = BaseUrl::new(sandbox.url());
        let given = sandbox.credentials();
        let (user, organization) =
            (Secret::new(given.user.as_str()), Secret::new(given.organization.as_str()));
        let settings = ClientSettings::new(base_url.clone(), ApiCredentials { user, organization });
        let client = Client::new(settings).unwrap();
        let target = Target { base_url, project: "test".parse().unwrap() };
        Self { sandbox, client, target }
    }

    async fn plan(&self, desired: &Desired) -> Plan {
        let options = PlanOptions::default();
        let fingerprints =
            Fingerprints::from_organization_secret(&Secret::new("a key of the tests"));
        let context = PlanContext {
            target: &self.target,
            options: &options,
            fingerprints: &fingerprints,
            accepts_samples: false,
        };
        plan_of(desired, &self.client, &context, &SystemClock).await
    }

    async fn apply(&self, plan: Plan) -> Outcome {
        let approved = plan.within(Limits { max_deletes: 0 }).unwrap();
        let settings =
            apply::Settings { concurrency: 8, clock: &SystemClock, stop: &StopSignal::default() };
        apply::run(&approved, &self.client, settings, &|_| ()).await
    }

    /// Applies, and gives the writes: method, path and the keys of the configuration.
    async fn writes(&self, plan: Plan) -> Vec<(String, String, Vec<String>)> {
        let before = self.sandbox.journal().len();
        let outcome = self.apply(plan).await;
        assert!(outcome.is_complete(), "{outcome:#?}");
        let journal = self.sandbox.journal().split_off(before);
        let writes = journal.into_iter().filter(|entry| entry.method != "GET");
        let mut writes: Vec<_> = writes
            .map(|entry| (entry.method, entry.path, keys(entry.body.as_ref().unwrap())))
            .collect();
        writes.sort();
        writes
    }

    async fn is_settled(&self, desired: &Desired) {
        let plan = self.plan(desired).await;
        assert!(plan.is_empty() && plan.notes.is_empty(), "{plan:#?}");
    }
}

fn keys(body: &Value) -> Vec<String> {
    assert!(!body.to_string().contains("********"), "a mask was sent");
    body["configuration"].as_object().unwrap().keys().cloned().collect()
}

/// The secrets of each connector that has any.
type Secrets = BTreeMap<&'static str, Vec<&'static str>>;

/// Writes a document for each connector that has a secret.
fn write_documents(folder: &Path) -> Secrets {
    fs::create_dir(folder).unwrap();
    let mut secrets = Secrets::new();
    for key in Catalog::embedded().keys() {
        let connector = Catalog::embedded().connector(&key.parse().unwrap()).unwrap();
        let fields = connector.fields.iter().filter(|field| is_secret(field));
        let keys: Vec<_> = fields.map(|field| field.key.as_str()).collect();
        if !keys.is_empty() {
            fs::write(folder.join(format!("{key}.yaml")), document(key, connector)).unwrap();
            secrets.insert(key, keys);
        }
    }
    secrets
}

/// The secrets that come at this place in their connector.
fn at_place(secrets: &Secrets, place: usize) -> BTreeMap<String, String> {
    let key = |(connector, keys): (&&str, &Vec<&str>)| {
        Some(((*connector).to_owned(), (*keys.get(place)?).to_owned()))
    };
    secrets.iter().filter_map(key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_secret_of_each_connector_is_written_when_it_changes_and_only_then() {
    let (world, root) = (World::start().await, tempfile::tempdir().unwrap());
    let secrets = write_documents(&root.path().join("instances"));
    let mut replaced = BTreeSet::new();
    let desired = load(root.path(), &replaced);
    let plan = world.plan(&desired).await;
    assert_eq!(plan.count(Action::Create), secrets.len(), "{:#?}", plan.blocked);
    world.writes(plan).await;
    world.is_settled(&desired).await;
    for place in 0..secrets.values().map(Vec::len).max().unwrap() {
        let changing = at_place(&secrets, place);
        replaced.extend(changing.iter().map(|(c, key)| format!("env.{}", variable(c, key))));
        let desired = load(root.path(), &replaced);
        let plan = world.plan(&desired).await;
        names_only(&plan, &changing);
        let expected = plan.steps.iter().map(|step| {
            let path = format!("/instances/{}", step.id.unwrap());
            ("PATCH".to_owned(), path, vec![changing[step.key.as_str()].clone()])
        });
        let mut expected: Vec<_> = expected.collect();
        expected.sort();
        assert_eq!(world.writes(plan).await, expected);
        world.is_settled(&desired).await;
    }
    let masked = |keys: &Vec<&str>| keys.iter().filter(|key| is_masked(key)).count();
    let with_masks = secrets.values().filter(|keys| masked(keys) > 0).count();
    let (masked, all): (usize, usize) =
        (secrets.values().map(masked).sum(), secrets.values().map(Vec::len).sum());
    println!("{with_masks} connectors with {masked} masked keys");
    println!("{} connectors with {all} secrets", secrets.len());
    assert_eq!((with_masks, masked), (144, 232));
}

/// The plan has one step for each of these connectors, and it changes that key alone.
fn names_only(plan: &Plan, changing: &BTreeMap<String, String>) {
    let step = |step: &plan::Step| {
        assert_eq!((step.action, step.changes.len()), (Action::Update, 1), "{step:#?}");
        // The new value is from here, even if the platform shows the old one.
        assert_eq!(step.cause, plan::Cause::File, "{step:#?}");
        (step.key.to_string(), step.changes[0].path().to_string())
    };
    let named: BTreeMap<_, _> = plan.steps.iter().map(step).collect();
    let configuration =
        |(connector, key): (&String, &String)| (connector.clone(), format!("configuration.{key}"));
    assert_eq!(named, changing.iter().map(configuration).collect());
    let other = |note: &&plan::Note| note.code.as_str() != "secret-to-host";
    assert_eq!((plan.blocked.len(), plan.notes.iter().find(other)), (0, None), "{plan:#?}");
}
