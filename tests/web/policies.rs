//! Policies in handler signatures: which callers pass, and the responses to the others.

use std::time::Duration;

use actix_test::TestServer;
use actix_web::{App, HttpRequest, web};
use clerk_actix::{
    AnyOf, ApiKey, Auth, AuthError, Authorized, Check, ClerkConfig, ClerkMiddleware, Either, M2mToken, OAuthToken,
    Policy, Principal, RequireAuth, Reverification, Session, SessionStatus, WithPending,
    policy::{OrgFromPath, PathPart},
    require,
    testing::{self, LocalClerk},
};
use serde_json::json;

use crate::support::{Admin, get, local_clerk, send, servers::serve};

macro_rules! policy {
    ($name:ident, $check:expr) => {
        struct $name;
        impl Policy for $name {
            const REQUIRES: Check = $check;
        }
    };
}

policy!(Publish, Check::new().permission("org:posts:publish"));
policy!(Fresh, Check::new().reverification(Reverification::STRICT));
policy!(FreshFor, Check::new().reverification(Reverification::first_factor(Duration::from_secs(7 * 60))));
policy!(FreshPublish, Check::new().permission("org:posts:publish").reverification(Reverification::STRICT_MFA));
policy!(Export, Check::new().feature("export").plan("org:team"));
policy!(ReadByKey, Check::new().scope("orders:read"));
policy!(PublishOrKey, Check::any(&[Check::new().permission("org:posts:publish"), Check::new().scope("posts:publish")]));

struct Oneself;
impl Policy for Oneself {
    const REQUIRES: Check = Check::ANYONE;

    fn permits(caller: &Principal, req: &HttpRequest) -> bool {
        req.match_info().get("user_id").is_some_and(|user_id| caller.user_id() == Some(user_id))
    }
}

struct Team;
impl PathPart for Team {
    const NAME: &'static str = "team";
}

async fn only<P: Policy>(user: Authorized<P>) -> String {
    user.user_id().to_owned()
}

fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    serve(move || {
        App::new()
            .wrap(clerk.clone())
            .route("/admin", web::to(only::<Admin>))
            .route("/publish", web::to(only::<Publish>))
            .route("/fresh", web::to(only::<Fresh>))
            .route("/fresh-for", web::to(only::<FreshFor>))
            .route("/fresh-publish", web::to(only::<FreshPublish>))
            .route("/export", web::to(only::<Export>))
            .route("/admin-and-publish", web::to(only::<(Admin, Publish)>))
            .route("/three", web::to(only::<(Admin, Publish, Fresh)>))
            .route("/admin-or-publish", web::to(only::<AnyOf<(Admin, Publish)>>))
            .route("/oneself-or-admin/{user_id}", web::to(only::<AnyOf<(Oneself, Admin)>>))
            .route("/users/{user_id}", web::to(only::<Oneself>))
            .route("/orgs/{org}/posts", web::to(only::<(OrgFromPath, Publish)>))
            .route("/teams/{team}", web::to(only::<OrgFromPath<Team>>))
            .route("/no-part", web::to(only::<OrgFromPath>))
            .service(web::scope("/from/{org}").route("/to/{org}", web::to(only::<OrgFromPath>)))
            .service(web::scope("/in/{org}").route("/team/{team}", web::to(only::<(OrgFromPath, OrgFromPath<Team>)>)))
            .route("/pending", web::to(async |user: Authorized<Admin, WithPending>| user.user_id().to_owned()))
            .route("/key", web::to(async |key: Authorized<ReadByKey, ApiKey>| key.id().to_owned()))
            .route("/machine", web::to(async |caller: Authorized<ReadByKey, M2mToken>| caller.id().to_owned()))
            .route("/application", web::to(async |caller: Authorized<ReadByKey, OAuthToken>| caller.id().to_owned()))
            .route("/key-of-org/{org}", web::to(async |key: Authorized<OrgFromPath, ApiKey>| key.id().to_owned()))
            .route("/either", web::to(async |_: Authorized<PublishOrKey, Either<Session, ApiKey>>| "in"))
            .route("/any", web::to(async |caller: Authorized<PublishOrKey, Principal>| caller.token_type().to_string()))
            .route("/option", web::to(async |user: Option<Authorized<Admin>>| user.is_some().to_string()))
            .route("/result", web::to(async |user: Result<Authorized<Admin>, AuthError>| format!("{:?}", user.err())))
            .route("/json", web::to(async |user: Authorized<Admin>| web::Json(user)))
            .route("/in-handler", web::to(in_handler))
            .service(
                web::scope("/scope")
                    .wrap(require::<Admin>())
                    .route("/page", web::to(async |auth: Auth| auth.user_id().unwrap().to_owned())),
            )
            .service(web::scope("/keys").wrap(require::<ReadByKey>().of::<ApiKey>()).route("", web::to(async || "in")))
    })
}

