//! A plan names the hosts that get secrets.

use ocon::catalog::ProviderCredentials;
use ocon::desired::Grant;
use ocon::instance::{
    InstanceReference, Json, Part, Secret, SecretReference, SecretSource, Span, StoredValue,
    Template, Value,
};
use ocon::plan::{Action, Rotate, RotationRequest};

use crate::remote::{CANARY, record};
use crate::rules::ONLY;
use crate::world::{World, document, secret, unset_secret, webhook_url};

/// A text with a secret in the middle.
fn around(before: &str, after: &str) -> Value {
    let value = Some(Secret::new(format!("{CANARY}key")));
    let reference = SecretReference { source: SecretSource::Env("KEY".into()), value };
    let text = |text: &str| Part::Text(text.to_owned());
    Value::Text(Template::new(vec![text(before), Part::Secret(reference), text(after)]))
}

fn poller(url: &str) -> Value {
    let url = ("url".to_owned(), Json::Text(Template::text(url)));
    Value::Json(Json::Map([("contacts".to_owned(), Json::Map([url].into()))].into()))
}

fn desk(values: &[(&str, Value)]) -> World {
    World::new([document("desk", values)])
}

/// A value of each kind that may contain a host.
fn with(key: &str, value: Value) -> World {
    desk(&[(key, value), ("app.secret", secret(&format!("{CANARY}app")))])
}

const EVENTS: &str = "event.notification.callback.url";
const POLLER: &str = "event.poller.configuration";

/// A host that is a secret.
const HIDDEN: &str = "a host in a secret, which cannot be shown";

/// The end of a note about a host.
const END: &str = ". Make sure that the host is the provider's";

impl World {
    /// The notes with this code, as they read.
    fn notes(&self, code: &str) -> Vec<String> {
        let notes = self.plan().notes;
        let text = format!("{notes:?}");
        assert!(!text.contains(CANARY) && !text.contains("C4n"), "{text}");
        notes
            .into_iter()
            .filter(|note| note.code.as_str() == code)
            .map(|note| note.message)
            .collect()
    }

    fn sent(&self) -> Vec<String> {
        let sent = |note: String| {
            let (host, rest) = note.strip_suffix(END).unwrap().split_once(" gets ").unwrap();
            let (secrets, key) = rest.rsplit_once(" (").unwrap();
            format!("sends {secrets} to {host} ({key}")
        };
        self.notes("secret-to-host").into_iter().map(sent).collect()
    }

    /// Where credentials go from now on, for each key that changes it.
    fn moved(&self) -> Vec<String> {
        let moved = |note: String| {
            let (host, key) = note.strip_suffix(END).unwrap().split_once(" will get ").unwrap();
            let key = key.strip_prefix("the stored credentials (").unwrap();
            format!("{} → {host}", key.strip_suffix(" changes)").unwrap())
        };
        self.notes("credential-host-changed").into_iter().map(moved).collect()
    }

    fn declare(&mut self, key: &str, value: Value) {
        let field = document("desk", &[(key, value)]).1.configuration.remove(key).unwrap();
        self.wanted("desk").configuration.insert(key.to_owned(), field);
    }

    fn rotating(mut self) -> Self {
        self.options.rotate = [RotationRequest::All].into_iter().collect::<Rotate>();
        self
    }
}

#[test]
fn a_create_names_the_secrets_that_a_host_gets() {
    let secret_part = "`(secret).example`, a host with a secret in its name";
    let either = "`a.example` or `b.example` (URL parsers disagree)";
    for (key, value, secrets, host) in [
        ("site.url", Value::text("https://a.example/x"), "app.secret", "`a.example`"),
        ("hostname", Value::text("sftp.a.example"), "app.secret", "`sftp.a.example`"),
        ("unheard.of", Value::text("https://a.example"), "app.secret", "`a.example`"),
        (POLLER, poller("https://a.example/contacts"), "app.secret", "`a.example`"),
        ("site.url", around("https://a.example/?k=", ""), "site.url, app.secret", "`a.example`"),
        ("site.url", around("https://", ".example/"), "app.secret", secret_part),
        ("subdomain", around("", ""), "app.secret", HIDDEN),
        ("site.url", Value::text("https://a.example\\@b.example/"), "app.secret", either),
        (EVENTS, around("https://a.example/?k=", ""), EVENTS, "`a.example`"),
    ] {
        let note = format!("sends {secrets} to {host} (`{key}`)");
        assert_eq!(with(key, value).sent(), [note], "{key}");
    }
}

#[test]
fn a_create_names_a_grant_and_a_secret_that_is_not_set_as_well() {
    let mut world =
        desk(&[("site.url", Value::text("https://a.example")), ("password", unset_secret())]);
    let at = Span { file: "instances/desk.yaml".into(), line: 9, column: 3 };
    let value = Json::Text(match secret(&format!("{CANARY}code")) {
        Value::Text(template) => template,
        other => panic!("{other:?}"),
    });
    world.wanted("desk").provider_data.insert("code".into(), Grant { value, at });
    assert_eq!(world.sent(), ["sends password, providerData.code to `a.example` (`site.url`)"]);
}

