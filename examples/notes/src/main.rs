//! Starts the application: on Clerk if keys are set, and otherwise on a local Clerk.

use std::{env, error::Error};

use clerk_actix::Revocations;
use futures_util::future::try_join;
use notes::{
    clerk, observability,
    server::{Application, serve},
    settings::Settings,
    store::Store,
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    dotenvy::dotenv().ok(); // reads .env
    observability::log_to_the_terminal();
    let settings = Settings::from_env()?;
    if env::args().any(|argument| argument == "--doctor") {
        let report = clerk::settings(clerk::from_env()?, &Revocations::new()).build()?.doctor().await;
        println!("{report}");
        return if report.is_ok() { Ok(()) } else { Err("a check failed".into()) };
    }
    let (site, metrics) = (settings.listen()?, settings.listen_for_prometheus()?);
    let prometheus = observability::install_prometheus()?; // before anything counts
    let store = Store::open(&settings.database_path)?;
    let revocations = Revocations::new();

    #[cfg(feature = "local")]
    if !settings.has_keys {
        return notes::local::run(store, revocations, prometheus, site, metrics).await;
    }
    let clerk = clerk::settings(clerk::from_env()?, &revocations).build()?;
    let application = Application { clerk, revocations, store, has_clerk_js: true, prometheus };
    tracing::info!(site = %site.local_addr()?, metrics = %metrics.local_addr()?, "listening");
    let (site, metrics) = serve(application, site, metrics)?;
    try_join(site, metrics).await?;
    Ok(())
}
