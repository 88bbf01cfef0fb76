//! Compares `ocon apply` with a Python script, curl with jq as in the vendor's help page, and an Ansible
//! playbook. The instances have 25 keys, of which five are declared.
//!
//! Run it with `cargo bench --bench peers`. For another number of instances, append `-- 500`. It needs
//! Python 3.11 with venv, curl 7.82, jq 1.6 and bash. It installs everything else in `target/peers`. All
//! tools are separate processes on the machine of the sandbox. Their code is in `benches/peers/`. After
//! each run, `ocon plan` must find no change, and each repair must be one PATCH.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark panics on errors and prints results"
)]

#[path = "support/cost.rs"]
mod cost;
#[path = "support/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use self::cost::{Cost, minimum, ratio, seconds};
use self::world::{SandboxSetup, Server};

/// Number of instances to repair.
const DRIFTED: usize = 100;

/// Number of instances for tools that take minutes for more.
const FEW: usize = 100;

#[derive(Clone, Copy)]
enum Tool {
    Ocon,
    Script,
    Shell,
    Ansible,
}

fn main() {
    if cost::measure_if_requested() || world::serve_if_requested() {
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

/// Minimum cost of several runs of the tool.
fn measure(tool: Tool, instances: usize, drifted: usize) -> Row {
    let runs = if matches!(tool, Tool::Ansible) { 1 } else { 3 };
    let mut requests = 0;
    let cost = minimum(runs, || {
        let (cost, all) = run(tool, instances, drifted);
        requests = all;
        cost
    });
    Row { tool, instances, drifted, requests, cost }
}

/// Runs the tool with a new sandbox, checks the result, and counts the requests.
fn run(tool: Tool, instances: usize, drifted: usize) -> (Cost, usize) {
    let root = tempfile::tempdir().unwrap();
    world::write_files(root.path(), instances);
    let mut server = Server::start(root.path(), SandboxSetup { instances, drifted, delay: 0 });
    let cost = cost::measure(&tool.command(&server, root.path()));
    let requests = server.requests();
    assert_eq!(requests.writes, drifted, "{}", tool.name());
    let plan = server.ocon(root.path(), &["plan", "--detailed-exitcode"]).output().unwrap();
    assert!(plan.status.success(), "{}", String::from_utf8_lossy(&plan.stdout));
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
                python.arg(source("script.py")).arg(root);
                python
            }
            Self::Shell => {
                let mut shell = Command::new("bash");
                shell.arg(source("help_page.sh")).arg(root);
                shell
            }
            Self::Ansible => {
                let mut ansible = Command::new(installed("ansible-playbook"));
                ansible.arg(source("playbook.yml")).arg("--extra-vars");
                ansible.arg(format!("folder={}", root.display()));
                ansible.args(["--inventory", "localhost,"]).env("ANSIBLE_NOCOLOR", "1");
                ansible
            }
        };
        server.configure(&mut command);
        command
    }
}

impl Row {
    fn line(&self, reference: Duration) -> String {
        let work = match self.drifted {
            0 => "no changes".to_owned(),
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

/// Creates the environment of the Python tools if it does not exist.
fn install() {
    if installed("ansible-playbook").exists() {
        return;
    }
    let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
    run(Command::new("python3").args(["-m", "venv"]).arg(environment()));
    let mut pip = Command::new(installed("pip"));
    run(pip.args(["install", "--quiet", "--requirement"]).arg(source("requirements.txt")));
}

fn environment() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers")
}

fn installed(program: &str) -> PathBuf {
    environment().join("bin").join(program)
}

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(file)
}
