//! The JSON of `Auth` for frontends: which members are present, which are null, and which are left out.

use actix_web::{App, web};
use clerk_actix::{Auth, ClerkMiddleware, testing};
use serde_json::{Value, json};

use crate::support::{get, local_clerk, server, servers::serve};

/// For an unauthenticated request no member is left out: all are null.
#[actix_web::test]
async fn an_unauthenticated_caller_has_all_members() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let signed_out = json!({
        "tokenType": "session_token", "sessionClaims": null, "sessionId": null, "sessionStatus": null, "userId": null,
        "actor": null, "orgId": null, "orgRole": null, "orgSlug": null, "orgPermissions": null,
        "factorVerificationAge": null, "isAuthenticated": false,
    });
    assert_eq!(get(&server, "/auth", "a.b.c").await.json(), signed_out);
    let pending = clerk.mint(testing::session("user_1").claim("sts", "pending"));
    let mut expected = signed_out;
    expected["sessionStatus"] = json!("pending");
    assert_eq!(get(&server, "/auth", &pending).await.json(), expected);
}

/// The response has the token's numbers to the last digit, in the claims and in a custom type.
#[actix_web::test]
async fn numbers_pass_through_unchanged() {
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Custom {
        numbers: Vec<f64>,
    }

    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        let typed = async |auth: Auth| web::Json(auth.authenticated().unwrap().claims_as::<Custom>().unwrap());
        App::new()
            .route("/auth", web::get().to(async |auth: Auth| web::Json(auth)))
            .route("/typed", web::get().to(typed))
            .wrap(middleware.clone())
    });
    let numbers: Vec<f64> = (1..=400)
        .map(|n: u32| f64::from(n) / 7.0 * 10_f64.powi(n.cast_signed() % 37 - 18))
        .chain([0.1 + 0.2, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1e21, 9_007_199_254_740_991.0, -0.000_001])
        .collect();
    let token = clerk.mint(testing::session("user_1").claim("numbers", json!(numbers)));
    for (path, pointer) in [("/auth", "/sessionClaims/numbers"), ("/typed", "/numbers")] {
        let text = get(&server, path, &token).await.body;
        let found: Value = serde_json::from_str(&text).unwrap();
        let found = found.pointer(pointer).unwrap().as_array().unwrap();
        assert_eq!(found.len(), numbers.len());
        for (found, number) in found.iter().zip(&numbers) {
            assert_eq!(found.as_f64().map(f64::to_bits), Some(number.to_bits()), "{path}: {number}");
        }
    }
}
