//! How certain a fact of the catalog must be to block a document: one source alone only warns
//! (`docs/platform.md#how-many-sources-a-fact-has`).
#![expect(clippy::needless_raw_string_hashes, reason = "the snapshot tool writes them")]

use std::fmt::Write as _;
use std::fs;

use ocon::catalog::{Catalog, GrantNeed};
use ocon::desired::secrets::WithheldSecrets;
use ocon::desired::{Code, Levels, Loaded, Problem, Sources, load};
use snapbox::{assert_data_eq, str};

/// The problems of a document, and whether its create needs a grant.
fn check(connector: &str, configuration: &str) -> (Vec<Problem>, Option<GrantNeed>) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("instances");
    fs::create_dir(&folder).unwrap();
    let text = format!("element: {connector}\nname: A\nconfiguration: {{ {configuration} }}\n");
    fs::write(folder.join("a.yaml"), text).unwrap();
    let secrets = WithheldSecrets::default();
    let levels = Levels::default();
    let sources = Sources::with_defaults(root.path(), &secrets, "2026-11-23");
    match load(&Sources { levels: &levels, ..sources }) {
        Ok(Loaded { desired, warnings, .. }) => {
            let grant = desired.instances.values().next().map(|wanted| wanted.facts.grant_need);
            (warnings, grant)
        }
        Err(problems) => (problems.as_slice().to_vec(), None),
    }
}

#[test]
fn one_source_warns_and_several_sources_block() {
    let mut table = String::new();
    for (fact, connector, configuration) in [
        ("a boolean of one page", "evernote", "evernote.sandbox: sometimes"),
        ("a boolean of several pages", "clover", "clover.sandbox: sometimes"),
        ("a boolean that all share", "evernote", "filter.response.nulls: sometimes"),
        ("a number of one page", "sendgrid", "messaging.smtp.sendgrid.port: high"),
        ("words of one page", "zuorav2", "authentication.type: oauth2"),
        ("words of several pages", "plaid", "subdomain: staging"),
        ("a type of one page", "amazons3", "filemanagement.provider.region_name: [a]"),
        ("a type of several pages", "zendesk", "zendesk.subdomain: [a]"),
        ("a key that one page shows", "jira", "jira.username: a"),
        ("a key that no page shows", "evernote", "evernote.sandbix: true"),
    ] {
        let (problems, _) = check(connector, configuration);
        let codes: Vec<_> = problems
            .iter()
            .filter(|problem| problem.code != Code::LikelyMissingField)
            .map(|problem| format!("{}[{}]", problem.severity, problem.code))
            .collect();
        writeln!(table, "{fact:27} {connector:14} {}", codes.join(", ")).unwrap();
    }
    assert_data_eq!(
        table,
        str![[r#"
a boolean of one page       evernote       warning[likely-invalid-value]
a boolean of several pages  clover         error[invalid-value]
a boolean that all share    evernote       error[invalid-value]
a number of one page        sendgrid       warning[likely-invalid-value]
words of one page           zuorav2        warning[likely-invalid-value]
words of several pages      plaid          error[invalid-value]
a type of one page          amazons3       warning[likely-invalid-value]
a type of several pages     zendesk        error[invalid-value]
a key that one page shows   jira           warning[likely-refused-field]
a key that no page shows    evernote       warning[unknown-field]

"#]]
    );
}

#[test]
fn a_required_key_of_one_source_may_be_missing() {
    let all = "netsuite.sandbox: true, netsuite.accountId: a, authentication.type";
    let messages = |way: &str| {
        let (problems, _) = check("netsuitecrmv2", &format!("{all}: {way}"));
        let text = |problem: &Problem| format!("{}: {}", problem.severity, problem.message);
        problems.iter().map(text).collect::<Vec<_>>().join("\n")
    };
    assert_data_eq!(
        messages("custom"),
        str![
            "warning: `netsuitecrmv2` usually needs `consumer_key`, `consumer_secret`, `token_id`, `token_secret`"
        ]
    );
    assert_data_eq!(
        messages("basic"),
        str![
            "error: `netsuitecrmv2` requires the keys `netsuite.appId`, `user.password`, `user.username`"
        ]
    );
}

const APPLICATION: &str = "oauth.api.key: \"${{ env.A }}\", oauth.api.secret: \"${{ env.B }}\", \
                           oauth.callback.url: https://app.example/callback";

#[test]
fn a_missing_grant_blocks_if_several_sources_show_one() {
    let mut table = String::new();
    let ecwid = "ecwid.store.id: \"1\", ecwid.order.key: \"${{ env.A }}\", \
                 ecwid.product.key: \"${{ env.B }}\"";
    for (keys, connector, configuration) in [
        ("OAuth application", "hootsuite", APPLICATION),
        ("OAuth application", "slack", APPLICATION),
        ("OAuth application", "sfdc", APPLICATION),
        ("OAuth application", "hubspot", APPLICATION),
        ("none", "hubspot", ""),
        ("OAuth application", "ecwid", APPLICATION),
        ("its own keys", "ecwid", ecwid),
        ("OAuth application", "campaignmonitor", APPLICATION),
        ("user name, no type", "campaignmonitor", "username: \"${{ env.A }}\""),
        ("user name, no type", "zuorav2", "username: a, password: \"${{ env.A }}\""),
        ("OAuth application", "acton", APPLICATION),
    ] {
        let (problems, grant) = check(connector, configuration);
        assert!(problems.iter().all(|problem| problem.severity.as_str() == "warning"));
        writeln!(table, "{connector:16} {keys:20} {:?}", grant.unwrap()).unwrap();
    }
    assert_data_eq!(
        table,
        str![[r#"
hootsuite        OAuth application    Certain
slack            OAuth application    Certain
sfdc             OAuth application    Certain
hubspot          OAuth application    Certain
hubspot          none                 Likely
ecwid            OAuth application    Likely
ecwid            its own keys         None
campaignmonitor  OAuth application    Certain
campaignmonitor  user name, no type   None
zuorav2          user name, no type   None
acton            OAuth application    Likely

"#]]
    );
}

/// A connector whose create is not blocked without a grant, because one source alone shows one. A new
/// source changes the list.
#[test]
fn the_connectors_whose_grant_has_one_source_are_known() {
    let catalog = Catalog::embedded();
    let keys: Vec<_> =
        catalog.keys().filter(|key| check(key, APPLICATION).1 == Some(GrantNeed::Likely)).collect();
    assert_data_eq!(
        keys.join("\n"),
        str![[r#"
actessentialsoauth
acton
base
concur
dynamicscrmadfs
ecwid
evernote
facebooksocial
flickr
googlecloudstorage
googlesheets
infusionsoftcrm
infusionsoftmarketing
instagram
intercom
magento
onenote
salesforcebylaunchbi
sapbobylaunchbi
sapborestbylaunchbi
sugarcrmv2
tableaubylaunchbi
xero
"#]]
    );
}
