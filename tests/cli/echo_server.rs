//! A server that repeats each request in every field of its reply.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Encodes a request for the reply.
type Encoding = fn(&str) -> String;

const ENCODINGS: [Encoding; 10] = [
    str::to_owned,
    |text| Value::from(text).to_string(),
    |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat(),
    |text| STANDARD.encode(text),
    |text| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
    |text| {
        let text: Vec<char> = STANDARD.encode(text).chars().collect();
        text.chunks(20).map(String::from_iter).collect::<Vec<_>>().join("\n")
    },
    |text| STANDARD.encode(STANDARD.encode(text)),
    |text| STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
    |text| text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"),
    |text| text.bytes().map(|byte| format!("{byte:#04x}")).collect::<Vec<_>>().join(", "),
];

/// The server. Dropping it stops it.
pub(crate) struct Echo {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

/// Makes a reply from the head and the body of a request.
type Answer = Box<dyn Fn(&str, &str) -> (String, String) + Send>;

impl Echo {
    /// Servers that answer every request with this status, as JSON and as HTML.
    pub(crate) fn in_every_encoding(status: &'static str) -> Vec<Self> {
        let as_json = |encode: Encoding| -> Answer {
            Box::new(move |head, body| {
                (status.to_owned(), instances(&encode(&printed(head, body))))
            })
        };
        let as_page = |encode: Encoding| -> Answer {
            Box::new(move |head, body| {
                (
                    status.to_owned(),
                    format!("<html><title>{}</title>", encode(&printed(head, body))),
                )
            })
        };
        ENCODINGS
            .into_iter()
            .flat_map(|encode| [as_json(encode), as_page(encode)])
            .map(Self::start)
            .collect()
    }

    /// Servers that have no instance, and refuse to create one.
    pub(crate) fn after_an_empty_listing() -> Vec<Self> {
        let answer = |encode: Encoding| -> Answer {
            Box::new(move |head, body| {
                if head.starts_with("GET") {
                    return ("200 OK".to_owned(), "[]".to_owned());
                }
                let printed = encode(&printed(head, body));
                let refusal =
                    json!({ "message": printed, "providerMessage": printed, "requestId": printed });
                ("400 Bad Request".to_owned(), refusal.to_string())
            })
        };
        ENCODINGS.into_iter().map(answer).map(Self::start).collect()
    }

    /// A server with this listing of instances.
    pub(crate) fn that_lists(listing: &str) -> Self {
        let listing = listing.to_owned();
        Self::start(Box::new(move |_, _| ("200 OK".to_owned(), listing.clone())))
    }

    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = Self { address: listener.local_addr().unwrap(), stop: Arc::default() };
        let stop = Arc::clone(&echo.stop);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (head, body) = request(&stream);
                let (status, text) = answer(&head, &body);
                let length = text.len();
                // The client has closed the connection.
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
                );
            }
        });
        echo
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/elements/api-v2", self.address)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the server so that it stops.
        let _ = TcpStream::connect(self.address);
    }
}

/// The body and the credentials. The credentials come first, because long messages are truncated.
fn printed(head: &str, body: &str) -> String {
    let credentials = head.lines().find(|line| line.to_lowercase().starts_with("authorization"));
    format!("{} {body}", credentials.unwrap_or_default())
}

/// A listing of one instance that is also valid as an error, a description and every other reply.
fn instances(printed: &str) -> String {
    let instance = json!({
        "id": 4711,
        "name": printed,
        "token": printed,
        "message": printed,
        "providerMessage": printed,
        "requestId": printed,
        "element": { "key": printed, "name": printed },
        "tags": ["ocon:project=tests", "ocon:key=desk", printed],
        "configuration": { "username": printed, printed: printed },
        "disabled": false,
        "valid": true,
    });
    json!([instance]).to_string()
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or_default() > 0 {}
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    let _ = reader.read_exact(&mut body);
    (head, String::from_utf8_lossy(&body).into_owned())
}
