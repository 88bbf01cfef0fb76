//! Sends notifications to callback URLs when they are due. Any 2xx status is a success.
//!
//! It must never contact any other address: it follows no redirect and uses no proxy.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Shared, events::Notification};

const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for a signal if no notification is queued.
const MAX_WAIT: Duration = Duration::from_hours(1);

/// Sends notifications and never returns.
pub(super) async fn run(shared: Arc<Shared>) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    loop {
        // Created first, so that no signal is lost while notifications are sent.
        let woken = shared.wake.notified();
        let due = shared.platform().take_due_notifications();
        for notification in due {
            let is_accepted = send(&client, &notification).await;
            tracing::debug!(url = notification.url, is_accepted, "sandbox sent a notification");
            shared.platform().events.record_sent(notification, is_accepted);
        }
        let wait = shared.platform().until_notification();
        if shared.platform().is_idle() {
            shared.idle.notify_waiters();
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(wait.unwrap_or(MAX_WAIT)) => {}
        }
    }
}

async fn send(client: &Client<HttpConnector, Body>, notification: &Notification) -> bool {
    let mut request = Request::post(&notification.url);
    for (name, value) in &notification.headers {
        request = request.header(*name, value);
    }
    let Ok(request) = request.body(Body::from(notification.body.clone())) else { return false };
    let response = tokio::time::timeout(CALLBACK_TIMEOUT, client.request(request)).await;
    matches!(response, Ok(Ok(response)) if response.status().is_success())
}
