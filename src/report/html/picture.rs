//! Pictures in SVG: the chain of events, and the bar of the states of instances.

use super::chain::{ChainPart, ChainPartKind, ChainPartState, EventChain};
use super::markup::{Html, element};
use super::text::{badge, prose};
use crate::report::truncate;

/// The distance between the centers of two parts.
const DISTANCE: usize = 100;
const MAX_LABEL_CHARS: usize = 15;

/// Renders a chain as a picture, and its parts as a list.
pub(super) fn chain(chain: &EventChain) -> Html {
    let list = element("ol").class("parts").with(chain.0.iter().map(part_line).collect::<Html>());
    element("div").class("chain").with(drawing(chain) + list)
}

fn part_line(part: &ChainPart) -> Html {
    let state =
        part.state.word().map(|word| Html::from(" ") + badge(state_class(part.state), word));
    let name = element("b").with(part.kind.name());
    element("li").with(name + Html::from(": ") + prose(&part.text) + state.unwrap_or_default())
}

fn drawing(chain: &EventChain) -> Html {
    let parts = &chain.0;
    let arrows = parts.windows(2).zip(0..).filter_map(|(pair, at)| match pair {
        [one, other] => Some(arrow(at, one.state.max(other.state))),
        _ => None,
    });
    let nodes = parts.iter().zip(0..).map(|(part, at)| node(at, part));
    let description = parts.iter().map(described).collect::<Vec<_>>().join(", then ");
    element("svg").attribute("viewBox", "0 0 400 82").attribute("role", "img").with(Html::from([
        element("title").with("How its events travel"),
        element("desc").with(description),
        arrows.collect(),
        nodes.collect(),
    ]))
}

/// `callback URL (after create, known after create)`.
fn described(part: &ChainPart) -> String {
    let state = part.state.word().map(|word| format!(", {word}")).unwrap_or_default();
    format!("{} ({}{state})", part.kind.name(), part.label)
}

fn node(at: usize, part: &ChainPart) -> Html {
    let x = DISTANCE / 2 + at * DISTANCE;
    let text = |class, y: usize, content: String| {
        let text = element("text").class(class).attribute("x", &x.to_string());
        text.attribute("y", &y.to_string()).with(content)
    };
    let place = format!("translate({x} 22)");
    let frame = element("rect").attribute("x", "-18").attribute("y", "-18");
    let frame = frame.attribute("width", "36").attribute("height", "36").attribute("rx", "9");
    let drawn = frame.with("") + element("path").attribute("d", icon(part.kind)).with("");
    let label = truncate::shortened(&part.label, MAX_LABEL_CHARS).into_owned();
    Html::from([
        element("g").class(node_class(part.state)).attribute("transform", &place).with(drawn),
        text("part", 56, part.kind.name().to_owned()),
        text("label", 72, label),
    ])
}

/// A cloud, the brackets of an address, a stack, or a window.
fn icon(kind: ChainPartKind) -> &'static str {
    match kind {
        ChainPartKind::Provider => "M-7 6h14a5 5 0 0 0 0-10 7 7 0 0 0-13-1 5.5 5.5 0 0 0-1 11z",
        ChainPartKind::Address => "M-5-6l-5 6 5 6M5-6l5 6-5 6M2-8l-4 16",
        ChainPartKind::Instance => "M-9-8h18v7h-18zM-9 1h18v7h-18zM-5-4.5h.1M-5 4.5h.1",
        ChainPartKind::Application => "M-10-8h20v16h-20zM-10-3h20",
    }
}

fn arrow(at: usize, state: ChainPartState) -> Html {
    let x = DISTANCE / 2 + at * DISTANCE + 24;
    let line = format!("M{x} 22h51m-6-5l6 5-6 5");
    let line = element("path").class(arrow_class(state)).attribute("d", &line).with("");
    let sign = match state {
        ChainPartState::Known => return line,
        ChainPartState::AfterCreate => "…",
        ChainPartState::Unknown => "?",
        ChainPartState::Broken => "×",
    };
    let text = element("text").class(sign_class(state)).attribute("y", "15");
    line + text.attribute("x", &(x + 24).to_string()).with(sign)
}

