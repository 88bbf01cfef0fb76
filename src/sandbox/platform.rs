//! The platform: replies to one request after the other, and records each in the journal.
//!
//! Checks are in the platform's order: credentials, path, method, media types, and then the request
//! itself. All code here is synchronous and total: it runs under one lock, never waits and must never
//! panic.

use std::time::Duration;

use axum::http::{Method, Response};
use serde_json::json;

use super::{
    ApiRequest, BehaviorFault, ConnectorRef, DetailLevel, ErrorReply, EventQueue, Fault, Journal,
    JournalEntry, PostponedRequests, Provider, ReplicationLag, Reply, ReplyResult, RequiredAccess,
    Route, SandboxCredentials, SandboxOptions, Script, Storage, TokenRefresher, authorization,
    connectors, connectors::authorization_url, events::Notification,
    events::report::ProviderReport, faults::edit, faults::script::FaultDecision,
    instances::InstanceApi, render, routes::ConnectorResource, routes::InstanceResource,
    routes::InstanceSelector,
};

pub(super) struct Platform {
    pub(super) options: SandboxOptions,
    pub(super) own_url: String,
    pub(super) credentials: SandboxCredentials,
    pub(super) storage: Storage,
    pub(super) journal: Journal,
    pub(super) script: Script,
    pub(super) provider: Provider,
    pub(super) events: EventQueue,
    pub(super) refresher: TokenRefresher,
    pub(super) postponed: PostponedRequests,
}

impl Platform {
    pub(super) fn decide(&mut self, request: &mut ApiRequest) -> FaultDecision {
        // The journal is not part of the platform.
        if is_journal(request) {
            return FaultDecision::default();
        }
        let decision = self.script.decide(request);
        request.behavior_fault = decision.behavior_fault().cloned();
        decision
    }

    /// Replies to `request` and records it. `body` is an error if its body cannot be read.
    pub(super) fn respond(
        &mut self,
        request: &ApiRequest,
        body: Result<(), ErrorReply>,
        decision: &mut FaultDecision,
    ) -> Response<Vec<u8>> {
        self.commit_late();
        if let Err(error) = self.refresher.catch_up(&mut self.storage) {
            tracing::warn!(reason = error.into_message(), "the tokens were not refreshed");
        }
        let lag = decision.lag;
        // A request whose changes cannot be kept late is refused.
        let kept = self.storage.check_lag(lag).and_then(|()| self.postponed.check(lag));
        let body = match kept {
            Ok(()) => body,
            Err(full) => {
                // Without other faults, so that the error is not overlooked.
                *decision = FaultDecision::default();
                Err(full)
            }
        };
        self.storage.lag = decision.lag;
        let edited = edit::apply(&decision.edits, &mut self.storage, self.options.keep_masked);
        if let Err(error) = edited {
            tracing::warn!(reason = error.into_message(), "a scripted edit failed");
        }
        let processed = self.process(request, body, decision);
        self.storage.lag = ReplicationLag::default();
        let response = match &decision.fault {
            Some(Fault::Replaced { answer, .. }) => Some(answer.response()),
            _ => processed,
        };
        let status = response.as_ref().map_or(0, |response| response.status().as_u16());
        // Reading the journal does not change it.
        if !is_journal(request) {
            self.record(request, status, decision);
        }
        response.unwrap_or_default()
    }

    /// Processes the postponed requests that are due, at the times when they were due.
    pub(super) fn commit_late(&mut self) {
        let now = self.storage.now();
        while let Some(postponed) = self.postponed.pop_due(now) {
            self.storage.lag = postponed.lag;
            self.storage.clock.fixed = Some(postponed.due);
            let request = &postponed.request;
            if let Err(error) = self.handle(request) {
                let reason = error.into_message();
                tracing::debug!(path = request.path, reason, "a late request was refused");
            }
            self.storage.clock.fixed = None;
            self.storage.lag = ReplicationLag::default();
        }
    }

    pub(super) fn take_due_notifications(&mut self) -> Vec<Notification> {
        self.events.take_due(self.storage.now())
    }

