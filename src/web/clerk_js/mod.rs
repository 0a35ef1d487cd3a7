//! [`ClerkJs`]: the script tags of Clerk's JavaScript, with everything that they have to say.

mod escape;
#[cfg(test)]
mod tests;

use std::{
    fmt::{self, Write},
    future::{Ready, ready},
    sync::OnceLock,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    browser_addresses::{BrowserApi, satellite_domain},
    content_security_policy::CspNonce,
    error::AuthError,
};
use crate::{
    config::{PageUrl, Settings},
    instance::ClerkConfig,
};

/// The script tags of Clerk's JavaScript, for the HTML of a page.
///
/// They load `@clerk/clerk-js`, and with [`with_ui`](Self::with_ui) also `@clerk/ui`, and then call `Clerk.load()`. All
/// values come from the configuration: the publishable key, the proxy, the sign-in page, and the domain of a satellite.
///
/// As an extractor, it has the settings of the instance that authenticated the request, and the nonce of
/// [`ClerkCsp`](crate::ClerkCsp) if that wraps the route:
///
/// ```
/// use actix_web::{get, web::Html};
/// use clerk_actix::ClerkJs;
///
/// #[get("/")]
/// async fn home(clerk_js: ClerkJs) -> Html {
///     let clerk_js = clerk_js.with_ui();
///     Html::new(format!(
///         r#"<!doctype html>
///         <html lang="en">
///           <head><meta charset="utf-8"><title>Home</title>{clerk_js}</head>
///           <body><div id="user"></div></body>
///         </html>"#
///     ))
/// }
/// ```
///
/// # In the page
///
/// The scripts load in the background. `window.clerkLoaded` is a promise that resolves to `Clerk` when `Clerk.load()` is
/// done. It rejects if a file cannot be loaded.
///
/// ```js
/// const clerk = await clerkLoaded;
/// if (clerk.isSignedIn) clerk.mountUserButton(document.getElementById("user"));
/// ```
///
/// # In templates
///
/// All values are escaped, so insert the tags as they are:
///
/// | | |
/// |---|---|
/// | `format!` | `{clerk_js}` |
/// | maud | `(PreEscaped(&clerk_js))` |
/// | askama | `{{ clerk_js\|safe }}` |
/// | Tera | `{{ clerk_js \| safe }}`, with `context.insert("clerk_js", &clerk_js)` |
///
/// ```
/// use clerk_actix::{ClerkConfig, ClerkJs};
/// use maud::{html, PreEscaped};
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .secret_key("sk_live_000000000000")
///     .build()?;
/// let clerk_js = ClerkJs::of(&config);
/// let head = html! { head { title { "Home" } (PreEscaped(&clerk_js)) } };
/// assert!(head.0.contains(r#"src="https://clerk.example.com/npm/@clerk/clerk-js@6/dist/clerk.browser.js""#));
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "insert it into a page"]
pub struct ClerkJs {
    /// `None` without a publishable key.
    instance: Option<Instance>,
    load_options: Map<String, Value>,
    nonce: Option<String>,
    clerk_js_version: String,
    ui_version: Option<String>,
    html: OnceLock<String>,
}

/// The settings of the instance that the tags name.
#[derive(Clone, Debug)]
struct Instance {
    publishable_key: String,
    api: BrowserApi,
    domain: Option<String>,
}

/// The versions that Clerk's SDKs load: the newest of a major version.
const CLERK_JS_VERSION: &str = "6";
const UI_VERSION: &str = "1";

impl ClerkJs {
    /// Returns the tags for the instance of this configuration.
    ///
    /// A configuration without a publishable key has no tags: the result is empty, and an error is logged.
    pub fn of(config: &ClerkConfig) -> Self {
        let settings = config.settings();
        let instance = BrowserApi::of(settings).map(|api| Instance {
            publishable_key: settings.publishable_key.as_str().to_owned(),
            api,
            domain: satellite_domain(settings).map(str::to_owned),
        });
        if instance.is_none() {
            tracing::error!("ClerkJs has no tags to show: set publishable_key (CLERK_PUBLISHABLE_KEY)");
        }
        Self {
            instance,
            load_options: load_options(settings),
            nonce: None,
            clerk_js_version: CLERK_JS_VERSION.to_owned(),
            ui_version: None,
            html: OnceLock::new(),
        }
    }

    /// Also loads `@clerk/ui`, Clerk's components: `mountSignIn`, `mountUserButton`, `openSignIn` and the others.
    pub fn with_ui(mut self) -> Self {
        self.ui_version.get_or_insert_with(|| UI_VERSION.to_owned());
        self.changed()
    }

    /// Sets the nonce that the Content-Security-Policy of the response allows: a [`CspNonce`](crate::CspNonce), or one of
    /// your own. As an extractor, `ClerkJs` has the `CspNonce` already.
    pub fn nonce(mut self, nonce: impl AsRef<str>) -> Self {
        self.nonce = Some(nonce.as_ref().to_owned());
        self.changed()
    }

    /// Sets the version of `@clerk/clerk-js`: a major version or an exact one. Default `6`, the newest 6.x.
    pub fn clerk_js_version(mut self, version: impl Into<String>) -> Self {
        self.clerk_js_version = version.into();
        self.changed()
    }

    /// Loads `@clerk/ui` in this version: a major version or an exact one. [`with_ui`](Self::with_ui) loads `1`, the
    /// newest 1.x.
    pub fn ui_version(mut self, version: impl Into<String>) -> Self {
        self.ui_version = Some(version.into());
        self.changed()
    }

