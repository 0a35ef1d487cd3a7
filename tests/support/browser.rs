//! A browser, as far as authentication is concerned: a cookie jar per host, navigations, redirects.

use std::collections::BTreeMap;

use actix_web::http::{Method, header::HeaderMap};
use awc::Client;
use url::Url;

/// A browser window. Hosts that end in `.test` are looked up in `servers`; all others are this machine.
pub struct Browser {
    client: Client,
    cookies: BTreeMap<(String, String), String>,
    /// Each request's URL, and the status of its response.
    pub visited: Vec<(u16, Url)>,
    pub referer: Option<String>,
    /// Every `Set-Cookie` received.
    pub directives: Vec<String>,
}

/// The page at the end of a navigation.
pub struct Page {
    pub status: u16,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    /// Returns the value of a form's hidden field.
    pub fn field(&self, name: &str) -> Option<String> {
        let after = self.body.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
        Some(after.split('"').next()?.replace("&amp;", "&"))
    }
}

impl Browser {
    pub fn new() -> Self {
        Self {
            client: Client::builder().disable_redirects().finish(),
            cookies: BTreeMap::new(),
            visited: Vec::new(),
            referer: None,
            directives: Vec::new(),
        }
    }

    /// Types an address and follows redirects as far as a browser would.
    pub async fn visit(&mut self, url: &str) -> Page {
        // The counter lives for two seconds: people type more slowly, and redirects are faster.
        self.forget("__clerk_redirect_count");
        self.navigate(Method::GET, Url::parse(url).unwrap(), Vec::new()).await
    }

    /// Sends a form.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        self.navigate(Method::POST, Url::parse(action).unwrap(), fields).await
    }

    /// Picks a user on `LocalClerk`'s sign-in page.
    pub async fn sign_in(&mut self, page: &Page, user_id: &str) -> Page {
        assert_eq!(page.url.path(), "/sign-in", "{}", page.url);
        let redirect_url = page.field("redirect_url").unwrap();
        let dev_browser = page.field("__clerk_db_jwt");
        let mut fields = vec![("user_id", user_id), ("redirect_url", &redirect_url)];
        if let Some(dev_browser) = &dev_browser {
            fields.push(("__clerk_db_jwt", dev_browser));
        }
        let action = page.url.join("/sign-in").unwrap();
        self.submit(action.as_str(), &fields).await
    }

    async fn navigate(&mut self, mut method: Method, mut url: Url, mut fields: Vec<(String, String)>) -> Page {
        for _ in 0..20 {
            let page = self.request(method.clone(), &url, &fields).await;
            self.visited.push((page.status, url.clone()));
            let location = page.headers.get("location").map(|value| value.to_str().unwrap().to_owned());
            let Some(location) = location else { return page };
            if page.status != 307 {
                (method, fields) = (Method::GET, Vec::new());
            }
            url = url.join(&location).unwrap();
            assert!(matches!(url.scheme(), "http" | "https"), "{url}");
        }
        panic!("a redirect loop: {:#?}", self.visited);
    }

    async fn request(&mut self, method: Method, url: &Url, fields: &[(String, String)]) -> Page {
        let host = url.host_str().unwrap().to_owned();
        // `localhost` may resolve to IPv6 first, but the server under test does not listen there.
        let mut address = url.clone();
        address.set_host(Some("127.0.0.1")).unwrap();
        let host_header = format!("{host}:{}", url.port().unwrap());
        let mut request = self
            .client
            .request(method, address.as_str())
            .insert_header(("Host", host_header))
            .insert_header(("Sec-Fetch-Dest", "document"))
            .insert_header(("Accept", "text/html"));
        if let Some(referer) = &self.referer {
            request = request.insert_header(("Referer", referer.as_str()));
        }
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.insert_header(("Cookie", cookies.join("; ")));
        }
        let mut response =
            if fields.is_empty() { request.send().await } else { request.send_form(&fields).await }.unwrap();
        for set_cookie in response.headers().get_all("set-cookie") {
            self.set_cookie(&host, set_cookie.to_str().unwrap());
            self.directives.push(set_cookie.to_str().unwrap().to_owned());
        }
        let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
        Page { status: response.status().as_u16(), url: url.clone(), headers: response.headers().clone(), body }
    }

    pub fn set_cookie(&mut self, host: &str, directive: &str) {
        let mut parts = directive.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let key = (host.to_owned(), name.to_owned());
        if parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }

    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.cookies.get(&(host.to_owned(), name.to_owned())).map(String::as_str)
    }

    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cookies.iter().map(|((_, name), value)| (name.as_str(), value.as_str()))
    }

    /// Deletes the cookies whose names start with `prefix`.
    pub fn forget(&mut self, prefix: &str) {
        self.cookies.retain(|(_, name), _| !name.starts_with(prefix));
    }

    /// Returns the number of redirects since the list was last cleared.
    pub fn redirects(&self) -> usize {
        self.visited.iter().filter(|(status, _)| (300..400).contains(status)).count()
    }
}