async fn in_handler(user: RequireAuth, req: HttpRequest) -> Result<&'static str, AuthError> {
    const PUBLISH: Check = Check::new().permission("org:posts:publish");
    user.authorize(&PUBLISH, &req)?;
    assert!(user.has(&PUBLISH) && user.has_permission("posts:publish") && !user.has_role("admin"));
    Ok("in")
}

fn admin(clerk: &LocalClerk) -> String {
    let permissions = ["org:posts:publish"];
    clerk.mint(
        testing::session("user_1").org_id("org_1").org_slug("acme").org_role("org:admin").org_permissions(permissions),
    )
}

fn member(clerk: &LocalClerk) -> String {
    let session = testing::session("user_2").org_id("org_1").org_slug("acme").org_role("org:member");
    clerk.mint(
        session
            .org_permissions(["org:posts:publish"])
            .factor_verification_age(Duration::from_secs(60 * 60), Some(Duration::from_secs(60 * 60))),
    )
}

#[actix_web::test]
async fn callers_and_where_they_get() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let (admin, member, stranger) = (admin(&clerk), member(&clerk), clerk.session_token("user_3"));
    let entitled = testing::session("user_1").org_id("org_1").org_features(["export"]).org_plans(["team"]);
    let entitled = clerk.mint(entitled);
    for (path, token, status) in [
        ("/admin", &admin, 200),
        ("/admin", &member, 403),
        ("/admin", &stranger, 403),
        ("/publish", &member, 200),
        ("/publish", &stranger, 403),
        ("/fresh", &admin, 200),
        ("/fresh", &member, 403),
        ("/export", &entitled, 200),
        ("/export", &admin, 403),
        ("/admin-and-publish", &admin, 200),
        ("/admin-and-publish", &member, 403),
        ("/three", &admin, 200),
        ("/three", &member, 403),
        ("/admin-or-publish", &member, 200),
        ("/admin-or-publish", &stranger, 403),
        ("/oneself-or-admin/user_2", &member, 200),
        ("/oneself-or-admin/user_2", &admin, 200),
        ("/oneself-or-admin/user_1", &member, 403),
        ("/users/user_1", &admin, 200),
        ("/users/user_2", &admin, 403),
        ("/orgs/org_1/posts", &member, 200),
        ("/orgs/acme/posts", &member, 200),
        ("/orgs/org_2/posts", &member, 403),
        ("/orgs/acme/posts", &stranger, 403),
        ("/teams/acme", &member, 200),
        ("/teams/other", &member, 403),
        ("/no-part", &admin, 403),
        ("/in-handler", &member, 200),
        ("/in-handler", &stranger, 403),
        ("/scope/page", &admin, 200),
        ("/scope/page", &member, 403),
        ("/scope/none", &member, 403),
        ("/scope/none", &admin, 404),
    ] {
        let answer = get(&server, path, token).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.header("x-clerk-auth-status"), None, "somebody is there: {path}");
        if status == 403 {
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    assert_eq!(get(&server, "/option", &member).await.body, "false");
    assert_eq!(get(&server, "/option", &admin).await.body, "true");
    assert!(get(&server, "/result", &member).await.body.contains("Role(\"org:admin\")"));
    assert_eq!(get(&server, "/json", &admin).await.json()["userId"], "user_1");
    let pending = clerk.mint(testing::session("user_1").org_role("org:admin").status(SessionStatus::Pending));
    assert_eq!(get(&server, "/pending", &pending).await.status, 200);
    assert_eq!(get(&server, "/admin", &pending).await.status, 401);
}

/// A text that begins with `org_` is an id and anything else a slug: an organization's members choose its slug, and
/// could choose another organization's id.
#[actix_web::test]
async fn organizations_in_paths() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let of = |id: &str, slug: &str| {
        let session = testing::session("user_1").org_id(id).org_slug(slug).org_role("org:member");
        clerk.mint(session.org_permissions(["org:posts:publish"]))
    };
    let (victim, attacker) = (of("org_victim", "victim"), of("org_attacker", "org_victim"));
    let odd_id = of("legacy", "acme");
    let key = clerk.mint(testing::api_key("org_victim"));
    for (name, path, token, status) in [
        ("by its id", "/orgs/org_victim/posts", &victim, 200),
        ("by its slug", "/orgs/victim/posts", &victim, 200),
        ("a slug that is another's id", "/orgs/org_victim/posts", &attacker, 403),
        ("its id, all the same", "/orgs/org_attacker/posts", &attacker, 200),
        ("an id that does not look like one", "/orgs/legacy/posts", &odd_id, 403),
        ("its slug", "/orgs/acme/posts", &odd_id, 200),
        ("another case", "/orgs/ORG_victim/posts", &victim, 403),
        ("an escaped id", "/orgs/%6Frg_victim/posts", &victim, 200),
        ("an escaped slash", "/orgs/org_victim%2Fx/posts", &victim, 403),
        ("the prefix alone", "/orgs/org_/posts", &victim, 403),
        ("a repeated part, both one's own", "/from/org_victim/to/org_victim", &victim, 403),
        ("a repeated part, the first one's own", "/from/org_victim/to/org_attacker", &victim, 403),
        ("a repeated part, the last one's own", "/from/org_attacker/to/org_victim", &victim, 403),
        ("two parts of two names", "/in/org_victim/team/victim", &victim, 200),
        ("two parts of two names, one another's", "/in/org_victim/team/other", &victim, 403),
        ("an API key, by its organization's id", "/key-of-org/org_victim", &key, 200),
        ("an API key has no slug", "/key-of-org/victim", &key, 403),
    ] {
        assert_eq!(get(&server, path, token).await.status, status, "{name}: {path}");
    }
}

