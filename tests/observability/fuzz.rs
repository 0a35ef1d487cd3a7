//! However hostile requests are, the number of series stays below the documented one.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use actix_web::{
    App, Either,
    test::{call_service, init_service},
    web,
};
use clerk_actix::{
    ApiKey, Authorized, Check, ClerkMiddleware, M2mToken, OAuthToken, Policy, RequireAuth,
    observe::Metrics,
    stores::{MemoryStore, SharedRevocations},
    testing::{Behavior, Endpoint, LocalClerk},
};

use crate::{
    recorder::{self, EventLabels},
    requests::{Requests, STEP},
    series,
    support::{self, Admin, instances, seconds},
};

/// The seed of the requests: each run sends the same.
const SEED: u64 = 2026;

const REQUESTS: usize = 100_000;

/// After this many requests, Clerk behaves differently, and the clock moves on.
const BATCH: usize = 250;

struct ReadOrders;

impl Policy for ReadOrders {
    const REQUIRES: Check = Check::new().scope("orders:write");
}

fn routes(app: &mut web::ServiceConfig) {
    app.configure(support::routes)
        .route("/admin", web::to(async |_: Authorized<Admin>| "admin"))
        .route("/key", web::to(async |_: Authorized<ReadOrders, ApiKey>| "key"))
        .route("/machine", web::to(async |_: RequireAuth<Either<M2mToken, OAuthToken>>| "machine"));
}

/// Clerk responds as usual, fails, limits the rate, or refuses with a code that nobody has seen before.
fn change_clerk(clerk: &LocalClerk, batch: usize) {
    let code: &'static str = format!("made_up_code_{batch}").leak();
    let behavior = match batch % 8 {
        1 => Behavior::Status(500),
        3 => Behavior::TooManyRequests(seconds(3)),
        4 => Behavior::Html,
        5 => Behavior::error(401, code, "trace_1"),
        6 => Behavior::error(422, code, "trace_1"),
        7 => Behavior::CutShort,
        _ => Behavior::Normal,
    };
    let behaviors = [Endpoint::HandshakePayload, Endpoint::Refresh, Endpoint::VerifyApiKey, Endpoint::VerifyM2mToken];
    for endpoint in behaviors.into_iter().chain([Endpoint::VerifyOAuthToken]) {
        clerk.behave(endpoint, behavior.clone());
    }
    // Long enough for keys to become too old.
    let is_outage = batch / 40 % 2 == 1;
    clerk.behave(Endpoint::Jwks, if is_outage { behavior } else { Behavior::Normal });
    clerk.clock().advance(STEP);
}

#[actix_web::test]
async fn hostile_requests_make_no_more_series_than_documented() {
    recorder::install();
    let (events, started) = (Arc::new(EventLabels::default()), Instant::now());
    for (name, clerk) in instances() {
        // As on a real server: what strangers can make it ask Clerk is limited.
        let builder = clerk.config_builder().backend_api_rate_limit(100).api_timeout(seconds(10));
        let builder = builder.authorized_parties(["http://localhost:8080"]).websocket_token_protocol("clerk");
        let builder = builder.observer(Metrics::new()).observer(Arc::clone(&events));
        let revocations = SharedRevocations::new(MemoryStore::new()).start().await.unwrap();
        let builder = builder.revocations(revocations.clone());
        let app = App::new().configure(routes).wrap(ClerkMiddleware::new(builder.build().unwrap()));
        let app = init_service(app).await;
        let mut random = Requests::new(&clerk, SEED);
        for index in 0..REQUESTS / 2 {
            if index % BATCH == 0 {
                change_clerk(&clerk, index / BATCH);
                revocations.sign_out_user(&format!("user_{index}"));
            }
            let status = call_service(&app, random.next()).await.status().as_u16();
            assert!(status < 500 || status == 503, "{name}, request {index}: {status}");
        }
    }
    let seen = recorder::seen();
    let mut counts = BTreeMap::new();
    for one in &seen {
        assert!(series::is_known(one), "a series that is not documented: {one:?}");
        *counts.entry(one.0.as_str()).or_insert(0) += 1;
    }
    println!("{REQUESTS} requests in {:?}", started.elapsed());
    for metric in series::metrics() {
        let (count, most) = (counts.get(metric).copied().unwrap_or_default(), series::most(metric));
        println!("{metric}: {count} of at most {most} series");
        assert!((1..=most).contains(&count), "{metric}");
        assert!(recorder::described().contains(metric), "{metric} is not described");
    }
    // The requests do reach the rules, not only their beginnings.
    assert!(counts["clerk_authentications_total"] >= 60 && counts["clerk_rejections_total"] >= 40, "{counts:?}");
    check_events(&events);
}

/// The fields of events that their documentation calls labels are bounded too, for observers other than `Metrics`.
fn check_events(events: &EventLabels) {
    for (field, seen) in events.seen() {
        let listed = |metric, label| series::listed(metric, label);
        let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let mut known = match field {
            "decision.outcome" => listed("clerk_authentications_total", "outcome"),
            "decision.reason" | "rejection.code" => series::codes("## "),
            "decision.token_type" | "rejection.token_type" => listed("", "token_type"),
            "decision.carrier" => listed("", "carrier"),
            "decision.cache" => listed("clerk_session_token_cache_total", "result"),
            "decision.renewed_by" => of(&["refresh", "handshake"]),
            "decision.redirect_loop" => listed("", "cause"),
            "call.endpoint" => listed("", "endpoint"),
            "call.error" => listed("", "error"),
            "call.status" => of(&["2xx", "3xx", "4xx", "5xx", "other"]),
            "keys.outcome" => listed("clerk_jwks_fetches_total", "outcome"),
            "cut_offs.origin" => listed("clerk_cut_offs_total", "origin"),
            "store.state" => of(&["up", "down"]),
            _ => panic!("{field} has no list of values"),
        };
        known.insert("none".to_owned());
        for value in seen {
            assert!(known.contains(value), "{field}: {value}");
        }
    }
}
