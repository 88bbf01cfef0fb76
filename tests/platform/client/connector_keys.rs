//! How the client lists the connectors: several shapes and several pages
//! (docs/platform.md#connectors-and-their-fields).

use std::sync::{Arc, Mutex};

use ocon::api::client::LeftOut;
use ocon::instance::ConnectorKey;

use super::support::Server;

const TOKEN: &str = "Elements-Next-Page-Token";

/// Answers each request with the next page. A page has a body and the token of the page after it.
fn pages(pages: &'static [(&'static str, &'static str)]) -> Server {
    Server::start(move |_, number, wire| {
        let (body, token) = pages[number % pages.len()];
        let headers: &[(&str, &str)] = if token.is_empty() { &[] } else { &[(TOKEN, token)] };
        wire.answer(200, headers, body.as_bytes());
    })
}

async fn failure(server: &Server) -> String {
    server.client().0.connectors().await.unwrap_err().to_string()
}

#[tokio::test]
async fn strings_objects_and_mixtures_are_read_on_all_pages() {
    let server = pages(&[
        (r#"["box","sfdc"]"#, "a/b=="),
        (r#"[{"id":5,"key":"slack","name":"Slack"},"jira"]"#, "c"),
        ("[]", ""),
    ]);
    let connectors = server.client().0.connectors().await.unwrap();
    let keys: Vec<_> = connectors.value.iter().map(ConnectorKey::as_str).collect();
    assert_eq!((keys, connectors.left_out), (vec!["box", "jira", "sfdc", "slack"], vec![]));
    let first = "GET /elements/keys?pageSize=200";
    let second = format!("{first}&nextPage=a%2Fb%3D%3D");
    assert_eq!(server.lines(), [first, &second, &format!("{first}&nextPage=c")]);
}

#[tokio::test]
async fn an_odd_entry_is_left_out_and_reported_with_its_page() {
    let server = pages(&[(r#"["box",5]"#, "next"), (r#"[null,"sfdc",{"id":1}]"#, "")]);
    let reports: Arc<Mutex<Vec<LeftOut>>> = Arc::default();
    let kept = Arc::clone(&reports);
    let (client, _) = server.client_with(|settings| {
        settings.on_left_out = Arc::new(move |report| kept.lock().unwrap().push(report.clone()));
    });
    let connectors = client.connectors().await.unwrap();
    assert_eq!((connectors.value.len(), connectors.left_out.len()), (2, 3));
    let report = |path: &str, problems: &[&str]| LeftOut {
        method: "GET",
        path: path.to_owned(),
        problems: problems.iter().map(|problem| (*problem).to_owned()).collect(),
    };
    assert_eq!(
        *reports.lock().unwrap(),
        [
            report(
                "/elements/keys?pageSize=200",
                &["[1] is a number, not a string or an object with a key"]
            ),
            report(
                "/elements/keys?pageSize=200 (page 2)",
                &["[0] is null, not a string or an object with a key", "[2].key is missing"]
            ),
        ]
    );
}

#[tokio::test]
async fn pages_that_do_not_end_are_an_error() {
    let cycle = failure(&pages(&[(r#"["a"]"#, "t"), (r#"["b"]"#, "t")])).await;
    assert_eq!(
        cycle,
        "GET /elements/keys?pageSize=200 (page 2) failed: the answer is not a listing that ends: page 2 \
         leads back to an earlier one"
    );
    let server = Server::start(|_, number, wire| {
        wire.answer(200, &[(TOKEN, &number.to_string())], br#"["a"]"#);
    });
    assert_eq!(
        failure(&server).await,
        "GET /elements/keys?pageSize=200 (page 4) failed: the answer is not a listing that ends: 3 \
         consecutive pages have no new connector"
    );
    let unusable = Server::start(|_, _, wire| wire.answer(200, &[(TOKEN, "\u{e4}")], br#"["a"]"#));
    assert_eq!(
        failure(&unusable).await,
        "GET /elements/keys?pageSize=200 failed: the answer is not a page of a listing: the token of the \
         next page is not ASCII text"
    );
}

#[tokio::test]
async fn pages_beyond_the_limit_are_an_error() {
    let server = pages(&[(r#"["box","sfdc"]"#, "next"), (r#"["slack"]"#, "")]);
    let (client, _) = server.client_with(|settings| settings.max_listing = 20);
    assert_eq!(
        client.connectors().await.unwrap_err().to_string(),
        "GET /elements/keys?pageSize=200 (page 2) failed: the listing is larger than 20 bytes"
    );
}
