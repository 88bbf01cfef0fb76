//! A sandbox in another process, and the files that are applied to it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Documents of each of three kinds.
const EACH: usize = 4;

/// A running sandbox, which ends with this.
pub(crate) struct Platform {
    process: Child,
    root: TempDir,
    pub(crate) base_url: String,
    pub(crate) user: String,
    pub(crate) organization: String,
}

impl Platform {
    /// Starts a sandbox and writes the files.
    pub(crate) fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        write_files(&root.path().join("instances"));
        let mut process = Command::new(env!("CARGO_BIN_EXE_ocon"))
            .arg("sandbox")
            .current_dir(root.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut value = || lines.next().unwrap().split_once('=').unwrap().1.to_owned();
        let (base_url, user, organization) = (value(), value(), value());
        Self { process, root, base_url, user, organization }
    }

    /// The folder of the project.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // It may have ended already, and then a request has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write_files(instances: &Path) {
    fs::create_dir(instances).unwrap();
    for number in 0..EACH {
        let desk = format!(
            "element: servicenow\nname: Desk {number}\ntags: [support]\nconfiguration:\n  \
             username: desk{number}\n  password: ${{{{ env.PASSWORD }}}}\n  servicenow.subdomain: dev{number}\n"
        );
        let shop = format!("element: stripe\nname: Shop {number}\ntags: [shop]\nenabled: true\n");
        let social = format!(
            "element: hootsuite\nname: Social {number}\ntags: [social]\nconfiguration:\n  \
             oauth.api.key: ${{{{ env.API_KEY }}}}\n  oauth.api.secret: ${{{{ env.API_SECRET }}}}\n  \
             oauth.callback.url: https://app.example/\n  \
             event.notification.callback.url: ${{{{ instance.webhook_url }}}}\n\
             providerData: {{ code: \"${{{{ env.CODE_{number} }}}}\" }}\n"
        );
        for (kind, text) in [("desk", desk), ("shop", shop), ("social", social)] {
            fs::write(instances.join(format!("{kind}{number}.yaml")), text).unwrap();
        }
    }
}
