//! A worker that takes jobs from a queue, under plain Tokio: it verifies the token that a job came with, and calls Clerk,
//! without Actix.
//!
//! ```sh
//! cargo run --example worker
//! ```
//!
//! The web server that accepted a request puts the caller's token into the queue with the job. The worker trusts nothing
//! else: who asked for the job, and in which organization, is in the token.
//!
//! A session token lives for a minute. For jobs that wait longer, let the caller use an API key, or put the IDs that the web
//! server verified into a queue that only your own services can write to.

use std::time::Duration;

use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig,
    testing::{self, LocalClerk},
};
use tokio::sync::mpsc;

/// A job as it is in the queue.
struct Job {
    token: String,
    report: &'static str,
}

/// Takes jobs until the queue is closed, and reports what became of each.
async fn work(config: ClerkConfig, mut jobs: mpsc::Receiver<Job>, mut done: impl FnMut(String)) {
    // A job can wait for Clerk's rate limit longer than a request.
    let clerk = ClerkClient::new(config.clone()).wait_for_rate_limit(Duration::from_secs(60));
    while let Some(job) = jobs.recv().await {
        done(format!("{}: {}", job.report, carry_out(&config, &clerk, &job).await));
    }
}

async fn carry_out(config: &ClerkConfig, clerk: &ClerkClient, job: &Job) -> String {
    let session = match config.verify_session_token(&job.token).await {
        Ok(session) => session,
        Err(refused) => return format!("refused, {}", refused.reason()),
    };
    match address(clerk, session.user_id()).await {
        Ok(address) => format!("sent to {}", address.as_deref().unwrap_or("nobody")),
        // Worth another try later: put the job back.
        Err(error) if error.is_transient() => format!("later, {error}"),
        Err(error) => format!("failed, {error}"),
    }
}

async fn address(clerk: &ClerkClient, user_id: &str) -> Result<Option<String>, ClerkApiError> {
    let user = clerk.users().get(user_id).await?;
    let address = user.primary_email_address().filter(|address| address.is_verified());
    Ok(address.map(|address| address.email_address.clone()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    let (queue, jobs) = mpsc::channel(100);
    // With Clerk itself: `ClerkConfig::from_env()?`.
    let worker = tokio::spawn(work(local.config(), jobs, |line| println!("{line}")));

    queue.send(Job { token: local.session_token("user_ada"), report: "invoices" }).await?;
    queue.send(Job { token: local.mint(testing::session("user_nobody")), report: "members" }).await?;
    queue.send(Job { token: "made.up.token".to_owned(), report: "secrets" }).await?;
    drop(queue);
    worker.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clerk_actix::testing::{Behavior, Endpoint};

    use super::*;

    /// What becomes of a job with this token.
    async fn outcome(local: &LocalClerk, token: String) -> String {
        let (queue, jobs) = mpsc::channel(1);
        queue.send(Job { token, report: "invoices" }).await.unwrap();
        drop(queue);
        let mut lines = Vec::new();
        work(local.config(), jobs, |line| lines.push(line)).await;
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    #[tokio::test]
    async fn a_job_runs_for_the_caller_who_asked_for_it() {
        let local = LocalClerk::start().unwrap();
        let other = LocalClerk::start().unwrap();
        let unknown = local.mint(testing::session("user_nobody"));
        for (name, token, expected) in [
            ("a caller", local.session_token("user_ada"), "sent to ada@example.com"),
            ("another caller", local.session_token("user_grace"), "sent to grace@example.com"),
            ("no token", String::new(), "refused, "),
            ("a made-up token", "made.up.token".to_owned(), "refused, "),
            ("a token of another instance", other.session_token("user_ada"), "refused, "),
            ("a user who was deleted", unknown, "failed, "),
        ] {
            let line = outcome(&local, token).await;
            let found = line.strip_prefix("invoices: ").unwrap();
            assert!(
                if expected.ends_with(' ') { found.starts_with(expected) } else { found == expected },
                "{name}: {found}"
            );
        }
    }

    #[tokio::test]
    async fn an_expired_token_is_refused() {
        let local = LocalClerk::start().unwrap();
        let token = local.session_token("user_ada");
        local.clock().advance(Duration::from_secs(120));
        assert_eq!(outcome(&local, token).await, "invoices: refused, token-expired");
    }

    #[tokio::test]
    async fn a_job_that_meets_an_outage_comes_back_later() {
        let local = LocalClerk::start().unwrap();
        local.behave(Endpoint::GetUser, Behavior::Status(503));
        let line = outcome(&local, local.session_token("user_ada")).await;
        assert!(line.starts_with("invoices: later, "), "{line}");
    }
}
