//! A minimal editor: it speaks the language server protocol with one server over its standard
//! streams, and holds files in its own folder next to a copy of `schemas/`.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The variable that names the server.
const SERVER: &str = "OCON_YAML_LANGUAGE_SERVER";
/// Much longer than any response takes. A server that is silent for this long has stopped.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(1);
/// The number of recent messages in a failure.
const MAX_SHOWN_MESSAGES: usize = 8;

pub(crate) struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<ServerOutput>,
    latest: VecDeque<String>,
    requests: u64,
    files: u64,
    configured: bool,
    problems: BTreeMap<String, Value>,
    root: TempDir,
}

/// The messages of a server.
enum ServerOutput {
    Message(Value),
    Error(String),
    End,
}

/// An open file, and the position of the cursor.
pub(crate) struct Cursor {
    uri: String,
    line: usize,
    character: usize,
}

impl Editor {
    /// Starts the server without the schema store, so it only uses schemas of this repository.
    #[expect(clippy::disallowed_methods, reason = "the server is no part of this repository")]
    pub(crate) fn start() -> Self {
        let server = std::env::var_os(SERVER).unwrap_or_else(|| {
            panic!("{SERVER} is not set: it names the yaml-language-server, see CONTRIBUTING.md")
        });
        let mut child = Command::new(&server)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", server.display()));
        let mut editor = Self {
            messages: listen_to(&mut child),
            input: child.stdin.take().unwrap(),
            child,
            latest: VecDeque::new(),
            requests: 0,
            files: 0,
            configured: false,
            problems: BTreeMap::new(),
            root: root(),
        };
        editor.introduce();
        editor
    }

    fn introduce(&mut self) {
        let capabilities = json!({
            "workspace": { "configuration": true },
            "textDocument": {
                "hover": { "contentFormat": ["markdown"] },
                "completion": { "completionItem": { "snippetSupport": true } },
            },
        });
        let hello = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        self.request("initialize", &hello);
        self.notify("initialized", &json!({}));
        let settings = json!({ "settings": { "yaml": settings() } });
        self.notify("workspace/didChangeConfiguration", &settings);
        while !self.configured {
            self.listen();
        }
    }

    /// Writes a new file with a line that names its schema and opens it; a `¦` is the cursor.
    pub(crate) fn open(&mut self, schema: &str, text: &str) -> Cursor {
        self.open_as_it_is(&format!("# yaml-language-server: $schema=../schemas/{schema}\n{text}"))
    }

    /// The same with a file that has that line.
    pub(crate) fn open_as_it_is(&mut self, text: &str) -> Cursor {
        let before = text.split_once('¦').map_or("", |(before, _)| before);
        let text = text.replacen('¦', "", 1);
        self.files += 1;
        let path = self.root.path().join(format!("instances/{}.yaml", self.files));
        fs::write(&path, &text).unwrap();
        let uri = format!("file://{}", path.to_str().unwrap());
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        Cursor { uri, line, character }
    }

    /// The problems of a file, as `line:column-column message`, counted from one.
    pub(crate) fn problems_of(&mut self, file: &Cursor) -> Vec<String> {
        while !self.problems.contains_key(&file.uri) {
            self.listen();
        }
        let problems = self.problems.remove(&file.uri).unwrap();
        let mut problems: Vec<_> = problems.as_array().unwrap().iter().map(problem).collect();
        problems.sort();
        problems.into_iter().map(|(_, text)| text).collect()
    }