#[test]
fn a_create_without_a_host_or_a_secret_has_no_note() {
    for (key, value) in [
        ("oauth.callback.url", Value::text("https://app.example")),
        (EVENTS, Value::text("https://app.example/events")),
        (EVENTS, around("https://", "/events")),
        (EVENTS, webhook_url()),
        ("base.url", webhook_url()),
        ("oauth.scope", Value::text("https://scopes.example/read")),
        ("servicenow.subdomain", Value::text("dev12345")),
        (POLLER, poller("/contacts?x=https://a.example")),
        ("site.url", Value::Unset),
        ("greeting", Value::text("a: b")),
    ] {
        assert_eq!(with(key, value).sent(), [""; 0], "{key}");
    }
    assert_eq!(desk(&[("site.url", Value::text("https://a.example"))]).sent(), [""; 0]);
    assert_eq!(desk(&[("site.url", around("https://", ""))]).sent(), [""; 0]);
    let host = ("site.url", Value::text("https://a.example"));
    assert_eq!(desk(&[host, ("event.notification.signature.key", secret("x"))]).sent(), [""; 0]);
}

#[test]
fn a_replaced_secret_is_sent_to_the_host_of_the_file() {
    let mut world = with("site.url", Value::text("https://a.example")).agrees();
    assert_eq!(world.plan().notes, []);
    world.declare("app.secret", secret("new"));
    assert_eq!(world.sent(), ["sends app.secret to `a.example` (`site.url`)"]);
    assert_eq!(world.moved(), [""; 0]);
    let world = with("site.url", Value::text("https://a.example")).agrees().rotating();
    assert_eq!(world.sent(), ["sends app.secret to `a.example` (`site.url`)"]);
}

