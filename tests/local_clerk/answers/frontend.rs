//! A call to each endpoint of the Frontend API, with its result and with its errors.

use std::time::Duration;

use actix_web::{
    App,
    test::{self, TestRequest},
    web,
};
use clerk_actix::{
    ClerkClient, ClerkMiddleware, RequireAuth,
    client::{Actor, NewActorToken},
    testing::LocalClerk,
};
use serde_json::{Value, json};

use super::{Caller, Exception};

pub const EXCEPTIONS: &[Exception] = &[];

const PASSWORD: &str = "correct horse battery staple";

impl Caller {
    /// Becomes another browser, which has no cookies.
    async fn as_new_browser(&mut self) {
        self.query.clear();
        let (_, browser) = self.form("POST", "/v1/dev_browser", &[]).await;
        self.query = format!("&__clerk_db_jwt={}", browser["id"].as_str().unwrap());
    }

    async fn ok(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, body) = self.form(method, path, form).await;
        assert_eq!(status, 200, "{method} {path}: {body}");
        body
    }

    /// Expects an error, by status and code.
    async fn error(&mut self, method: &str, path: &str, form: &[(&str, &str)], status: u16, code: &str) {
        let (found, body) = self.form(method, path, form).await;
        assert_eq!((found, body["errors"][0]["code"].as_str()), (status, Some(code)), "{method} {path}: {body}");
    }

    /// Signs in, and returns the session's ID.
    pub async fn sign_in(&mut self, email: &str) -> String {
        self.as_new_browser().await;
        let form = [("strategy", "password"), ("identifier", email), ("password", PASSWORD)];
        let body = self.ok("POST", "/v1/client/sign_ins", &form).await;
        assert_eq!(body["response"]["status"], "complete");
        body["response"]["created_session_id"].as_str().unwrap().to_owned()
    }
}

fn id(body: &Value) -> String {
    body["response"]["id"].as_str().unwrap().to_owned()
}

pub async fn calls(clerk: &LocalClerk) -> Caller {
    clerk.add_jwt_template("database", [("role", "editor")]);
    let mut call = Caller::new(clerk);
    browsers(&mut call).await;
    sign_ins(clerk, &mut call).await;
    impersonations(clerk, &mut call).await;
    sign_ups(&mut call).await;
    sessions(clerk, &mut call).await;
    profile(&mut call).await;
    organizations(&mut call).await;
    call
}

/// In production, browsers have a cookie, which this caller does not keep.
pub async fn calls_of_a_production_instance() -> Caller {
    let clerk = LocalClerk::start_production().unwrap();
    let mut call = Caller::new(&clerk);
    call.ok("GET", "/v1/environment", &[]).await;
    assert_eq!(call.ok("GET", "/v1/client", &[]).await["response"], Value::Null);
    let form = [("identifier", "ada@example.com"), ("password", PASSWORD)];
    let signed_in = call.ok("POST", "/v1/client/sign_ins", &form).await;
    assert_eq!(signed_in["client"]["sessions"][0]["user"]["id"], "user_ada");
    let (status, _) = call.form("GET", "/v1/me", &[]).await;
    assert_eq!(status, 401);
    call
}

async fn browsers(call: &mut Caller) {
    call.ok("GET", "/v1/environment", &[]).await;
    call.ok("PATCH", "/v1/environment", &[]).await;
    call.error("GET", "/v1/client", &[], 401, "dev_browser_unauthenticated").await;
    call.query = "&__clerk_db_jwt=dvb_unknown".to_owned();
    call.error("GET", "/v1/client", &[], 401, "dev_browser_unauthenticated").await;
    call.as_new_browser().await;
    let client = call.ok("GET", "/v1/client", &[]).await;
    assert_eq!(client["response"]["sessions"], serde_json::json!([]));
    call.ok("PUT", "/v1/client", &[]).await;
    call.ok("POST", "/v1/client", &[]).await;
    call.ok("DELETE", "/v1/client", &[]).await;
}

