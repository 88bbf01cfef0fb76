//! What happens to an answer on its way to the client.
//!
//! In: the answer as the platform decided it, the fault, and the connection. Out: the response
//! that hyper is to send, or none because the connection is to end. It must never change what the
//! platform holds: that is over by now.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream;

use super::{Fault, StubContent, StubResponse};
use crate::sandbox::connection::ConnectionControl;
use crate::sandbox::reply::render;

/// How many bytes come at once where a body drips.
const DROP: usize = 32;

impl StubResponse {
    /// The response that takes the place of the platform's.
    pub(in crate::sandbox) fn response(&self) -> Response<Vec<u8>> {
        let mut response = match &self.content {
            StubContent::Envelope(failure) => render(Err(failure.clone())),
            StubContent::Written { status, media_type, body } => {
                let mut response = Response::new(body.clone());
                // The rule was refused if it is no status.
                *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                let media_type = HeaderValue::from_static(media_type);
                response.headers_mut().insert(header::CONTENT_TYPE, media_type);
                response
            }
        };
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// Sends `response` as the fault has it.
pub(in crate::sandbox) fn send(
    fault: Option<&Fault>,
    mut response: Response<Vec<u8>>,
    link: &ConnectionControl,
) -> Response<Body> {
    match fault {
        Some(Fault::Reset { .. }) => {
            link.cut();
            // It is not sent: the attempt to do so ends the connection.
            Response::new(Body::empty())
        }
        Some(Fault::Truncated(bytes)) => {
            announce_length(&mut response);
            let bytes = *bytes;
            response.map(|body| truncated(body, bytes))
        }
        Some(Fault::Dripped(pause)) => {
            announce_length(&mut response);
            let pause = *pause;
            response.map(|body| dripping(body, pause))
        }
        Some(Fault::Replaced { .. } | Fault::Behavior(_) | Fault::Held { .. }) | None => {
            response.map(Body::from)
        }
    }
}

/// Says how long the whole body is, which hyper cannot see in a stream.
fn announce_length(response: &mut Response<Vec<u8>>) {
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
}

/// At most `length` bytes and at least one too few; then the connection breaks.
fn truncated(mut body: Vec<u8>, length: usize) -> Body {
    body.truncate(length.min(body.len().saturating_sub(1)));
    let parts = stream::unfold(Some(Bytes::from(body)), async |part| {
        if let Some(part) = part {
            return Some((Ok(part), None));
        }
        // Lets hyper send what it has before it sees the error.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
    });
    Body::from_stream(parts)
}

/// The whole body, a few bytes at a time.
fn dripping(body: Vec<u8>, pause: Duration) -> Body {
    let drops = stream::unfold(Bytes::from(body), move |mut rest: Bytes| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let drop = rest.split_to(rest.len().min(DROP));
        Some((Ok::<_, Infallible>(drop), rest))
    });
    Body::from_stream(drops)
}
