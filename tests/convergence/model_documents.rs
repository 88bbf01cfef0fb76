//! One document of the model, and how a run loads it.

use std::collections::BTreeMap;

use ocon::desired::{Adopt, DesiredInstance, IgnoredField};
use ocon::instance::{
    InstanceId, InstanceReference, Json, Key, Part, Secrecy, Secret, SecretReference, SecretSource,
    Template, Value, WebhookUrlForm,
};
use proptest::prelude::*;

use crate::model_files::{key_of, named};
use crate::remote::CANARY;
use crate::world::{document, tags};

/// The configuration keys that documents may declare.
pub(crate) const FIELDS: [&str; 5] =
    ["plain", "second.url", "third.secret", "fourth.secret", "event.poller.configuration"];
/// The connector whose stored values are shown, so no secret is ever stored there.
const PUBLIC: &str = FIELDS[1];
/// The number of kinds of values; 0 is a field that is not declared.
const KINDS: usize = 13;
/// The number of names that documents may have.
pub(crate) const NAMES: usize = 3;

/// The content of a document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The identity of a document, which moves do not change.
    pub(crate) identity: usize,
    pub(crate) connector: bool,
    pub(crate) name: usize,
    pub(crate) tags: Option<usize>,
    pub(crate) values: [usize; FIELDS.len()],
    pub(crate) enabled: Option<bool>,
    pub(crate) protect: bool,
    pub(crate) ignored: Option<usize>,
    pub(crate) adopt: Option<u64>,
    /// The document key in its `moved_from` line.
    pub(crate) moved_from: Option<usize>,
}

/// How often each of two secrets was replaced.
pub(crate) type Rotations = [usize; 2];

/// A kind of value; one with a secret that is not set is rare, since it blocks a create.
pub(crate) fn a_kind() -> impl Strategy<Value = usize> {
    prop_oneof![30 => 0..KINDS - 1, 1 => Just(KINDS - 1)]
}

/// Half of all documents declare only a name, so many are similar.
pub(crate) fn a_document() -> impl Strategy<Value = Document> {
    let values = proptest::array::uniform5(prop_oneof![2 => Just(0), 5 => a_kind()]);
    let values = prop_oneof![Just([0; FIELDS.len()]), values];
    let tags = prop_oneof![2 => Just(None), 1 => (0..3_usize).prop_map(Some)];
    let enabled = prop_oneof![2 => Just(None), 1 => any::<bool>().prop_map(Some)];
    let connector = prop::bool::weighted(0.1);
    (connector, 0..NAMES, tags, values, enabled).prop_map(
        |(connector, name, tags, values, enabled)| {
            let plain = plain(connector, name, values[0]);
            Document { tags, values, enabled, ..plain }
        },
    )
}

/// One of few documents.
pub(crate) fn a_plain_document() -> impl Strategy<Value = Document> {
    let value = prop::sample::select(vec![0, 3]);
    (prop::bool::weighted(0.05), 0..2_usize, value)
        .prop_map(|(connector, name, value)| plain(connector, name, value))
}

fn plain(connector: bool, name: usize, value: usize) -> Document {
    Document {
        identity: 0,
        connector,
        name,
        tags: None,
        values: [value, 0, 0, 0, 0],
        enabled: None,
        protect: false,
        ignored: None,
        adopt: None,
        moved_from: None,
    }
}

impl Document {
    pub(crate) fn load(&self, number: usize, rotations: Rotations) -> (Key, DesiredInstance) {
        let declared = FIELDS.into_iter().zip(self.values);
        let declared: Vec<_> = declared
            .filter_map(|(name, kind)| Some((name, value(name, kind, rotations)?)))
            .collect();
        let (key, mut wanted) = document(key_of(number), &declared);
        for (name, field) in &mut wanted.configuration {
            field.secrecy = match field.secrecy {
                _ if name.ends_with("secret") => Secrecy::Secret,
                Secrecy::Public if name != PUBLIC => Secrecy::Unknown,
                known => known,
            };
        }
        let at = wanted.at.clone();
        wanted.connector = if self.connector { "slack" } else { "hootsuite" }.parse().unwrap();
        wanted.name = named(self.name);
        wanted.tags = self.tags.map(|count| tags(&["a", "b", "c"][..count]));
        wanted.enabled = self.enabled;
        wanted.adopt = self.adopt.map(|id| Adopt { id: InstanceId::new(id), at: at.clone() });
        wanted.lifecycle.protect = self.protect;
        wanted.lifecycle.ignore.extend(self.ignored.map(|field| IgnoredField {
            path: format!("configuration.{}", FIELDS[field]),
            reason: "by hand".into(),
            until: None,
            at,
        }));
        (key, wanted)
    }
}

fn value(field: &str, kind: usize, rotations: Rotations) -> Option<Value> {
    let text = |parts| Some(Value::Text(Template::new(parts)));
    let secret = |which| self::secret(which, rotations);
    match kind {
        7.. if field == PUBLIC => Some(Value::text("public")),
        0 => None,
        1 => Some(Value::Unset),
        2 => Some(Value::text("1 < 2 & \"three\"")),
        3 => Some(Value::text("15")),
        4 => Some(Value::text("{\"b\": [1.50, null], \"a\": \"x\"}")),
        5 => text(vec![Part::Instance(InstanceReference::WebhookUrl(WebhookUrlForm::Base64))]),
        6 => text(vec![Part::Text("id ".into()), Part::Instance(InstanceReference::Id)]),
        7 => text(vec![secret(0)]),
        8 => text(vec![Part::Text("Bearer ".into()), secret(1)]),
        9 => text(vec![secret(0), Part::Instance(InstanceReference::IdBase64)]),
        10 => Some(Value::Json(Json::List(vec![Json::Null, Json::Bool(true)]))),
        11 => Some(Value::Json(Json::Map(BTreeMap::from([
            ("key".into(), Json::Text(Template::new(vec![secret(1)]))),
            ("own".into(), Json::Text(Template::new(vec![Part::Instance(InstanceReference::Id)]))),
        ])))),
        _ => text(vec![Part::Secret(reference("UNSET", None))]),
    }
}

fn secret(which: usize, rotations: Rotations) -> Part {
    let value = format!("{CANARY}{which}.{}", rotations[which]);
    Part::Secret(reference(["FIRST", "SECOND"][which], Some(Secret::new(value))))
}

fn reference(name: &str, value: Option<Secret>) -> SecretReference {
    SecretReference { source: SecretSource::Env(name.into()), value }
}
