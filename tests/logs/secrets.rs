//! Nothing that this crate prints holds a secret: neither `Debug`, nor errors, nor log lines, nor headers.

use clerk_actix::{
    Auth, ClerkMiddleware,
    testing::{self, Behavior, Endpoint},
};

use crate::{
    log_of_this_process,
    support::{config_with_machine, get, local_clerk, routes, send, server, servers::serve},
};

/// Triggers everything that can be logged, at the most verbose level, and searches the text for secrets.
#[actix_web::test]
async fn no_output_holds_a_secret() {
    let log = log_of_this_process();
    let clerk = local_clerk();
    let pem = clerk.jwt_key();
    let config = clerk.config_builder().machine_secret_key("ak_machine_secret_0123456789").build().unwrap();
    let with_pem = clerk.config_builder().jwt_key(&pem).build().unwrap();
    let good = clerk.mint(testing::session("user_1").claim("phone", "+1-555-0100"));
    let expired = clerk.mint(testing::session("user_1").claim("exp", 1));
    let foreign = local_clerk().session_token("user_1");
    let mut output = Vec::new();

    for token in [&good, &expired, &foreign, "ak_customer_secret_0123456789"] {
        for config in [&config, &with_pem] {
            let server = server(config.clone());
            for path in ["/auth", "/require", "/result"] {
                let answer = get(&server, path, token).await;
                let cookie =
                    send(server.get(path).insert_header(("Cookie", format!("__client_uat=1; __session={token}"))))
                        .await;
                output.push(format!("{:?}{:?}", answer.headers, cookie.headers));
                if answer.status != 200 {
                    output.push(answer.body);
                }
            }
        }
    }
    for behavior in [Behavior::Status(500), Behavior::Html, Behavior::CutShort] {
        clerk.behave(Endpoint::Jwks, behavior);
        let answer = get(&server(clerk.config()), "/require", &good).await;
        output.push(format!("{:?}{}", answer.headers, answer.body));
    }
    clerk.behave(Endpoint::Jwks, Behavior::Normal);
    let refused = clerk.config_builder().secret_key("sk_live_refused_0123456789").build().unwrap();
    let answer = get(&server(refused.clone()), "/require", &good).await;
    output.push(format!("{:?}{}", answer.headers, answer.body));
    for upstream in [clerk.frontend_api_url(), "http://127.0.0.1:1".to_owned()] {
        let proxy = clerk.config_builder().public_origin("https://app.example.com").frontend_api_proxy("/__clerk");
        let server = server(proxy.frontend_api_url(upstream).build().unwrap());
        let request = server.post("/__clerk/v1/client?__clerk_db_jwt=browser_secret_0123456789");
        let answer = send(request.insert_header(("Cookie", "__client=client_secret_0123456789"))).await;
        output.push(format!("{:?}{}", answer.headers, answer.body));
    }
    let unwrapped = serve(|| actix_web::App::new().configure(routes));
    get(&unwrapped, "/require", &good).await;

    for config in [&config, &with_pem, &refused] {
        let report = config.doctor().await;
        output.push(format!("{report}{report:?}"));
    }

    let walked = walk_as_a_browser(&mut output).await;
    let called = call_clerk(&mut output).await;
    let middleware = ClerkMiddleware::new(config.clone());
    output.push(format!("{config:?} {config:#?} {with_pem:?} {refused:?} {middleware:?} {clerk:?}"));
    output
        .push(format!("{:?}", clerk.config_builder().machine_secret_key("ak_machine_secret_0123456789").jwt_key(&pem)));
    output.push(debug_of_the_extractors(config, &good).await);
    let log = log.text();
    for said in ["request rejected", "signing keys", "ClerkMiddleware does not wrap", "the Frontend API proxy"] {
        assert!(log.contains(said), "the log says nothing of {said:?}:\n{log}");
    }
    output.push(log);

    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let pem_body = pem.lines().nth(1).unwrap().to_owned();
    let secrets = [
        ("the secret key", clerk.secret_key()["sk_live_".len()..].to_owned()),
        ("a refused secret key", "refused_0123456789".to_owned()),
        ("the machine's key", "machine_secret_0123456789".to_owned()),
        ("a client's cookie", "client_secret_0123456789".to_owned()),
        ("a dev browser in a URL", "browser_secret_0123456789".to_owned()),
        ("a customer's key", "customer_secret_0123456789".to_owned()),
        ("a session token", signature(&good)),
        ("an expired token", signature(&expired)),
        ("a foreign token", signature(&foreign)),
        ("a claim", "+1-555-0100".to_owned()),
        ("the PEM", pem_body),
    ];
    let walked = walked.iter().map(|secret| ("a browser's", secret.clone()));
    let called = called.iter().map(|secret| ("a call's", secret.clone()));
    for (name, secret) in secrets.into_iter().chain(walked).chain(called) {
        for text in &output {
            assert!(!text.contains(&secret), "{name} in:\n{text}");
        }
    }
}

