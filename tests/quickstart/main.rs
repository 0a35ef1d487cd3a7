//! The quickstart example, run as a program. It needs its own binary, which `just browser` runs without the others.

mod browser;
mod curl_lines;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the quickstart as a newcomer does, and returns what it prints, line by line. `cargo test` builds the examples
/// next to the tests.
fn quickstart() -> (Process, impl Iterator<Item = String> + Send) {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = target.join("examples").join(format!("quickstart{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "run `cargo build --example quickstart` first: {}", binary.display());
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLERK_")) {
        command.env_remove(name);
    }
    let mut child = command.env("PORT", "0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (Process(child), lines.map(Result::unwrap))
}
