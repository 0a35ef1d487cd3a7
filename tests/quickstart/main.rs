//! The quickstart and other examples with pages, run as programs. They need their own binary, which `just browser` runs
//! without the others.

mod browser;
#[path = "../support/chromium.rs"]
mod chromium;
mod curl_lines;
mod pages;
mod pages_in_a_browser;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use chromium::Process;

/// Starts an example as a newcomer does who has not installed npm's packages, and returns what it prints, line by line.
/// `cargo test` builds the examples next to the tests.
fn example(name: &str) -> (Process, impl Iterator<Item = String> + Send + use<>) {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = target.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "run `cargo build --example {name}` first: {}", binary.display());
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLERK_")) {
        command.env_remove(name);
    }
    let mut child =
        command.env("PORT", "0").env("NPM_FOLDER", "").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (Process(child), lines.map(Result::unwrap))
}

/// Starts an example, and returns the address that it prints.
fn start(name: &str) -> (Process, String) {
    let (process, mut lines) = example(name);
    let line = lines.find(|line| line.contains("In a browser, open ")).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = url.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    (process, url)
}
