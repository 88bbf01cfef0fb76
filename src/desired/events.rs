//! Whether the events that a document asks for can arrive.
//!
//! All of it is a matter of judgement: an instance may get its callback URL by hand, and a URL
//! without TLS may be what a test system has.

use super::document::Reader;
use super::text::Finding;
use super::yaml::{Kind, Member};
use super::{Code, DesiredInstance};
use crate::instance::{ConnectorKey, InstanceReference, Part, Template, Value, id_in_webhook_url};
use crate::untrusted::quoted;

const ENABLED: &str = "event.notification.enabled";
const CALLBACK: &str = "event.notification.callback.url";

/// Hosts that only this machine reaches.
const LOOPBACK: [&str; 4] = ["localhost", "127.", "[::1]", "host.docker.internal"];

impl Reader<'_, '_> {
    /// Reports what keeps events from arriving.
    pub(super) fn events(&mut self, wanted: &DesiredInstance, configuration: &[Member]) {
        let member = |name: &str| configuration.iter().find(|member| member.name == name);
        let says = |key: &str, text: &str| {
            wanted.configuration.get(key).is_some_and(|field| field.value == Value::text(text))
        };
        let callback = member(CALLBACK).filter(|member| !matches!(member.value.kind, Kind::Null));
        if let (Some(switch), None) = (member(ENABLED), callback)
            && says(ENABLED, "true")
        {
            let message = "events are switched on, and nothing says where they are sent";
            let finding = Finding::new(Code::EventsWithoutCallback, switch.mark, message)
                .help(format!("add `{CALLBACK}: https://…`"));
            self.notes.add(finding);
        }
        for member in configuration.iter().filter(|member| member.name.ends_with("callback.url")) {
            let value = wanted.configuration.get(&member.name).map(|field| &field.value);
            if let Some(Value::Text(url)) = value {
                self.insecure_callback(member, url);
                if member.name == CALLBACK {
                    self.webhook_url(member, url, wanted);
                }
            }
        }
    }

    fn insecure_callback(&mut self, member: &Member, url: &Template) {
        let Some(Part::Text(start)) = url.parts().first() else {
            return;
        };
        let Some(host) = start.strip_prefix("http://") else {
            return;
        };
        if !LOOPBACK.iter().any(|loopback| host.starts_with(loopback)) {
            let message = "what is sent to this URL can be read on its way";
            let finding = Finding::new(Code::InsecureCallback, member.value.mark, message)
                .help("write `https://`");
            self.notes.add(finding);
        }
    }

    /// The id in a webhook URL is the instance's own, or the events of another one arrive here.
    fn webhook_url(&mut self, member: &Member, url: &Template, wanted: &DesiredInstance) {
        let mark = member.value.mark;
        let own = "write `${{ instance.webhook_url }}`, which is right for every tenant";
        let [Part::Text(literal)] = url.parts() else {
            if !carries_own_id(url, &wanted.connector) && wanted.facts.callback_carries_id {
                let message = format!(
                    "this is not the webhook URL of the instance: it ends in `/events/{}/` and the Base64 of the id",
                    wanted.connector
                );
                let finding = Finding::new(Code::CallbackWithoutId, mark, message);
                self.notes.add(finding.help(own));
            }
            return;
        };
        let finding = match (id_in_webhook_url(literal), &wanted.adopt) {
            (Some(id), Some(adopt)) if id != adopt.id => {
                let message = format!(
                    "this URL belongs to the instance {id}, and the document to {}",
                    adopt.id
                );
                Finding::new(Code::WebhookUrlOfAnother, mark, message).help(own)
            }
            (Some(id), None) => {
                let message = format!("this URL belongs to the instance {id}, whoever that is");
                Finding::new(Code::FixedWebhookUrl, mark, message).help(own)
            }
            (None, _) if wanted.facts.callback_carries_id && !literal.is_empty() => {
                let connector = &wanted.connector;
                let message = format!(
                    "the callback URL of {connector} has to carry the instance's id",
                    connector = quoted(&connector)
                );
                Finding::new(Code::CallbackWithoutId, mark, message).help(own)
            }
            _ => return,
        };
        self.notes.add(finding);
    }
}

/// Whether the URL ends in the address at which the platform takes the instance's own events, as far
/// as the file tells.
fn carries_own_id(url: &Template, connector: &ConnectorKey) -> bool {
    match url.parts() {
        [.., Part::Instance(InstanceReference::WebhookUrl)] => true,
        [.., Part::Text(before), Part::Instance(InstanceReference::IdBase64)] => {
            before.ends_with(&format!("/events/{connector}/"))
        }
        // What a secret holds is not known here.
        parts => parts.iter().any(|part| matches!(part, Part::Secret(_))),
    }
}
