//! The same work as people do it today, side by side: `ocon apply`, a Python script, curl with jq
//! after the help page, and an Ansible playbook, on instances of 25 keys of which five are declared.
//!
//! Run it with `cargo bench --bench peers`; `-- 500` after it takes another number of instances. It
//! needs Python 3.11 with venv, curl 7.82, jq 1.6 and bash; what else the peers need is installed
//! in `target/peers`. All are processes of their own beside a sandbox on the same machine, measured
//! in one run; how they work is in `benches/peers/`. After each run `ocon plan` has to agree that
//! nothing is left to do, and each repair has to be one PATCH.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops where it fails, and prints"
)]

#[path = "support/cost.rs"]
mod cost;
#[path = "support/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use self::cost::{Cost, cheapest, ratio, seconds};
use self::world::{Served, Server};

/// So many instances are to be repaired, where any are.
const DRIFTED: usize = 100;

/// The instances for what takes minutes with more of them.
const FEW: usize = 100;

#[derive(Clone, Copy)]
enum Tool {
    Ocon,
    Script,
    Shell,
    Ansible,
}

fn main() {
    if cost::measured() || world::served() {
        return;
    }
    let mut given = std::env::args().skip(1).filter(|word| word != "--bench");
    let many = given.next().map_or(1_000, |size| size.parse().unwrap());
    install();
    println!(
        "| work | with | instances | requests | wall | CPU | peak memory | per instance | wall / ocon |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for drifted in [0, DRIFTED] {
        for instances in [many, FEW] {
            let mut ocon = None;
            for tool in [Tool::Ocon, Tool::Script, Tool::Shell, Tool::Ansible] {
                if instances > FEW && matches!(tool, Tool::Ansible) {
                    continue;
                }
                let row = measure(tool, instances, drifted);
                let reference = *ocon.get_or_insert(row.cost.wall);
                println!("{}", row.line(reference));
            }
        }
    }
}

struct Row {
    tool: Tool,
    instances: usize,
    drifted: usize,
    requests: usize,
    cost: Cost,
}

/// The cheapest of some runs of the tool.
fn measure(tool: Tool, instances: usize, drifted: usize) -> Row {
    let runs = if matches!(tool, Tool::Ansible) { 1 } else { 3 };
    let mut requests = 0;
    let cost = cheapest(runs, || {
        let (cost, all) = run(tool, instances, drifted);
        requests = all;
        cost
    });
    Row { tool, instances, drifted, requests, cost }
}

/// Runs the tool on a sandbox of its own, makes sure that it did its work, and counts its requests.
fn run(tool: Tool, instances: usize, drifted: usize) -> (Cost, usize) {
    let root = tempfile::tempdir().unwrap();
    world::write_files(root.path(), instances);
    let mut server = Server::start(root.path(), Served { instances, drifted, delay: 0 });
    let cost = cost::cost(&tool.command(&server, root.path()));
    let requests = server.requests();
    assert_eq!(requests.writes, drifted, "{}", tool.name());
    let left = server.ocon(root.path(), &["plan", "--detailed-exitcode"]).output().unwrap();
    assert!(left.status.success(), "{}", String::from_utf8_lossy(&left.stdout));
    (cost, requests.all)
}

impl Tool {
    const fn name(self) -> &'static str {
        match self {
            Self::Ocon => "`ocon apply`",
            Self::Script => "Python script",
            Self::Shell => "curl + jq",
            Self::Ansible => "Ansible playbook",
        }
    }

    fn command(self, server: &Server, root: &Path) -> Command {
        let mut command = match self {
            Self::Ocon => return server.ocon(root, &["apply", "--yes"]),
            Self::Script => {
                let mut python = Command::new(installed("python"));
                python.arg(ours("script.py")).arg(root);
                python
            }
            Self::Shell => {
                let mut shell = Command::new("bash");
                shell.arg(ours("help_page.sh")).arg(root);
                shell
            }
            Self::Ansible => {
                let mut ansible = Command::new(installed("ansible-playbook"));
                ansible.arg(ours("playbook.yml")).arg("--extra-vars");
                ansible.arg(format!("folder={}", root.display()));
                ansible.args(["--inventory", "localhost,"]).env("ANSIBLE_NOCOLOR", "1");
                ansible
            }
        };
        server.introduce(&mut command);
        command
    }
}

impl Row {
    fn line(&self, reference: Duration) -> String {
        let work = match self.drifted {
            0 => "nothing to do".to_owned(),
            drifted => format!("{drifted} to repair"),
        };
        let Cost { wall, cpu, peak } = self.cost;
        let each = wall / u32::try_from(self.instances).unwrap();
        format!(
            "| {work} | {} | {} | {} | {} | {} | {} MiB | {:.2} ms | {:.1} × |",
            self.tool.name(),
            self.instances,
            self.requests,
            seconds(wall),
            seconds(cpu),
            peak / 1024,
            cost::milliseconds(each),
            ratio(wall, reference),
        )
    }
}

/// Makes the environment of the Python peers, where it is not there yet.
fn install() {
    if installed("ansible-playbook").exists() {
        return;
    }
    let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
    run(Command::new("python3").args(["-m", "venv"]).arg(environment()));
    let mut pip = Command::new(installed("pip"));
    run(pip.args(["install", "--quiet", "--requirement"]).arg(ours("requirements.txt")));
}

fn environment() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers")
}

fn installed(program: &str) -> PathBuf {
    environment().join("bin").join(program)
}

fn ours(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(file)
}
