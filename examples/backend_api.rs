//! Calls to Clerk's Backend API with `ClerkClient`, on a [`LocalClerk`].
//!
//! ```sh
//! cargo run --example backend_api --features testing,backend-api
//! ```
//!
//! With the feature `backend-api`, every call of Clerk's API is a method; without it, `request` makes any other call by its
//! path.

use actix_web::http::Method;
use clerk_actix::{
    ClerkApiError, ClerkClient, GetTokenOptions,
    api::{Page, SessionStatus},
    client::NewApiKey,
    testing::{self, LocalClerk},
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    // Creates a session, as if Ada had signed in.
    local.mint(testing::session("user_ada").session_id("sess_ada"));

    // Handlers get it as an extractor; here there is no request.
    let clerk = ClerkClient::new(local.config());
    let user = clerk.users().get("user_ada").await?;
    let address = user.primary_email_address().map_or("", |address| &address.email_address);
    println!("{} <{address}>", user.full_name().unwrap_or_default());
    for session in clerk.sessions().list(&user.id).status(SessionStatus::Active).limit(5).await?.data {
        let token = clerk.sessions().get_token(&session.id, GetTokenOptions::new()).await?;
        println!("{} is active; a new token of it has {} bytes", session.id, token.expose().len());
    }
    let key = clerk.api_keys().create(NewApiKey::new(&user.id, "Nightly export").scopes(["exports:read"])).await?;
    println!("{} may {:?}", key.id, key.scopes);

    // A list of any length, page by page.
    let mut memberships = clerk.users().organization_memberships(&user.id).all();
    while let Some(membership) = memberships.next().await {
        let membership = membership?;
        println!("{} in {}", membership.role, membership.organization.name);
    }

    // For a call without a method, give the path and your own type for the response.
    #[derive(serde::Deserialize)]
    struct Membership {
        role: String,
    }
    let path = ["users", &user.id, "organization_memberships"];
    let memberships = clerk.request::<Page<Membership>>(Method::GET, path).limit(100).await?;
    println!("{:?}", memberships.data.iter().map(|one| one.role.as_str()).collect::<Vec<_>>());

    // Clerk's error details are for your code and the log. As a response, this error is a 404 without them.
    match clerk.users().get("user_nobody").await {
        Err(error @ ClerkApiError::NotFound(_)) => println!("{error}"),
        other => println!("{other:?}"),
    }
    Ok(())
}
