//! A server that is not the platform: it sends scripted replies, or none.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server. Dropping it stops it.
pub(crate) struct ScriptedServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl ScriptedServer {
    /// Answers every request with this reply.
    pub(crate) fn answering(status: &str, header: &str, body: &str) -> Self {
        Self::answering_in_turn(&[(status, header, body)])
    }

    /// Sends these replies (status, headers, body) in turn, and then repeats the last one.
    pub(crate) fn answering_in_turn(answers: &[(&str, &str, &str)]) -> Self {
        let answer = |(status, header, body): &(&str, &str, &str)| {
            let length = body.len();
            format!(
                "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        };
        Self::start(answers.iter().map(answer).collect())
    }

    /// Reads requests and never replies.
    pub(crate) fn silent() -> Self {
        Self::start(Vec::new())
    }

    fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            stop: Arc::default(),
        };
        let (requests, stop) = (Arc::clone(&server.requests), Arc::clone(&server.stop));
        thread::spawn(move || {
            let mut silent = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let mut requests = requests.lock().unwrap();
                let number = requests.len();
                requests.push(head(&mut stream));
                match answers.get(number).or(answers.last()) {
                    Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
                    None => silent.push(stream),
                }
            }
        });
        server
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/elements/api-v2", self.address)
    }

    /// The heads of the received requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the server so that it stops.
        let _ = TcpStream::connect(self.address);
    }
}

/// Reads a request up to the empty line. These requests have no body.
fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(length) => bytes.extend(&piece[..length]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
