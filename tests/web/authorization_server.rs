//! The authorization server's metadata, passed on at a resource's own host: where, how, and whatever Clerk responds.

use std::time::Duration;

use actix_test::TestServer;
use actix_web::{
    App, HttpResponse,
    http::Method,
    web::{self, Data},
};
use awc::Client;
use clerk_actix::{
    ClerkConfig, ClerkMiddleware, OAuthToken, ProtectedResource, RequireAuth,
    testing::{Behavior, Endpoint::AuthorizationServerMetadata, LocalClerk},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    client_for_many_requests, get, local_clerk, raw_connection::exchange, seconds, send, servers::serve, timeout_for,
};

const PATH: &str = "/.well-known/oauth-authorization-server";

fn mcp() -> ProtectedResource {
    ProtectedResource::new("https://api.example.com/mcp").unwrap()
}

fn server(config: ClerkConfig, resource: ProtectedResource) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    serve(move || {
        App::new()
            .service(resource.clone())
            .service(
                web::scope("/mcp")
                    .route("", web::get().to(async |_: RequireAuth<OAuthToken>| "in"))
                    .wrap(resource.clone()),
            )
            .wrap(clerk.clone())
    })
}

async fn metadata_of(clerk: &LocalClerk) -> Value {
    send(Client::default().get(format!("{}{PATH}", clerk.frontend_api_url()))).await.json()
}

#[actix_web::test]
async fn the_metadata_is_where_clients_look_for_it() {
    let clerk = local_clerk();
    let expected = metadata_of(&clerk).await;
    assert_eq!(expected["issuer"], clerk.frontend_api_url());
    for (resource, path) in [
        ("https://api.example.com", ""),
        ("https://api.example.com/", ""),
        ("https://api.example.com/mcp", "/mcp"),
        ("https://api.example.com/v1/mcp/", "/v1/mcp/"),
        ("https://api.example.com/a%2Fb", "/a%2Fb"),
        ("https://api.example.com/%7Bpath%7D", "/%7Bpath%7D"),
    ] {
        let resource = ProtectedResource::new(resource).unwrap().serve_authorization_server_metadata();
        let server = server(clerk.config(), resource);
        for document in ["oauth-authorization-server", "openid-configuration"] {
            for path in ["", path] {
                let path = format!("/.well-known/{document}{path}");
                let answer = get(&server, &path, "").await;
                assert_eq!((answer.status, answer.json()), (200, expected.clone()), "{path}");
                assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
                assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
                assert_eq!(answer.header("cache-control"), Some("max-age=300"), "{path}");
            }
            for path in ["/", "/x", "/mcp/x", "//mcp", "/MCP", "/%6dcp", "mcp", "/a/b", "/a%2fb", "/mcp/../x", "%2Fmcp"]
            {
                let path = format!("/.well-known/{document}{path}");
                assert_eq!(get(&server, &path, "").await.status, 404, "{path}");
            }
        }
    }
    assert_eq!(clerk.calls(AuthorizationServerMetadata), 1 + 6, "one call for each configuration");
}

#[actix_web::test]
async fn without_the_setting_the_paths_are_the_applications_own() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let own =
        serve(move || App::new().service(mcp()).route(PATH, web::get().to(async || "own")).wrap(middleware.clone()));
    assert_eq!(get(&own, PATH, "").await.body, "own");
    assert_eq!(get(&own, &format!("{PATH}/mcp"), "").await.status, 404);
    assert_eq!(clerk.calls(AuthorizationServerMetadata), 0);
}

#[actix_web::test]
async fn scripts_of_any_origin_can_read_it() {
    let clerk = local_clerk();
    let server = server(clerk.config(), mcp().serve_authorization_server_metadata());
    for (method, status, calls) in [
        (Method::OPTIONS, 204, 0),
        (Method::POST, 405, 0),
        (Method::PUT, 405, 0),
        (Method::DELETE, 405, 0),
        (Method::TRACE, 405, 0),
        (Method::HEAD, 200, 1),
        (Method::GET, 200, 1),
    ] {
        let request = Client::default().request(method.clone(), server.url(PATH));
        let answer = send(request.insert_header(("Origin", "https://inspector.example"))).await;
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{method}");
        let methods = Some("GET, HEAD, OPTIONS");
        assert_eq!(answer.header("access-control-allow-methods"), methods.filter(|_| status == 204), "{method}");
        assert_eq!(answer.header("allow"), methods.filter(|_| status == 405), "{method}");
        assert_eq!(answer.body.is_empty(), method != Method::GET, "{method}");
        assert_eq!(clerk.calls(AuthorizationServerMetadata), calls, "{method}");
    }
}

