//! A server that refuses every request and repeats it in the response.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const MAX_REQUEST_BYTES: u64 = 64 * 1024;
const ENCODINGS: [fn(&str) -> String; 5] = [
    |head| STANDARD.encode(head),
    |head| STANDARD.encode(STANDARD.encode(head)),
    |head| STANDARD.encode(head.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
    |head| {
        let encoded: Vec<char> = STANDARD.encode(head).chars().collect();
        encoded.chunks(20).map(String::from_iter).collect::<Vec<_>>().join("\n")
    },
    |head| head.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
];

/// Starts the server on a free port of this machine. It ends with the process.
pub(super) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            // A client that disconnects needs no response.
            let _ = respond(&stream, number);
        }
    });
    Ok(address)
}

fn respond(mut stream: &TcpStream, number: usize) -> io::Result<()> {
    let head = head(stream)?;
    // ocon truncates a long message, so each response uses one encoding.
    let encoding = ENCODINGS[number % ENCODINGS.len()];
    let body = json!({ "message": encoding(&head), "providerMessage": head, "requestId": head });
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The lines before the body. The one with the credentials comes first.
fn head(stream: &TcpStream) -> io::Result<String> {
    let lines = BufReader::new(stream.take(MAX_REQUEST_BYTES)).lines();
    let lines = lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()));
    let mut lines: Vec<String> = lines.collect::<io::Result<_>>()?;
    lines.sort_by_key(|line| !line.to_ascii_lowercase().starts_with("authorization"));
    Ok(lines.join(" "))
}
