//! The client decodes every response shape with a source (docs/platform.md#response-shapes).

use std::fmt::{Debug, Write as _};

use ocon::api::{Projection, reply};
use ocon::events::Notification;
use ocon::instance::StoredValue;
use snapbox::str;

use crate::fixtures::{self, Side};
use crate::snapshot::Snapshot as _;

/// The decoded value of a fixture, on one line.
fn decoded(name: &str, body: &[u8]) -> String {
    fn show<T: Debug>(value: T) -> String {
        format!("{value:?}")
    }
    match name {
        name if name.starts_with("instance-") => {
            show(reply::instance(body, &Projection::All).unwrap())
        }
        name if name.starts_with("instances-") => {
            show(reply::instances(body, &Projection::All).unwrap())
        }
        name if name.starts_with("connector-keys") => show(reply::connectors(body).unwrap()),
        name if name.starts_with("connector-configuration") => {
            show(reply::description(body).unwrap())
        }
        name if name.starts_with("event-notification") => show(Notification::parse(body).unwrap()),
        "events" => show(reply::events(body).unwrap()),
        "oauth-url" => show(reply::authorization_url(body).unwrap()),
        "oauth-token" => show(reply::request_token(body).unwrap()),
        "refusal-credentials" => reply::refusal(401, body, &[]).to_string(),
        "refusal-empty-listing" => {
            assert!(reply::is_empty_listing(body));
            reply::refusal(404, body, &[]).to_string()
        }
        "refusal-of-the-provider" => reply::refusal(400, body, &[]).to_string(),
        _ => panic!("no decoder reads {name}"),
    }
}

#[test]
fn the_client_decodes_every_shape() {
    let mut table = String::new();
    for (name, fixture) in fixtures::read_by(Side::Client) {
        writeln!(table, "{name}: {}", decoded(&name, &fixture.bytes())).unwrap();
    }
    table.is(str![[r#"
connector-configuration: Reading { value: ConnectorDescription { properties: [LiveProperty { key: "authentication.type", name: "Authentication", data_type: "COMBO", default: Some("oauth2"), required: true, internal: false, group: None, options: ["oauth2", "2"] }, LiveProperty { key: "oauth.user.token", name: "Token", data_type: "TEXTFIELD_1000", default: None, required: false, internal: true, group: None, options: [] }], grant: ["code"] }, left_out: [] }
connector-configuration-as-list: Reading { value: ConnectorDescription { properties: [LiveProperty { key: "base.url", name: "", data_type: "TEXTFIELD_128", default: None, required: true, internal: false, group: None, options: [] }], grant: [] }, left_out: [] }
connector-configuration-older-names: Reading { value: ConnectorDescription { properties: [LiveProperty { key: "password", name: "", data_type: "PASSWORD", default: None, required: true, internal: false, group: None, options: [] }, LiveProperty { key: "site", name: "", data_type: "TEXTFIELD_32", default: None, required: false, internal: false, group: None, options: [] }], grant: [] }, left_out: [] }
connector-keys: Reading { value: [ConnectorKey("box"), ConnectorKey("sfdc")], left_out: [] }
connector-keys-as-objects: Reading { value: [ConnectorKey("sfdc"), ConnectorKey("box")], left_out: [] }
event-notification: Notification { event: "5b0437c6e4b07731ae39b533", objects: [ChangedObject { what: "UPDATED", kind: "contacts", id: "17" }] }
event-notification-older: Notification { event: "5b0437c6e4b07731ae39b533", objects: [ChangedObject { what: "UPDATED", kind: "contacts", id: "17" }] }
events: Reading { value: [ProviderEvent { id: "5b0437c6e4b07731ae39b533", date: "2026-01-02T03:04:05Z", status: "NOTIFIED", objects: [ChangedObject { what: "UPDATED", kind: "contacts", id: "17" }] }], left_out: [] }
instance-created: Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales"], configuration: {"event.notification.callback.url": Unset, "event.notification.enabled": Text((secret)), "oauth.api.secret": Masked, "pagination.max": Text((secret))}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }
instance-created-empty-configuration: Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales"], configuration: {}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }
instance-patched-without-tags: Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: [], configuration: {"event.notification.callback.url": Unset, "event.notification.enabled": Text((secret)), "oauth.api.secret": Masked, "pagination.max": Text((secret))}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: true, disabled: false } }
instance-read: Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales"], configuration: {"event.notification.callback.url": Unset, "event.notification.enabled": Text((secret)), "oauth.api.secret": Masked, "pagination.max": Text((secret))}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }
instance-with-tags-as-objects: Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales", "emea"], configuration: {"event.notification.callback.url": Unset, "event.notification.enabled": Text((secret)), "oauth.api.secret": Masked, "pagination.max": Text((secret))}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }
instances-listed: [Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales"], configuration: {"event.notification.callback.url": Unset, "event.notification.enabled": Text((secret)), "oauth.api.secret": Masked, "pagination.max": Text((secret))}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }]
instances-listed-without-configuration: [Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: ["sales"], configuration: {}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: false, disabled: false } }]
instances-of-the-account: [Record { id: InstanceId(471196), connector: "sfdc", name: "Sales", tags: [], configuration: {}, valid: true, disabled: false, token: (secret), omitted: OmittedMembers { tags: true, disabled: false } }]
oauth-token: RequestToken { token: (secret), secret: (secret) }
oauth-url: "https://login.example.com/authorize?response_type=code&client_id=made-up&state=sfdc"
refusal-credentials: HTTP 401 Unauthorized: Invalid Organization or User secret, or invalid Element token provided. (request 5b0437c6e4b07731ae39b533)
refusal-empty-listing: HTTP 404 Not Found: No element instances found (request 5b0437c6e4b07731ae39b533)
refusal-of-the-provider: HTTP 400 Bad Request: The code was not accepted; the provider reports: invalid_grant (request 5b0437c6e4b07731ae39b533)

"#]]);
}

#[test]
fn the_token_and_the_values_of_an_instance_are_decoded() {
    let created = &fixtures::all()["instance-created"];
    let record = reply::instance(&created.bytes(), &Projection::All).unwrap();
    assert_eq!(record.token.expose(), created.body["token"]);
    let values =
        ["event.notification.enabled", "pagination.max", "event.notification.callback.url"];
    let texts = [Some("false"), Some("200"), None].map(StoredValue::new);
    assert_eq!(values.map(|key| record.configuration[key].clone()), texts);
}
