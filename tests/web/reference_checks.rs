//! Authorization checks have the results of the reference's `has()`, recorded by `parity/has.mjs`.
//!
//! Both check the same claims, ours in genuine tokens.

use std::time::Duration;

use actix_web::{App, test, web};
use clerk_actix::{
    Auth, Check, ClerkMiddleware, Reverification, Session, WithPending,
    testing::{self, LocalClerk},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::bearer;

#[derive(Deserialize)]
struct Case {
    name: String,
    claims: Map<String, Value>,
    asked: Value,
    has: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    role: Option<String>,
    permission: Option<String>,
    feature: Option<String>,
    plan: Option<String>,
    reverification: Option<Value>,
}

/// Leaks the text, as checks take constants; a test may do that.
fn constant(text: &Option<String>) -> Option<&'static str> {
    text.clone().map(|text| &*text.leak())
}

impl Asked {
    fn check(&self) -> Check {
        let apply = |check: Check, text: &Option<String>, ask: fn(Check, &'static str) -> Check| match constant(text) {
            Some(text) => ask(check, text),
            None => check,
        };
        let check = apply(Check::new(), &self.role, Check::role);
        let check = apply(check, &self.permission, Check::permission);
        let check = apply(check, &self.feature, Check::feature);
        let check = apply(check, &self.plan, Check::plan);
        match &self.reverification {
            Some(asked) => check.reverification(reverification(asked)),
            None => check,
        }
    }

    /// The same through the method for a single check, if there is only one.
    fn by_itself(&self, session: &Session) -> Option<bool> {
        match (&self.role, &self.permission, &self.feature, &self.plan, &self.reverification) {
            (Some(role), None, None, None, None) => Some(session.has_role(role)),
            (None, Some(permission), None, None, None) => Some(session.has_permission(permission)),
            (None, None, Some(feature), None, None) => Some(session.has_feature(feature)),
            (None, None, None, Some(plan), None) => Some(session.has_plan(plan)),
            _ => None,
        }
    }
}

fn reverification(asked: &Value) -> Reverification {
    let within = Duration::from_secs(60 * asked["afterMinutes"].as_u64().unwrap_or_default());
    match asked["level"].as_str().or(asked.as_str()).unwrap() {
        "strict_mfa" => Reverification::STRICT_MFA,
        "strict" => Reverification::STRICT,
        "moderate" => Reverification::MODERATE,
        "lax" => Reverification::LAX,
        "first_factor" => Reverification::first_factor(within),
        "second_factor" => Reverification::second_factor(within),
        "multi_factor" => Reverification::multi_factor(within),
        other => panic!("{other}"),
    }
}

async fn answer(asked: web::Json<Asked>, auth: Auth<WithPending>) -> web::Json<Value> {
    let session = auth.authenticated().unwrap();
    web::Json(json!({ "has": session.has(&asked.check()), "by_itself": asked.by_itself(session) }))
}

#[actix_web::test]
async fn the_references_answers_are_ours() {
    let clerk = LocalClerk::start_production().unwrap();
    clerk.clock().freeze();
    let app = App::new().wrap(ClerkMiddleware::new(clerk.config())).route("/", web::post().to(answer));
    let app = test::init_service(app).await;
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/has.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 500, "{}", cases.len());
    let (mut passed, mut differences) = (0, Vec::new());
    for case in cases {
        // A null claim is left out: no rule depends on the difference.
        let bare = testing::session("user_1").version(1).claim("fva", ()).claim("sts", ());
        let token = clerk.mint(case.claims.into_iter().fold(bare, |session, (name, value)| session.claim(name, value)));
        let request = test::TestRequest::post().insert_header(bearer(token)).set_json(&case.asked).to_request();
        let told: Value = test::call_and_read_body_json(&app, request).await;
        let is_same = told["by_itself"].as_bool().is_none_or(|by_itself| by_itself == case.has);
        if told["has"] != case.has || !is_same {
            differences.push(format!("{}: {told} for {}", case.name, case.has));
        }
        passed += usize::from(case.has);
    }
    assert!(differences.is_empty(), "{differences:#?}");
    assert!(passed >= 150, "{passed}");
}
