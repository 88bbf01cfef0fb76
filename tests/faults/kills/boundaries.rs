//! `kill -9` at every boundary between two requests.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use ocon::sandbox::Faults;

use super::scenario::{EACH, Scenario};
use super::state::State;

/// Boundaries in a test run; `OCON_KILLS=all` asks for every one.
const SAMPLE: usize = 8;

const APPLY: &str = "apply --yes --prune --max-deletes 5 --concurrency 4 --format json --quiet";
const PLAN: &str = "plan --prune --detailed-exitcode --quiet";

/// The fate of the request during which the process is killed.
#[derive(Clone, Copy, Debug)]
enum Delivery {
    /// It is never processed.
    Lost,
    /// It is processed after the process has ended.
    Late,
    /// It was processed, and the reply was lost.
    Unanswered,
}

const DELIVERIES: [Delivery; 3] = [Delivery::Lost, Delivery::Late, Delivery::Unanswered];

/// The result of an undisturbed apply.
struct Undisturbed {
    requests: usize,
    writes: usize,
    before: State,
    after: State,
}

#[test]
fn killed_at_any_request_the_next_run_converges() {
    let scenario = Scenario::prepare();
    let undisturbed = undisturbed(&scenario);
    let all =
        (1..=undisturbed.requests).flat_map(|number| DELIVERIES.map(|delivery| (number, delivery)));
    let all: Vec<_> = all.collect();
    let every = if is_asked_for_all() { 1 } else { all.len() / SAMPLE };
    let chosen: Vec<_> = all.iter().skip(every / 2).step_by(every).collect();
    for (number, delivery) in &chosen {
        kill_at(&scenario, &undisturbed, *number, *delivery);
    }
    eprintln!(
        "{} requests, {} of them writes; {} boundaries, {} kills, {} converged",
        undisturbed.requests,
        undisturbed.writes,
        all.len(),
        chosen.len(),
        chosen.len()
    );
}

#[expect(clippy::disallowed_methods, reason = "a test may be asked for more")]
fn is_asked_for_all() -> bool {
    std::env::var("OCON_KILLS").is_ok_and(|wish| wish == "all")
}

fn undisturbed(scenario: &Scenario) -> Undisturbed {
    let fixture = scenario.fixture(Faults::default());
    let before = fixture.state();
    let run = fixture.ocon(APPLY);
    assert_eq!(run.exit, 0, "{run:?}");
    let journal = fixture.journal();
    let count = |method| journal.iter().filter(|entry| entry.method == method).count();
    let writes = ["POST", "PATCH", "PUT", "DELETE"].map(count);
    assert_eq!(writes, [EACH, 3 + 3 * EACH, EACH, EACH], "everything is to be done five times");
    let writes = writes.iter().sum();
    assert_eq!(fixture.state().names(), Scenario::names());
    Undisturbed { requests: journal.len(), writes, before, after: fixture.state() }
}

/// Kills the process while request `number` is under way, and runs it again.
fn kill_at(scenario: &Scenario, undisturbed: &Undisturbed, number: usize, delivery: Delivery) {
    let moment = if let Delivery::Unanswered = delivery { "after" } else { "before" };
    let faults = format!("rules: [{{ when: {{ occurrence: {number} }}, hold: {moment} }}]");
    let fixture = scenario.fixture(faults.parse().unwrap());
    let mut process = fixture.spawn(APPLY);
    fixture.wait_for_held(1);
    process.kill().unwrap();
    assert_eq!(process.wait().unwrap().signal(), Some(9));
    if let Delivery::Late = delivery {
        fixture.release(1);
    }
    let run = fixture.ocon(APPLY);
    let context = || format!("request {number}, {delivery:?}: {run:#?}");
    assert_eq!(run.exit, 0, "{}", context());
    let left = fixture.state();
    assert_eq!(left.names(), Scenario::names(), "{}", context());
    assert_eq!(left.essence(), undisturbed.after.essence(), "{}", context());
    let kept: BTreeSet<u64> =
        undisturbed.before.ids().intersection(&undisturbed.after.ids()).copied().collect();
    let identities = |state: &State| state.identities(&kept);
    assert_eq!(identities(&left), identities(&undisturbed.before), "{}", context());
    let refused: Vec<_> =
        fixture.journal().into_iter().filter(|entry| entry.status >= 400).collect();
    assert!(refused.is_empty(), "{refused:#?} {}", context());
    let plan = fixture.ocon(PLAN);
    assert_eq!(plan.exit, 0, "{plan:?} {}", context());
}
