//! A differential test: the crate and a naive oracle, written from `docs/protocol.md`, decide the same requests.

pub mod rules;
pub mod scenario;

use std::time::UNIX_EPOCH;

use actix_web::{
    App, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceResponse},
    http::Method,
    rt::SystemRunner,
    test, web,
};
use clerk_actix::{Auth, ClerkMiddleware, OrganizationSync, testing::LocalClerk};

use self::{
    rules::{Instance, Request, Verdict, decide},
    scenario::{ORIGIN, Tokens},
};

type AnyService = Box<
    dyn Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error, Future = Answered>,
>;
type Answered = std::pin::Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>>>;

/// An instance of each kind, each with an application and its oracle.
pub struct World {
    system: SystemRunner,
    sides: Vec<Side>,
}

struct Side {
    instance: Instance,
    tokens: Tokens,
    clerk_url: String,
    app: AnyService,
    /// For as long as the application runs.
    _clerk: LocalClerk,
}

async fn answer(auth: Auth) -> HttpResponse {
    match auth {
        Auth::Authenticated(session) => HttpResponse::Ok().insert_header(("user", session.user_id())).finish(),
        Auth::Unauthenticated(why) => {
            HttpResponse::NoContent().insert_header(("why", why.reason().to_string())).finish()
        }
    }
}

impl World {
    pub fn new() -> Self {
        let system = actix_web::rt::System::new();
        let stranger = LocalClerk::start().unwrap();
        let sides = [true, false].map(|is_development| {
            let started = if is_development { LocalClerk::start() } else { LocalClerk::start_production() };
            let clerk = started.unwrap();
            clerk.clock().freeze();
            system.block_on(Side::new(clerk, &stranger, is_development))
        });
        Self { system, sides: sides.into() }
    }

    /// Returns the request that the bytes describe, what the oracle says, and what the crate does.
    pub fn compare(&self, bytes: &[u8]) -> (Request, Verdict, Verdict) {
        let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
        let side = &self.sides[usize::from(*first) % self.sides.len()];
        let Instance { suffix, now, .. } = &side.instance;
        let request = scenario::request(rest, &side.tokens, suffix, &side.clerk_url, *now);
        let expected = decide(&request, &side.instance);
        let found = self.system.block_on(side.ask(&request));
        (request, expected, found)
    }
}

impl Side {
    async fn new(clerk: LocalClerk, stranger: &LocalClerk, is_development: bool) -> Self {
        let sync = OrganizationSync::new().organization_pattern("/orgs/:slug").personal_account_pattern("/me");
        let config = clerk.config_builder().jwt_key(clerk.jwt_key()).organization_sync(sync).build().unwrap();
        let now = clerk.clock().now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
        let tokens = Tokens::new(&clerk, stranger, now);
        let instance = Instance {
            is_development,
            frontend_api: config.frontend_api().to_owned(),
            clerk_origins: vec![clerk.frontend_api_url()],
            suffix: crate::support::cookie_suffix(&clerk),
            signed: tokens.texts[..tokens.signed].iter().cloned().collect(),
            now,
            origin: ORIGIN.to_owned(),
        };
        let app = App::new().wrap(ClerkMiddleware::new(config)).default_service(web::to(answer));
        let app = std::rc::Rc::new(test::init_service(app).await);
        let call = actix_web::dev::fn_service(move |request: actix_http::Request| {
            let app = std::rc::Rc::clone(&app);
            let answered: Answered =
                Box::pin(async move { app.call(request).await.map(ServiceResponse::map_into_boxed_body) });
            answered
        });
        let app = actix_web::dev::ServiceFactory::new_service(&call, ()).await.unwrap();
        Self { instance, tokens, clerk_url: clerk.frontend_api_url(), app: Box::new(app), _clerk: clerk }
    }

    async fn ask(&self, request: &Request) -> Verdict {
        let mut sent = test::TestRequest::with_uri(&request.target);
        sent = sent.method(Method::from_bytes(request.method.as_bytes()).unwrap());
        for (name, value) in &request.headers {
            sent = sent.append_header((*name, value.as_str()));
        }
        let response = self.app.call(sent.to_request()).await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let reason = || header("x-clerk-auth-reason").unwrap_or_default();
        match (response.status().as_u16(), header("x-clerk-auth-status").as_deref()) {
            (200, None) => Verdict::SignedIn(header("user").unwrap()),
            (307, Some("handshake")) => Verdict::Handshake(reason()),
            // What the handler is told: a machine at this handler is of another type, valid or not.
            (204, Some("signed-out") | None) => Verdict::SignedOut(header("why").unwrap()),
            other => panic!("{other:?} for {request:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{super::mutations::random::Random, World};

    /// `ORACLE` sets the number of requests.
    #[::core::prelude::v1::test]
    fn the_crate_decides_as_the_protocol_says() {
        let variable = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
        let (cases, seed) = (variable("ORACLE").unwrap_or(10_000), variable("MUTATIONS_SEED").unwrap_or(2026));
        let (world, mut random) = (World::new(), Random::new(seed));
        let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..cases {
            let bytes: Vec<u8> = (0..40).map(|_| random.next().to_le_bytes()[0]).collect();
            let (request, expected, found) = world.compare(&bytes);
            assert_eq!(found, expected, "{bytes:?}\n{request:#?}");
            let name = format!("{found:?}");
            *verdicts.entry(name.split("(\"user").next().unwrap().to_owned()).or_default() += 1;
        }
        println!("{cases} requests, seed {seed}, decided as the oracle says:");
        for (verdict, count) in &verdicts {
            println!("{count:>9}  {verdict}");
        }
        assert!(verdicts.len() >= 20, "few verdicts are reached: {verdicts:?}");
    }
}
