//! Examples, run as programs. They print an address, and end with the test.

#![allow(dead_code, reason = "each binary uses its own part")]

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Once,
    thread,
};

/// The workspace. Two packages have this module.
const ROOT: &str = match env!("CARGO_PKG_NAME").as_bytes() {
    b"clerk-actix-browser-tests" => concat!(env!("CARGO_MANIFEST_DIR"), "/../.."),
    _ => concat!(env!("CARGO_MANIFEST_DIR"), "/.."),
};

/// A process that ends with the test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether an example finds the packages of npm.
#[derive(Clone, Copy, PartialEq)]
pub enum Npm {
    Installed,
    /// As for a newcomer.
    Missing,
}

/// Builds the examples of this build's profile, once. `cargo test` builds those that have tests only as tests.
fn build_examples(target: &Path) {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--quiet", "--locked", "--examples", "--target-dir"]).arg(target.parent().unwrap());
        if target.ends_with("release") {
            command.arg("--release");
        }
        let status = command.current_dir(ROOT).status().unwrap();
        assert!(status.success(), "the examples cannot be built");
    });
}

/// Returns an example to start.
pub fn program(name: &str, npm: Npm) -> Command {
    let tests = env::current_exe().unwrap();
    let target = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let is_package = name == "notes";
    if !is_package {
        build_examples(target);
    }
    let folder = if is_package { target.to_owned() } else { target.join("examples") };
    let binary = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "run `cargo build -p {name}` first: {}", binary.display());
    let mut command = Command::new(binary);
    for (name, _) in
        env::vars().filter(|(name, _)| name.starts_with("CLERK_") || name == "NPM_FOLDER" || name == "REDIS_URL")
    {
        command.env_remove(name);
    }
    if npm == Npm::Missing {
        command.env("NPM_FOLDER", "");
    } else if name == "notes" {
        // The examples of the root package find the folder by themselves.
        command.env("NPM_FOLDER", concat!(env!("CARGO_MANIFEST_DIR"), "/npm/node_modules"));
    }
    for port in ["PORT", "BILLING_PORT", "METRICS_PORT", "SATELLITE_PORT", "SECOND_PORT"] {
        command.env(port, "0");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Starts an example, and returns what it prints, line by line.
pub fn example(name: &str, npm: Npm) -> (Process, impl Iterator<Item = String> + Send + use<>) {
    let mut child = program(name, npm).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (Process(child), lines.map(Result::unwrap))
}

/// Starts an example, and returns the address that it prints.
pub fn start(name: &str, npm: Npm) -> (Process, String) {
    let (process, mut lines) = example(name, npm);
    let line = lines.find(|line| line.contains("In a browser, open ")).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = url.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned();
    thread::spawn(move || lines.for_each(drop));
    (process, url)
}