/// Signs in, refreshes, and falls back to a handshake, with both kinds of instance. Returns the secrets that the
/// browser then holds.
async fn walk_as_a_browser(output: &mut Vec<String>) -> Vec<String> {
    use crate::support::browser::Browser;
    use clerk_actix::testing::LocalClerk;

    let mut secrets = Vec::new();
    for clerk in [LocalClerk::start().unwrap(), LocalClerk::start_production().unwrap()] {
        clerk.clock().freeze();
        let server = server(clerk.config());
        let url = format!("http://localhost:{}/require", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&url).await;
        assert_eq!(browser.sign_in(&page, "user_ada").await.status, 200);
        for behavior in [Behavior::Normal, Behavior::Status(500)] {
            clerk.behave(Endpoint::Refresh, behavior);
            clerk.clock().advance(std::time::Duration::from_secs(300));
            assert_eq!(browser.visit(&url).await.body, "user_ada");
        }
        browser.visit(&format!("{url}?__clerk_handshake_nonce=nonce_0123456789")).await;
        browser.visit(&format!("{url}?__clerk_handshake=handshake_0123456789")).await;
        let held = browser
            .cookies()
            .filter(|(name, _)| ["__session", "__refresh", "__clerk_db"].iter().any(|p| name.starts_with(p)));
        secrets.extend(held.map(|(_, value)| value.rsplit('.').next().unwrap().to_owned()));
        secrets.extend(browser.visited.iter().filter_map(|(_, url)| {
            url.query_pairs().find(|(name, _)| name == "__clerk_handshake_nonce").map(|(_, nonce)| nonce.into_owned())
        }));
    }
    assert!(secrets.len() > 8, "{}", secrets.len());
    output.push(format!("{:?}", clerk_actix::AuthError::MiddlewareMissing));
    secrets
}

