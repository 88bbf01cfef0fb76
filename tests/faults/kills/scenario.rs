//! Thirty documents, and a platform on which each action is needed for five of them.

use std::fmt::Write as _;

use ocon::sandbox::{Faults, Handle};
use serde_json::{Value, json};

use super::fixture::{Fixture, Root};

/// Documents of each kind.
pub(crate) const EACH: usize = 5;

/// The platform before the apply, and the folder with the files.
pub(crate) struct Scenario {
    root: Root,
    /// The state file of a sandbox.
    saved: String,
}

impl Scenario {
    /// Brings the platform, with the binary itself, to where everything is to be done.
    pub(crate) fn prepare() -> Self {
        let mut root = Root::new("kills");
        root.secret("PASSWORD", "old-password");
        root.secret("APPLICATION", "application");
        for number in 0..EACH {
            root.secret(&format!("CODE_FINISH_{number}"), &format!("code-finish-{number}"));
            root.secret(&format!("CODE_CREATE_{number}"), &format!("code-create-{number}"));
        }
        let fixture = Fixture::empty(&root, Faults::default());
        for number in 0..EACH {
            root.write(&format!("update{number}"), &update(number, "old"));
            root.write(&format!("enable{number}"), &shop("Enable", number));
            root.write(&format!("delete{number}"), &shop("Delete", number));
        }
        assert_eq!(fixture.ocon("apply --yes").exit, 0);
        for number in 0..EACH {
            root.write(&format!("finish{number}"), &social("Finish", number));
        }
        // The creates of this run stop halfway.
        let refused = "rules: [{ when: { method: PATCH }, status: 400 }]";
        fixture.sandbox().set_faults(refused.parse().unwrap());
        assert_eq!(fixture.ocon("apply --yes").exit, 3);
        fixture.sandbox().set_faults(switching_off());
        assert_eq!(fixture.ocon("plan").exit, 0);
        let adopted = seed(fixture.sandbox());
        for (number, id) in adopted.into_iter().enumerate() {
            root.write(&format!("adopt{number}"), &format!("{}id: {id}\n", shop("Adopt", number)));
            root.write(&format!("update{number}"), &update(number, "new"));
            root.remove(&format!("delete{number}"));
            let create =
                if number < 3 { social("Create", number) } else { desk("Create", number, "new") };
            root.write(&format!("create{number}"), &create);
        }
        root.secret("PASSWORD", "new-password");
        Self { root, saved: fixture.saved() }
    }

    /// The final state: the documents, and the instances of others.
    pub(crate) fn names() -> Vec<String> {
        let kinds = ["Create", "Finish", "Update", "Enable", "Adopt"];
        let ours = kinds.into_iter().flat_map(|kind| (0..EACH).map(move |n| format!("{kind} {n}")));
        let theirs = ["Theirs", "Create 3 (theirs)", "Create 4 (theirs)"].map(str::to_owned);
        let mut names: Vec<_> = ours.chain(theirs).collect();
        names.sort();
        names
    }

    /// A sandbox in that state, with these faults.
    pub(crate) fn fixture(&self, faults: Faults) -> Fixture {
        Fixture::with_saved(&self.root, &self.saved, faults)
    }
}

/// Switches `Enable …` off.
fn switching_off() -> Faults {
    let mut faults = "rules:\n  - edit:\n".to_owned();
    for number in 0..EACH {
        writeln!(faults, "      - {{ instance: Enable {number}, disabled: true }}").unwrap();
    }
    faults.parse().unwrap()
}

/// Instances of others: those that the files adopt, whose ids are returned, and those that are to
/// stay unchanged.
fn seed(sandbox: &Handle) -> Vec<u64> {
    let stripe = |name: &str, tags: &[&str]| json!({ "element": { "key": "stripe" }, "name": name, "tags": tags });
    let adopted = sandbox.seed(EACH, |number| stripe(&format!("To adopt {number}"), &["mine"]));
    let foreign: [Value; 3] = [
        stripe("Theirs", &["mine"]),
        stripe("Create 4 (theirs)", &["ocon:project=other", "ocon:key=create4"]),
        json!({
            "element": { "key": "servicenow" }, "name": "Create 3 (theirs)",
            "tags": ["ocon:project=other", "ocon:key=create3"],
            "configuration": { "username": "them", "password": "theirs", "servicenow.subdomain": "them" },
        }),
    ];
    sandbox.seed(foreign.len(), |number| foreign[number].clone()).unwrap();
    adopted.unwrap()
}

fn shop(kind: &str, number: usize) -> String {
    format!("element: stripe\nname: {kind} {number}\ntags: [shop]\nenabled: true\n")
}

fn update(number: usize, user: &str) -> String {
    desk("Update", number, user)
}

/// One POST is all that it needs.
fn desk(kind: &str, number: usize, user: &str) -> String {
    format!(
        "element: servicenow\nname: {kind} {number}\nconfiguration:\n  username: {user}\n  \
         password: ${{{{ env.PASSWORD }}}}\n  servicenow.subdomain: dev{number}\n"
    )
}

/// A POST with a grant that works once, and a PATCH with a value that holds the id.
fn social(kind: &str, number: usize) -> String {
    let code = format!("CODE_{}_{number}", kind.to_uppercase());
    format!(
        "element: hootsuite\nname: {kind} {number}\nconfiguration:\n  \
         oauth.api.key: ${{{{ env.APPLICATION }}}}\n  oauth.api.secret: ${{{{ env.APPLICATION }}}}\n  \
         oauth.callback.url: https://app.example/\n  \
         event.notification.callback.url: https://app.example/${{{{ instance.id }}}}\n\
         providerData: {{ code: \"${{{{ env.{code} }}}}\" }}\n"
    )
}
