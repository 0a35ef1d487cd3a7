//! Fifteen tasks, each as short as it can be, and each with its test.
//!
//! ```sh
//! cargo test --example tasks
//! cargo run --example tasks     # two tenants, each on its own LocalClerk; PORT sets the port
//! ```
//!
//! The file is for reading: copy the module of the task that you have. The tests need no keys and no network.

mod support;

use std::time::Duration;

use actix_web::{App, HttpServer, web};
use clerk_actix::testing::{self, LocalClerk};

/// 1. Protect a route.
mod protect_a_route {
    use actix_web::get;
    use clerk_actix::RequireAuth;

    #[get("/dashboard")]
    pub async fn dashboard(user: RequireAuth) -> String {
        format!("Hello {}", user.user_id())
    }
}

/// 2. Make authentication optional.
mod optional {
    use actix_web::get;
    use clerk_actix::Auth;

    #[get("/")]
    pub async fn home(auth: Auth) -> String {
        format!("Hello {}", auth.user_id().unwrap_or("stranger"))
    }
}

/// 3. Read the active organization and the user's role in it.
mod organization_and_role {
    use actix_web::get;
    use clerk_actix::RequireAuth;

    #[get("/team")]
    pub async fn team(user: RequireAuth) -> String {
        format!("{:?} in {:?}", user.org_role(), user.org_id())
    }
}

/// 4. Let only admins in.
mod admins_only {
    use actix_web::delete;
    use clerk_actix::{Authorized, Check, Policy};

    pub struct Admin;
    impl Policy for Admin {
        const REQUIRES: Check = Check::new().role("org:admin");
    }

    #[delete("/team")]
    pub async fn delete_team(_: Authorized<Admin>) -> &'static str {
        "deleted"
    }
}

/// 5. Serve an organization's data under its ID or slug, to its members only.
mod organization_in_the_path {
    use actix_web::{get, web::Path};
    use clerk_actix::{Authorized, policy::OrgFromPath};

    #[get("/orgs/{org}/invoices")]
    pub async fn invoices(_: Authorized<OrgFromPath>, org: Path<String>) -> String {
        format!("the invoices of {org}")
    }
}

/// 6. Accept users and API keys, and ask both the same question.
mod user_or_api_key {
    use actix_web::get;
    use clerk_actix::{ApiKey, Credential, Either, RequireAuth, Session};

    #[get("/orders")]
    pub async fn orders(caller: RequireAuth<Either<Session, ApiKey>>) -> String {
        format!("the orders of {:?}", caller.user_id())
    }
}

/// 7. Read the instance's custom claims into a type.
mod typed_claims {
    use actix_web::get;
    use clerk_actix::{DeserializeError, RequireAuth};

    #[derive(serde::Deserialize)]
    struct Custom {
        newsletter: bool,
    }

    #[get("/newsletter")]
    pub async fn newsletter(user: RequireAuth) -> Result<String, DeserializeError> {
        let custom: Custom = user.claims_as()?;
        Ok(custom.newsletter.to_string())
    }
}

/// 8. Send visitors to sign-in and back to the page in the query, which cannot lead to another site.
mod return_from_sign_in {
    use actix_web::{HttpRequest, get, web::Query};
    use clerk_actix::{Auth, AuthError, AuthRedirect};

    #[derive(serde::Deserialize)]
    struct Login {
        next: String,
    }

    #[get("/login")]
    pub async fn login(auth: Auth, req: HttpRequest, query: Query<Login>) -> Result<AuthRedirect, AuthError> {
        Ok(auth.redirect_to_sign_in(&req)?.return_to(&query.next))
    }
}

/// 9. Return rejections as RFC 9457 problems.
mod problem_json {
    use actix_web::{Error, HttpRequest, HttpResponse, ResponseError, error::InternalError};
    use clerk_actix::{AuthError, policy::Missing};

    /// For `ClerkMiddleware::error_handler`. Browsers are still redirected to sign-in, and Clerk's frontend components
    /// still find the response that makes them ask for a verification.
    pub fn problem(error: AuthError, _: &HttpRequest) -> Error {
        let is_for_clerk = matches!(error, AuthError::Forbidden { missing: Missing::Reverification(_), .. });
        if is_for_clerk || error.location().is_some() {
            return error.into();
        }
        let status = error.status_code();
        let body = serde_json::json!({ "title": error.public_message(), "status": status.as_u16() });
        let response = HttpResponse::build(status).content_type("application/problem+json").json(body);
        InternalError::from_response(error, response).into()
    }
}

/// 10. Respond with 404 to everyone else, so that the route's existence stays hidden.
mod not_found {
    use actix_web::web;
    use clerk_actix::{AuthConfig, require};

    pub fn secret(app: &mut web::ServiceConfig) {
        let area = web::scope("/secret").app_data(AuthConfig::not_found()).wrap(require::<super::admins_only::Admin>());
        app.service(area.route("", web::get().to(async || "secret")));
    }
}

