//! The memory of a token that anyone can make up: what its decoding takes, in proportion to its text.

use actix_web::{App, HttpResponse, test, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{Auth, ClerkMiddleware};

use crate::{
    allocations, alone,
    support::{cookie_suffix, local_clerk},
};

/// The longest token that is decoded.
const LIMIT: usize = 16 << 10;

/// The most that may be held at once, in multiples of the request. A list of numbers of one digit, of which each takes two
/// bytes in the text and 32 in a list that grows by doubling, is the worst.
const MULTIPLE: usize = 35;

fn jwt(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// Returns a list of values, nested as deep as JSON is read, of about this many bytes.
fn nested(opens: &str, closes: &str, bytes: usize) -> String {
    const DEPTH: usize = 100;
    let one = format!("{}0{}", opens.repeat(DEPTH), closes.repeat(DEPTH));
    format!("[{}]", vec![one.as_str(); (bytes / (one.len() + 1)).max(1)].join(","))
}

#[actix_web::test]
async fn a_token_takes_a_small_multiple_of_its_text() {
    let _alone = alone().await;
    let clerk = local_clerk();
    let app =
        App::new().wrap(ClerkMiddleware::new(clerk.config())).default_service(web::to(async |auth: Auth| match auth {
            Auth::Authenticated(_) => HttpResponse::Ok().finish(),
            Auth::Unauthenticated(_) => HttpResponse::Unauthorized().finish(),
        }));
    let app = test::init_service(app).await;
    // Loads the keys.
    let good = clerk.session_token("user_1");
    let request = || test::TestRequest::get().insert_header(("Authorization", format!("Bearer {good}")));
    assert_eq!(test::call_service(&app, request().to_request()).await.status(), 200);

    let header = r#"{"alg":"RS256","kid":"x","typ":"JWT"}"#;
    let of_claim = |claim: &str, value: &str| jwt(header, &format!(r#"{{"sub":"user_1","{claim}":{value}}}"#));
    type Make<'m> = Box<dyn Fn(usize) -> String + 'm>;
    let kinds: [(&str, Make<'_>); 9] = [
        ("maps in the audience", Box::new(|bytes| of_claim("aud", &nested(r#"{"":"#, "}", bytes)))),
        ("lists in the audience", Box::new(|bytes| of_claim("aud", &nested("[", "]", bytes)))),
        (
            "a map of maps for a subject",
            Box::new(|bytes| of_claim("sub", &format!(r#"{{"a":{}}}"#, nested(r#"{"":"#, "}", bytes)))),
        ),
        (
            "maps among the permissions",
            Box::new(|bytes| of_claim("o", &format!(r#"{{"per":{}}}"#, nested(r#"{"":"#, "}", bytes)))),
        ),
        ("maps in a claim that no rule reads", Box::new(|bytes| of_claim("x", &nested(r#"{"":"#, "}", bytes)))),
        (
            "maps in the header",
            Box::new(|bytes| jwt(&format!(r#"{{"alg":"RS256","kid":{}}}"#, nested(r#"{"":"#, "}", bytes)), "{}")),
        ),
        ("a list of digits", Box::new(|bytes| of_claim("aud", &format!("[{}0]", "0,".repeat(bytes / 2))))),
        ("a list of empty texts", Box::new(|bytes| of_claim("fva", &format!("[{}0]", r#""","#.repeat(bytes / 3))))),
        ("one long text", Box::new(|bytes| of_claim("azp", &format!(r#""\\{}""#, "a".repeat(bytes))))),
    ];
    let suffix = cookie_suffix(&clerk);
    for (name, make) in kinds {
        // Just below the limit, and far above it.
        for bytes in [LIMIT * 3 / 4 - 400, 90_000] {
            let token = make(bytes);
            assert!((bytes > LIMIT) == (token.len() > LIMIT), "{name}: {}", token.len());
            for (carrier, field, value) in [
                ("the header", "Authorization", format!("Bearer {token}")),
                ("the plain cookie", "Cookie", format!("__session={token}; __client_uat=1")),
                ("the suffixed cookie", "Cookie", format!("__session_{suffix}={token}; __client_uat_{suffix}=1")),
            ] {
                let request = test::TestRequest::get().insert_header((field, value)).to_request();
                allocations::weigh();
                let response = test::call_service(&app, request).await;
                let most = usize::try_from(allocations::most_held()).unwrap();
                assert_eq!(response.status(), 401, "{name}, {carrier}");
                let allowed = if token.len() > LIMIT { 20_000 } else { MULTIPLE * token.len() };
                assert!(most <= allowed, "{name}, {carrier}: {most} bytes for {} bytes", token.len());
                println!("{most:>8} bytes for {:>6}: {name}, {carrier}", token.len());
            }
        }
    }
}
