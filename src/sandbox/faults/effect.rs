//! Damages responses on their way to the client. It must never change the state of the platform.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream;

use super::rule::StubContent;
use crate::sandbox::{ConnectionControl, Fault, StubResponse, render};

const DRIP_SIZE: usize = 32;

impl StubResponse {
    pub(in crate::sandbox) fn response(&self) -> Response<Vec<u8>> {
        let mut response = match &self.content {
            StubContent::Error(error) => render(Err(error.clone())),
            StubContent::Custom { status, media_type, body } => {
                let mut response = Response::new(body.clone());
                // The rule has a valid status.
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

pub(in crate::sandbox) fn send(
    fault: Option<&Fault>,
    mut response: Response<Vec<u8>>,
    connection: &ConnectionControl,
) -> Response<Body> {
    match fault {
        Some(Fault::Reset(_)) => {
            connection.cut();
            // Never sent: the attempt ends the connection.
            Response::new(Body::empty())
        }
        Some(Fault::Truncated(bytes)) => {
            set_content_length(&mut response);
            let bytes = *bytes;
            response.map(|body| truncated(body, bytes))
        }
        Some(Fault::Dripped(pause)) => {
            set_content_length(&mut response);
            let pause = *pause;
            response.map(|body| dripping(body, pause))
        }
        Some(Fault::Replaced { .. } | Fault::Behavior(_) | Fault::Held(_)) | None => {
            response.map(Body::from)
        }
    }
}

/// Sets the length of the complete body, which hyper does not know for a stream.
fn set_content_length(response: &mut Response<Vec<u8>>) {
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
}

/// Sends at most `length` bytes, and at least one byte less than the body. Then the connection ends.
fn truncated(mut body: Vec<u8>, length: usize) -> Body {
    body.truncate(length.min(body.len().saturating_sub(1)));
    let parts = stream::unfold(Some(Bytes::from(body)), async |part| {
        if let Some(part) = part {
            return Some((Ok(part), None));
        }
        // hyper must send the bytes before it gets the error.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
    });
    Body::from_stream(parts)
}

fn dripping(body: Vec<u8>, pause: Duration) -> Body {
    let pieces = stream::unfold(Bytes::from(body), move |mut rest: Bytes| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(rest.len().min(DRIP_SIZE));
        Some((Ok::<_, Infallible>(piece), rest))
    });
    Body::from_stream(pieces)
}
