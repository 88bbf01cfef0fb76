//! A browser that a test drives. Needs `chromedriver` and Chromium.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};

/// A driver, and a browser that it drives.
pub(crate) struct Browser {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) client: Client,
    driver: Child,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut command = Command::new("chromedriver");
        let mut driver = command.arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut ports = printed.filter_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let Some(port) = ports.next() else {
            driver.wait().unwrap();
            panic!("chromedriver did not start");
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=800,600",
        ];
        let wishes = json!({ "goog:chromeOptions": { "args": arguments } });
        let wishes = wishes.as_object().unwrap().clone();
        let address = format!("http://127.0.0.1:{port}");
        let client = runtime.block_on(async {
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                .capabilities(wishes)
                .connect(&address)
                .await
                .unwrap()
        });
        Self { runtime, client, driver }
    }

    pub(crate) fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Calls a method of the `DevTools` protocol.
    pub(crate) fn devtools(&self, method: &'static str, parameters: Value) -> Value {
        let command = DevTools { method, parameters };
        self.runtime.block_on(self.client.issue_cmd(command)).unwrap()
    }

    /// Runs a script that calls its last argument with the result.
    pub(crate) fn script(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute_async(script, Vec::new())).unwrap()
    }

    /// Saves a picture below `target/tmp`.
    pub(crate) fn save(name: &str, picture: &[u8]) {
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, and only this test uses the driver.
        let _ = self.runtime.block_on(self.client.clone().close());
        self.driver.kill().unwrap();
        self.driver.wait().unwrap();
    }
}

/// A call of the `DevTools` protocol, which chromedriver passes on.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (reqwest::Method, Option<String>) {
        let body = json!({ "cmd": self.method, "params": self.parameters });
        (reqwest::Method::POST, Some(body.to_string()))
    }
}
