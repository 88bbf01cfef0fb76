//! Files that are read on several threads have the same result as files that are read one by one.

use std::fs;
use std::path::Path;

use ocon::desired::secrets::WithheldSecrets;
use ocon::desired::{Code, Problem, Problems, Sources, load};

/// Enough files for every core of a large machine.
const MANY: usize = 5_000;

fn load_all(root: &Path) -> Result<usize, Problems> {
    let secrets = WithheldSecrets::default();
    let sources = Sources::with_defaults(root, &secrets, "2026-11-24");
    load(&sources).map(|loaded| loaded.desired.instances.len())
}

fn write(root: &Path, number: usize, more: &str) {
    let text = format!("element: own\nname: Instance {number}\n{more}");
    fs::write(root.join(format!("instances/n{number:04}.yaml")), text).unwrap();
}

fn place(problem: &Problem) -> String {
    let related = problem.related.as_ref().map(|related| format!(", {}", related.at.file));
    format!("{}: {}{}", problem.at.file, problem.code, related.unwrap_or_default())
}

#[test]
fn problems_are_reported_once_and_in_the_order_of_the_files() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("instances")).unwrap();
    fs::create_dir_all(root.path().join("schemas/connectors")).unwrap();
    let schema = root.path().join("schemas/connectors/own.schema.json");
    fs::write(&schema, "{}").unwrap();
    (0..MANY).for_each(|number| write(root.path(), number, ""));
    assert_eq!(load_all(root.path()).unwrap(), MANY);

    // All threads need it at the same time.
    fs::write(&schema, "[]").unwrap();
    write(root.path(), 7, "key: twice\n");
    write(root.path(), MANY - 1, "key: twice\n");
    write(root.path(), MANY - 2, "nmae: x\n");
    let problems = load_all(root.path()).unwrap_err();
    // Without a valid schema the connector is unknown, which is reported in each file.
    let (unknown, rest): (Vec<_>, Vec<_>) =
        problems.as_slice().iter().partition(|problem| problem.code == Code::UnknownConnector);
    let files: Vec<_> = unknown.iter().map(|problem| &problem.at.file).collect();
    assert_eq!(files.len(), MANY);
    assert!(files.is_sorted(), "not in the order of the files");
    let places: Vec<_> = rest.into_iter().map(place).collect();
    assert_eq!(
        places,
        [
            "instances/n4998.yaml: unknown-key",
            "instances/n4999.yaml: duplicate-document-key, instances/n0007.yaml",
            "schemas/connectors/own.schema.json: invalid-schema",
        ]
    );
}