    /// Sets an option of `Clerk.load()`, under the name that it has in Clerk's documentation. It replaces one that comes
    /// from the configuration.
    ///
    /// ```
    /// # use clerk_actix::ClerkJs;
    /// # fn with(clerk_js: ClerkJs) -> ClerkJs {
    /// clerk_js
    ///     .load_option("afterSignOutUrl", "/")
    ///     .load_option("localization", serde_json::json!({ "locale": "de-DE" }))
    /// # }
    /// ```
    pub fn load_option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.load_options.insert(name.into(), value.into());
        self.changed()
    }

    /// Returns the HTML.
    pub fn as_str(&self) -> &str {
        self.html.get_or_init(|| self.render())
    }

    fn changed(mut self) -> Self {
        self.html = OnceLock::new();
        self
    }

    fn render(&self) -> String {
        let Some(instance) = &self.instance else { return String::new() };
        let mut html = String::with_capacity(1024);
        let nonce = self.nonce.as_deref().map(|nonce| ("nonce", nonce));
        // Before the scripts that it waits for, so that it hears of each.
        open_script(&mut html, nonce);
        html.push_str(&self.loader());
        html.push_str("</script>");
        let proxy = instance.api.proxy();
        let attributes = || {
            let own = [("data-clerk-publishable-key", instance.publishable_key.as_str())].into_iter();
            let proxy = proxy.as_deref().map(|proxy| ("data-clerk-proxy-url", proxy));
            own.chain(proxy).chain(instance.domain.as_deref().map(|domain| ("data-clerk-domain", domain))).chain(nonce)
        };
        let mut script = |marker: &'static str, src: &str| {
            let fixed = [("src", src), (marker, ""), ("async", ""), ("crossorigin", "anonymous")];
            open_script(&mut html, fixed.into_iter().chain(attributes()));
            html.push_str("</script>");
        };
        script(CLERK_JS, &file(&instance.api, "clerk-js", &self.clerk_js_version, "clerk.browser.js"));
        if let Some(version) = &self.ui_version {
            script(UI, &file(&instance.api, "ui", version, "ui.browser.js"));
        }
        html
    }

    /// The inline script. `load` and `error` events of scripts do not bubble, but they can be captured.
    fn loader(&self) -> String {
        let mut options = self.load_options.clone();
        if let Some(nonce) = &self.nonce {
            // Clerk's components put it on the styles and scripts that they add.
            options.entry("nonce").or_insert_with(|| nonce.as_str().into());
        }
        let options = escape::script(&Value::Object(options));
        let (globals, options) = match &self.ui_version {
            None => (r#"["Clerk"]"#, options),
            Some(_) => (
                r#"["Clerk","__internal_ClerkUICtor"]"#,
                format!("Object.assign({{ui:{{ClerkUI:window.__internal_ClerkUICtor}}}},{options})"),
            ),
        };
        format!(
            r#"window.clerkLoaded=new Promise((resolve,reject)=>{{const see=({{target,type}})=>{{if(!target.matches?.("script[{CLERK_JS}],script[{UI}]"))return;if(type==="error")reject(new Error("Clerk's JavaScript did not load: "+target.src));else if({globals}.every((name)=>window[name]))stop(),Clerk.load({options}).then(()=>resolve(Clerk),reject)}};const stop=()=>{{for(const type of["load","error"])document.removeEventListener(type,see,true)}};for(const type of["load","error"])document.addEventListener(type,see,true)}});"#
        )
    }
}

/// The attributes by which Clerk's own SDKs find the tags, and do not load the files again.
const CLERK_JS: &str = "data-clerk-js-script";
const UI: &str = "data-clerk-ui-script";

/// An empty value is an attribute without one.
fn open_script<'a>(html: &mut String, attributes: impl IntoIterator<Item = (&'a str, &'a str)>) {
    html.push_str("<script");
    for (name, value) in attributes {
        let _ = match value {
            "" => write!(html, " {name}"),
            value => write!(html, " {name}=\"{}\"", escape::attribute(value)),
        };
    }
    html.push('>');
}

/// Returns the URL of a package's file.
fn file(api: &BrowserApi, package: &str, version: &str, name: &str) -> String {
    const IN_A_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b'+');
    let version = utf8_percent_encode(version.trim(), IN_A_SEGMENT);
    format!("{}/npm/@clerk/{package}@{version}/dist/{name}", api.base())
}

/// Returns what Clerk's JavaScript has to know of the settings, beyond what the tags say.
fn load_options(settings: &Settings) -> Map<String, Value> {
    let mut options = Map::new();
    let pages = [("signInUrl", &settings.sign_in_url), ("signUpUrl", &settings.sign_up_url)];
    for (name, page) in pages {
        let page = page.as_ref().map(|page| match page {
            PageUrl::Absolute(url) => url.as_str(),
            PageUrl::Path(path) => path,
        });
        options.extend(page.map(|page| (name.to_owned(), page.into())));
    }
    if settings.is_satellite {
        options.insert("isSatellite".to_owned(), true.into());
        options.insert("satelliteAutoSync".to_owned(), settings.satellite_auto_sync.into());
    }
    options
}

/// The tags for the instance that authenticated the request, with the request's [`CspNonce`] if it has one.
impl FromRequest for ClerkJs {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let tags = ClerkConfig::from_request(req, payload).into_inner().map(|config| {
            let tags = Self::of(&config);
            match CspNonce::of(req) {
                Some(nonce) => tags.nonce(nonce),
                None => tags,
            }
        });
        ready(tags)
    }
}

/// The HTML. Do not escape it again.
impl fmt::Display for ClerkJs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for ClerkJs {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for ClerkJs {
    fn as_ref(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

impl From<ClerkJs> for String {
    fn from(tags: ClerkJs) -> Self {
        tags.as_str().to_owned()
    }
}

/// The HTML as text, for the context of a template.
impl Serialize for ClerkJs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
