use clerk_actix::{Authorized, require};

struct Admin;

async fn handler(_: Authorized<Admin>) -> &'static str {
    "what may they do?"
}

fn extract<T: actix_web::FromRequest>() {}

fn main() {
    extract::<Authorized<Admin>>();
    let _ = require::<Admin>();
    let _ = handler;
}
