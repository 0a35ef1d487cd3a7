//! A running application, and the requests that tests send to it.

use std::{net::TcpListener, path::PathBuf};

use actix_web::{
    http::{Method, header::HeaderMap},
    rt,
};
use awc::{Client, ClientRequest};
use clerk_actix::{
    Revocations,
    testing::{ApiKeyBuilder, LocalClerk, SessionBuilder, m2m_token, oauth_token},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use notes::{
    clerk, local,
    server::{Application, serve},
    store::Store,
};
use serde_json::{Value, json};

/// An application on a local Clerk with production keys, whose users have these ids: `user_ada` (administrator of Acme,
/// member of Globex), `user_grace` (member of Acme), `user_alan` (in no team).
pub struct Notes {
    pub clerk: LocalClerk,
    pub site: String,
    client: Client,
}

/// Who sends a request, and how.
#[derive(Clone)]
pub enum Who {
    Nobody,
    /// A program, with a token.
    Token(String),
    /// A browser, with Clerk's cookies.
    Browser(String),
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Notes {
    pub async fn start() -> Self {
        Self::start_with(Store::open(":memory:").unwrap()).await
    }

    pub async fn start_with(store: Store) -> Self {
        Self::start_on(LocalClerk::start_production().unwrap(), store).await
    }

    pub async fn start_on(local: LocalClerk, store: Store) -> Self {
        let revocations = Revocations::new();
        let clerk = clerk::settings(local.config_builder(), &revocations).build().unwrap();
        let prometheus = PrometheusBuilder::new().build_recorder().handle();
        let application = Application { clerk, revocations, store, has_clerk_js: false, prometheus };
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (site, metrics) = (listen(), listen());
        let port = site.local_addr().unwrap().port();
        let (site_server, metrics_server) = serve(application, site, metrics).unwrap();
        rt::spawn(site_server);
        rt::spawn(metrics_server);
        local::tell_the_application(&local, port);
        local.webhooks_delivered().await;
        let client = Client::builder().disable_redirects().finish();
        Self { clerk: local, site: format!("http://127.0.0.1:{port}"), client }
    }

    /// A program with this user's session token.
    pub fn token(&self, session: SessionBuilder) -> Who {
        Who::Token(self.clerk.mint(session))
    }

    /// A program with an API key.
    pub fn key(&self, key: ApiKeyBuilder) -> Who {
        Who::Token(self.clerk.mint(key))
    }

    /// Another of one's own services, with a token that this application does not accept.
    pub fn machine(&self) -> Who {
        Who::Token(self.clerk.mint(m2m_token(self.clerk.machine_id()).scopes(["notes:read", "notes:write"])))
    }

    /// A third-party application, which this one does not accept either.
    pub fn application(&self) -> Who {
        Who::Token(self.clerk.mint(oauth_token("user_ada").scopes(["notes:read", "notes:write"])))
    }

    /// A browser in which this session is active.
    pub fn browser(&self, session: SessionBuilder) -> Who {
        Who::Browser(self.clerk.mint(session))
    }

    pub fn request(&self, method: Method, path: &str, who: &Who) -> ClientRequest {
        let request = self.client.request(method, format!("{}{path}", self.site));
        match who {
            Who::Nobody => request,
            Who::Token(token) => request.insert_header(("Authorization", format!("Bearer {token}"))),
            Who::Browser(token) => request
                .insert_header(("Cookie", format!("__client_uat=1; __session={token}")))
                .insert_header(("Sec-Fetch-Dest", "document"))
                .insert_header(("Sec-Fetch-Site", "same-origin"))
                .insert_header(("Accept", "text/html")),
        }
    }

    pub async fn get(&self, path: &str, who: &Who) -> Answer {
        self.send(self.request(Method::GET, path, who), None).await
    }

    pub async fn post(&self, path: &str, who: &Who) -> Answer {
        self.form(path, who, &[]).await
    }

    /// Sends a form, as one of the application's own pages does.
    pub async fn form(&self, path: &str, who: &Who, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path, who).insert_header(("Origin", self.site.as_str()));
        read(request.send_form(&fields).await.unwrap()).await
    }

    pub async fn call(&self, method: Method, path: &str, who: &Who, body: Option<Value>) -> Answer {
        self.send(self.request(method, path, who), body).await
    }

    pub async fn send(&self, request: ClientRequest, body: Option<Value>) -> Answer {
        let sent = match body {
            Some(body) => request.send_json(&body).await,
            None => request.send().await,
        };
        read(sent.unwrap()).await
    }

    /// Writes a note by the API, and returns its ID.
    pub async fn write(&self, who: &Who, title: &str) -> String {
        let body = json!({ "title": title, "body": "the text" });
        let answer = self.call(Method::POST, "/api/notes", who, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// The titles of a caller's notes, newest first.
    pub async fn titles(&self, who: &Who) -> Vec<String> {
        let answer = self.get("/api/notes", who).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let title = |note: &Value| note["title"].as_str().unwrap().to_owned();
        answer.json()["notes"].as_array().unwrap().iter().map(title).collect()
    }
}

pub async fn read<S>(mut response: awc::ClientResponse<S>) -> Answer
where
    S: futures_util::Stream<Item = Result<actix_web::web::Bytes, awc::error::PayloadError>> + Unpin,
{
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

/// Ada, with Acme active: she is its administrator.
pub fn ada() -> SessionBuilder {
    in_acme("user_ada").org_role("org:admin")
}

/// Grace, with Acme active: she is a member.
pub fn grace() -> SessionBuilder {
    in_acme("user_grace").org_role("org:member")
}

/// Alan, who is in no team.
pub fn alan() -> SessionBuilder {
    clerk_actix::testing::session("user_alan")
}

/// Somebody in Globex.
pub fn globex(user_id: &str) -> SessionBuilder {
    clerk_actix::testing::session(user_id).org_id("org_globex").org_slug("globex").org_role("org:admin")
}

pub fn in_acme(user_id: &str) -> SessionBuilder {
    clerk_actix::testing::session(user_id).org_id("org_acme").org_slug("acme")
}

/// A path for a file that no other test uses.
pub fn temporary_file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.db", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}
