//! `--format markdown`: comments for a pull request.

use ocon::sandbox::{Faults, SandboxOptions};
use serde_json::json;
use snapbox::str;

use crate::support::{CRM, SHOP, World};

/// A world with every kind of change: a create, a future delete, drift, a changed file, a
/// rotation and a blocked document.
pub(crate) fn mixed() -> World {
    let chat = "element: hootsuite\nname: Social\nid: 999\nconfiguration:\n  event.notification.enabled: false\n";
    let files =
        [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP), ("instances/old.yaml", OLD)];
    let world = World::new(&files).on_sandbox().with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    world.send("PATCH", "/instances/20933", &json!({ "name": "Shop @all" }));
    world.remove("instances/old.yaml");
    let poller = CRM.replace("tags: [support]", "tags: [support, night]");
    world.write("instances/desk.yaml", poller);
    world.write("instances/chat.yaml", chat);
    world.write("instances/new.yaml", SHOP.replace("Shop", "New"));
    world
}

/// A connector that no create uses, so the instance is deleted in the same run.
const OLD: &str = "\
element: closeio
name: Old
configuration:
  username: ${{ env.DESK_PASSWORD }}
  password: ${{ env.DESK_PASSWORD }}
";

#[test]
fn a_plan_is_a_comment_with_the_gravest_first() {
    let mut world = mixed();
    world.set("GITHUB_SERVER_URL", "https://github.com");
    world.set("GITHUB_REPOSITORY", "owner/name");
    world.set("GITHUB_SHA", "0123abc");
    world.ocon("plan --prune --format markdown").is(str![[r#"
<!-- ocon-plan project=tests at=127.0.0.1:[PORT] -->
## ocon plan: 1 to create, 2 to update (1 remote drift), 1 to delete, 1 blocked

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

- **1 instance is deleted.**
- This plan writes no secret, and ocon finds no other host that gets secrets or events.
- 1 instance was changed on the platform. An apply overwrites that.
- **1 document is blocked.**

### Blocked: 1

An apply leaves these unchanged, and ends with exit code 3.

- `chat` [`instances/chat.yaml:1`](https://github.com/owner/name/blob/0123abc/instances/chat.yaml#L1) (`id-not-found`): instance 999 does not exist. To create a new one, remove the line `id: 999`

### To delete: 1

No file describes these instances. A delete cannot be undone.

- `- delete` **`old`** `Old` (`closeio`) `#20932`

### To create: 1

- `+ create` **`new`** `New` (`stripe`), [`instances/new.yaml:1`](https://github.com/owner/name/blob/0123abc/instances/new.yaml#L1)

  ```diff
  + tags: shop
  ```


### To update: 1

<details><summary><code>~ update</code> <code>desk</code> <code>Help desk</code> (<code>servicenow</code>) <code>#20931</code></summary>

[`instances/desk.yaml:1`](https://github.com/owner/name/blob/0123abc/instances/desk.yaml#L1)

```diff
- tags: support
+ tags: night, support
```

</details>


### Drift: 1

These changes were made on the platform, not in the files. An apply overwrites them.

<details><summary><code>~ update</code> <code>shop</code> <code>Shop</code> (<code>stripe</code>) <code>#20933</code> (remote drift)</summary>

[`instances/shop.yaml:1`](https://github.com/owner/name/blob/0123abc/instances/shop.yaml#L1)

```diff
- name: Shop @all
+ name: Shop
```

</details>


`ocon explain CODE` explains the codes in brackets. Requests: 3 read, 4 to write, 2 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn a_plan_is_workflow_commands_at_the_documents() {
    mixed().ocon("plan --prune --format github").is(str![[r#"
::error file=instances/chat.yaml,line=1,title=id-not-found::chat: instance 999 does not exist. To create a new one, remove the line `id: 999`
::warning title=ocon delete::delete old (closeio) #20932
::notice file=instances/desk.yaml,line=1,title=ocon update::update desk (servicenow) #20931: tags
::notice file=instances/new.yaml,line=1,title=ocon create::create new (stripe): name, tags
::notice file=instances/shop.yaml,line=1,title=ocon update::update shop (stripe) #20933 (remote drift): name
--- exit 0 ---
"#]]);
}

#[test]
fn the_result_of_an_apply_is_a_comment() {
    mixed().ocon("apply --prune --yes --quiet --format markdown").is(str![[r#"
<!-- ocon-apply project=tests at=127.0.0.1:[PORT] -->
## ocon apply: 1 created, 2 updated, 1 deleted; 1 blocked

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

Plan again before you run it again.

### Blocked: 1

- **`chat`** blocked: `id-not-found`: instance 999 does not exist. To create a new one, remove the line `id: 999`

### Done: 4

<details><summary><code>~ update</code> <code>desk</code> <code>Help desk</code> (<code>servicenow</code>) <code>#20931</code></summary>

`instances/desk.yaml:1`

```diff
- tags: support
+ tags: night, support
```

</details>

<details><summary><code>+ create</code> <code>new</code> <code>New</code> (<code>stripe</code>) <code>#20934</code></summary>

`instances/new.yaml:1`

```diff
+ tags: shop
```

</details>

- `- delete` **`old`** `Old` (`closeio`) `#20932`
<details><summary><code>~ update</code> <code>shop</code> <code>Shop</code> (<code>stripe</code>) <code>#20933</code> (remote drift)</summary>

`instances/shop.yaml:1`

```diff
- name: Shop @all
+ name: Shop
```

</details>

--- exit 3 ---
"#]]);
}

#[test]
fn failures_are_listed_first() {
    let refused =
        "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    let options =
        SandboxOptions { faults: Faults::parse(refused).unwrap(), ..SandboxOptions::default() };
    let files = [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)];
    let world = World::new(&files).on_sandbox_with(options).with_password();
    world.ocon("apply --yes --quiet --concurrency 1 --format markdown").is(str![[r#"
<!-- ocon-apply project=tests at=127.0.0.1:[PORT] -->
## ocon apply: 1 created; 1 failed

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

Running it again is safe.

### Failed: 1

- **`desk`** create: `platform-refused`: POST `/instances` failed: HTTP 403 Forbidden: The sandbox simulates this error (request `[REQUEST])`

### Done: 1

<details><summary><code>+ create</code> <code>shop</code> <code>Shop</code> (<code>stripe</code>) <code>#20931</code></summary>

`instances/shop.yaml:1`

```diff
+ tags: shop
```

</details>

--- exit 3 ---
"#]]);
}

#[test]
fn too_many_deletes_are_refused_with_the_plan_below() {
    let world = mixed();
    world.ocon("apply --prune --max-deletes 0 --yes --quiet --format markdown").is(str![[r#"
<!-- ocon-apply project=tests at=127.0.0.1:[PORT] -->
## ocon apply: 1 to create, 2 to update (1 remote drift), 1 to delete, 1 blocked

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

- **1 instance is deleted.**
- This plan writes no secret, and ocon finds no other host that gets secrets or events.
- 1 instance was changed on the platform. An apply overwrites that.
- **1 document is blocked.**

### Nothing was applied

the plan deletes 1 of 3 managed instances, but the limit is 0

### Blocked: 1

An apply leaves these unchanged, and ends with exit code 3.

- `chat` `instances/chat.yaml:1` (`id-not-found`): instance 999 does not exist. To create a new one, remove the line `id: 999`

### To delete: 1

No file describes these instances. A delete cannot be undone.

- `- delete` **`old`** `Old` (`closeio`) `#20932`

### To create: 1

<details><summary><code>+ create</code> <code>new</code> <code>New</code> (<code>stripe</code>)</summary>

`instances/new.yaml:1`

```diff
+ tags: shop
```

</details>


### To update: 1

<details><summary><code>~ update</code> <code>desk</code> <code>Help desk</code> (<code>servicenow</code>) <code>#20931</code></summary>

`instances/desk.yaml:1`

```diff
- tags: support
+ tags: night, support
```

</details>


### Drift: 1

These changes were made on the platform, not in the files. An apply overwrites them.

<details><summary><code>~ update</code> <code>shop</code> <code>Shop</code> (<code>stripe</code>) <code>#20933</code> (remote drift)</summary>

`instances/shop.yaml:1`

```diff
- name: Shop @all
+ name: Shop
```

</details>


`ocon explain CODE` explains the codes in brackets. Requests: 3 read, 4 to write, 2 to check.
--- stderr ---
error: the plan deletes 1 of 3 managed instances, but the limit is 0

hint: nothing was applied. To delete all of them: --max-deletes 1
--- exit 7 ---
"#]]);
}

#[test]
fn a_status_is_a_comment() {
    mixed().ocon("status --format markdown").is(str![[r#"
<!-- ocon-status project=tests at=127.0.0.1:[PORT] -->
## ocon status: 1 blocked, 1 missing, 2 drifted, 1 orphan

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

### Blocked: 1

- `chat` `instances/chat.yaml:1` (`id-not-found`): instance 999 does not exist. To create a new one, remove the line `id: 999`

### Needs attention: 4

- **missing** `new` · `stripe` · `New`
- **drifted** `desk` · `servicenow` · `#20931` · `Help desk`
- **drifted** `shop` · `stripe` · `#20933` · `Shop @all`
- **orphan** `old` · `closeio` · `#20932` · `Old`
--- exit 0 ---
"#]]);
}
