//! `M2mTokenSource`: one token for all callers, renewed before it expires, and its behavior while Clerk is down.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    App,
    dev::Service,
    web::{self, Data},
};
use clerk_actix::{
    ClerkApiError, ClerkConfig, ClerkMiddleware, M2mToken, M2mTokenSource, RequireAuth,
    client::{M2mTokenFormat, NewM2mToken},
    testing::{
        Behavior,
        Endpoint::{CreateM2mToken, Jwks},
        LocalClerk,
    },
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::support::{
    get, local_clerk, payload, seconds, send, server,
    servers::{serve, serve_with},
};

fn config(clerk: &LocalClerk) -> ClerkConfig {
    clerk.config_builder().machine_secret_key(clerk.machine_secret_key()).api_timeout(seconds(300)).build().unwrap()
}

fn source(clerk: &LocalClerk, lifetime: u64) -> M2mTokenSource {
    M2mTokenSource::new(config(clerk), NewM2mToken::new().lifetime(seconds(lifetime))).unwrap()
}

async fn token(source: &M2mTokenSource) -> String {
    source.token().await.unwrap().expose().to_owned()
}

/// 100 requests to 4 workers, all waiting for the first token.
#[actix_web::test]
async fn one_for_all_callers_and_workers() {
    const REQUESTS: u32 = 100;
    let clerk = local_clerk();
    clerk.behave(CreateM2mToken, Behavior::Hang);
    let source = source(&clerk, 600);
    let arrived = Arc::new(Semaphore::new(0));
    let for_app = Arc::clone(&arrived);
    let server = serve_with(actix_test::config().workers(4), move || {
        let arrived = Arc::clone(&for_app);
        App::new()
            .app_data(Data::new(source.clone()))
            .wrap_fn(move |req, service| {
                arrived.add_permits(1);
                service.call(req)
            })
            .route(
                "/",
                web::get().to(async |source: Data<M2mTokenSource>| {
                    source.token().await.map(|token| token.expose().to_owned())
                }),
            )
    });
    let client = awc::Client::builder().timeout(seconds(300)).finish();
    let asking = (0..REQUESTS).map(|_| actix_web::rt::spawn(send(client.get(server.url("/")))));
    let asking: Vec<_> = asking.collect();
    arrived.acquire_many(REQUESTS).await.unwrap().forget();
    clerk.behave(CreateM2mToken, Behavior::Normal);
    let answers: Vec<_> = join_all(asking).await.into_iter().map(|answer| answer.unwrap()).collect();
    assert!(answers[0].body.starts_with("mt_"), "{}", answers[0].body);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(clerk.calls(CreateM2mToken), 1);
}

#[actix_web::test]
async fn it_opens_what_takes_machines() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(config(&clerk));
    let server = serve(move || {
        let who = async |machine: RequireAuth<M2mToken>| {
            let claims = machine.details().claims.clone().unwrap_or_default();
            format!("{} of {}", machine.machine_id(), claims["tenant"])
        };
        App::new().wrap(middleware.clone()).route("/", web::get().to(who))
    });
    for format in [M2mTokenFormat::Opaque, M2mTokenFormat::Jwt] {
        let wanted = NewM2mToken::new().claim("tenant", "acme").format(format);
        let source = M2mTokenSource::new(config(&clerk), wanted).unwrap();
        let text = token(&source).await;
        assert_eq!(text.starts_with("mt_"), format == M2mTokenFormat::Opaque);
        let answer = get(&server, "/", &text).await;
        assert_eq!((answer.status, answer.body), (200, format!("{} of \"acme\"", clerk.machine_id())));
        if format == M2mTokenFormat::Jwt {
            let claims = payload(&text);
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600, "an hour by default");
        }
    }
}

#[actix_web::test]
async fn renewed_ahead_of_its_end_while_no_caller_waits() {
    let clerk = local_clerk();
    let source = source(&clerk, 600);
    let first = token(&source).await;
    clerk.clock().advance(seconds(449));
    assert_eq!((token(&source).await, clerk.calls(CreateM2mToken)), (first.clone(), 1));
    clerk.clock().advance(seconds(1));
    clerk.behave(CreateM2mToken, Behavior::Hang);
    for _ in 0..10 {
        assert_eq!(token(&source).await, first, "no caller waits");
    }
    clerk.behave(CreateM2mToken, Behavior::Normal);
    let started = Instant::now();
    let second = loop {
        let token = token(&source).await;
        if token != first {
            break token;
        }
        assert!(started.elapsed() < seconds(60), "the new one never came");
        actix_web::rt::task::yield_now().await;
    };
    assert_eq!((token(&source.clone()).await, clerk.calls(CreateM2mToken)), (second.clone(), 2));
    clerk.clock().advance(seconds(600));
    assert_ne!(token(&source).await, second, "one that has ended is not given out");
    assert_eq!(clerk.calls(CreateM2mToken), 3);
}

