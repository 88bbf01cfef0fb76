//! The first line of a step: symbol, document key, name, and the place of the document.

use super::change::shown_name;
use super::layout::Layout;
use crate::plan::Action;
use crate::report::json::PlanStep;
use crate::report::phrases;
use crate::report::style::{
    ADDED, CHANGED, FAINT, REMOVED, Styled, clean_line, gap, hanging, width, wrapped_in,
};

/// A line with its place at the right margin, or below if there is no space.
pub(super) struct Title<'a> {
    /// One column, with a style.
    pub(super) symbol: String,
    pub(super) text: String,
    /// A file and a line.
    pub(super) place: Option<(&'a str, usize)>,
}

impl<'a> Title<'a> {
    /// Creates the title of a step that ends with `rest`.
    pub(super) fn of_step(step: &'a PlanStep, rest: &str) -> Self {
        let id = step.instance_id.map(|id| format!("  #{id}")).unwrap_or_default();
        let cause = phrases::cause(step.cause, step.action);
        let cause = cause.map(|cause| format!("  ({cause})")).unwrap_or_default();
        let (key, name) = (&step.key, shown_name(&step.name));
        Self {
            symbol: symbol(step.action),
            text: format!("{key}  {name}{id}{cause}{}{rest}", verb(step.action)),
            place: step.file.as_deref().zip(step.line),
        }
    }

    /// Creates the title of something that is not done, such as a blocked document.
    pub(super) fn refused(text: String, place: Option<(&'a str, usize)>) -> Self {
        Self { symbol: Styled(REMOVED, "!").to_string(), text, place }
    }

    pub(super) fn push(&self, text: &mut String, layout: Layout) {
        let Self { symbol, text: title, place } = self;
        let first = format!("  {symbol} ");
        let Some((file, line)) = place else {
            text.push_str(&hanging(&first, title, "      ", layout.width));
            return;
        };
        let place = format!("{}:{line}", clean_line(file));
        let (used, column) = (4 + width(title), layout.width.saturating_sub(width(&place)));
        if used + 2 <= column {
            let place = Styled(FAINT, &place).to_string();
            text.push_str(&format!("{first}{title}{}{place}\n", gap(used, column)));
            return;
        }
        text.push_str(&hanging(&first, title, "      ", layout.width));
        text.push_str(&wrapped_in(FAINT, &place, "      ", layout.width));
    }
}

pub(super) fn symbol(action: Action) -> String {
    let style = match action {
        Action::Create | Action::Enable => ADDED,
        Action::Finish | Action::Adopt | Action::Update => CHANGED,
        Action::Disable | Action::Delete => REMOVED,
    };
    Styled(style, action.symbol()).to_string()
}

/// The word for an action whose step shows no changes.
fn verb(action: Action) -> &'static str {
    match action {
        Action::Enable => "  enable",
        Action::Disable => "  disable",
        Action::Delete => "  delete",
        Action::Create | Action::Finish | Action::Adopt | Action::Update => "",
    }
}