async fn sign_ins(clerk: &LocalClerk, call: &mut Caller) {
    let path = "/v1/client/sign_ins";
    call.as_new_browser().await;
    let empty = call.ok("POST", path, &[]).await;
    assert_eq!(empty["response"]["status"], "needs_identifier");
    call.error("POST", path, &[("identifier", "nobody@example.com")], 422, "form_identifier_not_found").await;
    let wrong = [("identifier", "ada@example.com"), ("password", "wrong")];
    call.error("POST", path, &wrong, 422, "form_password_incorrect").await;
    let begun = call.ok("POST", path, &[("identifier", "ada@example.com"), ("password", "")]).await;
    assert_eq!(begun["response"]["status"], "needs_first_factor");
    assert_eq!(begun["client"]["sign_in"]["id"], begun["response"]["id"]);
    let one = format!("{path}/{}", id(&begun));
    call.ok("GET", &one, &[]).await;
    call.error("GET", &format!("{path}/sia_unknown"), &[], 404, "resource_not_found").await;
    let prepare = format!("{one}/prepare_first_factor");
    call.error("POST", &prepare, &[("strategy", "phone_code")], 422, "form_param_value_invalid").await;
    let attempt = format!("{one}/attempt_first_factor");
    call.error("POST", &attempt, &[("strategy", "email_code"), ("code", "424242")], 400, "verification_missing").await;
    let prepared = call.ok("POST", &prepare, &[("strategy", "email_code"), ("email_address_id", "idn_ada")]).await;
    assert_eq!(prepared["response"]["first_factor_verification"]["status"], "unverified");
    call.error("POST", &attempt, &[("strategy", "email_code"), ("code", "1")], 422, "form_code_incorrect").await;
    call.error("POST", &attempt, &[("strategy", "email_code")], 422, "form_param_missing").await;
    let done = call.ok("POST", &attempt, &[("strategy", "email_code"), ("code", "424242")]).await;
    assert_eq!(done["response"]["status"], "complete");
    assert_eq!(done["client"]["last_active_session_id"], done["response"]["created_session_id"]);
    call.error("POST", path, &[("identifier", "ada@example.com")], 400, "session_exists").await;

    call.as_new_browser().await;
    let begun = call.ok("POST", path, &[("identifier", "alan@example.com")]).await;
    let one = format!("{path}/{}", id(&begun));
    let (attempt, reset) = (format!("{one}/attempt_first_factor"), format!("{one}/reset_password"));
    let code = [("strategy", "reset_password_email_code"), ("code", "424242")];
    call.error("POST", &reset, &[("password", PASSWORD)], 400, "bad_request").await;
    call.error("POST", &attempt, &code, 400, "verification_missing").await;
    call.ok("POST", &format!("{one}/prepare_first_factor"), &code).await;
    let other = [("strategy", "email_code"), ("code", "424242")];
    call.error("POST", &attempt, &other, 400, "verification_missing").await;
    let proven = call.ok("POST", &attempt, &code).await;
    assert_eq!(
        (&proven["response"]["status"], &proven["client"]["sessions"]),
        (&"needs_new_password".into(), &serde_json::json!([]))
    );
    call.error("POST", &reset, &[("password", "x")], 422, "form_password_length_too_short").await;
    let done = call.ok("POST", &reset, &[("password", PASSWORD), ("sign_out_of_other_sessions", "true")]).await;
    assert_eq!(done["response"]["status"], "complete");

    for status in [200, 400] {
        let ticket = clerk.sign_in_ticket("user_ada").unwrap();
        call.as_new_browser().await;
        let form = [("strategy", "ticket"), ("ticket", &ticket)];
        assert_eq!(call.form("POST", path, &form).await.0, 200);
        call.as_new_browser().await;
        let again = [("strategy", "ticket"), ("ticket", if status == 200 { "unknown" } else { &ticket })];
        call.error("POST", path, &again, 400, "sign_in_token_cannot_be_used").await;
    }
    assert_eq!(clerk.sign_in_ticket("user_nobody"), None);
}

