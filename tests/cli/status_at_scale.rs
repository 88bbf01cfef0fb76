//! `ocon status` of sixty instances, of which a few need attention.

use serde_json::{Value, json};
use snapbox::str;
use unicode_width::UnicodeWidthStr as _;

use crate::support::{SHOP, World};

const INSTANCES: usize = 60;

/// Sixty instances. One is drifted, one is missing, one is disabled and no file asks for that, and one
/// has a document key of 80 characters.
fn tenant() -> World {
    let world = World::new(&[]).on_sandbox();
    for number in 10..10 + INSTANCES {
        let name = format!("Shop {number}");
        world.write(&format!("instances/shop-{number}.yaml"), SHOP.replace("Shop", &name));
    }
    let long = format!("team/{}", "x".repeat(75));
    world.remove("instances/shop-69.yaml");
    world.write(&format!("instances/{long}.yaml"), SHOP.replace("Shop", "Shop 69"));
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/shop-40.yaml", SHOP.replace("Shop", "Renamed"));
    let status: Value = serde_json::from_str(&world.ocon("status --format json").stdout).unwrap();
    let instances = status["instances"].as_array().unwrap();
    let id = |key: &str| {
        let row = instances.iter().find(|row| row["key"] == key).unwrap();
        row["instance_id"].as_u64().unwrap()
    };
    world.requests();
    world.send("DELETE", &format!("/instances/{}", id("shop-50")), &Value::Null);
    world.send("DELETE", &format!("/instances/{}/enabled", id("shop-45")), &Value::Null);
    let patch = json!({ "name": "Changed by hand" });
    world.send("PATCH", &format!("/instances/{}", id(&long)), &patch);
    world
}

#[test]
fn sixty_instances_are_decided_on_one_screen() {
    let mut world = tenant();
    world.ocon("status").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key      connector  id     state    valid  enabled  events
  + shop-50  stripe     -      missing  -      -        -
  ~ shop-40  stripe     20961  drifted  yes    yes      no
  ~ team/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  #20990
      drifted
      stripe, valid, enabled, no events
  = shop-45  stripe     20966  in sync  yes    no       no
  = 56 in sync, nothing to do: shop-10, shop-11, shop-12, shop-13, shop-14, shop-15, shop-16,
      shop-17, shop-18, shop-19, shop-20, shop-21, shop-22, shop-23, shop-24, shop-25, shop-26,
      shop-27, shop-28, shop-29, shop-30, shop-31, … and 34 more
      `ocon status -v` shows their rows.

Status: 1 missing, 2 drifted, 57 in sync, 1 disabled.
--- exit 0 ---
"#]]);
    world.set("COLUMNS", "40");
    let narrow = world.ocon("status").is(str![[r#"
Project tests at
http://127.0.0.1:[PORT]/elements/api-v2

  + shop-50  missing
      stripe
  ~ shop-40  #20961  drifted
      stripe, valid, enabled, no events
  ~ team/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      #20990  drifted
      stripe, valid, enabled, no events
  = shop-45  #20966  in sync
      stripe, valid, disabled, no events
  = 56 in sync, nothing to do: shop-10,
      shop-11, shop-12, shop-13,
      shop-14, shop-15, shop-16,
      shop-17, … and 48 more
      `ocon status -v` shows their rows.

Status: 1 missing, 2 drifted, 57 in
sync, 1 disabled.
--- exit 0 ---
"#]]);
    let is_key = |line: &str| line.contains(&"x".repeat(75));
    let too_wide = narrow.stdout.lines().find(|line| line.width() > 40 && !is_key(line));
    assert_eq!(too_wide, None);
}

#[test]
fn a_long_document_key_breaks_its_own_row_only() {
    let status = tenant().ocon("status -v --only drifted,in-sync").stdout;
    let rows: Vec<&str> = status.lines().filter(|line| line.contains("stripe  ")).collect();
    assert_eq!(rows.len(), INSTANCES - 2, "{status}");
    let column = rows[0].find("stripe").unwrap();
    assert!(rows.iter().all(|row| row.find("stripe") == Some(column)), "{status}");
    assert!(column < 16, "{status}");
}

#[test]
fn the_comment_folds_what_is_in_sync() {
    let world = tenant();
    let comment = world.ocon("status --format markdown").stdout;
    let (first, folded) = comment.split_once("<details>").unwrap();
    assert_eq!(folded.matches("- **in sync** `shop-").count(), 56, "{comment}");
    assert_eq!(folded.matches("</details>").count(), 1, "{comment}");
    snapbox::assert_data_eq!(
        world.constant(first),
        str![[r#"
<!-- ocon-status project=tests at=127.0.0.1:[PORT] -->
## ocon status: 1 missing, 2 drifted, 57 in sync, 1 disabled

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

### Needs attention: 4

- **missing** `shop-50` · `stripe` · `Shop 50`
- **drifted** `shop-40` · `stripe` · `#20961` · `Shop 40`
- **drifted** `team/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` · `stripe` · `#20990` · `Changed by hand`
- **in sync** `shop-45` · `stripe` · `#20966` · `Shop 45` · disabled


"#]]
    );
    let cut = world.ocon("status --format markdown --max-bytes 4000").stdout;
    assert!(cut.len() <= 4_000 && cut.ends_with("\n</details>\n"), "{cut}");
    assert!(cut.contains("**drifted** `shop-40`") && cut.contains("57 in sync"), "{cut}");
}

#[test]
fn verbose_output_has_every_row() {
    let status = tenant().ocon("status -v").stdout;
    assert_eq!(status.matches("\n  = shop-").count(), 57, "{status}");
}
