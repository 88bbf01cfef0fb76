//! `ocon authorize` in Chromium. Needs `chromedriver`.

#![cfg(unix)]

use fantoccini::Locator;
use serde_json::Value;

use crate::authorize::{Prompt, instance, world, written};
use crate::chromium::Browser;
use crate::snapshot::Snapshot as _;
use crate::support::World;
use snapbox::str;

impl Browser {
    /// Presses the button with this text, and waits for the page of ocon.
    fn press(&self, word: &str) {
        let button = format!("//button[text()='{word}']");
        let page = "//title[contains(text(), ' – ocon')]/ancestor::html//main/p";
        self.runtime.block_on(async {
            let button = self.client.find(Locator::XPath(&button)).await.unwrap();
            button.click().await.unwrap();
            self.client.wait().for_element(Locator::XPath(page)).await.unwrap();
        });
    }

    /// The heading of the page. Checks that the page has one heading, a language and no script.
    fn heading(&self) -> String {
        self.runtime.block_on(async {
            let headings = self.client.find_all(Locator::Css("h1")).await.unwrap();
            let [heading] = headings.as_slice() else { panic!("one heading") };
            let scripts = self.client.find_all(Locator::Css("script")).await.unwrap();
            let document = self.client.find(Locator::Css("html")).await.unwrap();
            let language = document.attr("lang").await.unwrap();
            assert_eq!((scripts.len(), language.as_deref()), (0, Some("en")));
            heading.text().await.unwrap()
        })
    }

    /// The content of the page without the URL.
    fn source(&self) -> String {
        self.runtime.block_on(self.client.source()).unwrap()
    }

    /// Saves a screenshot of the page.
    fn picture(&self, name: &str) {
        let png = self.runtime.block_on(self.client.screenshot()).unwrap();
        Self::save(&format!("authorize-{name}.png"), &png);
    }
}

/// Presses a button. Returns the heading of the last page, and the output.
fn authorized(browser: &Browser, world: &World, button: &str) -> (String, String) {
    let prompt = Prompt::begin(world, "authorize social");
    browser.open(&prompt.url);
    assert_eq!(browser.heading(), "Allow access to Hootsuite?");
    browser.picture("consent");
    browser.press(button);
    let heading = browser.heading();
    browser.picture(&heading.to_lowercase().replace(' ', "-"));
    assert!(!browser.source().contains("granted/"));
    (heading, prompt.end(world))
}

#[test]
#[ignore = "needs chromedriver and Chromium: see CONTRIBUTING.md"]
fn a_person_allows_and_the_instance_is_there() {
    let (browser, world) = (Browser::start(), world("http://127.0.0.1:PORT/callback"));
    let (heading, printed) = authorized(&browser, &world, "Allow");
    assert_eq!(heading, "Access granted");
    assert!(printed.contains("Applied: 1 created."), "{printed}");
    written(&world).is(str![[r#"
POST /instances {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite","event.notification.enabled":"true","oauth.api.key":"the-public-client-id","oauth.api.secret":"the-client-s3cret/of+social=","oauth.callback.url":"http://127.0.0.1:[CALLBACK]/callback","oauth.scope":"a b"},"element":{"key":"hootsuite"},"name":"Social","providerData":{"code":"[CODE]"},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=social","ocon:project=tests"]}
PATCH /instances/20931 {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE="}}
"#]]);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);

    // Authorizing again keeps the instance.
    let before = instance(&world);
    let (heading, printed) = authorized(&browser, &world, "Allow");
    assert_eq!(heading, "Access granted");
    assert!(printed.starts_with("Authorized again: social #20931.\n"), "{printed}");
    let after = instance(&world);
    let is_same = |member: &str| before[member] == after[member] && before[member] != Value::Null;
    assert!(is_same("id") && is_same("token"));
    assert_ne!(
        before["configuration"]["oauth.user.token"],
        after["configuration"]["oauth.user.token"]
    );
}

#[test]
#[ignore = "needs chromedriver and Chromium: see CONTRIBUTING.md"]
fn a_person_denies_or_an_answer_is_tampered_with_and_nothing_is_there() {
    let (browser, world) = (Browser::start(), world("http://localhost:PORT/callback"));
    let (heading, printed) = authorized(&browser, &world, "Deny");
    assert_eq!(heading, "Access denied");
    assert!(printed.contains("the provider denied access: `access_denied`"), "{printed}");

    let prompt = Prompt::begin(&world, "authorize social");
    let (address, _) = prompt.url.split_once("&state=").unwrap();
    browser.open(&format!("{address}&state=tampered"));
    browser.press("Allow");
    assert_eq!(browser.heading(), "This request was refused");
    browser.picture("refused");
    browser.open(&prompt.url);
    browser.press("Deny");
    assert_eq!(browser.heading(), "Access denied");
    let printed = prompt.end(&world);
    assert!(printed.contains("Refused GET /callback: its `state` or request token"), "{printed}");
    assert_eq!(written(&world), "");
}
