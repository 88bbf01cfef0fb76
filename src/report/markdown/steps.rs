//! The steps of a plan in a comment, by kind. Steps with the same change are one entry.

use std::collections::BTreeSet;

use super::changes;
use super::comment::{CommentEntry, CommentSection};
use super::escape::code;
use super::first_screen::FirstScreen;
use super::options::CommentOptions;
use super::step::{brief, entry, open_entry, place, symbol_and_action};
use crate::report::grouping::{first_places, grouped};
use crate::report::json::{PlanDocument, PlanStep};
use crate::report::step_kind::StepKind;
use crate::report::style::count;

/// Maximum number of entries that are not folded by kind.
const MAX_UNFOLDED: usize = 10;
/// Minimum number of steps with the same change that are one entry.
const MIN_ALIKE: usize = 3;

/// A step, or several steps of one kind with the same change.
enum StepUnit<'a> {
    One(&'a PlanStep),
    Alike { steps: Vec<&'a PlanStep>, block: String },
}

impl<'a> StepUnit<'a> {
    /// Joins the steps with the same change. A step that changes a host comes first: a reader who checks
    /// the host looks for it.
    fn all(steps: &[&'a PlanStep], of_hosts: &BTreeSet<&str>) -> Vec<Self> {
        let is_of_host = |step: &PlanStep| of_hosts.contains(step.key.as_str());
        let (first, others): (Vec<&PlanStep>, Vec<&PlanStep>) =
            steps.iter().copied().partition(|step| is_of_host(step));
        let changes: Vec<_> = others.iter().map(|step| (*step, changes::block(step))).collect();
        let groups = grouped(&changes, |(step, block)| (step.action, step.cause, block.as_deref()));
        let mut units: Vec<_> = first.into_iter().map(Self::One).collect();
        for group in groups {
            match group.as_slice() {
                [(_, Some(block)), ..] if group.len() >= MIN_ALIKE => {
                    let steps = group.iter().map(|(step, _)| *step).collect();
                    units.push(Self::Alike { steps, block: block.clone() });
                }
                _ => units.extend(group.iter().map(|(step, _)| Self::One(step))),
            }
        }
        units
    }

    fn steps(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Alike { steps, .. } => steps.len(),
        }
    }

    /// Renders the unit with its changes.
    fn open(&self, options: &CommentOptions) -> CommentEntry {
        match self {
            Self::One(step) => open_entry(step, &place(step, options)),
            Self::Alike { steps, block } => {
                let (brief, block) = (alike(steps), changes::indented(block));
                let list = changes::indented(&fold(steps, options));
                let full = Some(format!("{brief}\n{block}\n{list}\n"));
                CommentEntry { brief, full }
            }
        }
    }

    /// Renders the unit with its changes, or with a fold around them if the screen has no space.
    fn unfolded(&self, options: &CommentOptions, screen: &mut FirstScreen) -> CommentEntry {
        let open = self.open(options);
        let visible = open.whole().split("<details>").next().unwrap_or_default();
        match self {
            _ if screen.take(visible) => open,
            Self::One(step) => {
                screen.take("one line");
                entry(step, &place(step, options), "")
            }
            Self::Alike { .. } => open,
        }
    }
}

/// `- ~ update **30 instances** with the same change: a #1, b #2, c #3 and 27 more`.
fn alike(steps: &[&PlanStep]) -> String {
    let id = |step: &PlanStep| step.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    let places = steps.iter().map(|step| format!("{}{}", code(&step.key), id(step)));
    let action = steps.first().map(|step| code(&symbol_and_action(step))).unwrap_or_default();
    let number = count(steps.len(), "instance");
    format!("- {action} **{number}** with the same change: {}\n", first_places(places))
}

/// Renders the titles of all steps in a fold.
fn fold(steps: &[&PlanStep], options: &CommentOptions) -> String {
    let lines: String = steps.iter().map(|step| brief(step, &place(step, options))).collect();
    format!("<details><summary>All {}</summary>\n\n{lines}\n</details>\n", steps.len())
}

/// Renders the steps by kind. The first ones are not folded, as far as the screen has space.
pub(super) fn sections(
    document: &PlanDocument,
    options: &CommentOptions,
    screen: &mut FirstScreen,
) -> Vec<CommentSection> {
    let of_hosts = document.notes.iter().filter(|note| note.host.is_some());
    let of_hosts: BTreeSet<&str> = of_hosts.map(|note| note.key.as_str()).collect();
    let mut left = MAX_UNFOLDED;
    let mut sections = Vec::new();
    for kind in StepKind::ALL {
        let steps = document.steps.iter().filter(|step| StepKind::of(step) == Some(kind));
        let steps: Vec<_> = steps.collect();
        let units = StepUnit::all(&steps, &of_hosts);
        let (first, rest) = units.split_at(left.min(units.len()));
        left -= first.len();
        sections.extend(of_kind(kind, first, rest, options, screen));
    }
    sections
}

/// The open section of the first units of a kind, and the folded section of the others.
fn of_kind(
    kind: StepKind,
    first: &[StepUnit<'_>],
    rest: &[StepUnit<'_>],
    options: &CommentOptions,
    screen: &mut FirstScreen,
) -> impl Iterator<Item = CommentSection> {
    let number = |units: &[StepUnit<'_>]| units.iter().map(StepUnit::steps).sum::<usize>();
    let title = kind.title();
    let intro = kind.intro().map(|intro| format!("{intro}\n\n")).unwrap_or_default();
    let all = format!("{title}: {}", number(first) + number(rest));
    if !first.is_empty() {
        screen.take_title();
        screen.take(&intro);
    }
    let shown = first.iter().map(|unit| unit.unfolded(options, screen)).collect();
    let folded = rest.iter().map(|unit| unit.open(options)).collect();
    let (rest_title, rest_intro) = match first {
        [] => (all.clone(), intro.as_str()),
        _ => (format!("{title}: {} more", number(rest)), ""),
    };
    let open = CommentSection::titled(all, &intro, shown);
    let folded = CommentSection::titled(rest_title, rest_intro, folded);
    open.into_iter().chain(folded.map(CommentSection::folded))
}