/// 11. Get the user's email address.
mod email_address {
    use actix_web::get;
    use clerk_actix::{ClerkApiError, ClerkClient, RequireAuth};

    #[get("/email")]
    pub async fn email(user: RequireAuth, clerk: ClerkClient) -> Result<String, ClerkApiError> {
        let user = clerk.users().get(user.user_id()).await?;
        Ok(user.primary_email_address().map(|email| email.email_address.clone()).unwrap_or_default())
    }
}

/// 14. Serve a WebSocket until the session's token expires.
mod websocket {
    use actix_web::{HttpRequest, Responder, Result, get, rt, web::Payload};
    use clerk_actix::RequireAuth;

    #[get("/live")]
    pub async fn live(user: RequireAuth, req: HttpRequest, body: Payload) -> Result<impl Responder> {
        let (response, mut socket, mut messages) = actix_ws::handle(&req, body)?;
        rt::spawn(async move {
            let mut expired = user.expired();
            while let Some(Ok(message)) =
                tokio::select! { message = messages.recv() => message, () = &mut expired => None }
            {
                if let actix_ws::Message::Text(text) = message
                    && socket.text(text).await.is_err()
                {
                    break;
                }
            }
            let _ = socket.close(None).await;
        });
        Ok(response)
    }
}

/// 15. Serve several tenants, each page with its own instance's key.
mod tenants {
    use actix_web::{dev::ServiceRequest, error::ErrorNotFound, get};
    use clerk_actix::{ClerkConfig, ClerkMiddleware};

    pub fn by_host(one: ClerkConfig, two: ClerkConfig) -> ClerkMiddleware {
        ClerkMiddleware::per_request(move |req: &ServiceRequest| {
            let host = req.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            let config = match host.split(':').next() {
                Some("one.localhost") => Ok(one.clone()),
                Some("two.localhost") => Ok(two.clone()),
                _ => Err(ErrorNotFound("no such site")),
            };
            async { config }
        })
    }

    #[get("/page")]
    pub async fn page(clerk: ClerkConfig) -> String {
        format!("<script data-clerk-publishable-key=\"{}\"></script>", clerk.publishable_key())
    }
}

