//! A step as an entry that can be unfolded: its difference, and the chain of its events.

use super::HtmlOptions;
use super::chain::EventChain;
use super::difference::{changes, is_in_title};
use super::markup::{Html, element};
use super::page::PageSpace;
use super::picture;
use super::text::{badge, code, id, name, place};
use crate::plan::Action;
use crate::report::json::{PlanChange, PlanStep, PlanTarget};
use crate::report::phrases;

/// Maximum number of entries of a page that are unfolded.
pub(super) const MAX_UNFOLDED: usize = 10;

/// Renders the steps of a page.
pub(super) struct StepRenderer<'a> {
    pub(super) target: &'a PlanTarget,
    pub(super) options: &'a HtmlOptions,
    pub(super) space: PageSpace,
    /// Number of entries that may still be unfolded.
    pub(super) unfolded: usize,
}

impl<'a> StepRenderer<'a> {
    pub(super) fn new(target: &'a PlanTarget, options: &'a HtmlOptions) -> Self {
        Self { target, options, space: PageSpace::new(), unfolded: MAX_UNFOLDED }
    }

    /// Renders steps until the page is full.
    pub(super) fn all(&mut self, steps: &[&PlanStep]) -> Html {
        let Self { target, options, unfolded, .. } = self;
        let (entries, rest) = self.space.entries(steps, |step, space| {
            let is_open = *unfolded > 0;
            *unfolded = unfolded.saturating_sub(1);
            let entry = StepEntry { step, target, options, is_open };
            entry.render(space.has_details(), Html::default())
        });
        element("div").class("steps").with(entries) + rest
    }
}

/// A step with what is around it.
pub(super) struct StepEntry<'a> {
    pub(super) step: &'a PlanStep,
    pub(super) target: &'a PlanTarget,
    pub(super) options: &'a HtmlOptions,
    pub(super) is_open: bool,
}

impl StepEntry<'_> {
    /// Renders the step. `remark` comes before its changes.
    pub(super) fn render(&self, is_detailed: bool, remark: Html) -> Html {
        let Self { step, options, .. } = self;
        let title = title(step);
        let place = match (&step.file, step.line) {
            (Some(file), Some(line)) => element("p").with(place(&options.links, file, line)),
            _ => Html::default(),
        };
        let details = if is_detailed { self.details() } else { omitted(step) };
        let body = Html::from([place, remark, details]);
        let summary = element("summary").with(title);
        let body = element("div").class("body").with(body);
        let entry = element("details").class("step").flag("open", self.is_open);
        entry.with(summary + body) + Html::line_break()
    }

    fn details(&self) -> Html {
        let step = self.step;
        let is_shown =
            |change: &&PlanChange| step.action != Action::Create || !is_in_title(&change.path);
        let shown: Vec<&PlanChange> = step.changes.iter().filter(is_shown).collect();
        let hidden_before = (step.action != Action::Create).then_some("(secret)");
        let list = if shown.is_empty() { Html::default() } else { changes(&shown, hidden_before) };
        let unchanged = if step.unchanged > 0 && !step.changes.is_empty() {
            element("p").class("faint").with(format!("{} unchanged", step.unchanged))
        } else {
            Html::default()
        };
        let chain = EventChain::of_step(step, &self.target.base_url);
        let chain = chain.as_ref().map(picture::chain).unwrap_or_default();
        list + unchanged + chain
    }
}

/// What a full page shows in place of the changes.
fn omitted(step: &PlanStep) -> Html {
    if step.changes.is_empty() {
        return Html::default();
    }
    let text = format!(
        "{} of this step, not shown because the page is full.",
        crate::report::style::count(step.changes.len(), "change")
    );
    element("p").class("more").with(text)
}

fn title(step: &PlanStep) -> Html {
    let action = format!("{} {}", step.action.symbol(), step.action);
    let cause = phrases::cause(step.cause, step.action);
    let cause = cause.filter(|cause| *cause != step.action.participle());
    let cause = cause.map(|cause| Html::from(" ") + badge("badge", cause)).unwrap_or_default();
    Html::from([
        badge(class(step.action), &action),
        Html::from(" "),
        element("span").class("key").with(code(&step.key)),
        Html::from(" "),
        name(&step.name),
        Html::from(" "),
        element("span").class("connector").with(step.connector.as_str()),
        id(step.instance_id),
        cause,
    ])
}

/// The color of an action, as on a terminal.
pub(super) fn class(action: Action) -> &'static str {
    match action {
        Action::Create | Action::Enable => "badge green",
        Action::Finish | Action::Adopt | Action::Update => "badge amber",
        Action::Disable | Action::Delete => "badge red",
    }
}
