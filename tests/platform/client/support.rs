//! A scripted server, a clock that never waits, and short constructors for clients and drafts.

use std::fmt::Write as _;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ocon::api::client::{ApiCredentials, Client, ClientSettings, Retrying};
use ocon::api::{Clock, Error, ErrorKind, Sleep};
use ocon::instance::{
    BaseUrl, ConnectorKey, Draft, InstanceId, Json, RenderContext, Secret, Template,
};

pub(crate) const USER: &str = "us3r/Secret+44=";
pub(crate) const ORGANIZATION: &str = "0rganizationSecret";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// Method and target: `GET /instances?a=b`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Which connection it came on, from 1.
    pub(crate) connection: u32,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// How a server answers one request.
pub(crate) type Answer = fn(&mut Wire);

/// The server's end of a connection.
pub(crate) struct Wire {
    stream: TcpStream,
    closed: bool,
}

impl Wire {
    /// Writes these bytes unchanged.
    pub(crate) fn send(&mut self, text: &str) {
        // The client may have given up: that is its right, and the test will tell.
        let _ = self.stream.write_all(text.as_bytes());
    }

    /// Ends the connection.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// A complete answer.
    pub(crate) fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        self.send(&format!("{head}\r\n"));
        let _ = self.stream.write_all(body);
    }

    /// A complete answer of JSON.
    pub(crate) fn json(&mut self, status: u16, body: &str) {
        self.answer(status, &[("Content-Type", "application/json")], body.as_bytes());
    }

    /// A page of a listing, with the token of the next.
    pub(crate) fn page(&mut self, ids: &[u64], next: Option<&str>) {
        let entries: Vec<String> = ids.iter().copied().map(instance).collect();
        let body = format!("[{}]", entries.join(","));
        let token = next.map(|token| ("Elements-Next-Page-Token", token));
        let headers: Vec<_> = token.into_iter().collect();
        self.answer(200, &headers, body.as_bytes());
    }
}

pub(crate) fn id(number: u64) -> InstanceId {
    InstanceId::new(number)
}

/// An instance with hardly anything to it.
pub(crate) fn instance(id: u64) -> String {
    format!(r#"{{"id":{id},"element":{{"key":"a"}},"tags":["t"]}}"#)
}

/// A local server with scripted replies.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    journal: Arc<Mutex<Vec<Arrived>>>,
}

impl Server {
    /// Serves with `answer`, which is given each request, its number from 0, and the connection.
    pub(crate) fn start(
        answer: impl Fn(&Arrived, usize, &mut Wire) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let journal: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let (answer, kept) = (Arc::new(answer), Arc::clone(&journal));
        thread::spawn(move || {
            for (stream, number) in listener.incoming().zip(1..) {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || converse(stream.unwrap(), number, &kept, &*answer));
            }
        });
        Self { address, journal }
    }

    /// Gives these answers one after the other, and the last of them for ever.
    pub(crate) fn script(answers: Vec<Answer>) -> Self {
        Self::start(move |_, number, wire| answers[number.min(answers.len() - 1)](wire))
    }

    pub(crate) fn requests(&self) -> Vec<Arrived> {
        self.journal.lock().unwrap().clone()
    }

    /// Method and target of all requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|arrived| arrived.line).collect()
    }

    /// A client of this server, and the clock that it uses.
    pub(crate) fn client(&self) -> (Client, TestClock) {
        self.client_with(|_| {})
    }

    pub(crate) fn client_with(
        &self,
        change: impl FnOnce(&mut ClientSettings),
    ) -> (Client, TestClock) {
        client_of(self.address, change)
    }
}

pub(crate) fn client_of(
    address: SocketAddr,
    change: impl FnOnce(&mut ClientSettings),
) -> (Client, TestClock) {
    let clock = TestClock::default();
    let credentials =
        ApiCredentials { user: Secret::new(USER), organization: Secret::new(ORGANIZATION) };
    let base_url = BaseUrl::new(&format!("http://{address}/elements/api-v2"));
    let mut settings = ClientSettings {
        clock: Arc::new(clock.clone()),
        read_timeout: Duration::from_secs(5),
        ..ClientSettings::new(base_url, credentials)
    };
    change(&mut settings);
    (Client::new(settings).unwrap(), clock)
}

fn converse(
    stream: TcpStream,
    connection: u32,
    journal: &Mutex<Vec<Arrived>>,
    answer: &(impl Fn(&Arrived, usize, &mut Wire) + ?Sized),
) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut wire = Wire { stream, closed: false };
    while let Some(arrived) = receive(&mut reader, connection) {
        let number = {
            let mut journal = journal.lock().unwrap();
            journal.push(arrived.clone());
            journal.len() - 1
        };
        answer(&arrived, number, &mut wire);
        if wire.closed {
            let _ = wire.stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

pub(crate) fn receive(reader: &mut impl std::io::BufRead, connection: u32) -> Option<Arrived> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.trim_end().lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1");
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut arrived = Arrived {
        line: line.replace("/elements/api-v2", ""),
        headers,
        body: String::new(),
        connection,
    };
    let length = arrived.header("content-length").unwrap_or("0").parse().unwrap();
    reader.take(length).read_to_string(&mut arrived.body).ok()?;
    Some(arrived)
}

/// Waits for a signal of another part of the test, but not for ever.
pub(crate) fn signalled(signal: &Mutex<Receiver<()>>, within: Duration) -> bool {
    match signal.lock().unwrap().recv_timeout(within) {
        Ok(()) => true,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
    }
}

/// Lets a moment of real time pass, in a server's thread.
pub(crate) fn pause(moment: Duration) {
    thread::park_timeout(moment);
}

/// A clock on which waiting takes no time, and is remembered.
#[derive(Clone)]
pub(crate) struct TestClock {
    start: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { start: Instant::now(), waits: Arc::default() }
    }
}

impl TestClock {
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Clock for TestClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.waits.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }

    fn instant(&self) -> Instant {
        self.start + self.waits().iter().sum::<Duration>()
    }

    fn now(&self) -> SystemTime {
        httpdate::parse_http_date("Tue, 01 Dec 2026 08:00:00 GMT").unwrap()
    }
}

/// The arguments of `on_retry`.
#[derive(Clone, Default)]
pub(crate) struct Retries(pub(crate) Arc<Mutex<Vec<Retrying>>>);

impl Retries {
    pub(crate) fn listen(&self, settings: &mut ClientSettings) {
        let retries = Arc::clone(&self.0);
        settings.on_retry =
            Arc::new(move |retrying| retries.lock().unwrap().push(retrying.clone()));
    }
}

/// Runs `check` with a place for an instance of `hootsuite`, as values know it.
pub(crate) async fn at<T>(check: impl AsyncFnOnce(&RenderContext<'_>) -> T) -> T {
    let base_url = BaseUrl::new("https://shown.example/elements/api-v2");
    let connector: ConnectorKey = "hootsuite".parse().unwrap();
    let place = RenderContext { base_url: &base_url, connector: &connector, id: None };
    check(&place).await
}

/// Checks that no connection was made, so the platform did nothing.
pub(crate) fn was_never_sent(error: &Error) {
    assert!(
        matches!(error.kind, ErrorKind::Connect { .. }) && !error.may_have_happened(),
        "{error}"
    );
}

pub(crate) fn named(name: &str) -> Draft {
    Draft { name: Some(name.into()), ..Draft::default() }
}

/// A draft with an authorization grant.
pub(crate) fn granted(code: &str) -> Draft {
    Draft {
        provider_data: [("code".into(), Json::Text(Template::text(code)))].into(),
        ..Draft::default()
    }
}
