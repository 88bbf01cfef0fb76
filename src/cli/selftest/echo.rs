//! A server that refuses every request and repeats it in the refusal.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The longest request that is repeated.
const LONGEST: u64 = 64 * 1024;

/// Starts the server on a free port of this machine. It ends with the process.
pub(super) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Whoever does not wait for the answer does not want it.
            let _ = answer(&stream);
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let head = head(stream)?;
    // Base64 first: of a long message, the rest is not shown.
    let message = format!("{} {head}", STANDARD.encode(&head));
    let body = json!({ "message": message, "providerMessage": head, "requestId": head });
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The lines before the body, that with the credentials first.
fn head(stream: &TcpStream) -> io::Result<String> {
    let lines = BufReader::new(stream.take(LONGEST)).lines();
    let lines = lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()));
    let mut lines: Vec<String> = lines.collect::<io::Result<_>>()?;
    lines.sort_by_key(|line| !line.to_ascii_lowercase().starts_with("authorization"));
    Ok(lines.join(" "))
}
