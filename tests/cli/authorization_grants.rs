//! Creates that need an authorization grant of the provider.

use snapbox::str;

use crate::support::{SHOP, World};

#[test]
fn a_create_without_its_grant_is_blocked() {
    let world = World::example().on_sandbox();
    world.ocon("plan --quiet --detailed-exitcode instances/hootsuite.yaml").is(str![[r#"
Project marketing at http://127.0.0.1:[PORT]/elements/api-v2

  ! hootsuite  blocked                                                    instances/hootsuite.yaml:5
      needs-authorization: a create needs the authorization grant, but env.HOOTSUITE_CODE is not
      set. Set it for this run only, or run `ocon authorize hootsuite`

  note: 2 secrets are not set where this plan was made, which is usual in a review:
        `env.HOOTSUITE_CLIENT_ID`, `env.HOOTSUITE_CLIENT_SECRET`. The fields that use them are not
        compared. An apply that has the values writes those that changed. An apply without them
        needs --allow-unset. `ocon variables` lists them all (unset-variable)

Plan: 0 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 0 unmanaged. This is a partial
plan.
Requests: 2 read, 0 to write.
--- exit 2 ---
"#]]);
}

#[test]
fn a_missing_authorization_grant_blocks_its_own_create_only() {
    let social = "\
element: hootsuite
name: Social
configuration:
  oauth.callback.url: https://mycoolapp.com
  oauth.api.key: ${{ env.CLIENT_ID }}
  oauth.api.secret: ${{ env.CLIENT_SECRET }}
providerData: { code: \"${{ env.CODE }}\" }
";
    let files = [("instances/shop.yaml", SHOP), ("instances/social.yaml", social)];
    let world = World::new(&files)
        .secret("CLIENT_ID", "cl1ent-id-of-the-tests")
        .secret("CLIENT_SECRET", "cl1ent-secret-of-the-tests")
        .on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop
  ! social  blocked                                                          instances/social.yaml:1
      needs-authorization: a create needs the authorization grant, but env.CODE is not set. Set it
      for this run only, or run `ocon authorize social`

Plan: 1 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + shop  #20931

Applied: 1 created. Blocked: 1. Resolve what is blocked, and run it again.
--- exit 3 ---
"#]]);
    let world = world.secret("CODE", "authorization-c0de-of-the-tests");
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + oauth.api.key       (secret, env.CLIENT_ID)
        + oauth.api.secret    (secret, env.CLIENT_SECRET)
        + oauth.callback.url  https://mycoolapp.com
      providerData
        + code                (secret, env.CODE)

Plan: 1 to create, 0 to update, 0 to delete; 1 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + social  #20932

Applied: 1 created.
--- exit 0 ---
"#]]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "most lines are expected output")]
fn a_rejected_authorization_grant_fails_its_own_create_only() {
    let social = |name: &str| {
        format!(
            "element: hootsuite\nname: {name}\nconfiguration:\n  \
             oauth.callback.url: https://mycoolapp.com\n  \
             oauth.api.key: ${{{{ env.CLIENT_ID }}}}\n  \
             oauth.api.secret: ${{{{ env.CLIENT_SECRET }}}}\n\
             providerData: {{ code: \"${{{{ env.CODE }}}}\" }}\n"
        )
    };
    let files = [
        ("instances/a.yaml", social("First")),
        ("instances/b.yaml", social("Second")),
        ("instances/shop.yaml", SHOP.to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let world = World::new(&files)
        .secret("CLIENT_ID", "cl1ent-id-of-the-tests")
        .secret("CLIENT_SECRET", "cl1ent-secret-of-the-tests")
        .secret("CODE", "authorization-c0de-of-the-tests")
        .on_sandbox();
    world.ocon("apply --yes --concurrency 1").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + a  First                                                                      instances/a.yaml:1
      configuration
        + oauth.api.key       (secret, env.CLIENT_ID)
        + oauth.api.secret    (secret, env.CLIENT_SECRET)
        + oauth.callback.url  https://mycoolapp.com
      providerData
        + code                (secret, env.CODE)
  + b  Second                                                                     instances/b.yaml:1
      configuration
        + oauth.api.key       (secret, env.CLIENT_ID)
        + oauth.api.secret    (secret, env.CLIENT_SECRET)
        + oauth.callback.url  https://mycoolapp.com
      providerData
        + code                (secret, env.CODE)
  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 3 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 3 to write, 1 to check.

  ! b  create failed
      provider-refused: POST /instances failed: HTTP 400 Bad Request: The authorization code was not
      accepted by Hootsuite; the provider reports: invalid_grant (request [REQUEST])
      Check the credentials. An authorization code works only once and expires soon: the next run
      needs a new one.
  + a  #20931
  + shop  #20932

Applied: 2 created. Failed: 1. Running it again is safe.
--- stderr ---
error[refused-by-platform]: the create of `b` may lack a valid authorization grant
 --> instances/b.yaml:1:1
  |
1 | element: hootsuite
  | ^^^^^^^^^^^^^^^^^^
  |
  = help: get a new grant, which works only once: `ocon authorize b`
--- exit 3 ---
"#]]);
    world.ocon("apply --yes --format json --quiet").is(str![[r#"
{
  "format": "ocon-result",
  "version": 1,
  "summary": {
    "done": 0,
    "failed": 1,
    "unknown": 0,
    "stale": 0,
    "blocked": 0,
    "not_started": 0,
    "unchanged": 2
  },
  "results": [
    {
      "key": "b",
      "action": "create",
      "outcome": "failed",
      "instance_id": null,
      "webhook_url": null,
      "error": {
        "code": "provider-refused",
        "message": "POST /instances failed: HTTP 400 Bad Request: The authorization code was not accepted by Hootsuite; the provider reports: invalid_grant (request [REQUEST])",
        "request_id": "[REQUEST]"
      }
    }
  ]
}
--- stderr ---
error[refused-by-platform]: the create of `b` may lack a valid authorization grant
 --> instances/b.yaml:1:1
  |
1 | element: hootsuite
  | ^^^^^^^^^^^^^^^^^^
  |
  = help: get a new grant, which works only once: `ocon authorize b`
--- exit 3 ---
"#]]);
    let world = world.secret("CODE", "another-c0de-of-the-tests");
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + b  Second                                                                     instances/b.yaml:1
      configuration
        + oauth.api.key       (secret, env.CLIENT_ID)
        + oauth.api.secret    (secret, env.CLIENT_SECRET)
        + oauth.callback.url  https://mycoolapp.com
      providerData
        + code                (secret, env.CODE)

Plan: 1 to create, 0 to update, 0 to delete; 2 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + b  #20933

Applied: 1 created.
--- exit 0 ---
"#]]);
}

const SUGAR: &str = "\
element: sugarcrmv2
name: Sugar
configuration:
  oauth.api.key: ${{ env.CLIENT_ID }}
  oauth.api.secret: ${{ env.CLIENT_SECRET }}
  oauth.callback.url: https://mycoolapp.com
  password: ${{ env.PASSWORD }}
  site.url: https://sugar.example.com
  username: admin
";

fn with_application(files: &[(&str, &str)]) -> World {
    World::new(files)
        .secret("CLIENT_ID", "cl1ent-id-of-the-tests")
        .secret("CLIENT_SECRET", "cl1ent-secret-of-the-tests")
        .secret("PASSWORD", "p4ssword-of-the-tests")
}

#[test]
fn a_grant_that_only_one_source_documents_is_a_note() {
    let world = with_application(&[("instances/sugar.yaml", SUGAR)]).on_sandbox();
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  · sugar.example.com  gets oauth.api.key, oauth.api.secret, password of `sugar` (secret-to-host)

  + sugar  Sugar                                                              instances/sugar.yaml:1
      configuration
        + oauth.api.key       (secret, env.CLIENT_ID)
        + oauth.api.secret    (secret, env.CLIENT_SECRET)
        + oauth.callback.url  https://mycoolapp.com
        + password            (secret, env.PASSWORD)
        + site.url            https://sugar.example.com
        + username            admin

  note: sugar: connector `sugarcrmv2` may need an authorization grant: one source alone says so, or
        it also authenticates without one. If the platform refuses the create, run `ocon authorize
        sugar` (may-need-authorization)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn a_document_that_authenticates_by_oauth_without_a_grant_is_blocked() {
    let hubspot = "\
element: hubspot
name: Marketing
configuration:
  authentication.type: oauth2
  oauth.api.key: ${{ env.CLIENT_ID }}
  oauth.api.secret: ${{ env.CLIENT_SECRET }}
  oauth.callback.url: https://mycoolapp.com
";
    let by_key = "\
element: hubspot
name: Marketing by key
configuration:
  authentication.type: apiKey
  hubspot.authorization.apikey: ${{ env.PASSWORD }}
";
    let files = [("instances/by-key.yaml", by_key), ("instances/hubspot.yaml", hubspot)];
    let world = with_application(&files).on_sandbox();
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + by-key  Marketing by key                                                 instances/by-key.yaml:1
      configuration
        + authentication.type           apiKey
        + hubspot.authorization.apikey  (secret, env.PASSWORD)
  ! hubspot  blocked                                                        instances/hubspot.yaml:1
      needs-authorization: connector `hubspot` authenticates with OAuth, but the document has no
      authorization grant. Run `ocon authorize hubspot`, add `providerData: { code: "${{ env.… }}"
      }`, or use `externalAuthentication: initial` with a refresh token

Plan: 1 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}
