//! `--base-url`, `--region` and `--allow-host`: a wrong platform would receive the credentials, so it is
//! a usage error (64).

use snapbox::str;

use crate::support::{SHOP, World};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];

#[test]
fn a_platform_must_be_named() {
    World::new(FILES).ocon("plan").is(str![[r#"
--- stderr ---
error: no platform is given

hint: name yours: --region us2, or --base-url https://api.openconnectors.….ondemand.com/elements/api-v2
hint: or try ocon without a tenant: --sandbox
--- exit 64 ---
"#]]);
}

#[test]
fn a_platform_is_named_once() {
    let mut world = World::new(FILES);
    world.ocon("plan --base-url http://127.0.0.1:9 --sandbox").is(str![[r#"
--- stderr ---
error: the argument '--base-url <URL>' cannot be used with '--sandbox'

Usage: ocon plan --base-url <URL> [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("plan --region us2 --base-url http://127.0.0.1:9").is(str![[r#"
--- stderr ---
error: the argument '--region <REGION>' cannot be used with '--base-url <URL>'

Usage: ocon plan --region <REGION> [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "https://api.openconnectors.us2.ext.hana.ondemand.com");
    world.set("OCON_REGION", "us2");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the platform is given twice, by base URL and by region

hint: keep one of --base-url (OCON_BASE_URL) and --region (OCON_REGION), for example: unset OCON_REGION
--- exit 64 ---
"#]]);
}

#[test]
fn the_host_of_the_user_interface_is_answered_with_the_right_one() {
    let world =
        World::new(FILES).at("https://my.openconnectors.us2.ext.hana.ondemand.com/elements");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: my.openconnectors.us2.ext.hana.ondemand.com is the host of the user interface, not of the API

hint: use --base-url https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2
--- exit 64 ---
"#]]);
}

#[test]
fn a_host_that_is_not_the_platforms_gets_no_credentials() {
    let mut world = World::new(FILES).at("https://api.openconnectors.example/elements/api-v2");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: api.openconnectors.example is not a known host of the platform, and it would receive your credentials

hint: check the spelling; if the host is correct, add --allow-host api.openconnectors.example
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "http://api.cloud-elements.com/elements/api-v2");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the base URL does not start with https://

hint: use an https:// URL: ocon sends credentials over http only to loopback addresses
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "https://u:us3r-s3cret+%2Fof=the-tests@api.cloud-elements.com");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the base URL contains a user name or a password

hint: set OCON_USER_SECRET and OCON_ORGANIZATION_SECRET instead
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "https://u:us3r-s3cret+/of=the-tests@:x");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: `:x` is not a URL

hint: write it in full: https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "api.cloud-elements.com");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: `api.cloud-elements.com` is not a URL

hint: write it in full: https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2
--- exit 64 ---
"#]]);
    world.set("OCON_BASE_URL", "https://api.cloud-elements.com/elements/api-v1");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the base URL has the path /elements/api-v1

hint: end it with /elements/api-v2
--- exit 64 ---
"#]]);
}

#[test]
fn a_region_is_the_name_of_a_landscape() {
    World::new(FILES).ocon("plan --region us2.evil.example/").is(str![[r#"
--- stderr ---
error: `us2.evil.example/` is not the name of a region

hint: did you mean `us2`?
--- exit 64 ---
"#]]);
}

#[test]
fn a_wrong_command_line_comes_before_wrong_files() {
    let world = World::new(&[("instances/shop.yaml", "element: [\n")]);
    let run = world.ocon("plan --base-url https://my.openconnectors.us2.ext.hana.ondemand.com");
    run.is(str![[r#"
--- stderr ---
error: my.openconnectors.us2.ext.hana.ondemand.com is the host of the user interface, not of the API

hint: use --base-url https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2
--- exit 64 ---
"#]]);
}
