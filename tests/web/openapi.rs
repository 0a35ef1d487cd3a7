//! The complete OpenAPI document of handlers with authentication requirements.

use clerk_actix::{
    ApiKey, Authorized, Check, ClerkConfig, Either, M2mToken, OAuthToken, Policy, Principal, ProtectedResource,
    RequireAuth, Reverification, Session,
    openapi::{self, Demand, OAuthScheme, SecuritySchemes},
};
use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{Response, path::Operation},
};

struct Publish;
impl Policy for Publish {
    const REQUIRES: Check =
        Check::any(&[Check::new().permission("org:posts:publish"), Check::new().scope("posts:publish")]);
}

struct Admin;
impl Policy for Admin {
    const REQUIRES: Check = Check::new().role("org:admin");
}

struct Read;
impl Policy for Read {
    const REQUIRES: Check = Check::any(&[Check::new().scope("orders:read"), Check::new().scope("orders:write")]);
}

struct Fresh;
impl Policy for Fresh {
    const REQUIRES: Check = Check::new().role("org:admin").reverification(Reverification::STRICT);
}

struct FreshOrRead;
impl Policy for FreshOrRead {
    const REQUIRES: Check = Check::any(&[Fresh::REQUIRES, Read::REQUIRES]);
}

struct Anyone;
impl Policy for Anyone {
    const REQUIRES: Check = Check::ANYONE;
}

#[test]
fn schemes() {
    #[derive(OpenApi)]
    #[openapi(modifiers(&SecuritySchemes))]
    struct Api;
    let document = serde_json::to_value(Api::openapi()).unwrap();
    let bearer = |format: &str, description: &str| json!({ "type": "http", "scheme": "bearer", "bearerFormat": format, "description": description });
    let expected = json!({
        "clerkSession":
            bearer("JWT", "The session token of a signed-in user, which Clerk's frontend SDKs return from `getToken()`."),
        "clerkSessionCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__session",
            "description": "The session token in the cookie that Clerk sets in a browser.",
        },
        "clerkApiKey": bearer("ak_…", "An API key of a user or an organization."),
        "clerkM2mToken": bearer("mt_… or JWT", "A token that one machine presents to another."),
        "clerkOAuthToken": bearer("oat_… or JWT", "An OAuth access token of an application that acts for a user."),
    });
    assert_eq!(document["components"]["securitySchemes"], expected);
    let mut bare = Api::openapi();
    bare.components = None;
    SecuritySchemes.modify(&mut bare);
    assert_eq!(serde_json::to_value(bare).unwrap()["components"]["securitySchemes"], expected);
}

#[test]
fn what_each_extractor_takes() {
    fn taken<D: Demand>() -> Value {
        serde_json::to_value(openapi::security::<D>()).unwrap()
    }
    let session = [json!({ "clerkSession": [] }), json!({ "clerkSessionCookie": [] })];
    let with_session = |machines: Value| Value::from([&session[..], machines.as_array().unwrap()].concat());
    let any = json!([{ "clerkApiKey": [] }, { "clerkM2mToken": [] }, { "clerkOAuthToken": [] }]);
    for (name, taken, expected) in [
        ("a user", taken::<RequireAuth>(), json!(session)),
        ("a key", taken::<RequireAuth<ApiKey>>(), json!([{ "clerkApiKey": [] }])),
        ("anybody", taken::<RequireAuth<Principal>>(), with_session(any)),
        ("an admin", taken::<Authorized<Admin>>(), json!(session)),
        ("any caller who is an admin", taken::<Authorized<Admin, Principal>>(), json!(session)),
        ("a policy for any user", taken::<Authorized<Anyone>>(), json!(session)),
        (
            "a user or a key",
            taken::<Authorized<Publish, Either<Session, ApiKey>>>(),
            with_session(json!([{ "clerkApiKey": ["posts:publish"] }])),
        ),
        (
            "one of two scopes",
            taken::<Authorized<Read, Either<M2mToken, OAuthToken>>>(),
            json!([
                { "clerkM2mToken": ["orders:read"] },
                { "clerkM2mToken": ["orders:write"] },
                { "clerkOAuthToken": ["orders:read"] },
                { "clerkOAuthToken": ["orders:write"] },
            ]),
        ),
        (
            "two policies",
            taken::<Authorized<(Read, Publish), ApiKey>>(),
            json!([
                { "clerkApiKey": ["orders:read", "posts:publish"] },
                { "clerkApiKey": ["orders:write", "posts:publish"] },
            ]),
        ),
    ] {
        assert_eq!(taken, expected, "{name}");
    }
}

