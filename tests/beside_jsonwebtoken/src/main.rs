//! An application that uses jsonwebtoken for its own tokens, with the crypto library selected by its features, and
//! clerk-actix for session tokens. jsonwebtoken panics at the first token if both of its libraries are enabled, by
//! whatever crate.

use actix_web::{App, test, web};
use clerk_actix::{ClerkMiddleware, RequireAuth, testing::LocalClerk};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

#[actix_web::main]
async fn main() {
    let claims = json!({ "sub": "invoice_1", "exp": 4_000_000_000_u64 });
    let own = encode(&Header::default(), &claims, &EncodingKey::from_secret(b"secret")).unwrap();
    let read = decode::<Value>(&own, &DecodingKey::from_secret(b"secret"), &Validation::default()).unwrap();
    assert_eq!(read.claims, claims);

    let clerk = LocalClerk::start().unwrap();
    for config in [clerk.config(), clerk.config_without_network().unwrap()] {
        let app = App::new()
            .wrap(ClerkMiddleware::new(config))
            .route("/", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
        let app = test::init_service(app).await;
        let request = test::TestRequest::get();
        let request = request.insert_header(("Authorization", format!("Bearer {}", clerk.session_token("user_1"))));
        assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "user_1");
    }
    println!("both work");
}
