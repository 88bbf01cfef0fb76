//! The platform: answers one request after the other.
//!
//! In: requests that have been read to their end. Out: responses, and an entry in the journal for
//! each. Checks come in the platform's order: who asks, whether the path is there, whether it has
//! the method, what is accepted and sent; only then the request itself. Everything here is
//! synchronous and total: it runs under one lock, never waits and must never panic.

use std::collections::VecDeque;

use axum::http::{Method, Response};
use serde_json::json;

use super::authorization::{self, RequiredAccess};
use super::catalog::Connector;
use super::clock::SandboxClock;
use super::configuration::ReadOptions;
use super::events::EventQueue;
use super::faults::Fault;
use super::faults::lag::ReplicationLag;
use super::faults::script::{FaultDecision, Script};
use super::instance::DetailLevel;
use super::journal::{Journal, JournalEntry};
use super::listing::ListOrder;
use super::postponed::PostponedRequest;
use super::provider::{Consent, Provider};
use super::refresh::Failing;
use super::reply::{ErrorReply, Reply, ReplyResult, render};
use super::request::ApiRequest;
use super::routes::{ConnectorResource, InstanceSelector, Route};
use super::store::Store;
use super::visibility::Visibility;
use super::{SandboxCredentials, connectors};

/// The state of a sandbox and the ways in which it behaves.
pub(super) struct Platform {
    pub(super) behavior: Behavior,
    pub(super) credentials: SandboxCredentials,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) script: Script,
    pub(super) clock: SandboxClock,
    pub(super) provider: Provider,
    pub(super) events: EventQueue,
    pub(super) failing: Failing,
    /// When it was last looked whether a token has to be refreshed.
    pub(super) caught_up: Option<std::time::SystemTime>,
    /// How late the changes of the request that is being processed become visible.
    pub(super) lag: ReplicationLag,
    pub(super) visibility: Visibility,
    /// Requests that are processed later, in the order in which they are due.
    pub(super) late: VecDeque<PostponedRequest>,
}

/// Where the facts leave a choice, or a test wants another.
#[derive(Clone, Debug)]
pub(super) struct Behavior {
    pub(super) read_options: ReadOptions,
    pub(super) keep_masked: bool,
    pub(super) bad_code_status: u16,
    pub(super) order: ListOrder,
    pub(super) page_size: usize,
    /// The base URL at which it listens.
    pub(super) own_url: String,
}

impl Platform {
    /// Decides what goes wrong with a request that has arrived.
    pub(super) fn decide(&mut self, request: &mut ApiRequest) -> FaultDecision {
        // Whoever looks at the journal looks from outside.
        if is_journal(request) {
            return FaultDecision::default();
        }
        let decision = self.script.decide(request);
        request.behavior_fault = decision.behavior_fault().cloned();
        decision
    }

    /// Answers `request`, unless it `could` not be read, and records it.
    pub(super) fn respond(
        &mut self,
        request: &ApiRequest,
        could: Result<(), ErrorReply>,
        decision: &mut FaultDecision,
    ) -> Response<Vec<u8>> {
        self.commit_late();
        if let Err(failure) = self.catch_up() {
            tracing::warn!(reason = failure.into_message(), "the tokens were not refreshed");
        }
        let could = match self.check_lag(decision.lag) {
            Ok(()) => could,
            Err(full) => {
                // Nothing goes wrong in another way than that: it must not be overlooked.
                *decision = FaultDecision::default();
                Err(full)
            }
        };
        self.lag = decision.lag;
        if let Err(failure) = self.edit(&decision.edits) {
            tracing::warn!(reason = failure.into_message(), "a scripted edit was not carried out");
        }
        let processed = self.process(request, could, decision);
        self.lag = ReplicationLag::default();
        let response = match &decision.fault {
            Some(Fault::Replaced { answer, .. }) => Some(answer.response()),
            _ => processed,
        };
        let status = response.as_ref().map_or(0, |response| response.status().as_u16());
        // Who looks at the journal is not to see himself looking.
        if !is_journal(request) {
            self.record(request, status, decision);
        }
        response.unwrap_or_default()
    }

    /// Refuses a request whose changes could not be late.
    fn check_lag(&mut self, lag: ReplicationLag) -> Result<(), ErrorReply> {
        self.visibility.check(lag, self.clock.now())?;
        self.check_late(lag)
    }