async fn impersonations(clerk: &LocalClerk, call: &mut Caller) {
    let (path, client) = ("/v1/client/sign_ins", ClerkClient::new(clerk.config()));
    let new = || NewActorToken::new("user_grace", Actor::new("user_ada").member("ticket", "T-7"));
    let actor = json!({ "sub": "user_ada", "ticket": "T-7" });
    let token = client.actor_tokens().create(new()).await.unwrap();
    call.as_new_browser().await;
    let form = [("strategy", "ticket"), ("ticket", token.token.as_ref().unwrap().expose())];
    let begun = call.ok("POST", path, &form).await;
    let session = &begun["client"]["sessions"][0];
    assert_eq!((&session["user"]["id"], &session["actor"]), (&json!("user_grace"), &actor));
    let known = client.sessions().get(begun["response"]["created_session_id"].as_str().unwrap()).await.unwrap();
    assert_eq!(known.actor.map(Value::from), Some(actor));

    async fn who(user: RequireAuth) -> String {
        format!(
            "{} as {}",
            user.actor().and_then(|actor| actor.id().map(str::to_owned)).unwrap_or_default(),
            user.user_id()
        )
    }
    let app = App::new().route("/", web::get().to(who)).wrap(ClerkMiddleware::new(clerk.config()));
    let bearer = format!("Bearer {}", session["last_active_token"]["jwt"].as_str().unwrap());
    let request = TestRequest::get().uri("/").insert_header(("Authorization", bearer)).to_request();
    assert_eq!(test::call_and_read_body(&test::init_service(app).await, request).await, "user_ada as user_grace");

    // A token works once, not after it was revoked, and not after its time.
    let revoked = client.actor_tokens().create(new()).await.unwrap();
    client.actor_tokens().revoke(&revoked.id).await.unwrap();
    let old = client.actor_tokens().create(new().lifetime(Duration::from_secs(60))).await.unwrap();
    clerk.clock().advance(Duration::from_secs(60));
    for token in [token, revoked, old] {
        call.as_new_browser().await;
        let form = [("strategy", "ticket"), ("ticket", token.token.as_ref().unwrap().expose())];
        call.error("POST", path, &form, 400, "sign_in_token_cannot_be_used").await;
    }
}

async fn sign_ups(call: &mut Caller) {
    let path = "/v1/client/sign_ups";
    call.as_new_browser().await;
    call.error("POST", path, &[("email_address", "ada@example.com")], 422, "form_identifier_exists").await;
    call.error("POST", path, &[("email_address", "lin")], 422, "form_param_format_invalid").await;
    call.error("POST", path, &[("password", "short")], 422, "form_password_length_too_short").await;
    let begun = call.ok("POST", path, &[("email_address", "lin+clerk_test@example.com"), ("first_name", "Lin")]).await;
    assert_eq!(begun["response"]["missing_fields"], serde_json::json!(["password"]));
    let one = format!("{path}/{}", id(&begun));
    call.ok("GET", &one, &[]).await;
    call.ok("PATCH", &one, &[("password", PASSWORD), ("last_name", "Lee")]).await;
    let (prepare, attempt) = (format!("{one}/prepare_verification"), format!("{one}/attempt_verification"));
    call.error("POST", &attempt, &[("strategy", "email_code"), ("code", "424242")], 400, "verification_missing").await;
    call.ok("POST", &prepare, &[("strategy", "email_code")]).await;
    call.error("POST", &attempt, &[("strategy", "email_code"), ("code", "1")], 422, "form_code_incorrect").await;
    let done = call.ok("POST", &attempt, &[("strategy", "email_code"), ("code", "424242")]).await;
    assert_eq!(done["client"]["sessions"][0]["user"]["first_name"], "Lin");
    call.error("POST", path, &[], 400, "session_exists").await;
}

