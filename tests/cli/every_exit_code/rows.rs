//! The commands, each with every exit code that it can have.

use serde_json::json;

use crate::support::{CRM, SHOP, World};

/// A command in a situation with a certain exit code.
pub(super) struct Row {
    pub(super) arguments: &'static str,
    pub(super) exit: i32,
    /// The situation, for the table.
    pub(super) when: &'static str,
    pub(super) formats: &'static str,
    pub(super) world: fn() -> World,
    pub(super) run: Run,
}

/// How a row runs.
#[derive(Clone, Copy)]
pub(super) enum Run {
    ToTheEnd,
    /// With a file-size limit of 0 bytes.
    OnASmallDisk,
    /// Until a signal ends it.
    UntilItIsInterrupted,
}

impl Row {
    /// The `code` of a failure document with this exit code.
    pub(super) fn code(&self) -> &'static str {
        match self.exit {
            1 => "other",
            5 => "invalid",
            6 => "unreachable",
            7 => "guarded",
            64 => "usage",
            101 => "bug",
            130 => "interrupted",
            other => panic!("no failure has the exit code {other}"),
        }
    }
}

const VALIDATE: &str = "text json github sarif";
const PLAN: &str = "text json markdown html github";
const APPLY: &str = "text json markdown html";
const STATUS: &str = "text json markdown html";
const OTHER: &str = "text json";

const fn row(
    arguments: &'static str,
    exit: i32,
    when: &'static str,
    formats: &'static str,
    world: fn() -> World,
) -> Row {
    Row { arguments, exit, when, formats, world, run: Run::ToTheEnd }
}

const fn interrupted(arguments: &'static str, formats: &'static str) -> Row {
    let row = row(arguments, 130, "interrupted", formats, shop);
    Row { run: Run::UntilItIsInterrupted, ..row }
}

const fn small_disk(arguments: &'static str, when: &'static str, formats: &'static str) -> Row {
    Row { run: Run::OnASmallDisk, ..row(arguments, 1, when, formats, shop) }
}

pub(super) const ROWS: &[Row] = &[
    row("validate", 0, "the files are valid", VALIDATE, shop),
    row("validate", 5, "a file is invalid", VALIDATE, invalid),
    row("validate none", 64, "a PATH contains no document", VALIDATE, shop),
    row("validate --nope", 64, "an option is unknown", VALIDATE, shop),
    row("validate", 101, "a bug in ocon", VALIDATE, panicking),
    row("variables", 0, "success", OTHER, shop),
    row("variables", 5, "a file is invalid", OTHER, invalid),
    row("variables none", 64, "a PATH contains no document", OTHER, shop),
    row("variables", 101, "a bug in ocon", OTHER, panicking),
    row("plan", 0, "success", PLAN, shop),
    small_disk("plan --out plan.json", "the plan cannot be saved", PLAN),
    row("plan --detailed-exitcode", 2, "there are changes", PLAN, shop),
    row("plan", 5, "a file is invalid", PLAN, invalid),
    row("plan", 6, "the credentials are not set", PLAN, without_credentials),
    row("plan", 6, "the credentials are wrong", PLAN, wrong_credentials),
    row("plan", 6, "the API is unreachable", PLAN, unreachable),
    row("plan --max-requests 1", 6, "the request limit is reached", PLAN, shop),
    row("plan", 7, "a document key is ambiguous", PLAN, ambiguous),
    row("plan --out none/plan.json", 64, "`--out` cannot be written", PLAN, shop),
    row("plan", 64, "no platform is given", PLAN, without_platform),
    row("plan --max-bytes many", 64, "a value is invalid", PLAN, shop),
    row("plan", 101, "a bug in ocon", PLAN, panicking),
    interrupted("plan", PLAN),
    row("apply --yes", 0, "success", APPLY, shop),
    small_disk("apply --yes --outputs out.json", "the outputs cannot be written", APPLY),
    row("apply --yes", 3, "a create is refused", APPLY, refusing),
    row("apply plan.json", 4, "the plan is stale", APPLY, stale),
    row("apply --yes", 5, "a variable is not set", APPLY, unset),
    row("apply none.json", 5, "the plan file is missing", APPLY, shop),
    row("apply --yes", 6, "the credentials are wrong", APPLY, wrong_credentials),
    row("apply --yes --prune --max-deletes 0", 7, "too many deletes", APPLY, orphan),
    row("apply --yes", 7, "a document key is ambiguous", APPLY, ambiguous),
    row("apply", 64, "nobody can approve the plan", APPLY, shop),
    row("apply --yes", 101, "a bug in ocon", APPLY, panicking),
    interrupted("apply --yes", APPLY),
    row("status", 0, "success", STATUS, shop),
    row("status --detailed-exitcode", 2, "an instance is missing", STATUS, shop),
    row("status", 5, "a file is invalid", STATUS, invalid),
    row("status", 6, "the API is unreachable", STATUS, unreachable),
    row("status", 7, "a document key is ambiguous", STATUS, ambiguous),
    row("status none", 64, "a PATH contains no document", STATUS, shop),
    row("status", 101, "a bug in ocon", STATUS, panicking),
    interrupted("status", STATUS),
    row("events chat", 0, "success", OTHER, chat),
    row("events shop", 1, "there is no instance", OTHER, shop),
    row("events nope", 5, "there is no such document", OTHER, shop),
    row("events shop", 6, "the API is unreachable", OTHER, unreachable),
    row("events shop", 7, "a document key is ambiguous", OTHER, ambiguous),
    row("events", 64, "KEY is missing", OTHER, shop),
    row("events shop", 101, "a bug in ocon", OTHER, panicking),
    interrupted("events shop", OTHER),
    row("doctor chat", 0, "no link is broken", OTHER, chat),
    row("doctor shop", 1, "a link is broken", OTHER, shop),
    row("doctor nope", 5, "there is no such document", OTHER, shop),
    row("doctor shop", 6, "the credentials are wrong", OTHER, wrong_credentials),
    row("doctor", 64, "KEY is missing", OTHER, shop),
    row("doctor shop", 101, "a bug in ocon", OTHER, panicking),
    interrupted("doctor shop", OTHER),
    row("connectors salesforce", 0, "a connector matches", OTHER, shop),
    row("connectors qqqqqq", 64, "no connector matches", OTHER, shop),
    row("connectors", 101, "a bug in ocon", OTHER, panicking),
    row("selftest --leaks", 0, "no secret is found", OTHER, shop),
    row("selftest --leaks", 1, "a secret is found", OTHER, leaking),
    row("selftest --leaks", 5, "a file is invalid", OTHER, invalid),
    row("selftest", 64, "`--leaks` is missing", OTHER, shop),
    row("selftest --leaks", 101, "a bug in ocon", OTHER, panicking),
];