    pub(super) fn until_notification(&self) -> Option<Duration> {
        self.events.until_due(self.storage.now())
    }

    /// Whether no notification is due or being sent.
    pub(super) fn is_idle(&self) -> bool {
        self.events.is_idle(self.storage.now())
    }

    /// The platform's own response. `None` if the request is processed later or not at all.
    fn process(
        &mut self,
        request: &ApiRequest,
        body: Result<(), ErrorReply>,
        decision: &FaultDecision,
    ) -> Option<Response<Vec<u8>>> {
        if !decision.is_processed() {
            return None;
        }
        if body.is_ok() && !decision.lag.commit.is_zero() && request.method != Method::GET {
            self.postponed.push(request, decision.lag, self.storage.now());
            return None;
        }
        Some(render(body.and_then(|()| self.handle(request))))
    }

    fn record(&mut self, request: &ApiRequest, status: u16, decision: &FaultDecision) {
        self.journal.record(JournalEntry {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.raw_query.clone(),
            status,
            fault: decision.name(),
            body: request.recorded_body(),
        });
    }

    fn handle(&mut self, request: &ApiRequest) -> ReplyResult {
        let route = Route::of(request);
        let required =
            route.map_or(RequiredAccess::Account, |route| route.required_access(&request.method));
        let header = request.authorization.as_deref();
        let instance_of = |token: &str| self.storage.store.with_token(token);
        let selected = authorization::check(header, &self.credentials, required, instance_of)?;
        let not_found = || ErrorReply::not_found(format!("No resource found at {}", request.path));
        let route = route.ok_or_else(not_found)?;
        if !route.has(&request.method) {
            return Err(ErrorReply::method_not_allowed(route.methods()));
        }
        if required != RequiredAccess::Public {
            request.check_media_types()?;
        }
        check_privileges(request, route)?;
        self.dispatch(request, route, selected)
    }

    fn dispatch(
        &mut self,
        request: &ApiRequest,
        route: Route<'_>,
        selected: Option<u64>,
    ) -> ReplyResult {
        let by_token = || selected.ok_or_else(authorization::unauthorized);
        match route {
            Route::Instances => match request.method {
                Method::GET => self.instances().list(request, None, list_detail(request)),
                Method::POST => self.instances().create(request, None),
                _ => self.instances().single(request, by_token()?),
            },
            Route::OfInstance(InstanceSelector::Id(id), resource) => {
                self.dispatch_instance(request, id, resource)
            }
            Route::OfInstance(InstanceSelector::Token, resource) => {
                self.dispatch_instance(request, by_token()?, resource)
            }
            Route::Events(instance) => self.events_of(instance)?.list(instance),
            Route::Event(instance, id) => self.events_of(instance)?.single(instance, id),
            Route::Incoming(key, id) => self.receive_event(request, (key, id)),
            Route::AccountInstances => self.instances().list(request, None, DetailLevel::Account),
            Route::OfConnector(key, resource) => {
                let connector = connectors::find(self.storage.store.connectors(), key)?;
                self.dispatch_connector(request, &connector, resource)
            }
            Route::Connectors => connectors::list(request, self.storage.store.connectors()),
            Route::ConnectorKeys => connectors::keys(request, self.storage.store.connectors()),
            Route::ConnectorMetadata => {
                connectors::all_metadata(request, self.storage.store.connectors())
            }
            Route::Organization => self.organization(),
            Route::Ping => self.instances().ping(by_token()?),
            Route::Hub => self.instances().resources(by_token()?),
            Route::Authorize(key, consent) => {
                let connector = connectors::find(self.storage.store.connectors(), key)?;
                let now = self.storage.now();
                self.provider.authorize(request, connector.original(), consent, now)
            }
            Route::Journal => Reply::json(&self.journal.entries().collect::<Vec<_>>()),
        }
    }

