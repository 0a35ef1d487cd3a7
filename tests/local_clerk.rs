//! `LocalClerk` itself: its pages as a browser walks through them, and that it serves this machine alone.

mod support;

use actix_web::cookie::Cookie;
use awc::Client;
use support::{get, local_clerk, send, server};

/// What a browser's address bar and cookie jar go through; the host is `localhost` or an address of it.
async fn walk(host: &str) {
    let clerk = local_clerk();
    let config = clerk.config_builder().authorized_parties([format!("http://{host}")]).build().unwrap();
    let server = server(config);
    let client = Client::builder().disable_redirects().finish();
    let document = ("Sec-Fetch-Dest", "document");

    let visit = send(server.get("/require").insert_header(document).insert_header(("Host", host))).await;
    let mut sign_in = visit.header("location").unwrap().to_owned();
    let mut page = send(client.get(&sign_in)).await;
    // To the same host as the application's, so that the cookie is the application's too.
    if page.status == 303 {
        sign_in = page.header("location").unwrap().to_owned();
        page = send(client.get(&sign_in)).await;
    }
    assert_eq!(page.status, 200);
    for name in ["Ada Lovelace", "Grace Hopper", "Alan Turing"] {
        assert!(page.body.contains(name), "{}", page.body);
    }
    let host_alone = host.rsplit_once(':').map_or(host, |(name, _)| name);
    assert!(sign_in.starts_with(&format!("http://{host_alone}:")), "{sign_in}");

    let form = [("user_id", "user_ada"), ("redirect_url", &format!("http://{host}/require"))];
    let action = sign_in.split('?').next().unwrap();
    let mut signed_in = client.post(action).send_form(&form).await.unwrap();
    assert_eq!(signed_in.status().as_u16(), 303, "{:?}", signed_in.body().await);
    assert_eq!(signed_in.headers().get("location").unwrap(), &format!("http://{host}/require"));
    let cookie = signed_in.cookie("__session").unwrap();
    let back =
        send(server.get("/require").insert_header(document).cookie(Cookie::new("__session", cookie.value()))).await;
    assert_eq!((back.status, back.body.as_str()), (200, "user_ada"));

    let sign_out = format!("{}?redirect_url=http://{host}/", action.replace("sign-in", "sign-out"));
    let signed_out = client.post(sign_out).send().await.unwrap();
    assert_eq!(signed_out.status().as_u16(), 303);
    assert_eq!(signed_out.cookie("__session").unwrap().value(), "");
}

#[actix_web::test]
async fn a_browser_signs_in_and_out() {
    walk("localhost:3000").await;
    walk("127.0.0.1:3000").await;
}

#[actix_web::test]
async fn pages_elsewhere_get_no_session() {
    let clerk = local_clerk();
    let client = Client::builder().disable_redirects().finish();
    for elsewhere in [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "javascript:alert(1)",
        "//evil.example",
        "http://10.0.0.1/",
        "",
    ] {
        let form = [("user_id", "user_ada"), ("redirect_url", elsewhere)];
        let answer = client.post(clerk.sign_in_url()).send_form(&form).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400, "{elsewhere}");
        assert!(answer.cookie("__session").is_none(), "{elsewhere}");
        let url = format!("{}?redirect_url={elsewhere}", clerk.sign_out_url());
        assert_eq!(send(client.post(url)).await.status, 400, "{elsewhere}");
    }
    let form = [("user_id", "user_nobody"), ("redirect_url", "http://localhost/")];
    assert_eq!(client.post(clerk.sign_in_url()).send_form(&form).await.unwrap().status().as_u16(), 400);
    let quoted = format!("{}?redirect_url=http://localhost:{}/%22%3E%3Cscript%3E", clerk.sign_in_url(), 1);
    assert!(!send(client.get(quoted)).await.body.contains("<script>"));
}

#[actix_web::test]
async fn it_stops_when_it_is_dropped() {
    let clerk = local_clerk();
    let url = format!("{}/v1/jwks", clerk.api_url());
    let client = Client::default();
    assert_eq!(send(client.get(&url)).await.status, 401, "no secret key, no keys");
    drop(clerk);
    assert!(client.get(&url).send().await.is_err());
}

#[actix_web::test]
async fn keys_can_be_added() {
    let clerk = local_clerk();
    let by_old = clerk.session_token("user_1");
    clerk.add_key();
    let server = server(clerk.config());
    assert_eq!(get(&server, "/require", &by_old).await.status, 200);
    assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 200);
}