fn node_class(state: ChainPartState) -> &'static str {
    match state {
        ChainPartState::Known => "node",
        ChainPartState::AfterCreate => "node later",
        ChainPartState::Unknown => "node unknown",
        ChainPartState::Broken => "node broken",
    }
}

fn arrow_class(state: ChainPartState) -> &'static str {
    match state {
        ChainPartState::Known => "arrow",
        ChainPartState::AfterCreate => "arrow later",
        ChainPartState::Unknown => "arrow unknown",
        ChainPartState::Broken => "arrow broken",
    }
}

fn sign_class(state: ChainPartState) -> &'static str {
    if state == ChainPartState::Broken { "mark broken" } else { "mark" }
}

fn state_class(state: ChainPartState) -> &'static str {
    if state == ChainPartState::Broken { "badge red" } else { "badge" }
}

/// A part of a bar: a number of instances in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BarPart {
    pub(super) number: usize,
    pub(super) label: &'static str,
    /// The sign that the text formats use.
    pub(super) sign: &'static str,
    pub(super) class: &'static str,
}

/// Renders a bar of the states that occur, with a legend that has the numbers. Empty for no instances.
pub(super) fn bar(parts: &[BarPart]) -> Html {
    let parts: Vec<&BarPart> = parts.iter().filter(|part| part.number > 0).collect();
    let total: usize = parts.iter().map(|part| part.number).sum();
    if total == 0 {
        return Html::default();
    }
    let described = parts.iter().map(|part| format!("{} {}", part.number, part.label));
    let description = described.collect::<Vec<_>>().join(", ");
    let svg = element("svg").class("bar").attribute("viewBox", "0 0 1000 20");
    let svg = svg.attribute("preserveAspectRatio", "none").attribute("role", "img");
    let drawing = svg.with(Html::from([
        element("title").with("Instances by state"),
        element("desc").with(description),
        segments(&parts, total),
    ]));
    let items = parts.iter().map(|part| {
        element("li").with(Html::from([
            element("span").class(part.class).attribute("aria-hidden", "true").with(part.sign),
            element("b").with(part.number.to_string()),
            Html::from(format!(" {}", part.label)),
        ]))
    });
    drawing + element("ul").class("legend").with(items.collect::<Html>())
}

/// Every part is visible: a small one has a minimum width.
fn segments(parts: &[&BarPart], total: usize) -> Html {
    const WIDTH: usize = 1_000;
    const MIN_WIDTH: usize = 8;
    const GAP: usize = 3;
    let space = WIDTH + GAP - (MIN_WIDTH + GAP) * parts.len();
    let (mut x, mut last) = (0, parts.len());
    let segment = |part: &&BarPart| {
        last -= 1;
        let width = if last == 0 { WIDTH - x } else { MIN_WIDTH + space * part.number / total };
        let rect = element("rect").class(part.class).attribute("x", &x.to_string());
        x += width + GAP;
        rect.attribute("width", &width.to_string()).attribute("height", "20").with("")
    };
    parts.iter().map(segment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_numbers_as_text_and_fits() {
        let part = |number, label| BarPart { number, label, sign: "=", class: "sync" };
        let html = bar(&[part(9_999, "in sync"), part(1, "drifted"), part(0, "missing")]);
        let page = html.into_document();
        assert!(page.contains("<desc>9999 in sync, 1 drifted</desc>"), "{page}");
        assert!(page.contains("<b>1</b> drifted") && !page.contains("missing"), "{page}");
        assert!(page.contains("x=\"991\" width=\"9\""), "{page}");
        assert_eq!(bar(&[part(0, "in sync")]), Html::default());
    }
}
