//! The official schema of SARIF 2.1.0.

use serde_json::Value;

/// The official schema, including format checks.
pub(crate) fn validator() -> jsonschema::Validator {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-2.1.0.schema.json");
    // Two patterns have a stray bracket, which only JavaScript accepts.
    let (stray, escaped) = ("{2}]?$", "{2}\\\\]?$");
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(stray).count(), 2);
    let schema: Value = serde_json::from_str(&text.replace(stray, escaped)).unwrap();
    jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap()
}