/// Nothing of a response that is not the instance's metadata reaches a client, and no redirect is followed.
#[actix_web::test]
async fn responses_that_are_not_the_metadata_of_the_instance() {
    let elsewhere = actix_test::start(|| App::new().default_service(web::to(async || "elsewhere")));
    let clerk = local_clerk();
    let good = metadata_of(&clerk).await;
    let with = |name: &str, value: Value| {
        let mut metadata = good.clone();
        metadata[name] = value;
        Behavior::Json(metadata)
    };
    let invalid =
        (502, "authorization-server-metadata-invalid", "The response of the authorization server is not its metadata.");
    let unavailable = (
        503,
        "authorization-server-unavailable",
        "The metadata of the authorization server is temporarily unavailable.",
    );
    let padding: Value = "x".repeat(128 << 10).into();
    for (name, behavior, expected) in [
        ("down", Behavior::Status(500), unavailable),
        ("overloaded", Behavior::Status(503), unavailable),
        ("too many requests", Behavior::TooManyRequests(seconds(30)), unavailable),
        ("hanging", Behavior::Hang, unavailable),
        ("cut off", Behavior::CutShort, unavailable),
        ("a redirect", Behavior::Redirect(elsewhere.url("/")), invalid),
        ("a redirect without a place", Behavior::Status(302), invalid),
        ("not found", Behavior::Status(404), invalid),
        ("no content", Behavior::Status(204), invalid),
        ("a page", Behavior::Html, invalid),
        ("huge", Behavior::TooLarge, invalid),
        ("a little too large", with("x", padding), invalid),
        ("another issuer", with("issuer", json!("https://evil.example")), invalid),
        ("an issuer with a slash", with("issuer", json!(format!("{}/", clerk.frontend_api_url()))), invalid),
        ("a script", with("authorization_endpoint", json!("javascript:alert(1)")), invalid),
        ("a list", Behavior::Json(json!([])), invalid),
        ("an error", Behavior::Json(json!({ "errors": [{ "code": "evil" }] })), invalid),
    ] {
        let config = clerk.config_builder().api_timeout(timeout_for(&behavior)).build().unwrap();
        let server = server(config, mcp().serve_authorization_server_metadata());
        clerk.behave(AuthorizationServerMetadata, behavior);
        let answer = get(&server, PATH, "").await;
        let (status, code, message) = expected;
        let body = json!({ "errors": [{ "code": code, "message": message }] });
        assert_eq!((answer.status, answer.json()), (status, body), "{name}: nothing of the response or the cause");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{name}");
        let again: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&again), "{name}: {again}");
        // It recovers after that time. The clock stands still until then.
        clerk.behave(AuthorizationServerMetadata, Behavior::Normal);
        let calls = clerk.calls(AuthorizationServerMetadata);
        assert_eq!(get(&server, PATH, "").await.status, expected.0, "{name}: no call in the pause");
        assert_eq!(clerk.calls(AuthorizationServerMetadata), calls, "{name}");
        clerk.clock().advance(seconds(again));
        assert_eq!(get(&server, PATH, "").await.json(), good, "{name}");
    }
}

#[actix_web::test]
async fn a_clerk_that_is_gone_is_a_503() {
    let clerk = local_clerk();
    let server = server(clerk.config(), mcp().serve_authorization_server_metadata());
    drop(clerk);
    let answer = get(&server, PATH, "").await;
    assert_eq!(
        (answer.status, answer.json()["errors"][0]["code"].as_str()),
        (503, Some("authorization-server-unavailable"))
    );
}

#[actix_web::test]
async fn what_is_known_is_passed_on_through_an_outage_of_a_day() {
    let clerk = local_clerk();
    let server = server(clerk.config(), mcp().serve_authorization_server_metadata());
    assert_eq!(get(&server, PATH, "").await.status, 200);
    for behavior in [Behavior::Status(500), Behavior::Html, Behavior::Redirect("http://127.0.0.1:1/".to_owned())] {
        clerk.behave(AuthorizationServerMetadata, behavior.clone());
        clerk.clock().advance(seconds(6 * 60));
        let answer = get(&server, PATH, "").await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("max-age=300")), "{behavior:?}");
    }
    clerk.clock().advance(seconds(25 * 60 * 60));
    // What is too old waits for a fetch that fails.
    assert_eq!(get(&server, PATH, "").await.status, 502);
    clerk.behave(AuthorizationServerMetadata, Behavior::Normal);
    clerk.clock().advance(seconds(60));
    assert_eq!(get(&server, PATH, "").await.status, 200);
}

