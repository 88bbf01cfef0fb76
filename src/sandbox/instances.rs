//! The calls on instances.
//!
//! In: requests whose caller, path and media types have been checked. Out: replies, and changes
//! in the store. A write checks everything that it can before it exchanges a grant, and changes
//! nothing before everything is right. It must never answer a write before it is committed.

use axum::http::Method;
use serde_json::{Value, json};

use super::body::InstanceBody;
use super::catalog::Connector;
use super::configuration::StoredConfiguration;
use super::faults::BehaviorFault;
use super::instance::{DetailLevel, ExternalAuthentication, InstanceJson, StoredInstance};
use super::listing::{ListOrder, ListPage};
use super::oauth::{self, TokenExchange};
use super::platform::Platform;
use super::reply::{ErrorReply, Reply, ReplyResult};
use super::request::ApiRequest;
use super::store::{Change, UsedCode};
use super::timestamp;
use super::visibility::ReadView;

impl Platform {
    /// The list of instances, all or those of one connector; an empty one is a 404.
    pub(super) fn list(
        &self,
        request: &ApiRequest,
        connector: Option<&Connector>,
        detail: DetailLevel,
    ) -> ReplyResult {
        let tags: Vec<_> = request.parameters("tags[]").collect();
        let text = request.parameter("searchText").unwrap_or_default().to_lowercase();
        let blind =
            request.behavior_fault == Some(BehaviorFault::TagFilterEmpty) && !tags.is_empty();
        let view = if tags.is_empty() { ReadView::AccountListing } else { ReadView::TagListing };
        let shown = self.visibility.instances(&self.store, view, self.clock.now());
        let matches = shown.into_iter().filter(|instance| {
            !blind
                && connector.is_none_or(|connector| connector.id == instance.connector.id)
                && tags.iter().all(|wanted| instance.tags.iter().any(|tag| tag == wanted))
                && (text.is_empty()
                    || instance.connector.key == text
                    || instance.name.to_lowercase().contains(&text))
        });
        let (limit, order) = (self.behavior.page_size, self.behavior.order);
        let id = |instance: &StoredInstance| instance.id;
        let page = ListPage::cut(request, matches.collect(), id, limit, order)?;
        if page.is_nothing() {
            return Err(ErrorReply::not_found("No element instances found"));
        }
        let items = page.items.iter().map(|item| self.view(item, detail));
        page.reply(&items.collect::<Vec<_>>())
    }

    /// `POST`: creates an instance, of `connector` if the path names one.
    pub(super) fn create(
        &mut self,
        request: &ApiRequest,
        connector: Option<&'static Connector>,
    ) -> ReplyResult {
        let body: InstanceBody = request.json()?;
        let connector = connector.map_or_else(|| body.connector(), Ok)?;
        let mut instance = self.draft(&body, connector)?;
        check_required(&body, &instance)?;
        let grant = self.authenticate(&body, instance.external_authentication, &mut instance)?;
        instance.id = self.store.next_id();
        self.put(request, instance, grant)
    }

    /// The instance that a creation describes, without an id yet and without tokens.
    pub(super) fn draft(
        &self,
        body: &InstanceBody,
        connector: &'static Connector,
    ) -> Result<StoredInstance, ErrorReply> {
        let missing = || ErrorReply::bad_request("Missing required member: name");
        let name = body.name()?.ok_or_else(missing)?;
        let mut configuration = StoredConfiguration::default();
        if let Some(values) = &body.configuration {
            configuration.merge(values, self.behavior.keep_masked);
        }
        Ok(StoredInstance {
            id: 0,
            created: timestamp::iso(self.clock.now()),
            token: oauth::random_token(),
            connector,
            // Without tags the platform makes the name one.
            tags: body.tags().filter(|t| !t.is_empty()).unwrap_or_else(|| vec![name.clone()]),
            name,
            disabled: false,
            refused: false,
            trace_logging: false,
            external_authentication: body.external_authentication.unwrap_or_default(),
            configuration,
        })
    }

    /// The instance that a seed describes; else what is wrong with it.
    pub(super) fn draft_from(&self, seed: Value) -> Result<StoredInstance, String> {
        let body: InstanceBody = serde_json::from_value(seed).map_err(|error| error.to_string())?;
        let connector = body.connector().map_err(ErrorReply::into_message)?;
        self.draft(&body, connector).map_err(ErrorReply::into_message)
    }