async fn sessions(clerk: &LocalClerk, call: &mut Caller) {
    let session = call.sign_in("ada@example.com").await;
    let one = format!("/v1/client/sessions/{session}");
    call.ok("GET", &one, &[]).await;
    let touched = call.ok("POST", &format!("{one}/touch"), &[("active_organization_id", "org_globex")]).await;
    assert_eq!(touched["response"]["last_active_organization_id"], "org_globex");
    let touched = call.ok("POST", &format!("{one}/touch"), &[("active_organization_id", "")]).await;
    assert_eq!(touched["response"]["last_active_organization_id"], Value::Null);
    let elsewhere = [("active_organization_id", "org_nowhere")];
    call.error("POST", &format!("{one}/touch"), &elsewhere, 403, "organization_not_found_or_unauthorized").await;
    for (form, organization) in [
        (&[][..], Value::Null),
        (&[("organization_id", "org_acme")], "org_acme".into()),
        (&[("organization_id", "")], Value::Null),
    ] {
        let token = call.ok("POST", &format!("{one}/tokens"), form).await;
        let claims = crate::support::payload(token["jwt"].as_str().unwrap());
        assert_eq!((&claims["o"]["id"], &claims["azp"]), (&organization, &"http://localhost:3000".into()));
    }
    let elsewhere = [("organization_id", "org_nowhere")];
    call.error("POST", &format!("{one}/tokens"), &elsewhere, 403, "organization_not_found_or_unauthorized").await;
    let token = call.ok("POST", &format!("{one}/tokens/database"), &[]).await;
    assert_eq!(crate::support::payload(token["jwt"].as_str().unwrap())["role"], "editor");
    call.error("POST", &format!("{one}/tokens/unknown"), &[], 404, "resource_not_found").await;

    clerk.clock().advance(Duration::from_secs(600));
    let verify = format!("{one}/verify");
    call.error("POST", &verify, &[], 422, "form_param_missing").await;
    let begun = call.ok("POST", &verify, &[("level", "multi_factor")]).await;
    assert_eq!(begun["response"]["session"]["factor_verification_age"], serde_json::json!([10, -1]));
    let (prepare, attempt) = (format!("{verify}/prepare_first_factor"), format!("{verify}/attempt_first_factor"));
    call.ok("POST", &prepare, &[("strategy", "email_code")]).await;
    call.error("POST", &attempt, &[("strategy", "password"), ("password", "x")], 422, "form_password_incorrect").await;
    let done = call.ok("POST", &attempt, &[("strategy", "password"), ("password", PASSWORD)]).await;
    assert_eq!(done["response"]["session"]["factor_verification_age"], serde_json::json!([0, -1]));
    call.ok("POST", &attempt, &[("strategy", "email_code"), ("code", "424242")]).await;

    // Ended in each way: then everything is 401, as after a revocation.
    let other = call.query.clone();
    let revoked = session;
    call.sign_in("ada@example.com").await;
    assert_eq!(call.ok("GET", "/v1/me/sessions/active", &[]).await.as_array().map(Vec::len), Some(5));
    call.ok("GET", "/v1/me/sessions", &[]).await;
    call.error("POST", "/v1/me/sessions/sess_unknown/revoke", &[], 404, "resource_not_found").await;
    let ended = call.ok("POST", &format!("/v1/me/sessions/{revoked}/revoke"), &[]).await;
    assert_eq!(ended["response"]["status"], "revoked");
    call.query = other;
    for path in ["touch", "tokens", "tokens/database", "verify", "end", "remove"] {
        let path = format!("{one}/{path}");
        call.error("POST", &path, &[("level", "first_factor")], 401, "authentication_invalid").await;
    }
    call.error("GET", &one, &[], 401, "authentication_invalid").await;
    call.error("GET", "/v1/me", &[], 401, "authentication_invalid").await;
    for (path, status) in [("end", "ended"), ("remove", "removed")] {
        let session = call.sign_in("grace@example.com").await;
        let ended = call.ok("POST", &format!("/v1/client/sessions/{session}/{path}"), &[]).await;
        assert_eq!(
            (&ended["response"]["status"], &ended["client"]["sessions"]),
            (&status.into(), &serde_json::json!([]))
        );
    }
    call.sign_in("grace@example.com").await;
    let signed_out = call.ok("DELETE", "/v1/client/sessions", &[]).await;
    assert_eq!(signed_out["response"]["sessions"], serde_json::json!([]));
}

async fn profile(call: &mut Caller) {
    call.sign_in("alan@example.com").await;
    call.ok("GET", "/v1/me", &[]).await;
    let renamed = call.ok("PATCH", "/v1/me", &[("first_name", "A."), ("last_name", "T.")]).await;
    assert_eq!(renamed["client"]["sessions"][0]["user"]["first_name"], "A.");
    let path = "/v1/me/change_password";
    let wrong = [("current_password", "x"), ("new_password", "another password")];
    call.error("POST", path, &wrong, 422, "form_password_incorrect").await;
    let short = [("current_password", PASSWORD), ("new_password", "x")];
    call.error("POST", path, &short, 422, "form_password_length_too_short").await;
    call.ok("POST", path, &[("current_password", PASSWORD), ("new_password", PASSWORD)]).await;
    call.ok("GET", "/v1/me/organization_suggestions", &[]).await;
    call.ok("GET", "/v1/me/organization_creation_defaults", &[]).await;
    call.error("POST", "/v1/me/totp", &[], 404, "resource_not_found").await;
}

