//! A create that the platform carries out only after the next run: there is no lock, so it is there
//! twice, and everything says so until a person has chosen.

use snapbox::str;

use super::fixture::{Root, Stage};

#[test]
fn a_create_that_happens_after_the_next_run_is_told_and_left_to_a_person() {
    let root = Root::new("late");
    root.write("shop", "element: stripe\nname: Shop\n");
    let faults = "rules: [{ when: { method: POST, occurrence: 1 }, hold: before }]";
    let stage = Stage::empty(&root, faults.parse().unwrap());
    let mut process = stage.spawn("apply --yes");
    stage.wait_for_held(1);
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(stage.ocon("apply --yes").exit, 0);
    stage.release(1);
    stage.ocon("plan").is(
        &stage,
        str![[r#"
Project late at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  blocked                                                              instances/shop.yaml:1
      ambiguous-key: instances 20931 and 20932 carry the key `shop`: delete all but one, or take the
      tag `ocon:key=shop` off the others

Plan: 0 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged.
Requests: 1 read, 0 to write.
--- stderr ---

--- exit 7 ---

"#]],
    );
    let before = stage.writes();
    assert_eq!(stage.ocon("apply --yes --prune").exit, 7);
    assert_eq!(stage.writes(), before, "nothing is deleted");
    let choice = "rules: [{ edit: [{ instance: 20932, delete: true }] }]";
    stage.sandbox().set_faults(choice.parse().unwrap());
    assert_eq!(stage.ocon("plan --detailed-exitcode").exit, 0);
}