    /// The calls on the path of one instance.
    pub(super) fn one(&mut self, request: &ApiRequest, id: u64) -> ReplyResult {
        match request.method {
            Method::GET => Reply::json(&self.view(self.readable(id)?, DetailLevel::Single)),
            Method::DELETE => {
                self.instance(id)?;
                self.commit(vec![Change::Remove(id)])?;
                Ok(Reply::empty())
            }
            _ => self.update(request, id),
        }
    }

    /// `PATCH` and `PUT`: both change what the body has and leave the rest.
    ///
    /// That PUT resets what its body lacks is documented nowhere; a body of name and tags alone
    /// is. Only PUT knows `reAuthenticate`.
    fn update(&mut self, request: &ApiRequest, id: u64) -> ReplyResult {
        let body: InstanceBody = request.json()?;
        let mut instance = self.instance(id)?.clone();
        body.check_same_connector(instance.connector)?;
        if let Some(name) = body.name()? {
            instance.name = name;
        }
        if let Some(tags) = body.tags() {
            instance.tags = tags;
        }
        if let Some(changes) = &body.configuration {
            instance.configuration.merge(changes, self.behavior.keep_masked);
        }
        let asked = request.method == Method::PUT
            && request.parameter("reAuthenticate").is_some_and(|value| value == "true");
        let offered = body.provider_data.as_ref().is_some_and(|data| !data.is_empty());
        let grant = if asked || offered {
            // Also of an instance that was created from tokens: only its creation is external.
            self.authenticate(&body, ExternalAuthentication::None, &mut instance)?
        } else {
            None
        };
        if asked || offered {
            self.failing.remove(&id);
            instance.refused = false;
        }
        self.put(request, instance, grant)
    }

    /// `GET …/configuration`.
    pub(super) fn entries(&self, id: u64) -> ReplyResult {
        let instance = self.readable(id)?;
        let read_options = self.behavior.read_options;
        Reply::json(&instance.configuration.entries(instance.connector, read_options))
    }

    /// `GET …/configuration/{configId}`.
    pub(super) fn entry(&self, id: u64, entry: u64) -> ReplyResult {
        self.entry_of(self.readable(id)?, entry)
    }

    fn entry_of(&self, instance: &StoredInstance, entry: u64) -> ReplyResult {
        let read_options = self.behavior.read_options;
        let found = instance.configuration.entry(instance.connector, entry, read_options);
        Reply::json(&found.ok_or_else(|| no_entry(entry))?)
    }

    /// `PATCH …/configuration/{configId}`: sets one value and answers with the entry.
    pub(super) fn update_entry(
        &mut self,
        request: &ApiRequest,
        id: u64,
        entry: u64,
    ) -> ReplyResult {
        let body: Value = request.json()?;
        let value = body.get("propertyValue").cloned();
        let value = value
            .ok_or_else(|| ErrorReply::bad_request("Missing required member: propertyValue"))?;
        let mut instance = self.instance(id)?.clone();
        let key = instance.configuration.key_of(instance.connector, entry);
        let changes = [(key.ok_or_else(|| no_entry(entry))?, value)].into_iter().collect();
        instance.configuration.merge(&changes, self.behavior.keep_masked);
        self.hold_back(request, &mut instance);
        self.commit(vec![Change::Put(Box::new(instance))])?;
        self.entry_of(self.instance(id)?, entry)
    }

    /// Switches something on or off; doing so again changes nothing.
    pub(super) fn toggle(
        &mut self,
        id: u64,
        switch: impl FnOnce(&mut StoredInstance),
    ) -> ReplyResult {
        let mut instance = self.instance(id)?.clone();
        switch(&mut instance);
        self.commit(vec![Change::Put(Box::new(instance))])?;
        Ok(Reply::empty())
    }

    /// Refuses an id under which no instance can be read.
    pub(super) fn check_instance(&self, id: u64) -> Result<(), ErrorReply> {
        self.readable(id).map(drop)
    }

    /// `/ping`: whether the connection to the provider works.
    pub(super) fn ping(&self, id: u64) -> ReplyResult {
        let instance = self.connected(id)?;
        let now = timestamp::iso(self.clock.now());
        let endpoint = &instance.connector.key;
        let reply = Reply::json(&json!({ "endpoint": endpoint, "dateTime": now, "valid": true }))?;
        Ok(reply.with("elements-element-instance-id", &id))
    }

