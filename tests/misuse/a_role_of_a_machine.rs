use actix_web::web;
use clerk_actix::{ApiKey, Authorized, Check, Policy};

struct Admin;
impl Policy for Admin {
    const REQUIRES: Check = Check::new().role("org:admin");
}

async fn handler(_: Authorized<Admin, ApiKey>) -> &'static str {
    "API keys have scopes"
}

fn main() {
    let _ = web::get().to(handler);
}
