//! Two ways to call Clerk's Backend API: `ClerkClient`, for the calls that handlers need most, and the crate
//! [`clerk-rs`](https://crates.io/crates/clerk-rs), generated from Clerk's description of the whole API.
//!
//! ```sh
//! cargo run --example backend_api
//! ```
//!
//! | | `ClerkClient` | `clerk-rs` |
//! |---|---|---|
//! | calls | users, sessions, organizations, API keys, machine tokens; any other by its path | all, typed |
//! | resources | tolerate missing members, and members of another form | must match the description exactly |
//! | connections | kept by one thread of the process, over awc | reqwest |
//! | failures | one time limit, retries of temporary failures, typed errors that work as responses | left to you |
//! | in a handler | an extractor, for the instance that the request belongs to | your own value |
//!
//! The example runs on [`LocalClerk`], so `clerk-rs` is compiled without TLS here. To call Clerk itself, it needs its
//! default features.

use actix_web::http::Method;
use clerk_actix::{
    ClerkApiError, ClerkClient, GetTokenOptions,
    api::Page,
    client::NewApiKey,
    testing::{self, LocalClerk},
};
use clerk_rs::{Clerk, apis::configuration::Configuration, apis::users_api};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    // Creates a session, as if Ada had signed in.
    local.mint(testing::session("user_ada").session_id("sess_ada"));

    // Handlers get it as an extractor; here there is no request.
    let clerk = ClerkClient::new(local.config());
    let user = clerk.users().get("user_ada").await?;
    let address = user.primary_email_address().map_or("", |address| &address.email_address);
    println!("ClerkClient: {} <{address}>", user.full_name().unwrap_or_default());
    for session in clerk.sessions().list(&user.id).query("status", "active").limit(5).await?.data {
        let token = clerk.sessions().get_token(&session.id, GetTokenOptions::new()).await?;
        println!("ClerkClient: {} is active; a new token of it has {} bytes", session.id, token.expose().len());
    }
    let key = clerk.api_keys().create(NewApiKey::new(&user.id, "Nightly export").scopes(["exports:read"])).await?;
    println!("ClerkClient: {} may {:?}", key.id, key.scopes);

    // For a call without a method, give the path and your own type for the response.
    #[derive(serde::Deserialize)]
    struct Membership {
        role: String,
    }
    let path = ["users", &user.id, "organization_memberships"];
    let memberships = clerk.request::<Page<Membership>>(Method::GET, path).limit(100).await?;
    println!("ClerkClient: {:?}", memberships.data.iter().map(|one| one.role.as_str()).collect::<Vec<_>>());

    // Clerk's error details are for your code and the log. As a response, this error is a 404 without them.
    match clerk.users().get("user_nobody").await {
        Err(error @ ClerkApiError::NotFound(_)) => println!("ClerkClient: {error}"),
        other => println!("ClerkClient: {other:?}"),
    }

    // The same user, from the generated client.
    let base = format!("{}/v1", local.api_url());
    let everything = Clerk::new(Configuration::new(local.secret_key()).with_base_path(base));
    let user = users_api::get_user(&everything.config, "user_ada").await?;
    println!("clerk-rs:    {} {}", user.first_name.unwrap_or_default(), user.last_name.unwrap_or_default());
    Ok(())
}
