//! `ocon authorize KEY`: a person grants access at the provider, and the instance is created with
//! that grant, or authenticated again.
//!
//! The grant is used at once and kept nowhere. Until it is there nothing is created or changed.

mod answer;
mod browser;
mod declared;
mod listener;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api::{self, Projection, Read as _, Write as _};
use crate::api::{OAuthApplication, SecretPlacement};
use crate::authorization::{
    self, AuthorizationRequest, ExpectedAnswer, OAuthVersion, ScopeDifference,
};
use crate::cli::commands::apply;
use crate::cli::commands::plan::unknown;
use crate::cli::setup::arguments::{Globals, duration};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::own_credentials::OwnCredential;
use crate::cli::setup::session::{self, Connection, Files, Lookup};
use crate::cli::setup::unreachable;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::redaction;
use crate::instance::{
    Draft, InstanceId, Json, Key, Part, RenderContext, Secret, SecretReference, SecretSource,
    Template,
};
use crate::observed::ObservedInstance;
use crate::plan::{self, Action, Limits, Plan, PlanOptions};
use crate::report::human::{self, Layout};
use crate::report::json::{PlanDocument, ResultDocument};
use crate::report::style::clean_line;
use crate::scrub::Scrubber;

use answer::Answer;
use declared::Declared;
use listener::Listener;

/// The number of scopes that a message names.
const MAX_SCOPES_SHOWN: usize = 20;

/// The length of a scope in a message, in characters.
const MAX_SCOPE_LENGTH: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document whose instance is authorized
    key: Key,
    /// Ask for this instead of the declared `oauth.scope`
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Print the address and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Longest time to wait for the person, like 90s or 10m
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    wait: Duration,
    /// Tell the platform the client secret in an address, which access logs keep, where it takes no POST
    #[arg(long)]
    allow_get: bool,
}

/// What becomes of the grant.
enum Task {
    /// The instance is created.
    Create,
    /// The instance that is there is authenticated again.
    Again(Box<ObservedInstance>),
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let key = &arguments.key;
    let documents = &files.desired.instances;
    let Some(wanted) = documents.get(key) else {
        let error = format!("no document has the key `{key}`");
        return Err(unknown(&error, key.as_str(), documents.keys().map(Key::as_str)));
    };
    let mut declared = Declared::read(key, wanted)?;
    declared.scope = arguments.scope.clone().or(declared.scope);
    session::runtime()?.block_on(async {
        let listener = Listener::bind(&declared.callback).await?;
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        let own = environment.own_credentials(globals);
        let mut session = Session { key, files, declared, connection, own, arguments };
        let (task, plan) = session.task().await?;
        match &task {
            Task::Create => output::text(&human::plan(&PlanDocument::new(&plan), Layout { width: environment.width() }))?,
            Task::Again(found) => output::message(&format!(
                "The instance is there: {key} #{}. It gets a new grant, and keeps its id and token.\n",
                found.id
            )),
        }
        let grant = session.ask(listener, environment).await?;
        redaction::learn(grant.values());
        interrupt::means("nothing was created or changed, and the grant is lost. Run the command again.");
        match task {
            Task::Create => session.create(grant, globals, environment, &progress).await,
            Task::Again(found) => session.authenticate(&found, grant).await,
        }
    })
}

/// An authorization under way.
struct Session<'a> {
    key: &'a Key,
    files: Files,
    declared: Declared,
    connection: Connection,
    /// What no address may carry beside the client secret.
    own: Vec<OwnCredential>,
    arguments: &'a Arguments,
}

