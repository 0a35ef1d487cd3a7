use actix_web::web;
use clerk_actix::{Check, RequireAuth};

async fn handler(user: RequireAuth, feature: web::Path<String>) -> String {
    user.has(&Check::new().feature(&feature)).to_string()
}

fn main() {
    let _ = handler;
}