#[test]
fn a_change_without_a_secret_sends_none() {
    let mut world = with("site.url", Value::text("https://a.example")).agrees();
    world.wanted("desk").name = "renamed".into();
    assert_eq!(world.plan().notes, []);
    world.declare("app.secret", Value::Unset);
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
fn a_host_whose_key_is_ignored_is_not_the_one_that_is_stored() {
    let mut world = with("site.url", Value::text("https://a.example")).agrees();
    world.ignore("desk", "configuration.site.url");
    world.declare("app.secret", secret("new"));
    assert_eq!(world.sent(), [""; 0]);
}

#[test]
fn an_update_names_the_new_host_of_the_credentials() {
    for (key, before, after, host) in [
        ("site.url", "https://a.example/x", Value::text("https://b.example/x"), "`b.example`"),
        ("site.url", "https://a.example/x", Value::text("http://a.example/x"), "`a.example`"),
        ("site.url", "https://a.example/x", around("https://", "/"), HIDDEN),
        ("unheard.of", "https://a.example", Value::text("https://b.example"), "`b.example`"),
        ("servicenow.subdomain", "dev1", Value::text("dev2"), "the host for `dev2`"),
        ("servicenow.subdomain", "dev1", Value::text("b.example/#"), "`b.example`"),
        ("subdomain", "dev1", around("", ""), HIDDEN),
        ("maximizer.datacenter", "eu", Value::Unset, "the default host of the connector"),
        ("site.url", "", Value::text("https://b.example"), "`b.example`"),
    ] {
        let mut world = with(key, Value::text(before)).agrees();
        world.declare(key, after);
        assert_eq!(world.moved(), [format!("`{key}` → {host}")], "{key}");
        assert_eq!(world.plan().steps.len(), 1);
    }
}

#[test]
fn an_update_of_a_document_names_its_new_hosts() {
    let mut world = with(POLLER, poller("https://a.example/x")).agrees();
    world.declare(POLLER, poller("https://a.example/y"));
    assert_eq!((world.plan().steps.len(), world.moved().len()), (1, 0));
    world.declare(POLLER, poller("https://b.example/y"));
    assert_eq!(world.moved(), ["`event.poller.configuration` → `b.example`"]);
}

#[test]
fn an_update_without_a_new_host_or_credentials_has_no_note() {
    for (key, before, after) in [
        ("site.url", "https://a.example/x", Value::text("https://A.example/y?z")),
        ("site.url", "", Value::Unset),
        ("oauth.callback.url", "https://a.example", Value::text("https://b.example")),
        (EVENTS, "https://a.example", webhook_url()),
        ("base.url", "https://a.example", webhook_url()),
        (POLLER, "/a", poller("/b")),
        ("filter.response.nulls", "false", Value::text("true")),
    ] {
        let mut world = with(key, Value::text(before)).agrees();
        world.declare(key, after);
        assert_eq!(world.moved(), [""; 0], "{key}");
    }
}

#[test]
fn credentials_count_although_the_file_does_not_declare_them() {
    let before = Value::text("https://a.example");
    let moved = |world: &mut World| {
        world.declare("site.url", Value::text("https://b.example"));
        world.moved()
    };
    assert_eq!(moved(&mut desk(&[("site.url", before.clone())]).agrees()), [""; 0]);

    let mut known = desk(&[("site.url", before.clone())]);
    known.wanted("desk").facts.credentials = ProviderCredentials::Stored;
    let mut removed = with("site.url", before.clone()).agrees();
    removed.wanted("desk").configuration.remove("app.secret");
    let mut masked = desk(&[("site.url", before)]).agrees();
    masked.remote.store(ONLY, "oauth.api.secret", "set by hand");
    let (other, wanted) = document("other", &[("oauth.api.secret", secret("x"))]);
    masked.desired.instances.insert(other, wanted);
    for world in [&mut known.agrees(), &mut removed, &mut masked] {
        assert_eq!(moved(world), ["`site.url` → `b.example`"]);
    }
}

#[test]
fn an_adopted_and_a_finished_instance_are_looked_at_like_an_updated_one() {
    let mut world = with("site.url", Value::text("https://b.example"));
    let id = world.remote.insert(|id| {
        let mut record = record(id, "hootsuite", "desk");
        record.configuration.insert("site.url".into(), StoredValue::new(Some("https://a.example")));
        record
    });
    world.adopt("desk", id);
    assert_eq!(world.only_step().action, Action::Adopt);
    assert_eq!(world.moved(), ["`site.url` → `b.example`"]);

    let own = Value::Text(Template::new(vec![Part::Instance(InstanceReference::Id)]));
    let mut world = with("site.url", Value::text("https://a.example"));
    world.declare("account", own);
    world.apply_killed_after(1);
    assert_eq!(world.plan().notes, []);
    world.declare("site.url", Value::text("https://b.example"));
    assert_eq!(world.only_step().action, Action::Finish);
    assert_eq!(world.moved(), ["`site.url` → `b.example`"]);
}

#[test]
fn a_plan_names_the_host_of_the_events() {
    let key = EVENTS;
    let moved = |before: &str, after: Value| {
        let mut world = desk(&[(key, Value::text(before))]).agrees();
        world.declare(key, after);
        assert_eq!(world.plan().steps.len(), 1);
        let notes = world.notes("event-host-changed").into_iter();
        notes
            .map(|note| note.split_once(" will get the events (").unwrap().0.to_owned())
            .collect::<Vec<String>>()
    };
    let none: Vec<String> = Vec::new();
    for (before, after, hosts) in [
        ("https://a.example/x", Value::text("https://b.example/x"), vec!["`b.example`".to_owned()]),
        ("https://a.example/x", Value::text("//b.example/x"), vec!["`b.example`".to_owned()]),
        ("", Value::text("https://b.example/x"), vec!["`b.example`".to_owned()]),
        ("https://a.example/x", Value::text("https://a.example/y"), none.clone()),
        ("https://a.example/x", webhook_url(), none.clone()),
        ("https://a.example/x", Value::Unset, none.clone()),
    ] {
        assert_eq!(moved(before, after.clone()), hosts, "{before} {after:?}");
    }
    let world = desk(&[(key, Value::text("https://a.example"))]);
    assert_eq!(world.notes("event-host-changed"), none);
    assert_eq!(
        world.notes("event-to-host"),
        [format!("`a.example` gets the events (`{key}`). Make sure that the host is yours")]
    );
    // The platform's own address is not a host of secrets.
    assert_eq!(desk(&[(key, webhook_url())]).notes("event-to-host"), none);
}

#[test]
fn secrets_of_the_event_delivery_go_where_the_events_go() {
    let (url, password) = (EVENTS, "event.notification.basic.password");
    let world = desk(&[
        (url, Value::text("https://a.example/x")),
        (password, secret(&format!("{CANARY}events"))),
        ("event.notification.signature.key", secret(&format!("{CANARY}key"))),
        ("site.url", Value::text("https://b.example")),
        ("password", secret(&format!("{CANARY}p"))),
    ]);
    assert_eq!(
        world.sent(),
        [
            format!("sends {password} to `a.example` (`{url}`)"),
            "sends password to `b.example` (`site.url`)".to_owned(),
        ]
    );
    let mut world = world.agrees();
    world.declare(url, Value::text("https://c.example/x"));
    assert_eq!(
        world.notes("event-host-changed"),
        [format!(
            "`c.example` will get the events, with {password} (`{url}` changes){}",
            END.replace("the provider's", "yours")
        )]
    );
    world.declare(password, secret("new"));
    assert_eq!(world.sent(), [format!("sends {password} to `c.example` (`{url}`)")]);
}

#[test]
fn a_secret_under_a_key_that_the_platform_shows_is_noted_where_it_is_written() {
    let mut world = desk(&[("username", secret("admin")), ("password", secret("p"))]);
    world.wanted("desk").configuration.get_mut("username").unwrap().is_shown_by_platform = true;
    let notes = world.notes("public-secret");
    assert_eq!(
        notes,
        [
            "the platform shows `username` in plain text to everyone who can read the instance, although the value \
          comes from a secret"
        ]
    );
    assert_eq!(world.agrees().notes("public-secret"), [""; 0]);
}
