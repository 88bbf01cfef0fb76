//! `ocon explain`.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

#[test]
fn a_code_is_explained_as_on_its_page() {
    World::new(&[]).ocon("explain duplicate-key").is(str![[r#"
duplicate-key

Always an error.

A key occurs twice in a map.
Most YAML parsers silently use the last value.

Wrong:

```yaml
tags: [marketing]
tags: [social]
```

Right:

```yaml
tags: [marketing, social]
```

Remove one of them.
--- exit 0 ---
"#]]);
}

#[test]
fn every_code_is_listed_with_its_meaning() {
    let run = World::new(&[]).ocon("explain");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let parts: Vec<_> = run.stdout.split("\n\n").collect();
    assert_eq!(parts.len(), 10, "{}", run.stdout);
    parts[2].is(str!["Blocked documents"]);
    parts[3].is(str![[r#"
  ambiguous-key            Two or more instances have the document key in their tags.
  ambiguous-move           The document looks moved, and it matches more than one instance.
  broken-mark              An instance that may belong to this document has incomplete or contradictory `ocon:` tags.
  connector-changed        The file names another connector than the instance has.
  foreign-instance         The `id:` belongs to an instance of another project or another document.
  foreign-namesake         An instance of another project has the same connector and name as the document.
  id-claimed-twice         Two documents have the same `id:`.
  id-not-found             The instance of `id:` does not exist.
  key-taken                Another instance than that of `id:` already has the document key.
  listings-disagree        Two listings of the platform show an instance with different document keys.
  missing-variable         A create request or a rotation needs a secret that is not set.
  needs-authorization      A create needs an authorization grant that the document does not have.
  not-yet-readable         A listing contains the instance, but GET by ID did not find it within 30 seconds.
  partial-rekey            The document looks moved or has a new key, and only some of the files were selected.
  sample-value             The file still has a sample of `ocon new` instead of a value of your account.
  unmanaged-namesake       An unmanaged instance has the same connector and name as the document.
"#]]);
}

#[test]
fn an_unknown_code_gets_a_suggestion() {
    let world = World::new(&[]);
    world.ocon("explain duplicate-kye").is(str![[r#"
--- stderr ---
error: the code `duplicate-kye` does not exist

hint: did you mean `duplicate-key`?
--- exit 64 ---
"#]]);
    world.ocon("explain E0308").is(str![[r#"
--- stderr ---
error: the code `E0308` does not exist

hint: list all codes with: ocon explain
--- exit 64 ---
"#]]);
}
