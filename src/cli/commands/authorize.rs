//! `ocon authorize KEY|PATH`: a user grants access at the provider, and the instance is created or
//! authenticated again with the grant.
//!
//! The grant is used immediately and not stored. Nothing is created or changed before it arrives.

mod answer;
mod browser;
mod callback_listener;
mod declared_application;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api::{self, OAuthApplication, Projection, Read as _, SecretPlacement, Write as _};
use crate::authorization::{
    self, AuthorizationRequest, ExpectedAnswer, OAuthVersion, ScopeDifference,
};
use crate::cli::commands::execution;
use crate::cli::setup::{
    Connection, Environment, Files, GlobalArgs, KeyOrPath, SecretAccess, connection, credentials,
    credentials::OwnCredential, global_args::duration,
};
use crate::cli::terminal::{Exit, Failure, interrupt, output, redaction};
use crate::instance::{
    Draft, InstanceId, Json, Key, Part, Record, RenderContext, Secret, SecretReference,
    SecretSource, Template,
};
use crate::observed::ObservedInstance;
use crate::plan::{self, Action, Limits, Plan, PlanOptions};
use crate::report::human;
use crate::report::json::{PlanDocument, ResultDocument};
use crate::report::style::clean_line;
use crate::scrub::Scrubber;

use answer::Answer;
use callback_listener::CallbackListener;
use declared_application::DeclaredApplication;

const MAX_SCOPES_SHOWN: usize = 20;
const MAX_SCOPE_CHARS: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct AuthorizeArgs {
    /// Document key, or path of a file with one document
    #[arg(value_name = "KEY|PATH")]
    document: KeyOrPath,
    /// Request this scope instead of the declared `oauth.scope`
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Print the URL without opening a browser
    #[arg(long)]
    no_browser: bool,
    /// Time limit for the answer, for example 90s or 10m
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    wait: Duration,
    /// Send the client secret in a URL, which access logs store, if the platform accepts no POST
    #[arg(long)]
    allow_get: bool,
}

pub(crate) fn run(globals: &GlobalArgs, args: &AuthorizeArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let (key, wanted) = files.document(globals, &args.document)?;
    let (key, mut declared) = (&key.clone(), DeclaredApplication::read(key, wanted)?);
    declared.scope = args.scope.clone().or(declared.scope);
    connection::runtime()?.block_on(async {
        let listener = CallbackListener::bind(&declared.callback).await?;
        let connection =
            connection::connect(platform, globals, &files.project.name).await?;
        let own = credentials::own(globals);
        let mut session = Session { key, files, declared, connection, own, args };
        let (plan, existing) = session.check().await?;
        match &existing {
            None => output::text(&human::plan(&PlanDocument::new(&plan), globals.layout()))?,
            Some(found) => output::message(&format!(
                "The instance exists: {key} #{}. It gets a new grant, and keeps its ID and token.\n",
                found.id
            )),
        }
        let grant = session.ask(listener, &globals.environment).await?;
        redaction::register(grant.values());
        interrupt::set_consequence(
            "nothing was created or changed, and the grant is lost. Run the command again.",
        );
        match existing {
            None => session.create(grant, globals).await,
            Some(found) => session.reauthenticate(&found, grant).await,
        }
    })
}

struct Session<'a> {
    key: &'a Key,
    files: Files,
    declared: DeclaredApplication,
    connection: Connection,
    /// The credentials that no URL may contain, in addition to the client secret.
    own: Vec<OwnCredential>,
    args: &'a AuthorizeArgs,
}

