//! Places text and shapes, from top to bottom.

use super::markdown::{Run, Style};

/// The widths of the characters from blank to `~` in Helvetica, in thousandths of the font size.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

const CODE_WIDTH: f64 = 0.6;
/// Inline code is smaller than the text around it.
const CODE_SIZE: f64 = 0.85;
/// Space within the shade of inline code, at either end.
const CODE_PADDING: f64 = 4.0;
const LINE_HEIGHT: f64 = 1.5;
const CELL_PADDING: f64 = 8.0;

const TEXT: &str = "#1f2328";
const MUTED: &str = "#59636e";
const CODE_SHADE: &str = "#eff1f3";
const BLOCK_SHADE: &str = "#f6f8fa";
const RULE: &str = "#d0d7de";

/// A picture that grows downwards.
pub(super) struct Canvas {
    width: f64,
    /// The vertical position of the next element.
    pub(super) y: f64,
    svg: String,
}

impl Canvas {
    pub(super) fn new(width: f64) -> Self {
        Self { width, y: 0.0, svg: String::new() }
    }

    pub(super) fn rectangle(&mut self, x: f64, y: f64, w: f64, h: f64, fill: &str, stroke: &str) {
        self.svg.push_str(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" \
             fill=\"{fill}\" stroke=\"{stroke}\"/>\n"
        ));
    }

    /// The round picture of the account that comments.
    pub(super) fn avatar(&mut self, x: f64, y: f64) {
        self.svg.push_str(&format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"11\" fill=\"#0969da\"/>\n\
             <circle cx=\"{x}\" cy=\"{y}\" r=\"4.5\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"2.5\"/>\n"
        ));
    }

    /// The mark of a fold, beside the line that comes next.
    pub(super) fn triangle(&mut self, x: f64, open: bool) {
        let y = self.y + 10.5;
        let corners = if open { [(0, -3), (9, -3), (4, 4)] } else { [(1, -5), (8, 0), (1, 5)] };
        let point = |(dx, dy): (i32, i32)| format!("{},{}", x + f64::from(dx), y + f64::from(dy));
        let points = corners.map(point).join(" ");
        self.svg.push_str(&format!("<polygon points=\"{points}\" fill=\"{TEXT}\"/>\n"));
    }

    /// Text that is wrapped at this width. Moves below it.
    pub(super) fn paragraph(&mut self, x: f64, width: f64, runs: &[Run], size: f64) {
        for line in wrap(runs, width, size) {
            self.y += size;
            self.line(x, &line, size);
            self.y += size * (LINE_HEIGHT - 1.0);
        }
    }

    /// One line whose baseline is at the current height.
    pub(super) fn line(&mut self, mut x: f64, runs: &[Run], size: f64) {
        for run in runs {
            let width = run_width(run, size);
            if run.style == Style::Code {
                let (y, height) = (self.y - size, size * 1.35);
                self.svg.push_str(&format!(
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
                     rx=\"4\" fill=\"{CODE_SHADE}\"/>\n"
                ));
                let length = width - 2.0 * CODE_PADDING;
                self.text(x + CODE_PADDING, &run.text, length, size * CODE_SIZE, "m", TEXT);
            } else {
                let class = if run.style == Style::Bold { "s b" } else { "s" };
                let color = if run.style == Style::Muted { MUTED } else { TEXT };
                self.text(x, &run.text, width, size, class, color);
            }
            x += width;
        }
    }

    fn text(&mut self, x: f64, text: &str, length: f64, size: f64, class: &str, color: &str) {
        if text.trim().is_empty() {
            return;
        }
        let y = self.y;
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.svg.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" font-size=\"{size:.1}\" \
             class=\"{class}\" fill=\"{color}\">{text}</text>\n"
        ));
    }

    /// A table, whose first row is the header. The last column takes the space that is left.
    pub(super) fn table(&mut self, x: f64, width: f64, rows: &[Vec<Vec<Run>>], size: f64) {
        let widths = column_widths(rows, width, size);
        let total = widths.iter().sum();
        self.rectangle(x, self.y, total, 1.0, RULE, "none");
        let top = self.y;
        for (index, row) in rows.iter().enumerate() {
            let (row_top, mut left, mut bottom) = (self.y, x, self.y);
            for (cell, width) in row.iter().zip(&widths) {
                self.y = row_top + 6.0;
                let header = super::bold(cell);
                let cell = if index == 0 { &header } else { cell };
                self.paragraph(left + CELL_PADDING, width - 2.0 * CELL_PADDING, cell, size);
                bottom = bottom.max(self.y + 5.0);
                left += width;
            }
            self.y = bottom;
            self.rectangle(x, self.y, total, 1.0, RULE, "none");
        }
        let mut left = x;
        let height = self.y - top + 1.0;
        self.rectangle(left, top, 1.0, height, RULE, "none");
        for width in widths {
            left += width;
            self.rectangle(left, top, 1.0, height, RULE, "none");
        }
    }

    /// A block of code. Lines of a diff are colored, and long lines are cut.
    pub(super) fn code(&mut self, x: f64, width: f64, text: &str, size: f64) {
        let line_height = size * LINE_HEIGHT;
        let fits = |count| code_width(count, size) <= width - 24.0;
        let height = line_height * number(text.lines().count()) + 20.0;
        self.rectangle(x, self.y, width, height, BLOCK_SHADE, "none");
        self.y += 10.0;
        for line in text.lines() {
            let (color, shade) = match line.as_bytes().first() {
                Some(b'+') => ("#116329", Some("#dafbe1")),
                Some(b'-') => ("#82071e", Some("#ffebe9")),
                Some(b'@') => ("#8250df", None),
                _ => (TEXT, None),
            };
            if let Some(shade) = shade {
                self.rectangle(x, self.y, width, line_height, shade, "none");
            }
            let shown: String = line
                .chars()
                .zip(1..)
                .take_while(|(_, count)| fits(*count))
                .map(|(character, _)| character)
                .collect();
            let length = code_width(shown.chars().count(), size);
            self.y += size * 1.1;
            self.text(x + 12.0, &shown, length, size, "m", color);
            self.y += line_height - size * 1.1;
        }
        self.y += 10.0;
    }

    /// The picture, with a frame in this color.
    pub(super) fn finish(self, border: &str) -> String {
        let Self { width, y, svg } = self;
        let (height, inner_width, inner_height) = ((y + 6.0).ceil(), width - 1.0, (y + 5.0).ceil());
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<style>
text {{ white-space: pre }}
.s {{ font-family: Helvetica, Arial, "Liberation Sans", sans-serif }}
.m {{ font-family: SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace }}
.b {{ font-weight: bold }}
</style>
<clipPath id="card"><rect width="{width}" height="{height}" rx="6"/></clipPath>
<g clip-path="url(#card)">
<rect width="{width}" height="{height}" fill="#ffffff"/>
{svg}</g>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="6" fill="none" stroke="{border}"/>
</svg>
"##
        )
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// The width of characters of code.
fn code_width(count: usize, size: f64) -> f64 {
    number(count) * size * CODE_WIDTH
}

