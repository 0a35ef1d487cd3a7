//! Checks the setup: the keys, the signing keys, the clock, the settings of production, the sign-in page and TLS.
//!
//! ```sh
//! cargo run --example doctor
//! ```
//!
//! Reads the keys from the environment or `.env`: `CLERK_PUBLISHABLE_KEY`, `CLERK_SECRET_KEY` and the others. Without
//! keys, it checks [`LocalClerk`], a local Clerk inside the process. The exit code is 1 if a check failed.

use std::{env, process::ExitCode};

use clerk_actix::{ClerkConfig, testing::LocalClerk};

#[actix_web::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    dotenvy::dotenv().ok(); // reads .env
    if !has_keys() {
        println!("No keys are set: this checks LocalClerk, a local stand-in for Clerk. To check your own setup, set");
        println!("CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY.\n");
        let clerk = LocalClerk::start()?;
        return Ok(check(&clerk.config()).await);
    }
    match ClerkConfig::from_env() {
        Ok(config) => Ok(check(&config).await),
        Err(error) => {
            println!("{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn check(config: &ClerkConfig) -> ExitCode {
    let report = config.doctor().await;
    println!("{report}");
    if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn has_keys() -> bool {
    let keys = ["CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_MACHINE_SECRET_KEY"];
    keys.into_iter().any(|name| env::var(name).is_ok_and(|value| !value.is_empty()))
}