fn shop() -> World {
    World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox()
}

fn invalid() -> World {
    World::new(&[("instances/shop.yaml", "element: stripe\nnmae: Shop\n")]).on_sandbox()
}

fn without_platform() -> World {
    World::new(&[("instances/shop.yaml", SHOP)])
}

fn without_credentials() -> World {
    let mut world = shop();
    world.unset("OCON_USER_SECRET");
    world
}

fn wrong_credentials() -> World {
    shop().secret("OCON_USER_SECRET", "wr0ng-user-of-the-tests")
}

fn unreachable() -> World {
    let port = crate::ports::free();
    without_platform().at(&format!("http://127.0.0.1:{port}/elements/api-v2"))
}

/// Panics with a secret in the message.
fn panicking() -> World {
    let secret = "s3cret-of-the-panic";
    let mut world = without_platform().secret("OCON_USER_SECRET", secret);
    world.set("OCON_TEST_PANIC", &format!("it broke at {secret}!"));
    world
}

fn unset() -> World {
    World::new(&[("instances/desk.yaml", CRM)]).on_sandbox()
}

fn leaking() -> World {
    let mut world = unset();
    world.set("OCON_TEST_NO_SCRUB", "1");
    world
}

fn refusing() -> World {
    let world = shop();
    world.set_faults("rules: [{ when: { method: POST }, status: 400 }]".parse().unwrap());
    world
}

fn ambiguous() -> World {
    let world = shop();
    for name in ["Shop", "Shop again"] {
        let tags = ["ocon:project=tests", "ocon:key=shop"];
        let body = json!({"element": {"key": "stripe"}, "name": name, "tags": tags});
        world.send("POST", "/instances", &body);
    }
    world
}

/// A document whose instance was changed after an update of it was planned.
fn stale() -> World {
    let world = shop();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/shop.yaml", SHOP.replace("name: Shop", "name: New shop"));
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    world.requests();
    world.send("PATCH", "/instances/20931", &json!({ "name": "Other shop" }));
    world
}

/// An instance whose document was deleted.
fn orphan() -> World {
    let world = World::new(&[("instances/shop.yaml", SHOP), ("instances/old.yaml", SHOP)]);
    world.write("instances/old.yaml", SHOP.replace("name: Shop", "name: Old shop"));
    let world = world.on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.remove("instances/old.yaml");
    world
}

/// The only document `chat`, with an instance that receives events.
fn chat() -> World {
    crate::events::world().0
}
