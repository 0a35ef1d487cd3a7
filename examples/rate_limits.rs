//! Limits on requests: for each organization, user, API key or machine, and for anonymous requests by address.
//!
//! ```sh
//! cargo run --example rate_limits
//! cargo test --example rate_limits
//! ```
//!
//! The limit knows callers as `ClerkMiddleware` has authenticated them, so it has to be wrapped before, that is, inside:
//!
//! ```text
//! App::new()
//!     .service(…)
//!     .wrap(from_fn(limit))   // 3. knows the caller
//!     .wrap(clerk)            // 2. authenticates
//!     .wrap(cors)             // 1. outermost, so that pages of other origins can read a 429
//! ```
//!
//! Outside `ClerkMiddleware` it would find nobody, and count everybody by address. Inside `require_auth()` it would not count the
//! anonymous requests that are rejected there.
//!
//! The counting is done by [`governor`](https://docs.rs/governor). The crate `actix-governor` wraps it in a middleware: give it a
//! `KeyExtractor` that does what `caller` does here, and mind its license, which is the GPL.
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process, and prints curl commands. `PORT` sets the port.

mod support;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use actix_web::{
    App, Error, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    get,
    http::header,
    middleware::{Next, from_fn},
    rt::{self, time},
    web,
};
use clerk_actix::{
    AnyToken, ApiKey, ClerkMiddleware, Either, Principal, RequireAuth, Session,
    testing::{self, LocalClerk},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use serde_json::json;

const OF_A_CALLER: Quota = quota(120, 10);
const OF_AN_ADDRESS: Quota = quota(30, 5);

/// So many requests in a minute, and so many of them at once.
const fn quota(in_a_minute: u32, at_once: u32) -> Quota {
    match (NonZeroU32::new(in_a_minute), NonZeroU32::new(at_once)) {
        (Some(in_a_minute), Some(at_once)) => Quota::per_minute(in_a_minute).allow_burst(at_once),
        _ => panic!("a quota of nothing"), // when it is compiled
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    // Without this, each request with an API key costs a call to Clerk, also one that the limit rejects.
    let config = local.config_builder().machine_token_cache(Duration::from_secs(10)).build()?;
    let clerk = ClerkMiddleware::new(config);
    let limits = web::Data::new(Limits::new(&DefaultClock::default())); // once: all workers count together
    rt::spawn(forget_who_has_gone(limits.clone()));

    let listener = support::listen("PORT", 3000)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(limits.clone())
            .service((orders, home))
            .wrap(from_fn(limit::<DefaultClock>))
            .wrap(clerk.clone())
    })
    .listen(listener)?;
    print_what_to_try(&local, server.addrs()[0].port());
    Ok(server.run().await?)
}

/// For users and their programs.
#[get("/orders")]
async fn orders(caller: RequireAuth<Either<Session, ApiKey>>) -> impl Responder {
    match &*caller {
        Either::Left(session) => format!("orders of {}, for a person\n", session.user_id()),
        Either::Right(key) => format!("orders of {}, for a program\n", key.subject()),
    }
}

/// For everybody.
#[get("/")]
async fn home() -> impl Responder {
    "Hello\n"
}

/// Who shares a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Caller {
    /// All members of the organization that is active in their sessions.
    Organization(String),
    /// All sessions of a user without an active organization.
    User(String),
    /// An API key, apart from whom it belongs to: a script that runs wild locks nobody out of their browser.
    ApiKey(String),
    /// Another of our own services.
    Machine(String),
    /// A third-party application, for all of its users.
    Application(String),
    /// Everybody who is not authenticated, from one address.
    Address(IpAddr),
}

impl Caller {
    /// A token that Clerk has to verify is verified here, once: the handler gets the same answer. Made-up ones count for the
    /// address, and how often Clerk is asked about those is limited already.
    async fn of(req: &HttpRequest) -> Self {
        match AnyToken::extract(req).await {
            Ok(AnyToken::Authenticated(principal)) => Self::behind(&principal).unwrap_or_else(|| Self::anonymous(req)),
            _ => Self::anonymous(req),
        }
    }

    fn behind(principal: &Principal) -> Option<Self> {
        Some(match principal {
            Principal::ApiKey(key) => Self::ApiKey(key.id().to_owned()),
            Principal::M2mToken(machine) => Self::Machine(machine.machine_id().to_owned()),
            Principal::OAuthToken(app) => Self::Application(app.client_id().to_owned()),
            caller => match (caller.org_id(), caller.user_id()) {
                (Some(organization), _) => Self::Organization(organization.to_owned()),
                (None, user) => Self::User(user?.to_owned()),
            },
        })
    }

    /// The address of the connection. Behind a proxy, that is the proxy: take `req.connection_info().realip_remote_addr()` there, if
    /// the proxy overwrites `X-Forwarded-For`. If it does not, clients choose their address.
    fn anonymous(req: &HttpRequest) -> Self {
        Self::Address(match req.peer_addr().map(|peer| peer.ip()) {
            // Whoever has one address of IPv6 has the 2^64 of its network.
            Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            Some(address) => address,
            None => Ipv4Addr::UNSPECIFIED.into(),
        })
    }
}

