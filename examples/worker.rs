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

/// Takes jobs until the queue is closed.
async fn work(config: ClerkConfig, mut jobs: mpsc::Receiver<Job>) {
    // A job can wait for Clerk's rate limit longer than a request.
    let clerk = ClerkClient::new(config.clone()).wait_for_rate_limit(Duration::from_secs(60));
    while let Some(job) = jobs.recv().await {
        let session = match config.verify_session_token(&job.token).await {
            Ok(session) => session,
            Err(refused) => {
                println!("{}: refused, {}", job.report, refused.reason());
                continue;
            }
        };
        match send(&clerk, session.user_id(), job.report).await {
            Ok(line) => println!("{line}"),
            // Worth another try later: put the job back.
            Err(error) if error.is_transient() => println!("{}: later, {error}", job.report),
            Err(error) => println!("{}: failed, {error}", job.report),
        }
    }
}

async fn send(clerk: &ClerkClient, user_id: &str, report: &str) -> Result<String, ClerkApiError> {
    let user = clerk.users().get(user_id).await?;
    let address = user.primary_email_address().filter(|address| address.is_verified());
    let address = address.map_or("nobody", |address| &address.email_address);
    Ok(format!("{report}: sent to {address}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    let (queue, jobs) = mpsc::channel(100);
    // With Clerk itself: `ClerkConfig::from_env()?`.
    let worker = tokio::spawn(work(local.config(), jobs));

    queue.send(Job { token: local.session_token("user_ada"), report: "invoices" }).await?;
    queue.send(Job { token: local.mint(testing::session("user_nobody")), report: "members" }).await?;
    queue.send(Job { token: "made.up.token".to_owned(), report: "secrets" }).await?;
    drop(queue);
    worker.await?;
    Ok(())
}
