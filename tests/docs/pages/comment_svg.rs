//! Draws a comment on a pull request from its Markdown, without a browser.
//!
//! Text has the widths of Helvetica, which Arial and Liberation Sans share. Every piece of text
//! states its width, so a viewer with another font scales the letters instead of overlapping them.

mod layout;
mod markdown;

use layout::Canvas;
use markdown::{Block, Run, Style};

const WIDTH: f64 = 830.0;
const PADDING: f64 = 16.0;
const BORDER: &str = "#d0d7de";
const SHADE: &str = "#f6f8fa";

/// The comment as an SVG picture.
pub(crate) fn draw(comment: &str) -> String {
    let blocks = markdown::parse(comment);
    let opened = longest_fold(&blocks);
    let mut canvas = Canvas::new(WIDTH);
    canvas.rectangle(0.5, 0.5, WIDTH - 1.0, 40.0, SHADE, "none");
    canvas.rectangle(0.5, 40.0, WIDTH - 1.0, 1.0, BORDER, "none");
    canvas.avatar(30.0, 20.5);
    canvas.y = 26.0;
    canvas.line(50.0, &[Run::bold("ocon"), Run::muted(" commented on this pull request")], 14.0);
    canvas.y = 56.0;
    for (index, block) in blocks.iter().enumerate() {
        draw_block(&mut canvas, block, Some(index) == opened);
    }
    canvas.finish(BORDER)
}

fn bold(runs: &[Run]) -> Vec<Run> {
    let bold = |run: &Run| match run.style {
        Style::Plain => Run { style: Style::Bold, ..run.clone() },
        _ => run.clone(),
    };
    runs.iter().map(bold).collect()
}

/// The fold to show open, as after a click.
fn longest_fold(blocks: &[Block]) -> Option<usize> {
    let lines = |block: &Block| match block {
        Block::Fold { blocks, .. } => blocks.iter().map(Block::lines).sum(),
        _ => 0,
    };
    (0..blocks.len()).max_by_key(|index| lines(&blocks[*index]))
}

fn draw_block(canvas: &mut Canvas, block: &Block, open: bool) {
    let width = WIDTH - 2.0 * PADDING;
    match block {
        Block::Heading { level, runs } => {
            let size = if *level <= 2 { 20.0 } else { 16.0 };
            canvas.y += size * 0.4;
            canvas.paragraph(PADDING, width, &bold(runs), size);
            if *level <= 2 {
                canvas.rectangle(PADDING, canvas.y, width, 1.0, BORDER, "none");
                canvas.y += 4.0;
            }
            canvas.y += 10.0;
        }
        Block::Paragraph(runs) => {
            canvas.paragraph(PADDING, width, runs, 14.0);
            canvas.y += 12.0;
        }
        Block::Table(rows) => {
            canvas.table(PADDING, width, rows, 13.0);
            canvas.y += 14.0;
        }
        Block::Code(text) => {
            canvas.code(PADDING, width, text, 12.0);
            canvas.y += 14.0;
        }
        Block::Fold { summary, blocks } => {
            canvas.triangle(PADDING + 2.0, open);
            canvas.paragraph(PADDING + 16.0, width - 16.0, summary, 14.0);
            canvas.y += if open { 8.0 } else { 4.0 };
            for block in blocks.iter().filter(|_| open) {
                draw_block(canvas, block, open);
            }
        }
    }
}