impl Session<'_> {
    /// Checks, before the user is asked, that a grant can be used: it expires soon and works once.
    async fn check(&mut self) -> Result<(Plan, Option<ObservedInstance>), Failure> {
        let pending = Secret::new("pending");
        let name = if self.declared.is_oauth1 { "oauth_verifier" } else { "code" };
        let (plan, found) = self.plan(&[(name.to_owned(), pending)].into()).await?;
        if let Some(blocked) = plan.blocked.first() {
            let exit = if blocked.code.is_guard() { Exit::Guarded } else { Exit::Other };
            let error = format!("`{}` cannot be authorized now", self.key);
            return Err(Failure::new(exit, error).caused_by(&blocked.message));
        }
        if found.is_some() && plan.steps.iter().any(|step| step.action == Action::Adopt) {
            let error = format!("the instance of `{}` is not adopted yet", self.key);
            return Err(Failure::new(Exit::Other, error).hint("adopt it first: ocon apply"));
        }
        Ok((plan, found))
    }

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
        // An unset secret of a create blocks the plan, before the user is asked.
        let options = PlanOptions { selection, allow_unset: true, ..PlanOptions::default() };
        let (plan, observed) = self.connection.plan(desired, &options).await?;
        let found = plan::matched(desired, &observed, &self.connection.fingerprints)
            .remove(self.key)
            .cloned();
        Ok((plan, found))
    }

    async fn ask(
        &self,
        listener: Option<CallbackListener>,
        environment: &Environment,
    ) -> Result<BTreeMap<String, Secret>, Failure> {
        interrupt::set_consequence("nothing was created or changed.");
        let state = random_state()?;
        let version = self.version(&state).await?;
        let url = self.authorization_url(&state, &version).await?;
        let declared = &self.declared;
        let expected = (version, state, declared.members.clone());
        let read_grant = move |query: &str| {
            let (version, state, members) = &expected;
            authorization::read_grant(query, &ExpectedAnswer { version, state, members })
        };
        output::address(&format!("\nOpen this URL and grant access:\n\n  {url}\n\n"));
        if !self.args.no_browser {
            browser::open(&url, environment);
        }
        let answer = Answer {
            callback: &declared.callback,
            wait: self.args.wait,
            clock: environment.clock(),
        };
        answer.wait(listener, read_grant).await
    }

    /// The OAuth version. Version 1 starts with a request token.
    async fn version(&self, state: &Secret) -> Result<OAuthVersion, Failure> {
        if !self.declared.is_oauth1 {
            return Ok(OAuthVersion::V2);
        }
        let application = self.application(state, None);
        let token = self.connection.client.request_token(&application).await;
        let token = token.map_err(|error| self.no_url(error))?;
        redaction::register([&token.token, &token.secret]);
        Ok(OAuthVersion::V1 { token: token.token, secret: token.secret })
    }

    async fn authorization_url(
        &self,
        state: &Secret,
        version: &OAuthVersion,
    ) -> Result<String, Failure> {
        let token = match version {
            OAuthVersion::V1 { token, .. } => Some(token),
            OAuthVersion::V2 => None,
        };
        let application = self.application(state, token);
        let placement =
            if self.args.allow_get { SecretPlacement::InQuery } else { SecretPlacement::InBody };
        let url = self.connection.client.authorization_url(&application, placement).await;
        let url = url.map_err(|error| self.no_url(error))?;
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
            Err("it contains the client secret or one of ocon's own credentials".to_owned())
        };
        let difference = checked.map_err(|reason| {
            Failure::new(Exit::Other, "the platform returned an unsafe authorization URL")
                .caused_by(&reason)
                .hint("compare `oauth.api.key` and `oauth.callback.url` with the application that is registered at the provider")
        })?;
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

    fn no_url(&self, error: api::Error) -> Failure {
        let message = "the platform returned no authorization URL";
        self.connection.read_failed(message)(error).hint(
            "some platforms accept only GET here: --allow-get (this puts the client secret into a URL)",
        )
    }

    async fn create(
        mut self,
        grant: BTreeMap<String, Secret>,
        globals: &GlobalArgs,
    ) -> Result<Exit, Failure> {
        let (plan, _) = self.plan(&grant).await?;
        let creates = plan.steps.first().is_some_and(|step| step.action == Action::Create);
        if !creates || !plan.blocked.is_empty() {
            return Err(state_changed(self.key));
        }
        let limits = Limits { max_deletes: 0 };
        let approved = plan.within(limits).map_err(|refused| {
            Failure::new(Exit::Guarded, refused.to_string()).hint("nothing was created")
        })?;
        let _guard = execution::stop_gracefully(&self.connection.stop);
        let outcome = execution::execute(&approved, &self.connection, globals).await;
        let layout = globals.layout();
        output::text(&format!("\n{}", human::outcome(&ResultDocument::new(&outcome, 0), layout)))?;
        Ok(Exit::of_apply(&outcome, approved.plan()))
    }

    /// Sends the grant to the existing instance, and nothing else.
    async fn reauthenticate(
        mut self,
        found: &ObservedInstance,
        grant: BTreeMap<String, Secret>,
    ) -> Result<Exit, Failure> {
        let (_, now) = self.plan(&grant).await?;
        let id = found.id;
        if now.is_none_or(|now| now.id != id) {
            return Err(state_changed(self.key));
        }
        let Connection { client, stop, .. } = &self.connection;
        let _guard = execution::stop_gracefully(stop);
        let record = self.send(id, &grant).await?;
        // Printed now, because it is true even if enabling fails.
        let mut text = format!("Authorized again: {} #{id}.\n", self.key);
        if record.token != found.token {
            text.push_str(&format!("The instance has a new token: ocon token {}\n", self.key));
        }
        output::text(&text)?;
        let declared = self.files.desired.instances[self.key].enabled;
        if record.disabled && declared != Some(false) {
            client.enable(id).await.map_err(|error| {
                let message = format!("instance {id} is authorized, but could not be enabled");
                Failure::new(Exit::Incomplete, message)
                    .caused_by(&error)
                    .hint("set `enabled: true`, then run: ocon apply")
            })?;
            output::text("It was disabled, and is enabled again.\n")?;
        }
        Ok(Exit::Success)
    }

    async fn send(
        &self,
        id: InstanceId,
        grant: &BTreeMap<String, Secret>,
    ) -> Result<Record, Failure> {
        let Connection { client, target, .. } = &self.connection;
        let connector = &self.files.desired.instances[self.key].connector;
        let place = RenderContext { base_url: &target.base_url, connector, id: Some(id) };
        let members = grant.iter().map(|(name, value)| (name.clone(), granted(value)));
        let draft = Draft { provider_data: members.collect(), ..Draft::default() };
        let reply = client.patch(id, &draft, &place).await;
        // A reply without a body shows neither a new token nor whether the instance is disabled.
        let read = match reply.map_err(|error| not_authorized(id, &error))? {
            Some(record) => Some(record),
            None => {
                client.instance(id, &Projection::All).await.map_err(|error| not_read(id, &error))?
            }
        };
        read.ok_or_else(|| state_changed(self.key))
    }
}