    /// The completions at the cursor: labels, and the text that the server would insert.
    pub(crate) fn completions(&mut self, cursor: &Cursor) -> Vec<(String, String)> {
        let answer = self.request("textDocument/completion", &cursor.position());
        let items = answer.get("items").unwrap_or(&answer);
        let items = items.as_array().unwrap_or_else(|| panic!("no completions: {answer}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        items.iter().map(|item| (text(&item["label"]), text(&item["insertText"]))).collect()
    }

    /// The hover text at the cursor.
    pub(crate) fn hover(&mut self, cursor: &Cursor) -> String {
        let answer = self.request("textDocument/hover", &cursor.position());
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "id": id, "method": method, "params": parameters }));
        loop {
            let message = self.listen();
            if message["id"] == json!(id) && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "method": method, "params": parameters }));
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        let written = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        if let Err(error) = written.and_then(|()| self.input.flush()) {
            panic!("the server does not listen: {error}{}", self.printed());
        }
    }

    /// Waits for a message and responds to it.
    fn listen(&mut self) -> Value {
        let deadline = Instant::now() + RESPONSE_TIMEOUT;
        let message = loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(rest) {
                Ok(ServerOutput::Message(message)) => break message,
                Ok(ServerOutput::Error(line)) => self.remember(line),
                Ok(ServerOutput::End) => panic!("the server has stopped{}", self.printed()),
                Err(error) => panic!("the server is silent ({error}){}", self.printed()),
            }
        };
        self.remember(message.to_string());
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = message["params"]["uri"].as_str().unwrap().to_owned();
                self.problems.insert(uri, message["params"]["diagnostics"].clone());
            }
            Some(method) if message.get("id").is_some() => self.answer(method, &message),
            _ => {}
        }
        message
    }

    fn answer(&mut self, method: &str, message: &Value) {
        let mut result = Value::Null;
        if method == "workspace/configuration" {
            let items = message["params"]["items"].as_array().unwrap();
            let of_yaml = |item: &Value| item["section"] == json!("yaml");
            let section = |item| if of_yaml(item) { settings() } else { json!({}) };
            result = items.iter().map(section).collect();
            self.configured |= items.iter().any(of_yaml);
        }
        self.send(&json!({ "id": message["id"], "result": result }));
    }

    fn remember(&mut self, text: String) {
        self.latest.push_back(text);
        if self.latest.len() > MAX_SHOWN_MESSAGES {
            self.latest.pop_front();
        }
    }

    fn printed(&self) -> String {
        self.latest.iter().fold("; it wrote:".to_owned(), |text, line| text + "\n" + line)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.request("shutdown", &Value::Null);
            self.notify("exit", &Value::Null);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cursor {
    fn position(&self) -> Value {
        json!({
            "textDocument": { "uri": self.uri },
            "position": { "line": self.line, "character": self.character },
        })
    }
}

fn settings() -> Value {
    json!({
        "schemaStore": { "enable": false },
        "validate": true,
        "completion": true,
        "hover": true,
    })
}

/// A folder with the schemas of this repository and an empty `instances/`.
fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("instances")).unwrap();
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for folder in ["", "connectors"] {
        let to = root.path().join("schemas").join(folder);
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(schemas.join(folder)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
    root
}

fn problem(problem: &Value) -> ((u64, u64), String) {
    let range = &problem["range"];
    let number = |end: &str, axis: &str| range[end][axis].as_u64().unwrap() + 1;
    let (line, from) = (number("start", "line"), number("start", "character"));
    let to = number("end", "character");
    let message = problem["message"].as_str().unwrap();
    ((line, from), format!("{line}:{from}-{to} {message}"))
}

/// Everything that a server writes, on either stream.
fn listen_to(child: &mut Child) -> Receiver<ServerOutput> {
    let (send, messages) = channel();
    let output = child.stdout.take().unwrap();
    let errors = child.stderr.take().unwrap();
    let send_errors = send.clone();
    thread::spawn(move || pass_on(BufReader::new(output), &send));
    thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            let _ = send_errors.send(ServerOutput::Error(line));
        }
    });
    messages
}

/// Passes on the messages of a server until it ends.
fn pass_on(mut output: BufReader<ChildStdout>, to: &Sender<ServerOutput>) {
    while let Some(message) = next(&mut output) {
        if to.send(ServerOutput::Message(message)).is_err() {
            return;
        }
    }
    let _ = to.send(ServerOutput::End);
}

/// The next message: headers, an empty line, and the number of bytes in the headers.
fn next(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok();
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