    /// The events, if the instance can be read.
    fn events_of(&self, instance: Option<u64>) -> Result<&EventQueue, ErrorReply> {
        instance.map_or(Ok(()), |id| self.storage.readable(id).map(drop))?;
        Ok(&self.events)
    }

    fn receive_event(
        &mut self,
        request: &ApiRequest,
        address: (&str, Option<&str>),
    ) -> ReplyResult {
        let report = ProviderReport::read(request)?;
        let instances = report.instances(&self.storage.store, request, address)?;
        let now = self.storage.now();
        self.events.receive(&report, &instances, &self.own_url, now)
    }

    fn dispatch_instance(
        &mut self,
        request: &ApiRequest,
        id: u64,
        resource: InstanceResource,
    ) -> ReplyResult {
        let is_put = request.method == Method::PUT;
        match resource {
            InstanceResource::Itself => self.instances().single(request, id),
            InstanceResource::Configuration => self.instances().entries(id),
            InstanceResource::ConfigurationEntry(entry) => {
                self.instances().single_entry(request, id, entry)
            }
            InstanceResource::Enabled => self.instances().set_flag(id, |it| it.disabled = !is_put),
            InstanceResource::TraceLogging => {
                self.instances().set_flag(id, |it| it.trace_logging = is_put)
            }
        }
    }

    fn dispatch_connector(
        &mut self,
        request: &ApiRequest,
        connector: &ConnectorRef,
        resource: ConnectorResource,
    ) -> ReplyResult {
        match resource {
            ConnectorResource::Itself if request.method == Method::DELETE => {
                connectors::delete(connector, &mut self.storage)
            }
            ConnectorResource::Itself | ConnectorResource::Export => connectors::show(connector),
            ConnectorResource::Clone => connectors::clone(connector, &mut self.storage),
            ConnectorResource::Properties => connectors::properties(connector),
            ConnectorResource::Metadata => connectors::metadata(connector),
            ConnectorResource::OauthUrl => {
                authorization_url::oauth_url(request, connector, &self.own_url)
            }
            ConnectorResource::DefaultOauthUrl => {
                let provider = &mut self.provider;
                authorization_url::default_oauth_url(request, connector, &self.own_url, provider)
            }
            ConnectorResource::OauthToken => {
                authorization_url::oauth_token(request, connector, &mut self.provider)
            }
            ConnectorResource::Instances => match request.method {
                Method::POST => self.instances().create(request, Some(connector.clone())),
                _ => self.instances().list(request, Some(connector), list_detail(request)),
            },
            ConnectorResource::Instance(id) => {
                self.instances().check_connector(request, id, connector)?;
                self.instances().single(request, id)
            }
        }
    }

    fn instances(&mut self) -> InstanceApi<'_> {
        InstanceApi {
            storage: &mut self.storage,
            options: &self.options,
            provider: &self.provider,
            events: &mut self.events,
            refresher: &mut self.refresher,
        }
    }

    /// `GET /organizations/me`: the organization with its secret in plain text.
    fn organization(&self) -> ReplyResult {
        Reply::json(&json!({
            "id": 1,
            "name": "Sandbox",
            "createdDate": "2017-01-01T00:00:00Z",
            "active": true,
            "secret": self.credentials.organization,
        }))
    }
}

fn is_journal(request: &ApiRequest) -> bool {
    Route::of(request) == Some(Route::Journal)
}

/// Refuses a request that needs a privilege that the caller does not have.
fn check_privileges(request: &ApiRequest, route: Route<'_>) -> Result<(), ErrorReply> {
    let Some(BehaviorFault::MissingPrivileges(missing)) = &request.behavior_fault else {
        return Ok(());
    };
    let required = route.required_privilege(&request.method);
    match required.filter(|required| missing.contains(required)) {
        Some(required) => Err(required.is_missing()),
        None => Ok(()),
    }
}

/// Lists have configurations, unless the request has `hydrate=false`.
fn list_detail(request: &ApiRequest) -> DetailLevel {
    match request.parameter("hydrate") {
        Some("false") => DetailLevel::Slim,
        _ => DetailLevel::Hydrated,
    }
}
