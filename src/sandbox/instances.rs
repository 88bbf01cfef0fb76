//! The calls on instances.
//!
//! A write validates everything before it exchanges an authorization code, and changes nothing if
//! anything is invalid. It must never reply to a write before the write is committed.

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    ApiRequest, BehaviorFault, Change, ConnectorRef, DetailLevel, ErrorReply, EventQueue,
    ExternalAuthentication, InstanceBody, ListPage, Provider, ReadView, Reply, ReplyResult,
    SandboxOptions, Storage, StoredInstance, TokenRefresher, UsedCode,
    events::report::write_recognized_keys, instance::InstanceJson, oauth::TokenExchange,
    storage::no_instance, timestamp,
};

/// Keys of an OAuth application. An instance that uses the one of the platform has none of them.
const APPLICATION_KEYS: [&str; 3] = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];

pub(super) struct InstanceApi<'a> {
    pub(super) storage: &'a mut Storage,
    pub(super) options: &'a SandboxOptions,
    pub(super) provider: &'a Provider,
    pub(super) events: &'a mut EventQueue,
    pub(super) refresher: &'a mut TokenRefresher,
}

impl InstanceApi<'_> {
    /// `GET …/instances`: the instances of the account or of one connector. No instance is a 404.
    pub(super) fn list(
        &self,
        request: &ApiRequest,
        connector: Option<&ConnectorRef>,
        detail: DetailLevel,
    ) -> ReplyResult {
        let tags: Vec<_> = request.parameters("tags[]").collect();
        let text = request.parameter("searchText").unwrap_or_default().to_lowercase();
        let finds_nothing =
            request.behavior_fault == Some(BehaviorFault::TagFilterEmpty) && !tags.is_empty();
        let view = if tags.is_empty() { ReadView::AccountListing } else { ReadView::TagListing };
        let matches = self.storage.listed(view).into_iter().filter(|instance| {
            !finds_nothing
                && connector.is_none_or(|connector| connector.id() == instance.connector.id())
                && tags.iter().all(|wanted| instance.tags.iter().any(|tag| tag == wanted))
                && (text.is_empty()
                    || instance.connector.key() == text
                    || instance.name.to_lowercase().contains(&text))
        });
        let (limit, order) = (self.options.page_size.max(1), self.options.list_order());
        let id = |instance: &StoredInstance| instance.id;
        let page = ListPage::select(request, matches.collect(), id, limit, order)?;
        if page.is_list_empty() {
            return Err(ErrorReply::not_found("No element instances found"));
        }
        let items = page.items.iter().map(|item| self.json(request, item, detail));
        page.reply(&items.collect::<Vec<_>>())
    }

    /// `POST`: creates an instance, of `connector` if the path contains one.
    pub(super) fn create(
        &mut self,
        request: &ApiRequest,
        connector: Option<ConnectorRef>,
    ) -> ReplyResult {
        let body: InstanceBody = request.json()?;
        let connector =
            connector.map_or_else(|| body.connector(self.storage.store.connectors()), Ok)?;
        let now = self.storage.now();
        let mut instance = body.draft(connector, self.options.keep_masked, now)?;
        self.check_required(&body, &instance)?;
        let code = self.authenticate(&body, instance.external_authentication, &mut instance)?;
        instance.id = self.storage.store.next_id();
        self.save(request, instance, code)
    }

    pub(super) fn single(&mut self, request: &ApiRequest, id: u64) -> ReplyResult {
        match request.method {
            Method::GET => {
                let instance = self.storage.readable(id)?;
                Reply::json(&self.json(request, instance, DetailLevel::Single))
            }
            Method::DELETE => {
                self.storage.instance(id)?;
                self.storage.commit(vec![Change::Remove(id)])?;
                Ok(Reply::empty())
            }
            _ => self.update(request, id),
        }
    }

    /// `PATCH` and `PUT`: both change the members in the body and keep the others.
    ///
    /// No documentation says that PUT resets other members, and an example has only a name and tags.
    /// Only PUT has `reAuthenticate`.
    fn update(&mut self, request: &ApiRequest, id: u64) -> ReplyResult {
        let body: InstanceBody = request.json()?;
        let mut instance = self.storage.instance(id)?.clone();
        let connectors = self.storage.store.connectors();
        if let Some(connector) = body.switched_connector(&instance.connector, connectors)? {
            instance.connector = connector;
        }
        if let Some(name) = body.name()? {
            instance.name = name;
        }
        if let Some(tags) = body.tags() {
            instance.tags = tags;
        }
        if let Some(changes) = &body.configuration {
            instance.configuration.merge(changes, self.options.keep_masked);
        }
        let is_requested = request.method == Method::PUT
            && request.parameter("reAuthenticate").is_some_and(|value| value == "true");
        let has_data = body.provider_data.as_ref().is_some_and(|data| !data.is_empty());
        let mut code = None;
        if is_requested || has_data {
            // Only the creation can use tokens from elsewhere, so this is not external.
            code = self.authenticate(&body, ExternalAuthentication::None, &mut instance)?;
            self.refresher.reset(id);
            instance.refused = false;
        }
        self.save(request, instance, code)
    }

    pub(super) fn entries(&self, id: u64) -> ReplyResult {
        let instance = self.storage.readable(id)?;
        let read_options = self.options.read_options();
        Reply::json(&instance.configuration.entries(instance.connector.original(), read_options))
    }

    /// `GET` and `PATCH …/configuration/{configId}`.
    pub(super) fn single_entry(
        &mut self,
        request: &ApiRequest,
        id: u64,
        entry: u64,
    ) -> ReplyResult {
        match request.method {
            Method::PATCH => self.update_entry(request, id, entry),
            _ => self.entry_of(self.storage.readable(id)?, entry),
        }
    }

    fn entry_of(&self, instance: &StoredInstance, entry: u64) -> ReplyResult {
        let read_options = self.options.read_options();
        let found =
            instance.configuration.entry(instance.connector.original(), entry, read_options);
        Reply::json(&found.ok_or_else(|| no_entry(entry))?)
    }

    fn update_entry(&mut self, request: &ApiRequest, id: u64, entry: u64) -> ReplyResult {
        let body: Value = request.json()?;
        let missing = || ErrorReply::bad_request("Missing required member: propertyValue");
        let value = body.get("propertyValue").cloned().ok_or_else(missing)?;
        let mut instance = self.storage.instance(id)?.clone();
        let key = instance.configuration.key_of(instance.connector.original(), entry);
        let changes = [(key.ok_or_else(|| no_entry(entry))?, value)].into_iter().collect();
        instance.configuration.merge(&changes, self.options.keep_masked);
        self.drop_ignored_changes(request, &mut instance);
        self.storage.put(instance)?;
        self.entry_of(self.storage.instance(id)?, entry)
    }

    /// Changes a flag of an instance. Setting it to its current value is a success.
    pub(super) fn set_flag(
        &mut self,
        id: u64,
        set: impl FnOnce(&mut StoredInstance),
    ) -> ReplyResult {
        let mut instance = self.storage.instance(id)?.clone();
        set(&mut instance);
        self.storage.put(instance)?;
        Ok(Reply::empty())
    }

    /// `/ping`: whether the connection to the provider works.
    pub(super) fn ping(&mut self, id: u64) -> ReplyResult {
        let now = timestamp::iso(self.storage.now());
        let endpoint = self.connected(id)?.connector.key();
        let reply = Reply::json(&json!({ "endpoint": endpoint, "dateTime": now, "valid": true }))?;
        Ok(reply.with("elements-element-instance-id", &id))
    }

    /// `/hubs/…`: the resources of the provider. There are none.
    pub(super) fn resources(&mut self, id: u64) -> ReplyResult {
        self.connected(id)?;
        Ok(Reply::json(&json!([]))?.with("elements-element-instance-id", &id))
    }

    pub(super) fn check_connector(
        &self,
        request: &ApiRequest,
        id: u64,
        connector: &ConnectorRef,
    ) -> Result<(), ErrorReply> {
        let is_read = request.method == Method::GET;
        let instance =
            if is_read { self.storage.readable(id)? } else { self.storage.instance(id)? };
        let is_same = instance.connector.id() == connector.id();
        if is_same { Ok(()) } else { Err(no_instance(id)) }
    }

    /// Returns an instance whose provider can be called, with a fresh token.
    fn connected(&mut self, id: u64) -> Result<&StoredInstance, ErrorReply> {
        self.refresher.freshen(self.storage, id)?;
        let instance = self.storage.instance(id)?;
        if instance.disabled {
            let message = format!("The element instance {id} is disabled");
            return Err(ErrorReply::new(403, message));
        }
        Ok(instance)
    }

    /// Exchanges the data in the body for tokens in the instance's configuration.
    fn authenticate(
        &self,
        body: &InstanceBody,
        external: ExternalAuthentication,
        instance: &mut StoredInstance,
    ) -> Result<Option<UsedCode>, ErrorReply> {
        let exchange = TokenExchange {
            connector: instance.connector.original(),
            provider_data: body.provider_data.as_ref(),
            external,
            now: self.storage.now(),
        };
        let code = exchange.run(
            &mut instance.configuration,
            self.provider,
            &self.storage.store,
            self.options.bad_code_status,
        )?;
        let key = &instance.connector.original().key;
        write_recognized_keys(key, &mut instance.configuration);
        Ok(code)
    }

    fn save(
        &mut self,
        request: &ApiRequest,
        mut instance: StoredInstance,
        code: Option<UsedCode>,
    ) -> ReplyResult {
        self.drop_ignored_changes(request, &mut instance);
        self.events.resume(instance.id);
        let reply = Reply::json(&self.json(request, &instance, DetailLevel::Single))?;
        let mut changes = vec![Change::Put(Box::new(instance))];
        changes.extend(code.map(Change::UseCode));
        self.storage.commit(changes)?;
        Ok(reply)
    }

    /// Checks the required keys of a creation. The error names all that are missing.
    fn check_required(
        &self,
        body: &InstanceBody,
        instance: &StoredInstance,
    ) -> Result<(), ErrorReply> {
        let has_application =
            !body.code().is_some_and(|code| self.provider.granted_to_default_client(code));
        let mut missing = instance.configuration.missing(instance.connector.original());
        missing.retain(|key| {
            !body.makes_optional(key) && (has_application || !APPLICATION_KEYS.contains(key))
        });
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("Missing required configuration: {}", missing.join(", "));
        Err(ErrorReply::bad_request(message))
    }

    fn drop_ignored_changes(&self, request: &ApiRequest, instance: &mut StoredInstance) {
        let before = self.storage.store.get(instance.id);
        match &request.behavior_fault {
            Some(BehaviorFault::IgnoredKeys(keys)) => {
                let before = before.map(|before| &before.configuration);
                instance.configuration.restore(keys, before);
            }
            Some(BehaviorFault::DroppedTags) => {
                let default = || vec![instance.name.clone()];
                instance.tags = before.map_or_else(default, |before| before.tags.clone());
            }
            _ => {}
        }
    }

    fn json<'i>(
        &self,
        request: &ApiRequest,
        instance: &'i StoredInstance,
        detail: DetailLevel,
    ) -> InstanceJson<'i> {
        let json = instance.to_json(detail, self.options.read_options(), self.options.shuffle);
        match &request.behavior_fault {
            Some(BehaviorFault::EmptyConfiguration) => json.without_configuration(),
            Some(BehaviorFault::HiddenTags) => json.without_tags(),
            _ => json,
        }
    }
}

fn no_entry(id: u64) -> ErrorReply {
    ErrorReply::not_found(format!("No configuration found with ID {id}"))
}