    /// The platform's own answer, unless the request is processed only later or not at all.
    fn process(
        &mut self,
        request: &ApiRequest,
        could: Result<(), ErrorReply>,
        decision: &FaultDecision,
    ) -> Option<Response<Vec<u8>>> {
        if !decision.is_processed() {
            return None;
        }
        if could.is_ok() && !decision.lag.commit.is_zero() && request.method != Method::GET {
            self.postpone(request, decision.lag);
            return None;
        }
        let route = request.segments().and_then(|segments| Route::parse(&segments));
        Some(render(could.and_then(|()| self.answer(request, route))))
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

    pub(super) fn answer(&mut self, request: &ApiRequest, route: Option<Route<'_>>) -> ReplyResult {
        let need = route.map_or(RequiredAccess::Account, |route| route.need(&request.method));
        let header = request.authorization.as_deref();
        let selected = authorization::check(header, &self.credentials, need, |token| {
            self.store.with_token(token)
        })?;
        let route = route.ok_or_else(|| {
            ErrorReply::not_found(format!("No resource found at {}", request.path))
        })?;
        if !route.has(&request.method) {
            return Err(ErrorReply::method_not_allowed(route.methods()));
        }
        if need != RequiredAccess::Public {
            request.check_media_types()?;
        }
        self.dispatch(request, route, selected)
    }

    /// `selected` is the instance of the Element token.
    fn dispatch(
        &mut self,
        request: &ApiRequest,
        route: Route<'_>,
        selected: Option<u64>,
    ) -> ReplyResult {
        let by_token = || selected.ok_or_else(authorization::unauthorized);
        let id_of = |which| match which {
            InstanceSelector::Id(id) => Ok(id),
            InstanceSelector::Token => by_token(),
        };
        match route {
            Route::Instances => match request.method {
                Method::GET => self.list(request, None, list_detail(request)),
                Method::POST => self.create(request, None),
                _ => self.one(request, by_token()?),
            },
            Route::Instance(id) => self.one(request, id),
            Route::Configuration(which) => self.entries(id_of(which)?),
            Route::ConfigurationEntry(which, entry) => match request.method {
                Method::PATCH => self.update_entry(request, id_of(which)?, entry),
                _ => self.entry(id_of(which)?, entry),
            },
            Route::Enabled(which) => {
                let disabled = request.method == Method::DELETE;
                self.toggle(id_of(which)?, |instance| instance.disabled = disabled)
            }
            Route::TraceLogging(which) => {
                let on = request.method == Method::PUT;
                self.toggle(id_of(which)?, |instance| instance.trace_logging = on)
            }
            Route::Events(id) => {
                id.map_or(Ok(()), |id| self.check_instance(id))?;
                self.list_events(id)
            }
            Route::Incoming(key, base64) => self.incoming(request, key, base64),
            Route::AccountInstances => self.list(request, None, DetailLevel::Account),
            Route::OfConnector(key, part) => {
                self.dispatch_connector(request, connectors::named(key)?, part)
            }
            Route::Connectors => connectors::list(request),
            Route::ConnectorKeys => connectors::keys(),
            Route::Organization => self.organization(),
            Route::Ping => {
                self.freshen(by_token()?)?;
                self.ping(by_token()?)
            }
            Route::Hub => {
                self.freshen(by_token()?)?;
                self.provider(by_token()?)
            }
            Route::Authorize(key, decision) => {
                self.authorize(request, connectors::named(key)?, decision)
            }
            Route::Journal => Reply::json(&self.journal.entries().collect::<Vec<_>>()),
        }
    }

    fn dispatch_connector(
        &mut self,
        request: &ApiRequest,
        connector: &'static Connector,
        part: ConnectorResource,
    ) -> ReplyResult {
        match part {
            ConnectorResource::Itself => connectors::show(connector),
            ConnectorResource::Properties => connectors::properties(connector),
            ConnectorResource::Metadata => connectors::metadata(connector),
            ConnectorResource::OauthUrl => {
                connectors::oauth_url(request, connector, &self.behavior.own_url)
            }
            ConnectorResource::OauthToken => {
                connectors::oauth_token(request, connector, &mut self.provider)
            }
            ConnectorResource::Instances => match request.method {
                Method::POST => self.create(request, Some(connector)),
                _ => self.list(request, Some(connector), list_detail(request)),
            },
            ConnectorResource::Instance(id) => {
                self.check_connector(request, id, connector)?;
                self.one(request, id)
            }
        }
    }

    /// The pretend provider's page, and what was decided on it.
    fn authorize(
        &mut self,
        request: &ApiRequest,
        connector: &'static Connector,
        decision: Option<Consent>,
    ) -> ReplyResult {
        match decision {
            None => self.provider.page(request, connector),
            Some(decision) => self.provider.decide(request, connector, decision, self.clock.now()),
        }
    }

    /// `GET /organizations/me`: the organization, with its secret in clear.
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
    request.segments().is_some_and(|segments| Route::parse(&segments) == Some(Route::Journal))
}

/// Lists are hydrated unless a request says otherwise.
fn list_detail(request: &ApiRequest) -> DetailLevel {
    match request.parameter("hydrate") {
        Some("false") => DetailLevel::Slim,
        _ => DetailLevel::Hydrated,
    }
}