/// The message about a scope that differs from the declared one. Its names come from the platform.
fn scope_message(difference: &ScopeDifference) -> Option<String> {
    let (beginning, names) = match difference {
        ScopeDifference::None => return None,
        ScopeDifference::Additional(names) => {
            ("warning: the URL requests more than the declared scope", names)
        }
        ScopeDifference::ConnectorDefault(names) => {
            ("No `oauth.scope` is declared. The URL requests the connector's default", names)
        }
    };
    let shown = names.iter().take(MAX_SCOPES_SHOWN).map(|name| {
        let name: String = name.chars().take(MAX_SCOPE_CHARS).collect();
        format!("`{}`", clean_line(&name))
    });
    let mut shown: Vec<String> = shown.collect();
    if names.len() > MAX_SCOPES_SHOWN {
        shown.push(format!("and {} more", names.len() - MAX_SCOPES_SHOWN));
    }
    Some(format!("\n{beginning}: {}\n", shown.join(", ")))
}

/// The failure to send a grant. It may be used up, so it is not sent again.
fn not_authorized(id: InstanceId, error: &api::Error) -> Failure {
    let message = if error.may_have_happened() {
        format!("it is unknown whether instance {id} was authorized again")
    } else {
        format!("instance {id} was not authorized again")
    };
    Failure::new(Exit::Incomplete, message)
        .caused_by(error)
        .hint("run the same command again: a grant works once, and a new one is harmless")
}

fn not_read(id: InstanceId, error: &api::Error) -> Failure {
    let message = format!("instance {id} was authorized again, but cannot be read now");
    Failure::new(Exit::Incomplete, message)
        .caused_by(error)
        .hint("check it with `ocon status`: it may have a new token, and it may be disabled")
}

fn state_changed(key: &Key) -> Failure {
    let error =
        format!("the instance of `{key}` changed during the authorization, so nothing was written");
    Failure::new(Exit::Stale, error).hint("run the command again for a new grant")
}

fn granted(value: &Secret) -> Json {
    let reference =
        SecretReference { source: SecretSource::Authorization, value: Some(value.clone()) };
    Json::Text(Template::new(vec![Part::Secret(reference)]))
}

/// 32 random bytes, as text that needs no encoding in a URL.
fn random_state() -> Result<Secret, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(Exit::Other, "the system provides no random numbers").caused_by(&error)
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}
