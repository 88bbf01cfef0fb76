//! Every fault at every action: `table.md` holds the results.
//!
//! `SNAPSHOTS=overwrite cargo test --test faults` replaces the expected table: read
//! the difference before committing it.

use std::sync::Mutex;
use std::thread;

use snapbox::file;

use crate::columns::{Column, Prepared, TARGET};
use crate::model::duplicates;
use crate::rows::{Row, rows};
use crate::snapshot::Snapshot as _;

const LEGEND: &str = "\
# Faults

Each fault of the sandbox, at each action of an apply. A cell contains:

- the exit code of the apply that met the fault, and the outcome of its step: `no plan` if there was none, `no step` if
  the plan is empty, and the code of a note,
- the number of instances with the key of the document afterwards,
- the number of instances that share their key with another,
- whether the plan is empty after a second apply without faults.

`–` means that the fault cannot happen: the action has no such request or reply. In each other cell the
journal of the sandbox shows the fault. A test makes this table and compares it:
`SNAPSHOTS=overwrite cargo test --locked --test faults table` updates it.
";

/// Concurrent cells: they wait for their sandboxes more than they work.
const WORKERS: usize = 4;

#[test]
fn every_fault_at_every_action() {
    let rows = rows();
    let prepared: Vec<Prepared> = Column::ALL.into_iter().map(Column::prepared).collect();
    let cells: Vec<(&Row, &Prepared)> =
        rows.iter().flat_map(|row| prepared.iter().map(move |column| (row, column))).collect();
    let (next, done) = (Mutex::new(0), Mutex::new(vec![None; cells.len()]));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((number, (row, prepared))) = take(&next, &cells) {
                    let cell = cell(row, prepared);
                    done.lock().unwrap()[number] = Some(cell);
                }
            });
        }
    });
    let done: Vec<Cell> = done.into_inner().unwrap().into_iter().flatten().collect();
    let table = render(&rows, &done);
    println!("{table}");
    let wrong: Vec<_> = done.iter().flat_map(|cell| &cell.wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    table.is(file!["table.md"]);
}

/// The next cell, if there is one.
fn take<T: Copy>(next: &Mutex<usize>, cells: &[T]) -> Option<(usize, T)> {
    let mut next = next.lock().unwrap();
    let number = *next;
    *next += 1;
    Some((number, *cells.get(number)?))
}

/// The result of a fault at an action.
#[derive(Clone, Default)]
struct Cell {
    text: String,
    /// Violations.
    wrong: Vec<String>,
}

fn cell(row: &Row, prepared: &Prepared) -> Cell {
    let column = prepared.column;
    if !row.columns.contains(&column) {
        return Cell { text: "–".to_owned(), wrong: Vec::new() };
    }
    let mut world = prepared.world();
    (world.page_size, world.timeout) = (row.page_size, row.timeout);
    world.set_faults(&row.rules(column));
    let mut run = world.apply();
    if row.is_late() {
        run.journal = world.late(row.fault);
    }
    let after = world.stored();
    let instances_by_key = after.iter().filter(|instance| instance.is_for(TARGET)).count();
    let duplicated = duplicates(&after).len();
    world.goes_well();
    let second = world.apply();
    let plan = world.plan();
    let is_empty = plan.is_empty() && plan.blocked.is_empty();
    let outcome = run.summary();
    let checks = [
        (!run.met(row.fault), format!("no fault: {:#?}", run.journal)),
        (duplicated > 0, format!("duplicated: {:?}", duplicates(&after))),
        (run.exit == 0 && !row.is_success(&outcome), format!("exit 0, and {outcome}")),
        (!is_empty, format!("left to do: {:?} {:?}", plan.steps, plan.blocked)),
        (second.exit != 0, format!("the second apply: {:?}", second.done)),
        (!world.differences().is_empty(), world.differences().join(", ")),
    ];
    let place = format!("{} / {}: ", row.name, column.name());
    let wrong = checks.into_iter().filter(|(wrong, _)| *wrong);
    let empty = if is_empty { "empty" } else { "NOT EMPTY" };
    Cell {
        text: format!("{} {outcome}, {instances_by_key}, {duplicated}, {empty}", run.exit),
        wrong: wrong.map(|(_, what)| format!("{place}{what}")).collect(),
    }
}

fn render(rows: &[Row], cells: &[Cell]) -> String {
    let mut text = format!("{LEGEND}\n| fault |");
    for column in Column::ALL {
        text.push_str(&format!(" {} |", column.name()));
    }
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(Column::ALL.len())));
    for (row, cells) in rows.iter().zip(cells.chunks(Column::ALL.len())) {
        text.push_str(&format!("| {} |", row.name));
        for cell in cells {
            text.push_str(&format!(" {} |", cell.text));
        }
        text.push('\n');
    }
    text
}