fn routes(app: &mut web::ServiceConfig) {
    app.service((
        protect_a_route::dashboard,
        optional::home,
        organization_and_role::team,
        admins_only::delete_team,
        organization_in_the_path::invoices,
        user_or_api_key::orders,
        typed_claims::newsletter,
        return_from_sign_in::login,
    ));
    app.service((email_address::email, websocket::live, tenants::page));
    app.configure(not_found::secret);
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (one, two) = (LocalClerk::start()?, LocalClerk::start()?);
    let token = one.mint(testing::session("user_ada").org_role("org:admin").lifetime(Duration::from_secs(60 * 60)));
    let listener = support::listen("PORT", 3000)?;
    let port = listener.local_addr()?.port();
    for (what, host, path) in [
        ("200: the administrator of one tenant", "one.localhost", "/dashboard"),
        ("200: a page that nobody else finds", "one.localhost", "/secret"),
        ("401: the other tenant does not know her", "two.localhost", "/dashboard"),
        ("404: there is no such tenant", "localhost", "/dashboard"),
    ] {
        println!("\n  # {what}\n  curl -i -H 'Authorization: Bearer {token}' http://{host}:{port}{path}");
    }
    let clerk = tenants::by_host(one.config(), two.config()).error_handler(problem_json::problem);
    HttpServer::new(move || App::new().configure(routes).wrap(clerk.clone())).listen(listener)?.run().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::{
        http::header,
        test::{TestRequest, call_and_read_body, call_service, init_service, read_body},
    };
    use clerk_actix::{Check, ClerkConfig, ClerkMiddleware, Session, testing::TestRequestExt};

    use super::*;

    macro_rules! status {
        ($request:expr) => {{
            let clerk = ClerkMiddleware::new(testing::config()).error_handler(problem_json::problem);
            let app = init_service(App::new().configure(routes).wrap(clerk)).await;
            call_service(&app, $request.to_request()).await
        }};
    }

    macro_rules! body {
        ($request:expr) => {{
            let response = status!($request);
            String::from_utf8(read_body(response).await.to_vec()).unwrap()
        }};
    }

    fn get(path: &str) -> TestRequest {
        TestRequest::get().uri(path)
    }

    #[actix_web::test]
    async fn a_route_is_protected() {
        assert_eq!(body!(get("/dashboard").signed_in("user_1")), "Hello user_1");
        assert_eq!(status!(get("/dashboard")).status(), 401);
    }

    #[actix_web::test]
    async fn authentication_is_optional() {
        assert_eq!(body!(get("/")), "Hello stranger");
        assert_eq!(body!(get("/").signed_in("user_1")), "Hello user_1");
    }

    #[actix_web::test]
    async fn the_organization_and_the_role_are_known() {
        let member = testing::session("user_1").org_id("org_1").org_role("org:member");
        assert_eq!(body!(get("/team").signed_in(member)), r#"Some("org:member") in Some("org_1")"#);
    }

    /// 12. Test a handler as a user with a role.
    #[actix_web::test]
    async fn only_admins_delete() {
        let delete = || TestRequest::delete().uri("/team");
        assert_eq!(status!(delete().signed_in(testing::session("user_1").org_role("org:admin"))).status(), 200);
        assert_eq!(status!(delete().signed_in("user_1")).status(), 403);
    }

    #[actix_web::test]
    async fn only_members_see_the_organizations_invoices() {
        let member = || testing::session("user_1").org_id("org_1").org_slug("acme");
        assert_eq!(body!(get("/orgs/acme/invoices").signed_in(member())), "the invoices of acme");
        assert_eq!(status!(get("/orgs/globex/invoices").signed_in(member())).status(), 403);
    }

    #[actix_web::test]
    async fn users_and_api_keys_are_asked_the_same() {
        assert_eq!(body!(get("/orders").signed_in("user_1")), r#"the orders of Some("user_1")"#);
        assert_eq!(body!(get("/orders").with_api_key(testing::api_key("user_2"))), r#"the orders of Some("user_2")"#);
    }

    #[actix_web::test]
    async fn claims_have_a_type() {
        assert_eq!(body!(get("/newsletter").signed_in(testing::session("user_1").claim("newsletter", true))), "true");
        assert_eq!(status!(get("/newsletter").signed_in("user_1")).status(), 500);
    }

    #[actix_web::test]
    async fn a_return_path_cannot_leave_the_site() {
        for (next, expected) in [("/cart", "%2Fcart"), ("https://evil.example/", "%2Flogin")] {
            let response = status!(get(&format!("/login?next={next}")));
            let location = response.headers().get(header::LOCATION).unwrap().to_str().unwrap();
            assert!(location.contains(expected) && !location.contains("redirect_url=https%3A%2F%2Fevil"), "{location}");
        }
    }

    #[actix_web::test]
    async fn rejections_are_problems() {
        let problem = body!(get("/dashboard"));
        assert_eq!(problem, r#"{"status":401,"title":"Authentication is required."}"#);
    }

    #[actix_web::test]
    async fn browsers_are_still_redirected() {
        let navigation = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", "text/html")];
        let request = navigation.into_iter().fold(get("/dashboard"), TestRequest::insert_header);
        let response = status!(request);
        assert_eq!(response.status(), 302);
        assert!(response.headers().contains_key(header::LOCATION));
    }

    #[actix_web::test]
    async fn no_one_learns_what_there_is() {
        assert_eq!(status!(get("/secret")).status(), 404);
        assert_eq!(status!(get("/secret").signed_in("user_1")).status(), 404);
        assert_eq!(status!(get("/secret").signed_in(testing::session("user_1").org_role("org:admin"))).status(), 200);
    }

    #[actix_web::test]
    async fn the_email_address_comes_from_clerk() {
        let clerk = LocalClerk::start().unwrap();
        let app = App::new().configure(routes).wrap(ClerkMiddleware::new(clerk.config()));
        let token = clerk.mint(testing::session("user_ada"));
        let request = get("/email").insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        assert_eq!(call_and_read_body(&init_service(app).await, request.to_request()).await, "ada@example.com");
    }

    /// 13. Test a function that takes a session.
    #[test]
    fn a_function_of_a_session() {
        fn may_export(session: &Session) -> bool {
            session.has(&Check::new().permission("org:orders:export"))
        }
        assert!(may_export(&testing::session("user_1").org_permissions(["org:orders:export"]).build()));
        assert!(!may_export(&testing::session("user_1").build()));
    }

    #[actix_web::test]
    async fn a_websocket_needs_a_session() {
        assert_eq!(status!(get("/live")).status(), 401);
        // Let in, but a test request cannot become a WebSocket.
        assert_eq!(status!(get("/live").signed_in("user_1")).status(), 400);
    }

    #[actix_web::test]
    async fn each_tenant_has_its_own_key() {
        let config = |key: &str| ClerkConfig::builder().publishable_key(key).secret_key("sk_live_1").build().unwrap();
        let keys = ["pk_live_Y2xlcmsub25lLmV4YW1wbGUuY29tJA", "pk_live_Y2xlcmsudHdvLmV4YW1wbGUuY29tJA"];
        let clerk = tenants::by_host(config(keys[0]), config(keys[1]));
        let app = init_service(App::new().configure(routes).wrap(clerk)).await;
        for (host, key) in [("one.localhost:3000", keys[0]), ("two.localhost:3000", keys[1])] {
            let page = call_and_read_body(&app, get("/page").insert_header((header::HOST, host)).to_request()).await;
            assert!(String::from_utf8(page.to_vec()).unwrap().contains(key), "{host}");
        }
    }
}
