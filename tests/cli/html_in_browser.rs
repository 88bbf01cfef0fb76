//! The pages of `--format html` in Chromium, checked by axe-core. Needs `chromedriver`, and axe-core in
//! `OCON_AXE`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::chromium::Browser;
use crate::html::{assert_is_safe, long, many};
use crate::markdown::mixed;
use crate::support::World;

/// The widths at which a page is checked, in pixels.
const WIDTHS: [u32; 2] = [1_280, 400];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// Pictures show this many pixels of a long page.
const MAX_HEIGHT: u32 = 2_600;

/// The pages to check.
fn pages() -> Vec<(&'static str, World)> {
    let written = |world: World, line: &str| {
        world.ocon(&format!("{line} --quiet --report page.html"));
        world
    };
    let large = many(2_000);
    large.write("instances/long.yaml", long());
    let broken = World::new(&[("instances/shop.yaml", "element: stripe\nnmae: <b>\n")]);
    let refused = "apply --prune --max-deletes 0 --yes";
    vec![
        ("example", written(World::example(), "plan --sandbox")),
        ("mixed", written(mixed(), "plan --prune")),
        ("60", written(many(60), "plan")),
        ("2000", written(large, "plan")),
        ("outcome", written(mixed(), "apply --prune --yes")),
        ("refused", written(mixed(), refused)),
        ("status", written(mixed(), "status")),
        ("failure", written(broken.on_sandbox(), "plan")),
    ]
}

/// Opens a page at a width in a color scheme or for print. Checks that it fits, runs nothing and asks for
/// nothing.
fn show(browser: &Browser, world: &World, width: u32, media: &str, scheme: &str) -> u32 {
    let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", metrics);
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    browser.open(&format!("file://{}", world.path("page.html").display()));
    let facts = browser.script(
        "const root = document.documentElement; const done = arguments[0]; \
         const back = getComputedStyle(document.body).backgroundColor; \
         done([root.scrollWidth <= innerWidth, document.scripts.length, \
         performance.getEntriesByType('resource').length, back, root.scrollHeight])",
    );
    let back = if scheme == "dark" { "rgb(15, 19, 25)" } else { "rgb(246, 247, 249)" };
    let back = if media == "print" { "rgb(255, 255, 255)" } else { back };
    assert_eq!(facts.as_array().unwrap()[..4], [json!(true), json!(0), json!(0), json!(back)]);
    u32::try_from(facts[4].as_u64().unwrap()).unwrap()
}

fn save_picture(browser: &Browser, name: &str, width: u32, height: u32) {
    let height = height.min(MAX_HEIGHT);
    let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
    let parameters = json!({ "captureBeyondViewport": true, "clip": clip });
    let picture = browser.devtools("Page.captureScreenshot", parameters);
    Browser::save(name, &STANDARD.decode(picture["data"].as_str().unwrap()).unwrap());
}

/// The violations that axe-core finds.
fn violations(browser: &Browser, axe: &str) -> Value {
    browser.script(&format!(
        "{axe}\nconst done = arguments[0]; \
         axe.run(document, {{ resultTypes: ['violations'] }}).then(found => \
         done(found.violations.map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html)])))"
    ))
}

#[test]
#[ignore = "needs chromedriver, Chromium and axe-core: see CONTRIBUTING.md"]
#[expect(clippy::disallowed_methods, reason = "the variable names a file that npm installs")]
fn every_page_is_accessible_and_loads_nothing() {
    let axe = std::env::var("OCON_AXE").expect("OCON_AXE names axe.min.js");
    let axe = std::fs::read_to_string(axe).unwrap();
    let browser = Browser::start();
    let minutes = json!({ "script": 300_000, "pageLoad": 300_000 });
    let timeouts = serde_json::from_value(minutes).unwrap();
    browser.runtime.block_on(browser.client.update_timeouts(timeouts)).unwrap();
    for (name, world) in pages() {
        let page = world.read("page.html");
        assert_is_safe(&page);
        println!("{name}: {} bytes", page.len());
        for width in WIDTHS {
            for scheme in SCHEMES {
                let height = show(&browser, &world, width, "", scheme);
                save_picture(
                    &browser,
                    &format!("report-{name}-{width}-{scheme}.png"),
                    width,
                    height,
                );
                // axe-core takes minutes for the largest page, which has the same elements as the others.
                if name != "2000" || (width, scheme) == (WIDTHS[0], SCHEMES[0]) {
                    assert_eq!(violations(&browser, &axe), json!([]), "{name} {width} {scheme}");
                }
            }
        }
        let height = show(&browser, &world, 800, "print", "light");
        save_picture(&browser, &format!("report-{name}-print.png"), 800, height);
    }
}

#[test]
#[ignore = "needs chromedriver, Chromium and axe-core: see CONTRIBUTING.md"]
fn print_shows_what_is_folded() {
    let world = mixed();
    world.ocon("plan --prune --quiet --report page.html");
    let page = world.read("page.html").replace("class=\"step\" open", "class=\"step\"");
    world.write("page.html", page);
    let browser = Browser::start();
    let visible = |media: &str| {
        show(&browser, &world, 800, media, "light");
        browser.script(
            "const all = [...document.querySelectorAll('.body')]; \
             arguments[0]([all.filter(one => one.checkVisibility()).length, all.length])",
        )
    };
    assert_eq!((visible(""), visible("print")), (json!([0, 3]), json!([3, 3])));
}
