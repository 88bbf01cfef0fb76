//! The parts of the document of a plan, from those of the plan.

use super::{
    HiddenValue, PlanBlocked, PlanChange, PlanNote, PlanStale, PlanStep, PlanSummary, PlanUnset,
    PlanValue, PlanValues,
};
use crate::instance::{BaseUrl, InstanceId};
use crate::plan::{Action, Blocked, DisplayValue, Note, Plan, RedactedChange, Stale, UnsetSecret};

pub(super) fn summary(plan: &Plan) -> PlanSummary {
    let count = |action| plan.steps.iter().filter(|step| step.action == action).count();
    PlanSummary {
        create: count(Action::Create),
        finish: count(Action::Finish),
        adopt: count(Action::Adopt),
        update: count(Action::Update),
        enable: count(Action::Enable),
        disable: count(Action::Disable),
        delete: count(Action::Delete),
        blocked: plan.blocked.len(),
        unchanged: plan.untouched.unchanged,
        orphan: plan.untouched.orphans,
        unmanaged: plan.untouched.unmanaged,
    }
}

pub(super) fn change(view: RedactedChange) -> PlanChange {
    let sources: Vec<String> = view.sources.iter().map(ToString::to_string).collect();
    let hidden = || PlanValue::Hidden(HiddenValue::NotShown);
    let values = if view.sensitive {
        let source = (!sources.is_empty()).then(|| sources.join(", "));
        PlanValues::Sensitive { sensitive: true, source }
    } else {
        PlanValues::Public {
            before: view.before.map(value).or_else(|| view.before_hidden.then(hidden)),
            after: view.after.map(value),
        }
    };
    PlanChange {
        path: view.path,
        kind: view.kind,
        values,
        known_after_create: view.known_after_create,
        hint: view.hint,
    }
}

pub(super) fn value(shown: DisplayValue) -> PlanValue {
    match shown {
        DisplayValue::Text(text) => PlanValue::Text(text),
        DisplayValue::List(items) => PlanValue::List(items),
    }
}

pub(in crate::report::json) fn blocked(blocked: &Blocked) -> PlanBlocked {
    PlanBlocked {
        key: blocked.key.to_string(),
        file: blocked.at.file.to_string(),
        line: blocked.at.line,
        code: blocked.code,
        message: blocked.message.clone(),
        guard: blocked.code.is_guard(),
    }
}

pub(super) fn stale(stale: &Stale, base_url: &BaseUrl) -> PlanStale {
    PlanStale {
        key: stale.key.to_string(),
        action: stale.action,
        message: stale.message.clone(),
        steps: stale.steps.iter().map(|step| PlanStep::new(step, base_url)).collect(),
        place: stale.at.as_ref().map(|at| (at.file.to_string(), at.line)),
    }
}

pub(super) fn note(note: &Note) -> PlanNote {
    PlanNote {
        code: note.code,
        key: note.key.to_string(),
        instance_id: note.instance_id.map(InstanceId::get),
        host: note.host.as_ref().map(|used| used.host.clone()),
        gets: note.host.as_ref().map(|used| used.gets.clone()),
        message: note.message.clone(),
        help: note.help.clone(),
    }
}

pub(in crate::report::json) fn unset(secret: &UnsetSecret) -> PlanUnset {
    PlanUnset {
        source: secret.source.to_string(),
        file: secret.at.file.to_string(),
        line: secret.at.line,
        key: secret.key.to_string(),
    }
}
