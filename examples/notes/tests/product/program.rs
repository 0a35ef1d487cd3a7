//! The program itself, as a newcomer starts it: every command that it prints gives what stands above it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use actix_web::http::Method;
use awc::Client;

use crate::support::read;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program without keys.
fn start(environment: &[(&str, &str)]) -> (Process, impl Iterator<Item = String> + use<>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_notes"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLERK_")) {
        command.env_remove(name);
    }
    // A folder without `.env`.
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).env("NPM_FOLDER", "").env_remove("DATABASE_PATH");
    command.envs(environment.iter().copied()).env("RUST_LOG", "off").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (Process(child), lines.map(Result::unwrap))
}

#[actix_web::test]
async fn the_commands_give_what_stands_above_them() {
    let (_program, lines) = start(&[("PORT", "0"), ("METRICS_PORT", "0")]);
    let (client, mut expected, mut tried, mut last) =
        (Client::builder().disable_redirects().finish(), 0, 0, String::new());
    for line in lines {
        let line = line.trim();
        if let Some(label) = line.strip_prefix("# ") {
            expected = label.split(':').next().unwrap().parse().unwrap();
        }
        if line.starts_with("curl ") {
            let answer = run(&client, line).await;
            assert_eq!(answer.status, expected, "{line}: {}", answer.body);
            (tried, last) = (tried + 1, answer.body);
        }
        if line.contains("To use Clerk itself") {
            break;
        }
    }
    assert_eq!(tried, 11);
    // The last one is Prometheus'.
    for counted in [
        "notes_requests_total{route=\"/api/notes\",status=\"201\"} 1",
        "notes_webhooks_total{outcome=\"applied\"}",
        "clerk_rejections_total{status=\"403\",code=\"missing-scope\",token_type=\"api_key\"} 1",
    ] {
        assert!(last.contains(counted), "{counted}: {last}");
    }
}

/// Runs a command like `curl -i -X POST -H 'Name: value' -d 'body' URL`.
async fn run(client: &Client, line: &str) -> crate::support::Answer {
    // The parts at odd places are quoted.
    let parts: Vec<&str> = line.split('\'').collect();
    let url = parts.last().unwrap().split_whitespace().last().unwrap();
    let quoted: Vec<(&str, &str)> =
        parts.chunks_exact(2).map(|pair| (pair[0].split_whitespace().last().unwrap(), pair[1])).collect();
    let body = quoted.iter().find(|(option, _)| *option == "-d").map(|(_, body)| (*body).to_owned());
    let is_post = body.is_some() || line.contains("-X POST");
    let mut request = client.request(if is_post { Method::POST } else { Method::GET }, url);
    for (_, header) in quoted.iter().filter(|(option, _)| *option == "-H") {
        request = request.insert_header(header.split_once(": ").unwrap());
    }
    read(request.send_body(body.unwrap_or_default()).await.unwrap()).await
}

#[test]
fn a_setting_that_cannot_be_used_ends_the_program() {
    for (variable, value) in [("PORT", "http"), ("METRICS_PORT", "70000")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_notes"));
        command.current_dir(env!("CARGO_TARGET_TMPDIR")).env("PORT", "0").env("METRICS_PORT", "0").env(variable, value);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(variable) && error.contains(value), "{error}");
    }
}
