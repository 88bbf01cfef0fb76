//! The files of `src`.

use std::collections::BTreeMap;
use std::fs;

/// The code of each file by its path below `src`, without comments, unit tests and their files.
pub(super) fn files() -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new("src").into_iter().map(Result::unwrap);
    let rust = entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "rs"));
    let paths = rust.map(|entry| entry.path().strip_prefix("src").unwrap().display().to_string());
    let paths = paths.filter(|path| !is_unit_test(path));
    let code = |path: &str| code(&fs::read_to_string(format!("src/{path}")).unwrap());
    paths.map(|path| (path.clone(), code(&path))).collect()
}

fn is_unit_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Whether an attribute removes its item from the program: `cfg(test)`, or `cfg(all(test, …))`.
fn is_only_for_tests(attribute: &str) -> bool {
    attribute == "#[cfg(test)]" || attribute.starts_with("#[cfg(all(test,")
}

/// A text without lines that are comments, and without the items that exist only for tests.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if !is_only_for_tests(&line[indent..]) {
            code.extend([line, "\n"]);
            continue;
        }
        // An item ends at its first line with `;`, or at the brace below its attributes.
        let item = lines.find(|line| !line[indent..].starts_with('#')).unwrap_or_default();
        if !item.ends_with([';', '}']) {
            lines.find(|line| line.strip_prefix(&" ".repeat(indent)) == Some("}"));
        }
    }
    code
}

#[test]
fn unit_tests_and_comments_are_left_out() {
    let text = "#[cfg(test)]\nmod a;\nuse b;\n// c\n    #[cfg(test)]\n    #[d]\n    fn e() {\n        f();\n    }\n\
                fn g() {}\n#[cfg(all(test, unix))]\nmod tests {\n    h\n}\n";
    assert_eq!(code(text), "use b;\nfn g() {}\n");
}
