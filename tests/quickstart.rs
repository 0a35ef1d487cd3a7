//! The quickstart example: it serves, and the commands that it prints work.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The running example, killed when the test ends.
struct Quickstart(Child);

impl Drop for Quickstart {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo test` builds the examples next to the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = target.join("examples").join(format!("quickstart{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "run `cargo build --example quickstart` first: {}", binary.display());
    binary
}

#[actix_web::test]
async fn its_curl_lines_give_what_they_say() {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLERK_")) {
        command.env_remove(name);
    }
    let mut child = command.env("PORT", "0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let _quickstart = Quickstart(child);

    let client = awc::Client::default();
    let (mut expected, mut tried) = (None, Vec::new());
    for line in output.lines().map(Result::unwrap) {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix("# ") {
            expected = comment.split(':').next().and_then(|status| status.parse::<u16>().ok());
        }
        if line.starts_with("curl ") {
            let mut request = client.get(line.rsplit(' ').next().unwrap());
            if let Some(header) = line.split('\'').nth(1) {
                request = request.insert_header(header.split_once(": ").unwrap());
            }
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(Some(status), expected.take(), "{line}");
            tried.push(status);
        }
        if tried.len() == 2 {
            break;
        }
    }
    assert_eq!(tried, [401, 200]);
}
