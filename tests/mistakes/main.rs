//! Mistakes that users make, each run against a real server: one log line, or the page, names the cause. Own process:
//! the tests capture its log, and run one after the other.

mod browsers;
mod servers;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod webhooks;

use tracing_subscriber::{filter::Targets, fmt, prelude::*};

use support::log::Log;

/// The table: each mistake, and what came of it.
struct Mistakes {
    log: Log,
    made: usize,
    unexplained: Vec<String>,
}

impl Mistakes {
    /// Makes a mistake. `work` returns what its user sees: an error message or the body of a page. One line of the log,
    /// or what the user sees, has to contain all of `expected`; and none may contain `Clerk's` advice on keys if the
    /// cause is the clock.
    async fn make(&mut self, name: &str, work: impl Future<Output = String>, expected: &[&str]) {
        self.made += 1;
        self.log.clear();
        let seen = work.await;
        let log = self.log.text();
        let names_the_cause = |line: &str| expected.iter().all(|part| line.contains(part));
        if !log.lines().chain([&*seen.replace('\n', " ")]).any(names_the_cause) {
            self.unexplained.push(format!("== {name}: nothing contains {expected:?}\n{log}\nseen: {seen}\n"));
        }
        let is_about_the_clock = expected.iter().any(|part| part.contains("clock"));
        if is_about_the_clock && log.lines().any(|line| line.contains("validate your secret and public keys")) {
            self.unexplained.push(format!("== {name}: the log blames the keys\n{log}"));
        }
    }
}

#[actix_web::test]
async fn every_mistake_is_named() {
    let log = Log::default();
    let writer = log.clone();
    let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let filter = Targets::new().with_target("clerk_actix", tracing::Level::DEBUG);
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();

    let mut mistakes = Mistakes { log, made: 0, unexplained: Vec::new() };
    settings::make(&mut mistakes).await;
    servers::make(&mut mistakes).await;
    tokens::make(&mut mistakes).await;
    browsers::make(&mut mistakes).await;
    webhooks::make(&mut mistakes).await;
    assert!(mistakes.unexplained.is_empty(), "{}", mistakes.unexplained.join("\n"));
    assert!(mistakes.made >= 60, "only {} mistakes", mistakes.made);
}
