//! Sends notifications to callback URLs, when they are due.
//!
//! In: notifications. Out: POST requests, each with ten seconds, of which any 2xx is a success. It
//! goes where the notification says and nowhere else: no redirect is followed, no proxy is asked.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::events::Notification;
use super::server::Shared;

/// How long a callback has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long nothing is looked at where nothing is due.
const IDLE: Duration = Duration::from_hours(1);

/// Sends what is due, for ever.
pub(super) async fn run(shared: Arc<Shared>) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    loop {
        // First, so that what comes meanwhile is not slept through.
        let woken = shared.woken.notified();
        let due = shared.platform().due();
        for notification in due {
            let taken = send(&client, &notification).await;
            tracing::debug!(url = notification.url, taken, "sandbox notified");
            shared.platform().sent(notification, taken);
        }
        let wait = shared.platform().until_due();
        if shared.platform().is_quiet() {
            shared.quiet.notify_waiters();
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(wait.unwrap_or(IDLE)) => {}
        }
    }
}

async fn send(client: &Client<HttpConnector, Body>, notification: &Notification) -> bool {
    let mut request = Request::post(&notification.url);
    for (name, value) in &notification.headers {
        request = request.header(*name, value);
    }
    let Ok(request) = request.body(Body::from(notification.body.clone())) else { return false };
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    matches!(answer, Ok(Ok(answer)) if answer.status().is_success())
}
