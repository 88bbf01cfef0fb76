//! A create that the platform executes only after the next run. There is no lock, so the instance is
//! duplicated, and every run reports that until a person chooses.

use snapbox::str;

use super::fixture::{Fixture, Root};

#[test]
fn a_create_after_the_next_run_is_reported_and_left_to_a_person() {
    let root = Root::new("late");
    root.write("shop", "element: stripe\nname: Shop\n");
    let faults = "rules: [{ when: { method: POST, occurrence: 1 }, hold: before }]";
    let fixture = Fixture::empty(&root, faults.parse().unwrap());
    let mut process = fixture.spawn("apply --yes");
    fixture.wait_for_held(1);
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(fixture.ocon("apply --yes").exit, 0);
    fixture.release(1);
    fixture.ocon("plan").is(
        &fixture,
        str![[r#"
Project late at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  refused                                                              instances/shop.yaml:1
      ambiguous-key: instances 20931 and 20932 have the document key `shop`. Delete all but one, or
      remove the tag `ocon:key=shop` from the others

Plan: 0 to create, 0 to update, 0 to delete, 1 refused; 0 unchanged.
Requests: 1 read, 0 to write.
--- stderr ---

--- exit 7 ---

"#]],
    );
    let before = fixture.writes();
    assert_eq!(fixture.ocon("apply --yes --prune").exit, 7);
    assert_eq!(fixture.writes(), before, "nothing is deleted");
    let choice = "rules: [{ edit: [{ instance: 20932, delete: true }] }]";
    fixture.sandbox().set_faults(choice.parse().unwrap());
    assert_eq!(fixture.ocon("plan --detailed-exitcode").exit, 0);
}