/// Makes calls to Clerk, successful and failing in every way. Returns the secrets that they contain.
async fn call_clerk(output: &mut Vec<String>) -> Vec<String> {
    use actix_web::{ResponseError, http::Method};
    use clerk_actix::{
        ClerkClient, GetTokenOptions, M2mTokenSource,
        api::OAuthAccessToken,
        client::{NewApiKey, NewM2mToken},
    };
    let clerk = local_clerk();
    let config = config_with_machine(&clerk);
    let client = ClerkClient::new(config.clone());
    let source = M2mTokenSource::new(config.clone(), NewM2mToken::new().claim("tenant", "claim_0123456789")).unwrap();
    clerk.mint(testing::session("user_ada").session_id("sess_ada"));
    let secret = clerk.mint(testing::api_key("user_ada"));
    let token = clerk.mint(testing::m2m_token(clerk.machine_id()));
    let oauth = clerk.mint(testing::oauth_token("user_ada"));

    let made = client.api_keys().create(NewApiKey::new("user_ada", "CI").claim("c", "claim_0123456789")).await.unwrap();
    let machines = client.m2m().create(NewM2mToken::new()).await.unwrap();
    let of_source = source.token().await.unwrap();
    let of_session = client.sessions().get_token("sess_ada", GetTokenOptions::new()).await.unwrap();
    output.push(format!("{client:?} {source:?} {made:?} {machines:?} {of_source:?} {of_session:?} {:#?}", made.secret));
    let held = [made.secret.as_ref(), machines.token.as_ref(), Some(&of_source), Some(&of_session)];
    let mut secrets: Vec<String> = held.into_iter().map(|secret| secret.unwrap().expose().to_owned()).collect();

    for behavior in [
        Behavior::Normal,
        Behavior::error(422, "invalid", "trace_1"),
        Behavior::Status(500),
        Behavior::Redirect(format!("{}/v1/jwks", clerk.api_url())),
        Behavior::Html,
        Behavior::CutShort,
        Behavior::TooLarge,
    ] {
        for endpoint in [Endpoint::VerifyApiKey, Endpoint::VerifyM2mToken, Endpoint::VerifyOAuthToken] {
            clerk.behave(endpoint, behavior.clone());
        }
        let verify = ["oauth_applications", "access_tokens", "verify"];
        let asked = serde_json::json!({ "access_token": oauth });
        let oauth = client.request::<OAuthAccessToken>(Method::POST, verify).without_version().json(&asked);
        output.push(format!("{oauth:?} {:?}", client.api_keys().verify(&secret)));
        let outcomes = [
            client.api_keys().verify(&secret).await.map(|key| format!("{key:?}")),
            client.m2m().verify(&token).await.map(|token| format!("{token:?}")),
            oauth.await.map(|token| format!("{token:?}")),
        ];
        for outcome in outcomes {
            output.push(match outcome {
                Ok(printed) => printed,
                Err(error) => format!("{error} {error:?} {:?}", error.error_response()),
            });
        }
    }
    // A secret in place of an id, and a response of an unexpected form.
    let astray = client.users().get(&format!("{secret}/")).await.unwrap_err();
    let body = serde_json::json!({});
    let misread =
        client.request::<Vec<u8>>(Method::POST, ["m2m_tokens"]).without_version().json(&body).await.unwrap_err();
    output.push(format!("{astray} {astray:?} {misread} {misread:?}"));
    secrets.extend([secret, token, oauth]);
    secrets.extend([clerk.secret_key(), clerk.machine_secret_key()].map(str::to_owned));
    // For a JWT the signature, which may contain an underscore; for anything else, the part after the prefix.
    let told_by = |secret: &String| match secret.rsplit_once('.') {
        Some((_, signature)) => signature.to_owned(),
        None => secret.rsplit('_').next().unwrap().to_owned(),
    };
    let mut hidden: Vec<String> = secrets.iter().map(told_by).collect();
    assert!(hidden.iter().all(|secret| secret.len() >= 32), "{hidden:?}");
    hidden.push("claim_0123456789".to_owned());
    hidden
}

async fn debug_of_the_extractors(config: clerk_actix::ClerkConfig, token: &str) -> String {
    use actix_web::{App, test, web};
    let app = test::init_service(App::new().wrap(ClerkMiddleware::new(config)).route(
        "/",
        web::get().to(
            async |auth: Auth,
                   any: clerk_actix::AnyToken,
                   pending: Auth<clerk_actix::WithPending>,
                   user: clerk_actix::RequireAuth| { format!("{auth:?} {any:?} {pending:?} {user:?}") },
        ),
    ))
    .await;
    let request = test::TestRequest::get().insert_header(("Authorization", format!("Bearer {token}")));
    let body = test::call_and_read_body(&app, request.to_request()).await;
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("user_1"), "{text}");
    text
}
