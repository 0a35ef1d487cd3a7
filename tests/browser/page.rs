//! An application whose pages load `clerk-js` under a strict Content-Security-Policy, and a browser with such a page.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use clerk_actix::{
    Auth, Authorized, Check, ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce, Policy, RequireAuth, Reverification,
    testing::{LocalClerk, LocalClerkBuilder},
};
use serde_json::{Value, json};

use crate::chromium::{Browser, PATIENCE};

/// Signs Ada in, without a component.
pub const SIGN_IN_ADA: &str = "const signIn = await Clerk.client.signIn.create(
        { identifier: 'ada@example.com', password: 'correct horse battery staple' });
    await Clerk.setActive({ session: signIn.createdSessionId })";

/// The path of the proxy.
const PROXY: &str = "/__clerk";

/// How `clerk-js` reaches the Frontend API.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// `LocalClerk` itself, across origins.
    Direct,
    /// The application's proxy, by its path.
    Proxy,
    /// The application's proxy, by its URL.
    ProxyByUrl,
}

/// An application with its `LocalClerk`, and a browser that visits it.
pub struct Site {
    pub clerk: LocalClerk,
    pub browser: Browser,
    pub url: String,
    server: ServerHandle,
}

/// Returns a `LocalClerk` that serves the installed packages.
pub fn local_clerk() -> LocalClerkBuilder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/node_modules");
    assert!(folder.join("@clerk/ui/dist/ui.browser.js").exists(), "run `just clerk-js`, which installs the packages");
    LocalClerk::builder().npm_folder(folder)
}

impl Site {
    /// Opens the first page in a browser.
    pub async fn open(clerk: LocalClerk, way: Way) -> Self {
        let (server, url) = serve(&clerk, way);
        let browser = Browser::start().await;
        let site = Self { clerk, browser, url, server };
        site.visit("/").await;
        site
    }

    pub async fn visit(&self, path: &str) {
        self.browser.visit(&format!("{}{path}", self.url)).await;
        let problems = self.browser.run("await clerkLoaded; return problems").await;
        assert_eq!(problems, json!([]));
    }

    /// Returns what the server knew about the user of the page.
    pub async fn server_saw(&self) -> Value {
        self.browser.run("return JSON.parse(document.getElementById('server').textContent)").await
    }

    /// Returns what the page itself knows: `[user ID, organization ID]`.
    pub async fn page_sees(&self) -> Value {
        self.browser.run("return [Clerk.user?.id ?? null, Clerk.organization?.id ?? null]").await
    }

    /// Calls the API by cookie, and returns what it saw.
    pub async fn api_by_cookie(&self) -> Value {
        self.browser.run("const r = await fetch('/api/me'); return r.ok ? await r.json() : r.status").await
    }

    /// Calls the API with the token in a header, without cookies.
    pub async fn api_by_header(&self) -> Value {
        let script = "const token = await Clerk.session?.getToken();
            const headers = token ? { authorization: `Bearer ${token}` } : {};
            const r = await fetch('/api/me', { headers, credentials: 'omit' });
            return r.ok ? await r.json() : r.status";
        self.browser.run(script).await
    }

    /// Checks the page, the API by cookie and by header, and the next page that the server renders.
    #[track_caller]
    pub fn everyone_sees<'a>(&'a self, user: &'a Value) -> impl Future<Output = ()> + 'a {
        let line = std::panic::Location::caller();
        async move {
            let api = if user[0].is_null() { json!(401) } else { user.clone() };
            assert_eq!(self.page_sees().await, *user, "the page, {line}");
            assert_eq!(self.api_by_cookie().await, api, "the API by cookie, {line}");
            assert_eq!(self.api_by_header().await, api, "the API by header, {line}");
            self.visit("/").await;
            assert_eq!(self.server_saw().await, *user, "the next page, {line}");
            assert_eq!(self.page_sees().await, *user, "the next page's script, {line}");
        }
    }

    /// Waits until something is the case in the page, which may be replaced by another one meanwhile.
    pub async fn until(&self, condition: &str) {
        let script = format!("return !!(window.Clerk?.loaded && ({condition}))");
        let end = Instant::now() + PATIENCE;
        while !self.browser.client.execute(&script, Vec::new()).await.is_ok_and(|is_so| is_so == true) {
            assert!(Instant::now() < end, "never: {condition}; {}", self.browser.shown().await);
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs out, and stays on the page.
    pub async fn sign_out(&self) {
        self.browser.run("await Clerk.signOut(() => {})").await;
    }

    /// Moves the clocks of `LocalClerk`, of the server and of the page, until the next page.
    pub async fn pass(&self, time: Duration) {
        self.clerk.clock().advance(time);
        let ahead = self.clerk.clock().now().duration_since(SystemTime::now()).unwrap_or_default();
        let shift = format!(
            "const {{ now }} = Date, shift = {};
            Date.now = () => now() + shift;
            window.Date = class extends Date {{
                constructor(...given) {{ given.length ? super(...given) : super(now() + shift) }}
            }}",
            ahead.as_millis()
        );
        self.browser.run(&shift).await;
    }

    pub async fn close(self) {
        self.browser.client.close().await.unwrap();
        self.server.stop(false).await;
    }
}

struct Publish;
impl Policy for Publish {
    const REQUIRES: Check = Check::new().permission("org:posts:publish").reverification(Reverification::STRICT);
}

async fn publish(_: Authorized<Publish>) -> web::Json<Value> {
    web::Json(json!({ "published": true }))
}

async fn me(user: RequireAuth) -> web::Json<Value> {
    web::Json(json!([user.user_id(), user.org_id()]))
}

fn serve(clerk: &LocalClerk, way: Way) -> (ServerHandle, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let builder = clerk.config_builder().public_origin(&url);
    let builder = match way {
        Way::Direct => builder,
        Way::Proxy => builder.frontend_api_proxy(PROXY),
        Way::ProxyByUrl => builder.frontend_api_proxy(PROXY).proxy_url(format!("{url}{PROXY}")),
    };
    let config = builder.build().unwrap();
    let (csp, clerk) = (ClerkCsp::of(&config), ClerkMiddleware::new(config));
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(page))
            .route("/api/me", web::get().to(me))
            .route("/api/publish", web::post().to(publish))
            .wrap(csp.clone())
            .wrap(clerk.clone())
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, url)
}

async fn page(auth: Auth, clerk_js: ClerkJs, nonce: CspNonce) -> web::Html {
    let clerk_js = clerk_js.with_ui();
    let who = json!([auth.user_id(), auth.org_id()]);
    web::Html::new(format!(
        r#"<!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Page</title>
        <script nonce="{nonce}">
          window.problems = [];
          addEventListener('error', (event) => problems.push(event.message ?? `not loaded: ${{event.target.src}}`), true);
          addEventListener('securitypolicyviolation', (event) => problems.push(`${{event.violatedDirective}}: ${{event.blockedURI}}`));
        </script>
        {clerk_js}
        </head>
        <body>
        <pre id="server">{who}</pre>
        <div id="component"></div>
        </body>
        </html>"#
    ))
}
