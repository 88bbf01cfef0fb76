//! Files and platform side by side, for short tests: make them agree, edit one side, check the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use ocon::api::{Clock, Read, Sleep, StopSignal, Waiter};
use ocon::apply::{self, Outcome, Settings, StepFailure};
use ocon::catalog::{Catalog, ConnectorFacts};
use ocon::desired::{Adopt, DeclaredValue, Desired, DesiredInstance, IgnoredField, Lifecycle};
use ocon::instance::{
    BaseUrl, ConnectorKey, InstanceId, InstanceReference, Key, Part, Secrecy, Secret,
    SecretReference, SecretSource, Span, Template, Value, WebhookUrlForm,
};
use ocon::observed;
use ocon::ownership::Fingerprints;
use ocon::plan::{
    self, Approved, BlockCode, Limits, Note, OrphanPolicy, Plan, PlanContext, PlanOptions, Target,
};

use crate::remote::Remote;

pub(crate) struct World {
    pub(crate) desired: Desired,
    pub(crate) remote: Remote,
    pub(crate) options: PlanOptions,
    pub(crate) fingerprint_key: &'static str,
    pub(crate) project: &'static str,
    pub(crate) concurrency: usize,
}

/// A clock that never waits.
pub(crate) struct NoWait;

impl Clock for NoWait {
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
            let fingerprints =
                Fingerprints::new(&Secret::new(self.fingerprint_key), &Secret::new("organization"));
            let context = PlanContext {
                target: &target,
                options: &self.options,
                fingerprints: &fingerprints,
                accepts_samples: false,
            };
            plan_of(&self.desired, &self.remote, &context, &NoWait).await
        })
    }

    /// Checks that nothing remains to be done.
    pub(crate) fn is_settled(&self) {
        let plan = self.plan();
        assert!(plan.is_empty(), "{plan:#?}");
    }

    pub(crate) fn apply(&self) -> Outcome {
        self.apply_plan(self.plan())
    }

    pub(crate) fn apply_plan(&self, plan: Plan) -> Outcome {
        self.carry_out(&plan.within(Limits { max_deletes: usize::MAX }).unwrap())
    }

    pub(crate) fn carry_out(&self, approved: &Approved) -> Outcome {
        let stop = StopSignal::default();
        let settings = Settings { concurrency: self.concurrency, clock: &NoWait, stop: &stop };
        block_on(apply::run(approved, &self.remote, settings, &|_| ()))
    }

    /// The plan as a run without deletes executes it.
    pub(crate) fn approved(&self) -> Approved {
        self.plan().within(Limits { max_deletes: 0 }).unwrap()
    }

    /// Applies in a process that is killed after so many writes.
    pub(crate) fn apply_killed_after(&self, writes: usize) -> Outcome {
        *self.remote.budget.lock().unwrap() = Some(writes);
        let outcome = self.apply();
        *self.remote.budget.lock().unwrap() = None;
        outcome
    }

    /// Applies, and checks that nothing remains to be done.
    pub(crate) fn converges(&self) {
        assert!(self.apply().is_complete());
        self.is_settled();
    }

    pub(crate) fn take(&mut self, name: &str) -> DesiredInstance {
        self.desired.instances.remove(&key(name)).unwrap()
    }

    pub(crate) fn put(&mut self, name: &str, wanted: DesiredInstance) {
        self.desired.instances.insert(key(name), wanted);
    }

    /// Gives a document another document key.
    pub(crate) fn rekey(&mut self, old: &str, new: &str) {
        let wanted = self.take(old);
        self.put(new, wanted);
    }

    /// Adds a document without configuration.
    pub(crate) fn add(&mut self, name: &str) -> &mut DesiredInstance {
        self.desired.instances.extend([document(name, &[])]);
        self.wanted(name)
    }

    pub(crate) fn adopt(&mut self, name: &str, id: InstanceId) {
        let at = Span { file: format!("instances/{name}.yaml").into(), line: 3, column: 5 };
        self.wanted(name).adopt = Some(Adopt { id, at });
    }

    /// Replaces a declared value.
    pub(crate) fn set(&mut self, name: &str, key: &str, value: Value) {
        self.wanted(name).configuration.get_mut(key).unwrap().value = value;
    }

    /// Adds a path to `lifecycle.ignore`.
    pub(crate) fn ignore(&mut self, name: &str, path: &str) {
        let wanted = self.wanted(name);
        let (path, at) = (path.to_owned(), wanted.at.clone());
        let ignore = IgnoredField { path, reason: "by hand".into(), until: None, at };
        wanted.lifecycle.ignore.push(ignore);
    }

    pub(crate) fn wanted(&mut self, name: &str) -> &mut DesiredInstance {
        self.desired.instances.get_mut(&key(name)).unwrap()
    }

    pub(crate) fn written(&self) -> Vec<String> {
        std::mem::take(&mut self.remote.writes.lock().unwrap())
    }
}

/// The plan for these files and this platform.
pub(crate) async fn plan_of<R: Read>(
    desired: &Desired,
    remote: &R,
    context: &PlanContext<'_>,
    clock: &dyn Clock,
) -> Plan {
    let declared = desired.declared_keys();
    let project = &context.target.project;
    let mut observed = observed::fetch(remote, project, declared.clone()).await.unwrap();
    let waiting = Waiter { clock, stop: &StopSignal::default() };
    loop {
        let questions = plan::questions(desired, &observed, context);
        if questions.is_empty() {
            return plan::compute(desired, &observed, context);
        }
        observed::answer(remote, &questions, &declared, &mut observed, waiting).await.unwrap();
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The first note with this code.
pub(crate) fn note<'a>(plan: &'a Plan, code: &str) -> &'a Note {
    plan.notes.iter().find(|note| note.code.as_str() == code).unwrap()
}

pub(crate) fn block_codes(plan: &Plan) -> Vec<BlockCode> {
    plan.blocked.iter().map(|blocked| blocked.code).collect()
}

/// The outcome of each step.
pub(crate) fn outcomes(outcome: &Outcome) -> Vec<&'static str> {
    outcome.results.iter().map(|result| result.status.outcome().as_str()).collect()
}

/// The failure of the first step.
pub(crate) fn first_failure(outcome: &Outcome) -> &StepFailure {
    outcome.results[0].status.failure().unwrap()
}

pub(crate) fn key(name: &str) -> Key {
    name.parse().unwrap()
}

/// A document called `name` with these configuration values, and events that carry its id.
pub(crate) fn document(name: &str, configuration: &[(&str, Value)]) -> (Key, DesiredInstance) {
    let at = |line| Span { file: format!("instances/{name}.yaml").into(), line, column: 1 };
    let connector: ConnectorKey = "hootsuite".parse().unwrap();
    let field = |key: &str, value: &Value| DeclaredValue {
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
        facts: ConnectorFacts::default(),
    };
    (key(name), wanted)
}

pub(crate) fn webhook_url() -> Value {
    Value::Text(Template::new(vec![Part::Instance(InstanceReference::WebhookUrl(
        WebhookUrlForm::Base64,
    ))]))
}

pub(crate) fn secret(text: &str) -> Value {
    reference(Some(Secret::new(text)))
}

/// A secret that contains the ID of its instance.
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