    /// `/hubs/…`: the provider's resources, of which there are none.
    pub(super) fn provider(&self, id: u64) -> ReplyResult {
        self.connected(id)?;
        Ok(Reply::json(&json!([]))?.with("elements-element-instance-id", &id))
    }

    /// Refuses an instance below the path of another connector.
    pub(super) fn check_connector(
        &self,
        request: &ApiRequest,
        id: u64,
        connector: &Connector,
    ) -> Result<(), ErrorReply> {
        let reads = request.method == Method::GET;
        let instance = if reads { self.readable(id)? } else { self.instance(id)? };
        let found = instance.connector.id == connector.id;
        if found { Ok(()) } else { Err(no_instance(id)) }
    }

    /// The instance as a read of it shows it, which may be late.
    fn readable(&self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        let shown = self.visibility.instance(&self.store, ReadView::Get, id, self.clock.now());
        shown.ok_or_else(|| no_instance(id))
    }

    fn instance(&self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        self.store.get(id).ok_or_else(|| no_instance(id))
    }

    /// The instance, if calls to its provider are let through.
    fn connected(&self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        let instance = self.instance(id)?;
        let disabled = || ErrorReply::new(403, format!("The element instance {id} is disabled"));
        if instance.disabled { Err(disabled()) } else { Ok(instance) }
    }

    /// Exchanges what the body offers for tokens in the instance's configuration.
    fn authenticate(
        &self,
        body: &InstanceBody,
        external: ExternalAuthentication,
        instance: &mut StoredInstance,
    ) -> Result<Option<UsedCode>, ErrorReply> {
        let provider_data = body.provider_data.as_ref();
        let now = self.clock.now();
        let offer = TokenExchange { connector: instance.connector, provider_data, external, now };
        let was_used = |connector: &str, code: &str| self.store.was_used(connector, code);
        offer.accept(
            &mut instance.configuration,
            &self.provider,
            was_used,
            self.behavior.bad_code_status,
        )
    }

    /// Commits a new or changed instance and answers with it.
    fn put(
        &mut self,
        request: &ApiRequest,
        mut instance: StoredInstance,
        grant: Option<UsedCode>,
    ) -> ReplyResult {
        self.hold_back(request, &mut instance);
        self.resubscribe(instance.id);
        let reply = Reply::json(&self.view(&instance, DetailLevel::Single))?;
        let mut changes = vec![Change::Put(Box::new(instance))];
        changes.extend(grant.map(Change::UseCode));
        self.commit(changes)?;
        Ok(reply)
    }

    /// Takes back what a scripted fault keeps from taking.
    fn hold_back(&self, request: &ApiRequest, instance: &mut StoredInstance) {
        let before = self.store.get(instance.id);
        match &request.behavior_fault {
            Some(BehaviorFault::IgnoredKeys(keys)) => {
                instance.configuration.restore(keys, before.map(|before| &before.configuration));
            }
            Some(BehaviorFault::DroppedTags) => {
                let none = || vec![instance.name.clone()];
                instance.tags = before.map_or_else(none, |before| before.tags.clone());
            }
            _ => {}
        }
    }

    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), ErrorReply> {
        let (lag, now) = (self.lag, self.clock.now());
        let undo = self.store.commit(changes).map_err(|error| {
            let message =
                format!("The sandbox cannot write its state, nothing was changed: {error}");
            ErrorReply::new(500, message)
        })?;
        for change in undo {
            self.visibility.hide(change, lag, now);
        }
        Ok(())
    }

    fn view<'a>(&self, instance: &'a StoredInstance, detail: DetailLevel) -> InstanceJson<'a> {
        let shuffle = self.behavior.order == ListOrder::Shuffled;
        instance.view(detail, self.behavior.read_options, shuffle)
    }
}

/// Names every required key that a creation lacks, not the first one only.
fn check_required(body: &InstanceBody, instance: &StoredInstance) -> Result<(), ErrorReply> {
    let mut missing = instance.configuration.missing(instance.connector);
    missing.retain(|key| !body.excuses(key));
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Missing required configuration: {}", missing.join(", "));
    Err(ErrorReply::bad_request(message))
}

fn no_instance(id: u64) -> ErrorReply {
    ErrorReply::not_found(format!("No element instance found with ID {id}"))
}

fn no_entry(id: u64) -> ErrorReply {
    ErrorReply::not_found(format!("No configuration found with ID {id}"))
}