type Limiter<C> = RateLimiter<Caller, DefaultKeyedStateStore<Caller>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The counters, in memory: of several servers, each counts for itself.
struct Limits<C: Clock> {
    callers: Limiter<C>,
    addresses: Limiter<C>,
    clock: C,
}

impl<C: Clock + Clone> Limits<C> {
    fn new(clock: &C) -> Self {
        Self {
            callers: RateLimiter::dashmap_with_clock(OF_A_CALLER, clock.clone()),
            addresses: RateLimiter::dashmap_with_clock(OF_AN_ADDRESS, clock.clone()),
            clock: clock.clone(),
        }
    }

    /// Counts a request. If it is one too many, returns how long to wait.
    fn count(&self, caller: &Caller) -> Result<(), Duration> {
        let limiter = if matches!(caller, Caller::Address(_)) { &self.addresses } else { &self.callers };
        limiter.check_key(caller).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Drops the counters of callers whose full quota is back.
    fn forget(&self) {
        self.callers.retain_recent();
        self.addresses.retain_recent();
    }
}

async fn forget_who_has_gone(limits: web::Data<Limits<DefaultClock>>) {
    let mut minutes = time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        limits.forget();
    }
}

/// Answers a request that is one too many with 429, and passes every other one on. A response, not an error: middleware further
/// out sees it.
async fn limit<C: Clock + Clone + 'static>(
    limits: web::Data<Limits<C>>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = Caller::of(req.request()).await;
    match limits.count(&caller) {
        Ok(()) => Ok(next.call(req).await?.map_into_boxed_body()),
        Err(wait) => Ok(req.into_response(too_many_requests(wait))),
    }
}

fn too_many_requests(wait: Duration) -> HttpResponse {
    let seconds = wait.as_millis().div_ceil(1000);
    HttpResponse::TooManyRequests()
        .insert_header((header::RETRY_AFTER, seconds.to_string()))
        .json(json!({ "errors": [{ "code": "too-many-requests", "message": format!("Try again in {seconds} s.") }] }))
}

