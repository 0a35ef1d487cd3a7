//! Development without keys: the application on `LocalClerk`, a local Clerk inside the process, and what to try with it.
//!
//! Not part of what you deploy: the feature `local` is off there.

use std::{env, error::Error, net::TcpListener, time::Duration};

use clerk_actix::{
    Revocations,
    testing::{self, LocalClerk, SignedWebhook, TestUser},
};
use futures_util::future::try_join;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};

use crate::{
    clerk,
    note::{Draft, Owner, Text},
    server::{Application, serve},
    store::Store,
};

/// Serves until Ctrl+C.
///
/// # Errors
///
/// If the local Clerk cannot start, or the database fails.
pub async fn run(
    store: Store,
    revocations: Revocations,
    prometheus: PrometheusHandle,
    site: TcpListener,
    metrics: TcpListener,
) -> Result<(), Box<dyn Error>> {
    // A folder with @clerk/clerk-js and @clerk/ui, for Clerk's own components. Pages work without it.
    let npm_folder = env::var("NPM_FOLDER").ok().filter(|folder| !folder.is_empty());
    let local = match &npm_folder {
        Some(folder) => LocalClerk::builder().npm_folder(folder).start()?,
        None => LocalClerk::start()?,
    };
    let has_clerk_js = npm_folder.is_some();
    let builder = local.config_builder();
    let builder = if has_clerk_js { builder.frontend_api_proxy("/__clerk") } else { builder };
    let clerk = clerk::settings(builder, &revocations).build()?;
    let draft = Draft { title: "Welcome".to_owned(), body: "Everybody in the team can read this.".to_owned() };
    store.add_note(&Owner::new("org_acme"), "user_ada", Text::try_from(draft)?).await?;

    let (port, metrics_port) = (site.local_addr()?.port(), metrics.local_addr()?.port());
    let application = Application { clerk, revocations, store, has_clerk_js, prometheus };
    let (site, metrics) = serve(application, site, metrics)?;
    tell_the_application(&local, port);
    print_what_to_try(&local, port, metrics_port);
    try_join(site, metrics).await?;
    Ok(())
}

/// Sends the webhooks that Clerk would have sent so far.
pub fn tell_the_application(local: &LocalClerk, port: u16) {
    local.send_webhooks_to(&format!("http://localhost:{port}/webhooks/clerk"));
    for user in local.users() {
        local.send_webhook("user.created", described(&user));
    }
}

/// Describes a user as Clerk's webhooks do, with the members that this application reads.
fn described(user: &TestUser) -> Value {
    let (first, last) = user.name().split_once(' ').unwrap_or((user.name(), ""));
    json!({ "object": "user", "id": user.id(), "first_name": first, "last_name": last })
}

fn print_what_to_try(local: &LocalClerk, port: u16, metrics_port: u16) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let site = format!("http://localhost:{port}");
    let notes = format!("{site}/api/notes");
    let users = local.users();
    let (ada, grace, alan) = (&users[0], &users[1], &users[2]);
    let token = local.mint(ada.session().lifetime(HOUR));
    let of_alan = local.mint(alan.session().lifetime(HOUR));
    let key = local.mint(testing::api_key("org_acme").name("Export").scopes(["notes:read"]));
    println!("\n  In a browser, open {site} and sign in as {}; in a private window, as {}.", ada.name(), grace.name());
    println!("\n  With curl:\n");
    println!("  # 401: no token\n  curl -i {notes}\n");
    println!("  # 200: the notes of Acme, {}'s team", ada.name());
    println!("  curl -i -H 'Authorization: Bearer {token}' {notes}\n");
    println!("  # 201: a new one");
    println!(
        "  curl -i -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{\"title\":\"Plan\"}}' {notes}\n"
    );
    println!("  # 200: Acme's API key may read");
    println!("  curl -i -H 'Authorization: Bearer {key}' {notes}\n");
    println!("  # 403: but it may not write");
    println!(
        "  curl -i -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"title\":\"Plan\"}}' {notes}\n"
    );
    println!("  # 200: {} is in no team, and has his own notes", alan.name());
    println!("  curl -i -H 'Authorization: Bearer {of_alan}' {notes}\n");
    println!("  # 303: signs {} out everywhere", ada.name());
    println!("  curl -i -X POST -H 'Authorization: Bearer {token}' {site}/sign-out-everywhere\n");
    println!("  # 401: at once, though the token lives for an hour");
    println!("  curl -i -H 'Authorization: Bearer {token}' {notes}\n");
    println!("  # 204: a webhook says that Acme was deleted (signed, so it works for five minutes)");
    let deleted = testing::webhook(
        "organization.deleted",
        json!({ "object": "organization", "id": "org_acme", "deleted": true }),
    );
    println!(
        "  {}\n",
        as_curl(&deleted.secret(local.webhook_signing_secret()).build(), &format!("{site}/webhooks/clerk"))
    );
    println!("  # 200: ready, and what was counted");
    println!("  curl -i {site}/readyz\n  curl -i http://localhost:{metrics_port}/metrics\n");
    println!(
        "  This runs on LocalClerk, a local stand-in for Clerk. To use Clerk itself, set CLERK_PUBLISHABLE_KEY and"
    );
    println!("  CLERK_SECRET_KEY.\n");
}

fn as_curl(webhook: &SignedWebhook, url: &str) -> String {
    let headers = webhook.headers.iter().map(|(name, value)| format!("-H '{name}: {value}' ")).collect::<String>();
    format!("curl -i {headers}-d '{}' {url}", String::from_utf8_lossy(&webhook.body))
}
