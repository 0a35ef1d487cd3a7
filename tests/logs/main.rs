//! Log lines and spans. These tests need their own process, because they capture its log.

#[path = "../../examples/support/clerk_span.rs"]
mod clerk_span;
mod operations;
mod secrets;
mod spans;
#[path = "../support/mod.rs"]
mod support;
mod url_credentials;
mod warnings;
mod webhooks;

use std::sync::LazyLock;

use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use support::log::Log;

/// Captures the log of this process from now on. Every test here begins with it, also those with a subscriber of their
/// own: `tracing` remembers for each log line whether anybody listens, so a line that is first reached on a thread
/// without a subscriber can be lost on the others.
fn log_of_this_process() -> &'static Log {
    static LOG: LazyLock<Log> = LazyLock::new(|| {
        let log = Log::default();
        let writer = log.clone();
        let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        tracing_subscriber::registry().with(layer).init();
        log
    });
    &LOG
}