impl Session<'_> {
    /// What there is to do, before anybody is asked: a grant lives for minutes and works once.
    async fn task(&mut self) -> Result<(Task, Plan), Failure> {
        let pending = Secret::new("pending");
        let name = if self.declared.is_first { "oauth_verifier" } else { "code" };
        let (plan, found) = self.plan(&[(name.to_owned(), pending)].into()).await?;
        if let Some(blocked) = plan.blocked.first() {
            let exit = if blocked.code.is_guard() { Exit::Guarded } else { Exit::Other };
            let sentence = format!("`{}` cannot be authorized now, so nobody was asked", self.key);
            return Err(Failure::new(exit, sentence).caused_by(&blocked.message));
        }
        let adopted = plan.steps.iter().any(|step| step.action == Action::Adopt);
        match found {
            None => Ok((Task::Create, plan)),
            Some(_) if adopted => {
                let sentence = format!("the instance of `{}` is not adopted yet", self.key);
                Err(Failure::new(Exit::Other, sentence).hint("adopt it first: ocon apply"))
            }
            Some(found) => Ok((Task::Again(Box::new(found)), plan)),
        }
    }

    /// Plans the document with a grant, looking anew.
    async fn plan(
        &mut self,
        grant: &BTreeMap<String, Secret>,
    ) -> Result<(Plan, Option<ObservedInstance>), Failure> {
        let desired = &mut self.files.desired;
        if let Some(wanted) = desired.instances.get_mut(self.key) {
            let at = wanted.at.clone();
            let member = |(name, value): (&String, &Secret)| {
                (name.clone(), crate::desired::Grant { value: granted(value), at: at.clone() })
            };
            wanted.provider_data = grant.iter().map(member).collect();
            wanted.external_authentication = None;
        }
        let selection = Some(BTreeSet::from([self.key.clone()]));
        // What a create lacks blocks it, before anybody is asked.
        let options = PlanOptions { selection, allow_unset: true, ..PlanOptions::default() };
        let (plan, observed) = self.connection.plan(desired, &options).await?;
        let found = plan::matched(desired, &observed, &self.connection.fingerprints)
            .remove(self.key)
            .cloned();
        Ok((plan, found))
    }

    /// Asks the person, and waits for what they grant.
    async fn ask(
        &self,
        listener: Option<Listener>,
        environment: &Environment,
    ) -> Result<BTreeMap<String, Secret>, Failure> {
        interrupt::means("nothing was created or changed.");
        let state = random_state()?;
        let version = self.version(&state).await?;
        let url = self.address(&state, &version).await?;
        let declared = &self.declared;
        let judging = (version, state, declared.members.clone());
        let judge = move |query: &str| {
            let (version, state, members) = &judging;
            authorization::read_grant(query, &ExpectedAnswer { version, state, members })
        };
        output::address(&format!("\nOpen this address and grant access:\n\n  {url}\n\n"));
        if !self.arguments.no_browser {
            browser::open(&url, environment);
        }
        let answer = Answer {
            callback: &declared.callback,
            wait: self.arguments.wait,
            clock: environment.clock(),
        };
        answer.wait(listener, judge).await
    }

    /// Which OAuth it is; version 1 begins with a token.
    async fn version(&self, state: &Secret) -> Result<OAuthVersion, Failure> {
        if !self.declared.is_first {
            return Ok(OAuthVersion::V2);
        }
        let application = self.application(state, None);
        let token = self.connection.client.request_token(&application).await;
        let token = token.map_err(|error| self.unanswered(&error))?;
        redaction::learn([&token.token, &token.secret]);
        Ok(OAuthVersion::V1 { token: token.token, secret: token.secret })
    }

    /// The address that the person is sent to.
    async fn address(&self, state: &Secret, version: &OAuthVersion) -> Result<String, Failure> {
        let token = match version {
            OAuthVersion::V1 { token, .. } => Some(token),
            OAuthVersion::V2 => None,
        };
        let application = self.application(state, token);
        let placement = if self.arguments.allow_get {
            SecretPlacement::InQuery
        } else {
            SecretPlacement::InBody
        };
        let url = self.connection.client.authorization_url(&application, placement).await;
        let url = url.map_err(|error| self.unanswered(&error))?;
        let mut scrubber = Scrubber::default();
        scrubber.register(&self.declared.client_secret);
        self.own.iter().for_each(|own| scrubber.register(&own.secret));
        let checked = if scrubber.scrub(&url) == url {
            authorization::check_url(
                &url,
                &AuthorizationRequest {
                    callback: &self.declared.callback,
                    version,
                    state,
                    client_id: &self.declared.client_id,
                    scope: self.declared.scope.as_deref(),
                },
            )
        } else {
            Err("it carries the client secret or one of ocon's own credentials".to_owned())
        };
        let refused = |why: String| {
            Failure::new(Exit::Other, "the platform gave an address that nobody should open")
                .caused_by(&why)
                .hint("compare `oauth.api.key` and `oauth.callback.url` with what is registered at the provider")
        };
        let difference = checked.map_err(refused)?;
        if let Some(text) = scope_message(&difference) {
            output::message(&text);
        }
        Ok(url)
    }

    fn application<'a>(
        &'a self,
        state: &'a Secret,
        request_token: Option<&'a Secret>,
    ) -> OAuthApplication<'a> {
        OAuthApplication {
            connector: &self.files.desired.instances[self.key].connector,
            client_id: &self.declared.client_id,
            client_secret: &self.declared.client_secret,
            callback: &self.declared.callback_url,
            scope: self.declared.scope.as_deref(),
            state,
            request_token,
        }
    }

    fn unanswered(&self, error: &api::Error) -> Failure {
        let sentence = "the platform gave no address to authorize at, so nobody was asked";
        unreachable::unreadable(sentence, error, &self.connection.target.base_url)
            .hint("some platforms take this by GET only: --allow-get (the client secret is in the address then)")
    }

    /// Creates the instance, as an apply does.
    async fn create(
        mut self,
        grant: BTreeMap<String, Secret>,
        globals: &Globals,
        environment: &Environment,
        progress: &Arc<Progress>,
    ) -> Result<Exit, Failure> {
        let (plan, _) = self.plan(&grant).await?;
        let creates = plan.steps.first().is_some_and(|step| step.action == Action::Create);
        if !creates || !plan.blocked.is_empty() {
            return Err(moved(self.key));
        }
        let limits = Limits { max_deletes: 0 };
        let approved = plan.within(limits).map_err(|refused| {
            Failure::new(Exit::Guarded, refused.to_string()).hint("nothing was created")
        })?;
        let _grace = interrupt::grace(apply::grace(&self.connection.stop));
        let outcome =
            apply::carry_out(&approved, &self.connection, globals, environment, progress).await;
        let layout = Layout { width: environment.width() };
        output::text(&format!("\n{}", human::outcome(&ResultDocument::new(&outcome, 0), layout)))?;
        Ok(Exit::of_apply(&outcome, approved.plan()))
    }

    /// Gives the instance that is there the new grant, and nothing else.
    async fn authenticate(
        mut self,
        found: &ObservedInstance,
        grant: BTreeMap<String, Secret>,
    ) -> Result<Exit, Failure> {
        let (_, now) = self.plan(&grant).await?;
        if now.is_none_or(|now| now.id != found.id) {
            return Err(moved(self.key));
        }
        let Connection { client, target, stop, .. } = &self.connection;
        let _grace = interrupt::grace(apply::grace(stop));
        let wanted = &self.files.desired.instances[self.key];
        let id = found.id;
        let place = RenderContext {
            base_url: &target.base_url,
            connector: &wanted.connector,
            id: Some(id),
        };
        let provider_data =
            grant.iter().map(|(name, value)| (name.clone(), granted(value))).collect();
        let draft = Draft { provider_data, ..Draft::default() };
        let reply =
            client.patch(id, &draft, &place).await.map_err(|error| not_again(id, &error))?;
        // A reply without a body says neither whether the token is another one nor whether the
        // instance is disabled.
        let read = match reply {
            Some(record) => Some(record),
            None => {
                client.instance(id, &Projection::All).await.map_err(|error| not_read(id, &error))?
            }
        };
        let record = read.ok_or_else(|| moved(self.key))?;
        if record.id != id {
            let sentence =
                format!("the platform answered for instance {} instead of {id}", record.id);
            return Err(Failure::new(Exit::Incomplete, sentence).hint(format!(
                "look at both in the user interface, then: ocon doctor {}",
                self.key
            )));
        }
        // Said at once: it is true whatever happens to the switch.
        let mut text = format!("Authorized again: {} #{id}.\n", self.key);
        if record.token != found.token {
            text.push_str(&format!("Its token is another one now: ocon token {}\n", self.key));
        }
        output::text(&text)?;
        if record.disabled && wanted.enabled != Some(false) {
            client.enable(id).await.map_err(|error| {
                let sentence = format!("instance {id} is authorized, but could not be switched on");
                Failure::new(Exit::Incomplete, sentence)
                    .caused_by(&error)
                    .hint("ocon apply does so with `enabled: true`")
            })?;
            output::text("It was switched off, and is on again.\n")?;
        }
        Ok(Exit::Success)
    }
}