fn print_what_to_try(local: &LocalClerk, port: u16) {
    let hour = Duration::from_secs(60 * 60);
    let site = format!("http://localhost:{port}");
    let users = local.users();
    let (ada, alan) = (&users[0], &users[2]);
    let (of_ada, of_alan) = (local.mint(ada.session().lifetime(hour)), local.mint(alan.session().lifetime(hour)));
    let key = local.mint(testing::api_key("org_acme").name("Export").lifetime(hour));
    println!(
        "\n  Repeat a command quickly: a caller has {} requests at once, an address {}. Then it is 429.\n",
        OF_A_CALLER.burst_size(),
        OF_AN_ADDRESS.burst_size()
    );
    println!("  # 200: {}, who shares Acme's limit with its other members", ada.name());
    println!("  curl -i -H 'Authorization: Bearer {of_ada}' {site}/orders\n");
    println!("  # 200: Acme's API key, which has its own limit");
    println!("  curl -i -H 'Authorization: Bearer {key}' {site}/orders\n");
    println!("  # 200: {}, who is in no organization", alan.name());
    println!("  curl -i -H 'Authorization: Bearer {of_alan}' {site}/orders\n");
    println!("  # 200: nobody, counted by address\n  curl -i {site}/\n");
    println!("  # 401: rejected, and counted too\n  curl -i {site}/orders\n");
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use actix_web::{
        dev::ServiceResponse,
        test::{TestRequest, call_service, init_service},
    };
    use clerk_actix::testing::TestRequestExt;
    use governor::clock::FakeRelativeClock;

    use super::*;

    /// An application whose clock stands still, as a function from a request to its response.
    macro_rules! app {
        ($clock:expr) => {{
            let app = App::new()
                .app_data(web::Data::new(Limits::new(&$clock)))
                .service((orders, home))
                .wrap(from_fn(limit::<FakeRelativeClock>))
                .wrap(ClerkMiddleware::new(testing::config()));
            let app = init_service(app).await;
            async move |request: TestRequest| call_service(&app, request.to_request()).await.map_into_boxed_body()
        }};
    }

    fn orders_for(session: testing::SessionBuilder) -> TestRequest {
        TestRequest::get().uri("/orders").signed_in(session)
    }

    fn with_key(key: testing::ApiKeyBuilder) -> TestRequest {
        TestRequest::get().uri("/orders").with_api_key(key)
    }

    fn from(address: &str, path: &str) -> TestRequest {
        TestRequest::get().uri(path).peer_addr(format!("{address}:40000").parse::<SocketAddr>().unwrap())
    }

    fn member(user_id: &str, org_id: &str) -> testing::SessionBuilder {
        testing::session(user_id).org_id(org_id)
    }

    /// Sends requests until one is limited. Returns how many were not.
    async fn until_limited(
        send: &impl AsyncFn(TestRequest) -> ServiceResponse,
        request: impl Fn() -> TestRequest,
    ) -> usize {
        for count in 0..100 {
            if send(request()).await.status() == 429 {
                return count;
            }
        }
        panic!("there is no limit")
    }

    #[actix_web::test]
    async fn callers_and_with_whom_they_share_a_limit() {
        let (alone, acme) = (|| orders_for(testing::session("user_1")), || orders_for(member("user_1", "org_acme")));
        type Make = Box<dyn Fn() -> TestRequest>;
        let pairs: Vec<(&str, Make, Make, bool)> = vec![
            ("a user, and again", Box::new(alone), Box::new(alone), true),
            (
                "two sessions of a user",
                Box::new(|| orders_for(testing::session("user_1").session_id("sess_1"))),
                Box::new(|| orders_for(testing::session("user_1").session_id("sess_2"))),
                true,
            ),
            ("two users", Box::new(alone), Box::new(|| orders_for(testing::session("user_2"))), false),
            ("two members", Box::new(acme), Box::new(|| orders_for(member("user_2", "org_acme"))), true),
            ("a user, and the same in an organization", Box::new(alone), Box::new(acme), false),
            ("two organizations", Box::new(acme), Box::new(|| orders_for(member("user_1", "org_globex"))), false),
            ("an organization and its key", Box::new(acme), Box::new(|| with_key(testing::api_key("org_acme"))), false),
            (
                "one key",
                Box::new(|| with_key(testing::api_key("org_acme").id("ak_1"))),
                Box::new(|| with_key(testing::api_key("org_acme").id("ak_1"))),
                true,
            ),
            (
                "two keys of a user",
                Box::new(|| with_key(testing::api_key("user_1").id("ak_1"))),
                Box::new(|| with_key(testing::api_key("user_1").id("ak_2"))),
                false,
            ),
            (
                "a machine and a user",
                Box::new(|| TestRequest::get().uri("/").with_m2m_token(testing::m2m_token("mch_1"))),
                Box::new(alone),
                false,
            ),
            (
                "two machines",
                Box::new(|| TestRequest::get().uri("/").with_m2m_token(testing::m2m_token("mch_1"))),
                Box::new(|| TestRequest::get().uri("/").with_m2m_token(testing::m2m_token("mch_2"))),
                false,
            ),
            ("one address", Box::new(|| from("192.0.2.1", "/")), Box::new(|| from("192.0.2.1", "/orders")), true),
            ("two addresses", Box::new(|| from("192.0.2.1", "/")), Box::new(|| from("192.0.2.2", "/")), false),
            (
                "two addresses of one network",
                Box::new(|| from("[2001:db8::1]", "/")),
                Box::new(|| from("[2001:db8::2:1]", "/")),
                true,
            ),
            (
                "two networks",
                Box::new(|| from("[2001:db8::1]", "/")),
                Box::new(|| from("[2001:db8:0:1::1]", "/")),
                false,
            ),
            (
                "an address with made-up tokens, and without",
                Box::new(|| from("192.0.2.1", "/").insert_header((header::AUTHORIZATION, "Bearer a.b.c"))),
                Box::new(|| from("192.0.2.1", "/")),
                true,
            ),
            ("an address and a user behind it", Box::new(|| from("192.0.2.1", "/")), Box::new(alone), false),
        ];
        for (name, first, second, is_shared) in pairs {
            let send = app!(FakeRelativeClock::default());
            let count = until_limited(&send, first).await;
            let expected =
                if name.contains("address") || name.contains("network") { OF_AN_ADDRESS } else { OF_A_CALLER };
            assert_eq!(count, expected.burst_size().get() as usize, "{name}");
            assert_eq!(send(second()).await.status() == 429, is_shared, "{name}");
        }
    }

    #[actix_web::test]
    async fn a_limited_caller_is_told_when_to_come_again() {
        let clock = FakeRelativeClock::default();
        let send = app!(clock);
        let request = || orders_for(testing::session("user_1"));
        assert_eq!(until_limited(&send, request).await, 10);
        let response = send(request()).await;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").unwrap(), "1"); // 120 in a minute: half a second
        clock.advance(Duration::from_millis(499));
        assert_eq!(send(request()).await.status(), 429);
        clock.advance(Duration::from_millis(1));
        assert_eq!(send(request()).await.status(), 200);
        assert_eq!(send(request()).await.status(), 429);
        clock.advance(Duration::from_secs(60));
        assert_eq!(until_limited(&send, request).await, 10);
    }

    #[test]
    fn counters_of_callers_who_have_gone_are_dropped() {
        let clock = FakeRelativeClock::default();
        let limits = Limits::new(&clock);
        for number in 0..1000 {
            assert_eq!(limits.count(&Caller::User(number.to_string())), Ok(()));
        }
        assert_eq!(limits.callers.len(), 1000);
        limits.forget();
        assert_eq!(limits.callers.len(), 1000);
        clock.advance(Duration::from_secs(60));
        limits.forget();
        assert_eq!(limits.callers.len(), 0);
    }
}