#[test]
fn refusals() {
    let refusal = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": {
                "type": "object",
                "required": ["errors"],
                "properties": { "errors": { "type": "array", "items": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
                } } },
            } } },
        })
    };
    let with_header = |mut response: Value, name: &str| {
        response["headers"] = json!({ name: { "schema": { "type": "string" } } });
        response
    };
    let mut operation = Operation::new();
    openapi::describe::<Authorized<Publish>>(&mut operation);
    let described = serde_json::to_value(operation).unwrap();
    assert_eq!(described["security"], json!([{ "clerkSession": [] }, { "clerkSessionCookie": [] }]));
    let expected = json!({
        "401": with_header(refusal("Authentication is required."), "WWW-Authenticate"),
        "403": refusal("Not allowed without: permission org:posts:publish or scope posts:publish."),
        "503": with_header(refusal("Authentication is temporarily unavailable."), "Retry-After"),
    });
    assert_eq!(described["responses"], expected);

    let mut operation = Operation::new();
    openapi::describe::<RequireAuth>(&mut operation);
    let described = serde_json::to_value(operation).unwrap();
    assert_eq!(described["responses"].get("403"), None, "everybody who is signed in may");

    let mut operation = Operation::new();
    operation.responses.responses.insert("401".to_owned(), Response::new("in our own words").into());
    openapi::describe::<Authorized<Anyone>>(&mut operation);
    let described = serde_json::to_value(operation).unwrap();
    assert_eq!(described["responses"]["401"], json!({ "description": "in our own words" }));
    assert_eq!(described["responses"]["403"]["description"], "This is not allowed.");

    let mut operation = Operation::new();
    openapi::describe::<Authorized<Fresh>>(&mut operation);
    let described = serde_json::to_value(operation).unwrap();
    let body = &described["responses"]["403"]["content"]["application/json"]["schema"]["oneOf"];
    assert_eq!(body[0], refusal("")["content"]["application/json"]["schema"]);
    let expected = json!({
        "type": "object",
        "required": ["clerk_error"],
        "properties": { "clerk_error": {
            "type": "object",
            "required": ["type", "reason", "metadata"],
            "properties": {
                "type": { "type": "string" },
                "reason": { "type": "string" },
                "metadata": {
                    "type": "object",
                    "required": ["reverification"],
                    "properties": { "reverification": { "oneOf": [
                        { "type": "string" },
                        {
                            "type": "object",
                            "required": ["level", "afterMinutes"],
                            "properties": { "level": { "type": "string" }, "afterMinutes": { "type": "integer" } },
                        },
                    ] } },
                },
            },
        } },
    });
    assert_eq!(body[1], expected, "a user who is asked to prove who they are");

    let mut operation = Operation::new();
    openapi::describe::<Authorized<FreshOrRead, ApiKey>>(&mut operation);
    let described = serde_json::to_value(operation).unwrap();
    let body = &described["responses"]["403"]["content"]["application/json"]["schema"];
    assert_eq!(body["required"], json!(["errors"]), "a key cannot prove anything");
}