fn run_width(run: &Run, size: f64) -> f64 {
    match run.style {
        Style::Code => code_width(run.text.chars().count(), size * CODE_SIZE) + 2.0 * CODE_PADDING,
        Style::Bold => 1.07 * text_width(&run.text, size),
        Style::Plain | Style::Muted => text_width(&run.text, size),
    }
}

fn text_width(text: &str, size: f64) -> f64 {
    let width = |character: char| {
        let index = u32::from(character).checked_sub(u32::from(' '));
        let width = index.and_then(|index| HELVETICA.get(usize::try_from(index).ok()?));
        f64::from(*width.unwrap_or(&1000))
    };
    text.chars().map(width).sum::<f64>() * size / 1000.0
}

fn line_width(line: &[Run], size: f64) -> f64 {
    line.iter().map(|run| run_width(run, size)).sum()
}

/// Breaks text into lines at blanks.
fn wrap(runs: &[Run], width: f64, size: f64) -> Vec<Vec<Run>> {
    let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
    for run in runs {
        for word in run.text.split_inclusive(' ') {
            let line = lines.last().unwrap();
            let mut longer = line.clone();
            extend(&mut longer, word, run.style);
            let mut visible = longer.clone();
            if let Some(last) = visible.last_mut() {
                last.text.truncate(last.text.trim_end().len());
            }
            if line_width(&visible, size) <= width || line.is_empty() {
                *lines.last_mut().unwrap() = longer;
            } else {
                lines.push(vec![Run { text: word.to_owned(), style: run.style }]);
            }
        }
    }
    for line in &mut lines {
        if let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
    }
    lines
}

/// Adds text to the last run of a line if it has the same style.
fn extend(line: &mut Vec<Run>, text: &str, style: Style) {
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => line.push(Run { text: text.to_owned(), style }),
    }
}

/// Every column has the width of its longest cell, but the last one has at most what is left.
fn column_widths(rows: &[Vec<Vec<Run>>], width: f64, size: f64) -> Vec<f64> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let natural = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let bold = 1.07 * cells.map(|cell| line_width(cell, size)).fold(0.0, f64::max);
        (bold + 2.0 * CELL_PADDING).min(width / 3.0)
    };
    let mut widths: Vec<f64> = (0..count).map(natural).collect();
    if rows.iter().any(|row| row.last().is_some_and(|cell| line_width(cell, size) > width / 3.0)) {
        let others: f64 = widths.iter().rev().skip(1).sum();
        *widths.last_mut().unwrap() = width - others;
    }
    widths
}
