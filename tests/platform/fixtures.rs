//! The fixtures of `tests/data/platform/`: response shapes with a source (docs/platform.md#response-shapes).

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

const FOLDER: &str = "tests/data/platform";

/// A response shape.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Fixture {
    pub(crate) request: String,
    /// Which sides rely on the shape.
    pub(crate) read_by: Vec<Side>,
    /// The paths that every such response has: `[].element.key`.
    pub(crate) always: Vec<String>,
    pub(crate) body: Value,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Client,
    Sandbox,
}

/// All fixtures by name.
pub(crate) fn all() -> BTreeMap<String, Fixture> {
    let files = fs::read_dir(FOLDER).unwrap().map(|file| file.unwrap().path());
    let named = files.map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let fixture = serde_json::from_str(&fs::read_to_string(&file).unwrap());
        (name, fixture.unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    });
    named.collect()
}

/// The names of the fixtures on which a side relies.
pub(crate) fn read_by(side: Side) -> Vec<(String, Fixture)> {
    all().into_iter().filter(|(_, fixture)| fixture.read_by.contains(&side)).collect()
}

impl Fixture {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body).unwrap()
    }
}

/// The values at a path. `[]` is for every item of a list. Dots in keys of `configuration` belong to
/// the keys.
pub(crate) fn values<'v>(body: &'v Value, path: &str) -> Vec<Option<&'v Value>> {
    let Some((first, rest)) = split(body, path) else {
        return vec![Some(body)];
    };
    if first == "[]" {
        let items = body.as_array().map(Vec::as_slice).unwrap_or_default();
        return items.iter().flat_map(|item| values(item, rest)).collect();
    }
    body.get(first).map_or_else(|| vec![None], |member| values(member, rest))
}

/// The first step of a path and the rest, or `None` at its end.
fn split<'p>(body: &Value, path: &'p str) -> Option<(&'p str, &'p str)> {
    if path.is_empty() {
        return None;
    }
    if let Some(rest) = path.strip_prefix("[]") {
        return Some(("[]", rest.trim_start_matches('.')));
    }
    if body.get(path).is_some() {
        return Some((path, ""));
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    Some((&path[..end], path[end..].trim_start_matches('.')))
}

#[test]
fn every_fixture_has_the_members_that_it_calls_constant() {
    for (name, fixture) in all() {
        assert!(!fixture.always.is_empty(), "{name}");
        for path in &fixture.always {
            let values = values(&fixture.body, path);
            assert!(!values.is_empty() && values.iter().all(Option::is_some), "{name}: {path}");
        }
    }
}

#[test]
fn every_fixture_has_a_row_with_its_request_a_certainty_and_a_source() {
    let page = fs::read_to_string("docs/platform.md").unwrap();
    let (_, section) = page.split_once("## Response shapes\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: BTreeMap<_, _> = section.lines().filter_map(row).collect();
    let fixtures = all();
    assert_eq!(rows.keys().collect::<Vec<_>>(), fixtures.keys().collect::<Vec<_>>());
    for (name, fixture) in fixtures {
        let [request, certainty, source] = &rows[&name];
        assert_eq!(*request, format!("`{}`", fixture.request), "{name}");
        let is_assumed = certainty.starts_with("assumed: ");
        let has_level = ["confirmed", "probable"].iter().any(|level| certainty.starts_with(level));
        assert!(is_assumed || has_level, "{name}: {certainty}");
        assert_eq!(*source == "none", is_assumed, "{name}: {source}");
        assert!(!source.is_empty(), "{name}");
    }
}

/// The name of a fixture, and the other cells of its row.
fn row(line: &str) -> Option<(String, [&str; 3])> {
    let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [file, request, certainty, source] = cells[..] else {
        return None;
    };
    Some((file.strip_suffix(".json")?.to_owned(), [request, certainty, source]))
}