#[actix_web::test]
async fn many_requests_share_one_call() {
    let clerk = local_clerk();
    let server = server(clerk.config(), mcp().serve_authorization_server_metadata());
    let client = client_for_many_requests();
    clerk.behave(AuthorizationServerMetadata, Behavior::Hang);
    let requests = (0..100).map(|n| {
        let path = ["", "/mcp"][n % 2];
        send(client.get(format!("{}?n={n}", server.url(&format!("{PATH}{path}")))))
    });
    let released = async {
        while clerk.calls(AuthorizationServerMetadata) == 0 {
            actix_web::rt::task::yield_now().await;
        }
        clerk.behave(AuthorizationServerMetadata, Behavior::Normal);
    };
    let (answers, ()) = futures_util::join!(join_all(requests), released);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!((clerk.calls(AuthorizationServerMetadata), clerk.most_at_once(AuthorizationServerMetadata)), (1, 1));
}

/// Whatever a client sends, neither document has anything of it.
#[actix_web::test]
async fn hosts_and_queries_of_a_request_are_in_neither_document() {
    let clerk = local_clerk();
    let server = server(clerk.config(), mcp().serve_authorization_server_metadata());
    let metadata = metadata_of(&clerk).await;
    let of_resource = get(&server, "/.well-known/oauth-protected-resource/mcp", "").await.json();
    for (path, expected) in
        [(format!("{PATH}/mcp"), &metadata), ("/.well-known/oauth-protected-resource/mcp".to_owned(), &of_resource)]
    {
        for head in [
            format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"),
            format!("GET {path}?issuer=https://evil.example&resource=https://evil.example HTTP/1.1\r\nHost: a\r\n"),
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\n"),
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nForwarded: host=evil.example;proto=http\r\n"),
            format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Prefix: /evil.example\r\nOrigin: https://evil.example\r\n"
            ),
            format!("GET http://evil.example{path} HTTP/1.1\r\nHost: a\r\n"),
        ] {
            let response = exchange(server.addr(), head.as_bytes());
            assert_eq!(response.status, 200, "{head}");
            assert_eq!(&serde_json::from_slice::<Value>(&response.body).unwrap(), expected, "{head}");
            let headers = format!("{:?}", response.headers);
            assert!(!headers.contains("evil.example"), "{head}: {headers}");
        }
    }
    assert_eq!(clerk.calls(AuthorizationServerMetadata), 2);
}

/// One application may serve several resources and several instances.
#[actix_web::test]
async fn several_resources_share_the_metadata_of_their_instance() {
    let (clerk, other) = (local_clerk(), local_clerk());
    let (config, of_data) = (clerk.config(), other.config());
    let middleware = ClerkMiddleware::new(config);
    let resource = |path: &str| {
        ProtectedResource::new(format!("https://api.example.com{path}")).unwrap().serve_authorization_server_metadata()
    };
    let resources = [resource(""), resource("/a"), resource("/b")];
    let two = resources.clone();
    let server = serve(move || App::new().service(Vec::from(resources.clone())).wrap(middleware.clone()));
    let with_data = serve(move || App::new().app_data(Data::new(of_data.clone())).service(Vec::from(two.clone())));
    for path in ["", "/a", "/b"] {
        let path = format!("{PATH}{path}");
        assert_eq!(get(&server, &path, "").await.json()["issuer"], clerk.frontend_api_url(), "{path}");
        assert_eq!(get(&with_data, &path, "").await.json()["issuer"], other.frontend_api_url(), "{path}");
    }
    assert_eq!(clerk.calls(AuthorizationServerMetadata) + other.calls(AuthorizationServerMetadata), 2);
}

#[actix_web::test]
async fn without_an_instance_it_is_a_500() {
    let machine_only =
        ClerkConfig::builder().machine_secret_key("ak_0123456789abcdef0123456789abcdef").build().unwrap();
    let with_data = serve(move || {
        App::new()
            .app_data(Data::new(machine_only.clone()))
            .service(mcp().serve_authorization_server_metadata())
            .default_service(web::to(HttpResponse::NotFound))
    });
    let without = serve(|| App::new().service(mcp().serve_authorization_server_metadata()));
    for server in [with_data, without] {
        for path in [PATH, "/.well-known/oauth-protected-resource/mcp"] {
            let answer = get(&server, path, "").await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (500, Some("*")), "{path}");
        }
    }
}

/// The documents are for clients without a token, and for those with a bad one.
#[actix_web::test]
async fn a_bad_token_does_not_matter() {
    let clerk = local_clerk();
    let server = server(
        clerk.config_builder().api_timeout(Duration::from_secs(10)).build().unwrap(),
        mcp().serve_authorization_server_metadata(),
    );
    for token in ["", "eyJ", "oat_0", "ak_0"] {
        assert_eq!(get(&server, PATH, token).await.status, 200, "{token}");
    }
}
