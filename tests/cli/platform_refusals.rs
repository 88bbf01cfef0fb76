//! Errors of the platform are shown at the line of the file that caused them.

use snapbox::str;

use crate::support::World;

#[test]
fn a_refusal_points_at_the_lines_that_it_names() {
    let file = "\
# The subdomain is to be agreed upon.
element: servicenow
name: Help desk
configuration:
  username: admin
  password: ${{ env.DESK_PASSWORD }}
  servicenow.subdomain: null
---
element: jira
key: tickets
name: Tickets
configuration: { username: admin, password: \"${{ env.DESK_PASSWORD }}\" }
";
    let file = file.replace("name: Help", "key: desk\nname: Help");
    let world = World::new(&[("instances/all.yaml", file.as_str())]).on_sandbox().with_password();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                             instances/all.yaml:2
      configuration
        + password              (secret, env.DESK_PASSWORD)
        - servicenow.subdomain  (unset)
        + username              admin
  + tickets  Tickets                                                           instances/all.yaml:10
      configuration
        + password  (secret, env.DESK_PASSWORD)
        + username  admin

Plan: 2 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write, 1 to check.

  ! desk  create failed
      platform-refused: POST /instances failed: HTTP 400 Bad Request: Missing required
      configuration: servicenow.subdomain (request [REQUEST])
  ! tickets  create failed
      platform-refused: POST /instances failed: HTTP 400 Bad Request: Missing required
      configuration: base.url (request [REQUEST])

Applied: nothing. Failed: 2. Running it again is safe.
--- stderr ---
warning[likely-missing-field]: `jira` usually needs `base.url`
  --> instances/all.yaml:13:1
   |
13 | configuration: { username: admin, password: "${{ env.DESK_PASSWORD }}" }
   | ^^^^^^^^^^^^^ missing here
   |
   = help: add it: without it, the platform would probably reject the create
error[refused-by-platform]: the platform refused `desk` and named `servicenow.subdomain`
 --> instances/all.yaml:8:25
  |
8 |   servicenow.subdomain: null
  |                         ^^^^

error[refused-by-platform]: the platform refused `tickets` and named `base.url`, which the document lacks
  --> instances/all.yaml:10:1
   |
10 | element: jira
   | ^^^^^^^^^^^^^
   |
   = help: add `base.url` to its `configuration`

2 errors in 1 file
--- exit 3 ---
"#]]);
}
