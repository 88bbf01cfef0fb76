//! `ocon explain`.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

#[test]
fn a_code_is_explained_as_on_its_page() {
    World::new(&[]).ocon("explain duplicate-key").is(str![[r#"
duplicate-key

Always an error.

A key occurs twice in a map. Most readers of YAML would silently take the last one.

Wrong:

```yaml
tags: [marketing]
tags: [social]
```

Right:

```yaml
tags: [marketing, social]
```

Remove one of the two.
--- exit 0 ---
"#]]);
}

#[test]
fn every_code_is_listed_with_what_it_means() {
    let run = World::new(&[]).ocon("explain");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let parts: Vec<_> = run.stdout.split("\n\n").collect();
    assert_eq!(parts.len(), 10, "{}", run.stdout);
    parts[2].is(str!["What blocks a document"]);
    parts[3].is(str![[r#"
  ambiguous-key            Two or more instances carry the document's key.
  ambiguous-move           The document looks moved, and more than one match with an instance is possible.
  broken-mark              An instance that may be this document's has incomplete or contradictory `ocon:` tags.
  connector-changed        The file names another connector than the instance has.
  foreign-instance         The `id:` is that of an instance of another project or another document.
  foreign-namesake         An instance of another project has the document's connector and name.
  id-claimed-twice         Two documents have the same `id:`.
  id-not-found             There is no instance with the `id:`.
  key-taken                Another instance than the one of `id:` already carries the document's key.
  listings-disagree        Two views of the platform show an instance with different document keys.
  missing-variable         A create or a rotation needs a secret that is not set.
  needs-authorization      A create needs an authorization grant that is not there.
  not-yet-readable         A listing names the document's instance, and GET by ID did not find it within 30 seconds.
  partial-rekey            The document looks moved or re-keyed, and only some of the files were selected.
  unmanaged-namesake       An instance that nobody manages has the document's connector and name.
"#]]);
}

#[test]
fn a_code_that_does_not_exist_is_a_slip_of_another_one() {
    let world = World::new(&[]);
    world.ocon("explain duplicate-kye").is(str![[r#"
--- stderr ---
error: there is no code `duplicate-kye`

hint: did you mean `duplicate-key`?
--- exit 64 ---
"#]]);
    world.ocon("explain E0308").is(str![[r#"
--- stderr ---
error: there is no code `E0308`

hint: `ocon explain` lists them
--- exit 64 ---
"#]]);
}