async fn organizations(call: &mut Caller) {
    call.sign_in("ada@example.com").await;
    call.ok("GET", "/v1/me/organization_memberships?paginated=true", &[]).await;
    call.error("POST", "/v1/organizations", &[], 422, "form_param_missing").await;
    let taken = [("name", "Acme Again"), ("slug", "acme")];
    call.error("POST", "/v1/organizations", &taken, 422, "form_identifier_exists").await;
    let created = call.ok("POST", "/v1/organizations", &[("name", "Initech & Sons")]).await;
    assert_eq!(created["response"]["slug"], "initech-sons");
    let one = format!("/v1/organizations/{}", id(&created));
    call.ok("GET", &one, &[]).await;
    call.ok("PATCH", &one, &[("name", "Initech"), ("slug", "initech")]).await;
    call.error("PATCH", &one, &[("slug", "acme")], 422, "form_identifier_exists").await;
    call.ok("GET", &format!("{one}/roles"), &[]).await;
    call.ok("GET", &format!("{one}/domains"), &[]).await;
    call.ok("GET", &format!("{one}/membership_requests"), &[]).await;

    let invitations = format!("{one}/invitations");
    let invite = |email| [("email_address", email), ("role", "org:member")];
    call.error("POST", &invitations, &invite("ada@example.com"), 400, "already_a_member_in_organization").await;
    let unknown = [("email_address", "alan@example.com"), ("role", "org:king")];
    call.error("POST", &invitations, &unknown, 422, "form_param_value_invalid").await;
    let invited = call.ok("POST", &invitations, &invite("alan@example.com")).await;
    let bulk = [("email_address", "x@example.com"), ("email_address", "y@example.com"), ("role", "org:admin")];
    let others = call.ok("POST", &format!("{invitations}/bulk"), &bulk).await;
    let other = others["response"][0]["id"].as_str().unwrap().to_owned();
    call.ok("POST", &format!("{invitations}/{other}/revoke"), &[]).await;
    call.error("POST", &format!("{invitations}/{other}/revoke"), &[], 404, "resource_not_found").await;
    let pending = call.ok("GET", &format!("{invitations}?status=pending&limit=1"), &[]).await;
    assert_eq!(
        (pending["response"]["data"].as_array().map(Vec::len), &pending["response"]["total_count"]),
        (Some(1), &2.into())
    );
    call.ok("GET", &format!("{invitations}/pending"), &[]).await;

    let administrator = call.query.clone();
    call.sign_in("alan@example.com").await;
    call.error("GET", &one, &[], 403, "organization_not_found_or_unauthorized").await;
    let mine = call.ok("GET", "/v1/me/organization_invitations?status=pending", &[]).await;
    assert_eq!(mine["response"]["data"][0]["public_organization_data"]["slug"], "initech");
    let accept = format!("/v1/me/organization_invitations/{}/accept", id(&invited));
    call.ok("POST", &accept, &[]).await;
    call.error("POST", &accept, &[], 404, "resource_not_found").await;
    let members = format!("{one}/memberships");
    call.ok("GET", &format!("{members}?query=alan&role=org%3Amember"), &[]).await;
    // A member may look, but not change.
    for (method, path) in [
        ("PATCH", one.clone()),
        ("DELETE", one.clone()),
        ("POST", invitations.clone()),
        ("PATCH", format!("{members}/user_ada")),
        ("DELETE", format!("{members}/user_ada")),
    ] {
        let form = [("email_address", "z@example.com"), ("role", "org:admin")];
        call.error(method, &path, &form, 403, "missing_organization_permission").await;
    }
    call.ok("DELETE", &format!("/v1/me/organization_memberships/{}", id(&created)), &[]).await;
    call.error("GET", &members, &[], 403, "organization_not_found_or_unauthorized").await;
    let deleted = call.ok("DELETE", "/v1/me", &[]).await;
    assert_eq!(deleted["client"]["sessions"], serde_json::json!([]));

    call.query = administrator;
    let grace = "/v1/organizations/org_acme/memberships/user_grace";
    let promoted = call.ok("PATCH", grace, &[("role", "org:admin")]).await;
    assert_eq!(promoted["response"]["role"], "org:admin");
    call.ok("DELETE", grace, &[]).await;
    call.error("PATCH", grace, &[("role", "org:admin")], 404, "resource_not_found").await;
    call.ok("DELETE", &one, &[]).await;
    call.error("GET", &one, &[], 403, "organization_not_found_or_unauthorized").await;
}