/// The old token stays in use, and a new one is requested from time to time.
#[actix_web::test]
async fn a_renewal_that_fails() {
    for behavior in [Behavior::Status(500), Behavior::Html, Behavior::CutShort, Behavior::TooManyRequests(seconds(5))] {
        let clerk = local_clerk();
        let source = source(&clerk, 600);
        let first = token(&source).await;
        clerk.behave(CreateM2mToken, behavior.clone());
        clerk.clock().advance(seconds(500));
        let started = Instant::now();
        while clerk.calls(CreateM2mToken) == 1 {
            assert_eq!(token(&source).await, first, "{behavior:?}");
            assert!(started.elapsed() < seconds(60), "{behavior:?}: no renewal");
            actix_web::rt::task::yield_now().await;
        }
        for _ in 0..10 {
            assert_eq!(token(&source).await, first, "{behavior:?}");
        }
        assert_eq!(clerk.calls(CreateM2mToken), 2, "{behavior:?}");
    }
}

/// Without a valid token, callers get the error, and Clerk is not called for as long as it asks.
#[actix_web::test]
async fn no_token_while_clerk_is_down() {
    let clerk = local_clerk();
    let source = source(&clerk, 600);
    let first = token(&source).await;
    clerk.behave(CreateM2mToken, Behavior::TooManyRequests(seconds(30)));
    clerk.clock().advance(seconds(600));
    for _ in 0..10 {
        let error = source.token().await.unwrap_err();
        assert_eq!((error.status(), error.retry_after()), (Some(429), Some(seconds(30))));
    }
    clerk.clock().advance(seconds(29));
    assert!(source.token().await.is_err());
    assert_eq!(clerk.calls(CreateM2mToken), 2);
    clerk.behave(CreateM2mToken, Behavior::Normal);
    clerk.clock().advance(seconds(1));
    assert_ne!(token(&source).await, first);
    assert_eq!(clerk.calls(CreateM2mToken), 3);
}

#[actix_web::test]
async fn a_caller_that_leaves_does_not_affect_the_others() {
    let clerk = local_clerk();
    clerk.behave(CreateM2mToken, Behavior::Hang);
    let source = source(&clerk, 600);
    for _ in 0..20 {
        let mut leaving = Box::pin(source.token());
        assert!(futures_util::poll!(&mut leaving).is_pending());
    }
    let mut waiting = Box::pin(source.token());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    clerk.behave(CreateM2mToken, Behavior::Normal);
    assert!(waiting.await.is_ok());
    assert_eq!(clerk.calls(CreateM2mToken), 1);
}

#[actix_web::test]
async fn what_cannot_work() {
    let clerk = local_clerk();
    let error = M2mTokenSource::new(clerk.config(), NewM2mToken::new()).unwrap_err();
    assert!(error.to_string().contains("machine_secret_key (CLERK_MACHINE_SECRET_KEY)"), "{error}");
    let wrong = clerk.config_builder().machine_secret_key("ak_wrong").build().unwrap();
    let error = M2mTokenSource::new(wrong.clone(), NewM2mToken::new()).unwrap().token().await.unwrap_err();
    assert_eq!(error.code(), Some("clerk_key_invalid"));

    let hanging = clerk.config_builder().machine_secret_key(clerk.machine_secret_key());
    let hanging = hanging.api_timeout(Duration::from_millis(50)).build().unwrap();
    clerk.behave(CreateM2mToken, Behavior::Hang);
    let error = M2mTokenSource::new(hanging.clone(), NewM2mToken::new()).unwrap().token().await.unwrap_err();
    assert!(matches!(error, ClerkApiError::Timeout));
}

#[actix_web::test]
async fn it_does_not_print() {
    let clerk = local_clerk();
    let wanted = NewM2mToken::new().claim("tenant", "claim_0123456789");
    let source = M2mTokenSource::new(config(&clerk), wanted).unwrap();
    let secret = source.token().await.unwrap();
    let printed = format!("{source:?} {secret:?}");
    for hidden in [secret.expose(), "claim_0123456789", &clerk.machine_secret_key()[3..]] {
        assert!(!printed.contains(hidden), "{printed}");
    }
}

/// A configuration that can only create tokens, in front of handlers that require authentication: no request is let
/// through, redirected to Clerk or verified there.
#[actix_web::test]
async fn a_machine_secret_key_alone_makes_tokens_and_authenticates_nothing() {
    let clerk = local_clerk();
    let machine = ClerkConfig::builder().machine_secret_key(clerk.machine_secret_key()).api_url(clerk.api_url());
    let config = machine.build().unwrap();
    let source = M2mTokenSource::new(config.clone(), NewM2mToken::new().lifetime(seconds(60))).unwrap();
    assert!(!token(&source).await.is_empty());

    let server = server(config);
    let bearer = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &bearer).await.status, 503);
    let cookies = format!("__session={bearer}; __client_uat=1");
    for (name, header, value) in [
        ("cookies", "Cookie", cookies.as_str()),
        ("an M2M token", "Authorization", "Bearer mt_abc"),
        ("something else", "Authorization", "Bearer a.b.c"),
        ("nothing", "X-Nothing", "1"),
    ] {
        let page = server.get("/require").insert_header(("Accept", "text/html"));
        let page = page.insert_header(("Sec-Fetch-Dest", "document")).insert_header((header, value));
        assert_eq!(send(page).await.status, 503, "{name}");
    }
    assert_eq!(clerk.calls(Jwks), 0);
}
