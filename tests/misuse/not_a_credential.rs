use clerk_actix::RequireAuth;

struct Customer;

async fn handler(_: RequireAuth<Customer>) -> &'static str {
    "who is that?"
}

fn extract<T: actix_web::FromRequest>() {}

fn main() {
    extract::<RequireAuth<Customer>>();
    let _ = handler;
}
