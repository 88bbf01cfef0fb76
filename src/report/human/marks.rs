//! The text form of steps that change only a mark: instances to adopt, and moved documents.

use super::change::shown_name;
use super::layout::{Detail, Layout};
use super::title::{Title, symbol};
use crate::plan::Action;
use crate::report::grouping::{MAX_PLACES, grouped};
use crate::report::json::{PlanChange, PlanStep, PlanValues};
use crate::report::style::{clean_line, count, wrapped};

/// Maximum number of steps of one kind that are shown one by one.
const MAX_LISTED: usize = 10;

/// A step that changes only the mark of its instance. It has one line.
pub(super) struct MarkStep<'a> {
    step: &'a PlanStep,
    change: &'a PlanChange,
}

impl<'a> MarkStep<'a> {
    pub(super) fn new(step: &'a PlanStep) -> Option<Self> {
        Some(Self { step, change: step.only_mark()? })
    }

    pub(super) fn push(&self, text: &mut String, layout: Layout) {
        let moved = match (&self.change.values, self.step.action) {
            (PlanValues::Public { before: Some(before), .. }, _) => {
                let before = before.text().unwrap_or_default();
                format!("  key: {} → {}", clean_line(&before), self.step.key)
            }
            (_, Action::Update) => "  mark".to_owned(),
            _ => String::new(),
        };
        Title::of_step(self.step, &moved).push(text, layout);
    }
}

/// Returns the steps that [`push_summaries`] summarizes: the adoptions, or the moves, if there are many.
pub(super) fn summarized(steps: &[PlanStep], layout: Layout) -> Vec<Vec<&PlanStep>> {
    if layout.detail == Detail::Complete {
        return Vec::new();
    }
    let marks = steps.iter().filter(|step| step.only_mark().is_some());
    let kinds = grouped(marks, |step| (step.action, step.cause));
    kinds.into_iter().filter(|steps| steps.len() > MAX_LISTED).collect()
}

/// Adds a summary for each kind: the number, the first steps, and the number of each connector.
pub(super) fn push_summaries(text: &mut String, kinds: &[Vec<&PlanStep>], layout: Layout) {
    for steps in kinds {
        let Some(first) = steps.first() else { continue };
        let what = match first.action {
            Action::Adopt => "to adopt, with no other change than the mark of this project",
            _ => "to mark with another document key, with no other change",
        };
        let title = format!("{} {what}", count(steps.len(), "instance"));
        text.push_str(&format!("  {} {title}:\n", symbol(first.action)));
        for step in steps.iter().take(MAX_PLACES) {
            if let Some(step) = MarkStep::new(step) {
                step.push_indented(text, layout);
            }
        }
        let connectors = grouped(steps.iter().copied(), |step| step.connector.as_str());
        let connectors: Vec<String> = connectors
            .iter()
            .filter_map(|steps| Some(format!("{} {}", steps.first()?.connector, steps.len())))
            .collect();
        let rest = format!(
            "and {} more (-v lists them). By connector: {}",
            steps.len() - MAX_PLACES,
            connectors.join(", ")
        );
        text.push_str(&wrapped(&clean_line(&rest), "      ", layout.width));
    }
}

impl MarkStep<'_> {
    fn push_indented(&self, text: &mut String, layout: Layout) {
        let name = shown_name(&self.step.name);
        let id = self.step.instance_id.map(|id| format!("  #{id}")).unwrap_or_default();
        let line = format!("{}  {name}{id}", self.step.key);
        text.push_str(&wrapped(&line, "      ", layout.width));
    }
}