/// What a person has to know about the scope before they grant it. The names are the platform's.
fn scope_message(difference: &ScopeDifference) -> Option<String> {
    let (beginning, names) = match difference {
        ScopeDifference::None => return None,
        ScopeDifference::Additional(names) => {
            ("warning: the address asks for more than the declared scope", names)
        }
        ScopeDifference::ConnectorDefault(names) => {
            ("No `oauth.scope` is declared. The address asks for the connector's default", names)
        }
    };
    let shown = names.iter().take(MAX_SCOPES_SHOWN).map(|name| {
        let name: String = name.chars().take(MAX_SCOPE_LENGTH).collect();
        format!("`{}`", clean_line(&name))
    });
    let mut shown: Vec<String> = shown.collect();
    if names.len() > MAX_SCOPES_SHOWN {
        shown.push(format!("and {} more", names.len() - MAX_SCOPES_SHOWN));
    }
    Some(format!("\n{beginning}: {}\n", shown.join(", ")))
}

/// The grant may have been used up. It is not sent again: a new one does no harm.
fn not_again(id: InstanceId, error: &api::Error) -> Failure {
    let sentence = if error.may_have_happened() {
        format!("it is not known whether instance {id} was authorized again")
    } else {
        format!("instance {id} was not authorized again")
    };
    Failure::new(Exit::Incomplete, sentence)
        .caused_by(error)
        .hint("run the same command again: a grant works once, and another one does no harm")
}

/// The platform took the grant, and what it made of it cannot be seen.
fn not_read(id: InstanceId, error: &api::Error) -> Failure {
    let sentence = format!("instance {id} was authorized again, and cannot be read now");
    Failure::new(Exit::Incomplete, sentence)
        .caused_by(error)
        .hint("check it with ocon status: its token may be another one, and it may be disabled")
}

/// What was to be done is not what is to be done now.
fn moved(key: &Key) -> Failure {
    let sentence =
        format!("the instance of `{key}` changed while you were asked, so nothing was written");
    Failure::new(Exit::Stale, sentence).hint("run it again; the grant is lost")
}

/// A value that nobody wrote down.
fn granted(value: &Secret) -> Json {
    let reference =
        SecretReference { source: SecretSource::Authorization, value: Some(value.clone()) };
    Json::Text(Template::new(vec![Part::Secret(reference)]))
}

/// 32 random bytes, in letters that no address has to encode.
fn random_state() -> Result<Secret, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(Exit::Other, "the system gives no random numbers").caused_by(&error)
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}