#[test]
fn oauth_tokens_and_where_to_get_them() {
    #[derive(OpenApi)]
    #[openapi(modifiers(&SecuritySchemes))]
    struct Api;
    #[derive(OpenApi)]
    struct Bare;
    let config = |key: &str| {
        let builder = ClerkConfig::builder();
        match key {
            "" => builder.machine_secret_key("ak_0123456789abcdef0123456789abcdef"),
            key => builder.publishable_key(key).secret_key("sk_live_1"),
        }
        .build()
        .unwrap()
    };
    let resource = |path: &str, scopes: &[&str]| {
        ProtectedResource::new(format!("https://api.example.com{path}")).unwrap().scopes(scopes.to_vec()).unwrap()
    };
    let (orders, mail) = (resource("/orders", &["orders:read", "orders:write"]), resource("/mail", &["mail:read"]));
    let clerk = OAuthScheme::new(&config("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"));
    let well_known = "https://api.example.com/.well-known/oauth-protected-resource";
    for (name, scheme, scopes, metadata) in [
        ("no resource", clerk.clone(), json!({}), vec![]),
        (
            "a resource",
            clerk.clone().resource(&orders),
            json!({ "orders:read": "", "orders:write": "" }),
            vec![format!("{well_known}/orders")],
        ),
        (
            "two, with descriptions",
            clerk.scope("orders:read", "Orders").resource(&orders).resource(&mail).scope("mail:read", "Mail"),
            json!({ "orders:read": "Orders", "orders:write": "", "mail:read": "Mail" }),
            vec![format!("{well_known}/orders"), format!("{well_known}/mail")],
        ),
    ] {
        for mut document in [Api::openapi(), Bare::openapi()] {
            scheme.modify(&mut document);
            let document = serde_json::to_value(document).unwrap();
            let found = &document["components"]["securitySchemes"]["clerkOAuthToken"];
            assert_eq!(found["type"], "oauth2", "{name}");
            let expected = json!({ "authorizationCode": {
                "authorizationUrl": "https://clerk.example.com/oauth/authorize",
                "tokenUrl": "https://clerk.example.com/oauth/token",
                "refreshUrl": "https://clerk.example.com/oauth/token",
                "scopes": scopes,
            } });
            assert_eq!(found["flows"], expected, "{name}");
            let description = found["description"].as_str().unwrap();
            assert!(description.contains("https://clerk.example.com/.well-known/oauth-authorization-server"), "{name}");
            assert!(metadata.iter().all(|url| description.contains(url)), "{name}: {description}");
        }
    }
    let mut unknown = Api::openapi();
    OAuthScheme::new(&config("")).resource(&orders).modify(&mut unknown);
    assert_eq!(serde_json::to_value(unknown).unwrap(), serde_json::to_value(Api::openapi()).unwrap());
}

/// The scopes of a policy are those that the resource's scheme declares, and their lack has a challenge.
#[test]
fn operations_that_need_a_scope_have_a_challenge() {
    fn described<D: Demand>() -> Value {
        let mut operation = Operation::new();
        openapi::describe::<D>(&mut operation);
        serde_json::to_value(operation).unwrap()
    }
    let header = json!({ "WWW-Authenticate": { "schema": { "type": "string" } } });
    for (name, operation, expected) in [
        ("an application", described::<Authorized<Read, OAuthToken>>(), Some(&header)),
        ("a user or a key", described::<Authorized<Publish, Either<Session, ApiKey>>>(), Some(&header)),
        ("a user", described::<Authorized<Publish>>(), None),
        ("an admin", described::<Authorized<Admin, Principal>>(), None),
        ("any application", described::<Authorized<Anyone, OAuthToken>>(), None),
    ] {
        assert_eq!(operation["responses"]["403"].get("headers"), expected, "{name}");
    }
    let of_read = described::<Authorized<Read, OAuthToken>>();
    let expected = json!([{ "clerkOAuthToken": ["orders:read"] }, { "clerkOAuthToken": ["orders:write"] }]);
    assert_eq!(of_read["security"], expected);
}

/// The addresses in the document are those that the authorization server's metadata has.
#[actix_web::test]
async fn the_addresses_are_those_of_the_metadata() {
    #[derive(OpenApi)]
    struct Api;
    let clerk = crate::support::local_clerk();
    let mut document = Api::openapi();
    OAuthScheme::new(&clerk.config()).modify(&mut document);
    let document = serde_json::to_value(document).unwrap();
    let flow = &document["components"]["securitySchemes"]["clerkOAuthToken"]["flows"]["authorizationCode"];
    let url = format!("{}/.well-known/oauth-authorization-server", clerk.frontend_api_url());
    let metadata = crate::support::send(awc::Client::default().get(url)).await.json();
    assert_eq!(flow["authorizationUrl"], metadata["authorization_endpoint"]);
    assert_eq!(flow["tokenUrl"], metadata["token_endpoint"]);
}