#[actix_web::test]
async fn machines_and_where_they_get() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let key = clerk.mint(testing::api_key("org_1").id("ak_1").scopes(["orders:read"]));
    let weak = clerk.mint(testing::api_key("user_1").scopes(["orders:write"]));
    let publisher = clerk.mint(testing::api_key("user_1").scopes(["posts:publish"]));
    let machine = clerk.mint(testing::m2m_token(clerk.machine_id()).scopes(["orders:read"]).jwt());
    let application = clerk.mint(testing::oauth_token("user_1").scopes(["orders:read"]));
    let member = member(&clerk);
    for (path, token, status) in [
        ("/key", &key, 200),
        ("/key", &weak, 403),
        ("/key", &member, 401),
        ("/machine", &machine, 200),
        ("/machine", &key, 401),
        ("/application", &application, 200),
        ("/key-of-org/org_1", &key, 200),
        ("/key-of-org/org_2", &key, 403),
        ("/key-of-org/org_1", &weak, 403),
        ("/either", &publisher, 200),
        ("/either", &member, 200),
        ("/either", &key, 403),
        ("/either", &machine, 401),
        ("/any", &publisher, 200),
        ("/any", &machine, 403),
        ("/keys", &key, 200),
        ("/keys", &weak, 403),
        ("/keys", &member, 401),
    ] {
        let answer = get(&server, path, token).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    let refused = get(&server, "/key", &weak).await;
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"orders:read\"";
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
}

#[actix_web::test]
async fn what_the_refused_are_told() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let member = member(&clerk);
    let envelope = |code: &str, message: &str| json!({ "errors": [{ "code": code, "message": message }] });
    let verification = |asked: serde_json::Value| {
        json!({ "clerk_error": {
            "type": "forbidden", "reason": "reverification-error", "metadata": { "reverification": asked },
        } })
    };
    for (path, expected) in [
        ("/admin", envelope("missing-role", "The role org:admin is required.")),
        ("/three", envelope("missing-role", "The role org:admin is required.")),
        ("/export", envelope("missing-feature", "The feature export is required.")),
        ("/users/user_1", envelope("forbidden", "This is not allowed.")),
        ("/orgs/org_2/posts", envelope("forbidden", "This is not allowed.")),
        ("/fresh", verification(json!("strict"))),
        ("/fresh-publish", verification(json!("strict_mfa"))),
        ("/fresh-for", verification(json!({ "level": "first_factor", "afterMinutes": 7 }))),
    ] {
        let answer = get(&server, path, &member).await;
        assert_eq!((answer.status, answer.json()), (403, expected), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
    }
    let signed_out = send(server.get("/fresh-publish")).await;
    assert_eq!((signed_out.status, signed_out.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(signed_out.json(), envelope("session-token-and-uat-missing", "Authentication is required."));
    let visit = send(server.get("/admin").insert_header(("Sec-Fetch-Dest", "document"))).await;
    assert_eq!(visit.status, 302, "to sign in");
}

#[actix_web::test]
async fn a_page_for_those_who_may_not() {
    let clerk = local_clerk();
    let with_page = server(clerk.config_builder().forbidden_url("/no-access").build().unwrap());
    let member = format!("Bearer {}", member(&clerk));
    let visit = |server: &TestServer, path: &str| {
        let document = ("Sec-Fetch-Dest", "document");
        send(server.get(path).insert_header(document).insert_header(("Authorization", member.clone())))
    };
    let shown = visit(&with_page, "/admin").await;
    let page = with_page.url("/no-access");
    assert_eq!((shown.status, shown.header("location")), (302, Some(page.as_str())));
    let called = get(&with_page, "/admin", member.strip_prefix("Bearer ").unwrap()).await;
    assert_eq!(called.status, 403, "an API client is told so");
    let without = server(clerk.config());
    assert_eq!(visit(&without, "/admin").await.status, 403);
}

#[actix_web::test]
async fn heads_and_options() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let member = format!("Bearer {}", member(&clerk));
    let head = send(server.head("/admin").insert_header(("Authorization", member.clone()))).await;
    assert_eq!((head.status, head.body.as_str()), (403, ""));
    let options = send(server.options("/admin")).await;
    assert_eq!(options.status, 401, "an OPTIONS is a request like any other; CORS is answered further out");
}
