//! Files and platform side by side, so that a test is a few lines: make them agree, edit one side,
//! look at the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use ocon::api::{Clock, Sleep, Stop, Waiting};
use ocon::apply::{self, Outcome, Settings};
use ocon::catalog::{Catalog, Facts};
use ocon::desired::{Desired, DesiredInstance, Field, Lifecycle};
use ocon::instance::{
    BaseUrl, ConnectorKey, InstanceReference, Key, Part, Secrecy, Secret, SecretReference,
    SecretSource, Span, Template, Value,
};
use ocon::observed;
use ocon::ownership::Fingerprints;
use ocon::plan::{self, Approved, Limits, OrphanPolicy, Plan, PlanContext, PlanOptions, Target};

use crate::remote::Remote;

pub(crate) struct World {
    pub(crate) desired: Desired,
    pub(crate) remote: Remote,
    pub(crate) options: PlanOptions,
    pub(crate) fingerprint_key: &'static str,
    pub(crate) project: &'static str,
    pub(crate) concurrency: usize,
}

/// Time that passes at once.
pub(crate) struct Instantly;

impl Clock for Instantly {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl World {
    pub(crate) fn new(documents: impl IntoIterator<Item = (Key, DesiredInstance)>) -> Self {
        let desired = Desired { instances: documents.into_iter().collect() };
        Self {
            desired,
            remote: Remote::default(),
            options: PlanOptions::default(),
            fingerprint_key: "k1",
            project: "test",
            concurrency: 4,
        }
    }

    pub(crate) fn pruning(mut self) -> Self {
        self.options.orphans = OrphanPolicy::Prune;
        self
    }

    /// Brings the platform to the state of the files.
    pub(crate) fn agrees(self) -> Self {
        assert!(self.apply().is_complete());
        assert!(self.plan().steps.is_empty());
        self.remote.writes.lock().unwrap().clear();
        self
    }

    pub(crate) fn plan(&self) -> Plan {
        block_on(async {
            let target = Target {
                base_url: BaseUrl::new("https://api.example/elements/api-v2"),
                project: self.project.parse().unwrap(),
            };
            let declared = self.desired.declared_keys();
            let mut observed =
                observed::fetch(&self.remote, &target.project, declared.clone()).await.unwrap();
            let fingerprints =
                Fingerprints::new(&Secret::new(self.fingerprint_key), &Secret::new("organization"));
            let context = PlanContext {
                target: &target,
                options: &self.options,
                fingerprints: &fingerprints,
            };
            let waiting = Waiting { clock: &Instantly, stop: &Stop::default() };
            loop {
                let questions = plan::questions(&self.desired, &observed, &context);
                if questions.is_empty() {
                    return plan::compute(&self.desired, &observed, &context);
                }
                observed::answer(&self.remote, &questions, &declared, &mut observed, waiting)
                    .await
                    .unwrap();
            }
        })
    }

    pub(crate) fn apply(&self) -> Outcome {
        self.apply_plan(self.plan())
    }

    pub(crate) fn apply_plan(&self, plan: Plan) -> Outcome {
        self.carry_out(&plan.within(Limits { max_deletes: usize::MAX }).unwrap())
    }

    pub(crate) fn carry_out(&self, approved: &Approved) -> Outcome {
        let stop = Stop::default();
        let settings = Settings { concurrency: self.concurrency, clock: &Instantly, stop: &stop };
        block_on(apply::run(approved, &self.remote, settings, &|_| ()))
    }

    pub(crate) fn wanted(&mut self, name: &str) -> &mut DesiredInstance {
        self.desired.instances.get_mut(&key(name)).unwrap()
    }

    pub(crate) fn written(&self) -> Vec<String> {
        std::mem::take(&mut self.remote.writes.lock().unwrap())
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn key(name: &str) -> Key {
    name.parse().unwrap()
}

/// A document called `name` with these configuration values, and events that carry its id.
pub(crate) fn document(name: &str, configuration: &[(&str, Value)]) -> (Key, DesiredInstance) {
    let at = |line| Span { file: format!("instances/{name}.yaml").into(), line, column: 1 };
    let connector: ConnectorKey = "hootsuite".parse().unwrap();
    let field = |key: &str, value: &Value| Field {
        secrecy: if value.secrets().next().is_some() { Secrecy::Secret } else { Secrecy::Public },
        value: value.clone(),
        platform_written: false,
        is_shown_by_platform: false,
        host_role: Catalog::embedded().host_role(&connector, key),
        at: at(5),
    };
    let wanted = DesiredInstance {
        at: at(1),
        connector: connector.clone(),
        name: name.to_owned(),
        tags: None,
        configuration: configuration
            .iter()
            .map(|(key, value)| ((*key).into(), field(key, value)))
            .collect(),
        provider_data: BTreeMap::new(),
        external_authentication: None,
        enabled: None,
        adopt: None,
        moved_from: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        facts: Facts::default(),
    };
    (key(name), wanted)
}

pub(crate) fn webhook_url() -> Value {
    Value::Text(Template::new(vec![Part::Instance(InstanceReference::WebhookUrl)]))
}

pub(crate) fn secret(text: &str) -> Value {
    reference(Some(Secret::new(text)))
}

/// A secret with the id of its own instance in it.
pub(crate) fn secret_with_id() -> Value {
    let value = Some(Secret::new("one"));
    let reference = SecretReference { source: SecretSource::Env("SECRET".into()), value };
    Value::Text(Template::new(vec![Part::Secret(reference), Part::Instance(InstanceReference::Id)]))
}

pub(crate) fn unset_secret() -> Value {
    reference(None)
}

fn reference(value: Option<Secret>) -> Value {
    let source = SecretSource::Env("SECRET".into());
    Value::Text(Template::new(vec![Part::Secret(SecretReference { source, value })]))
}

pub(crate) fn tags(tags: &[&str]) -> BTreeSet<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}
