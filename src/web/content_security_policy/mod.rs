//! [`ClerkCsp`]: a Content-Security-Policy under which Clerk's JavaScript runs, with a nonce for each response.

mod directives;
mod middleware;
mod needs;
mod nonce;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, HeaderName};

use self::directives::Directives;
pub use self::nonce::CspNonce;
use crate::{config::ConfigError, instance::ClerkConfig};

/// Middleware that sets a `Content-Security-Policy` under which Clerk's JavaScript runs, with a nonce for each response.
///
/// ```no_run
/// use actix_web::{get, web::Html, App, HttpServer};
/// use clerk_actix::{ClerkConfig, ClerkCsp, ClerkJs, ClerkMiddleware};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let config = ClerkConfig::from_env()?;
///     let csp = ClerkCsp::of(&config).merge("img-src https://cdn.example.com; frame-ancestors 'none'")?;
///     let clerk = ClerkMiddleware::new(config);
///     HttpServer::new(move || App::new().service(home).wrap(csp.clone()).wrap(clerk.clone()))
///         .bind(("127.0.0.1", 3000))?
///         .run()
///         .await?;
///     Ok(())
/// }
///
/// #[get("/")]
/// async fn home(clerk_js: ClerkJs) -> Html {
///     Html::new(format!("<!doctype html><title>Home</title>{clerk_js}"))
/// }
/// ```
///
/// Scripts run only with the nonce, and so do those that they load (`'strict-dynamic'`): [`ClerkJs`](crate::ClerkJs) has
/// it, and other scripts of the page get it from [`CspNonce`]. For pages whose scripts come from a list of hosts, see
/// [`compatible`](Self::compatible).
///
/// A response that has a `Content-Security-Policy` already keeps it, so a handler, or an inner `ClerkCsp`, can set
/// another one. A 304 gets none, because the browser then uses its stored page with the stored header.
///
/// # What it allows
///
/// The page's own origin, and:
///
/// | Directive | |
/// |---|---|
/// | `script-src` | the nonce; the Frontend API or its proxy, Turnstile, Clerk's protection, Stripe and Google Maps |
/// | `connect-src` | the Frontend API or its proxy, Clerk's images and protection, Stripe and Google Maps; in development, Clerk's telemetry |
/// | `frame-src` | Turnstile, Clerk's protection, Stripe |
/// | `img-src` | `https://img.clerk.com`, `data:` |
/// | `style-src` | `'unsafe-inline'`, for Clerk's components |
/// | `worker-src` | `blob:` |
/// | `form-action` | the Frontend API and the sign-in pages, to which a form of yours may be redirected |
///
/// Further, unless your own policy names them: `default-src 'self'`, `base-uri 'self'`, `object-src 'none'`. Turnstile is
/// Cloudflare's protection against bots; Stripe and Google Maps are for Clerk's billing.
#[derive(Clone)]
#[must_use = "pass it to `wrap`"]
pub struct ClerkCsp(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    needs: Vec<(&'static str, Vec<String>)>,
    own: Directives,
    replaced: Directives,
    form: Form,
    is_report_only: bool,
    /// The text of the header, cut where the nonce goes.
    text: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Strict,
    Compatible,
}

impl ClerkCsp {
    /// Returns the strict policy for the instance of this configuration: scripts run with the nonce, whatever their host.
    pub fn of(config: &ClerkConfig) -> Self {
        let parts = Parts {
            needs: needs::of(config.settings()),
            own: Directives::default(),
            replaced: Directives::default(),
            form: Form::Strict,
            is_report_only: false,
            text: Vec::new(),
        };
        Self::written(parts)
    }

    /// Also allows scripts by their host: those of the page's own origin, of Clerk, and what your own policy lists.
    ///
    /// Without `'strict-dynamic'`, `<script src="/app.js">` needs no nonce; inline scripts still need it. The policy is
    /// weaker: an attacker who can insert HTML can load any script from a host on the list.
    pub fn compatible(self) -> Self {
        self.with(|parts| parts.form = Form::Compatible)
    }

    /// Adds your own policy, in the form of the header. Can be called several times.
    ///
    /// - Sources are added to Clerk's. If your policy has no directive of that name, the one that browsers would fall
    ///   back to counts, such as your `default-src`, so that what your pages load today still loads.
    /// - `'none'` gives way to any source. To forbid what Clerk would allow, use [`replace`](Self::replace).
    /// - Directives that Clerk does not need, such as `frame-ancestors` and `report-to`, are kept as they are.
    ///
    /// ```
    /// use clerk_actix::{ClerkConfig, ClerkCsp};
    ///
    /// # fn with(config: &ClerkConfig) -> Result<(), clerk_actix::ConfigError> {
    /// let csp = ClerkCsp::of(config).merge("default-src 'self'; img-src https://cdn.example.com; frame-ancestors 'none'")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::BadContentSecurityPolicy`] for what browsers would ignore or misread: a keyword without its quotes,
    /// a misspelled keyword, a directive that is there twice, `'none'` beside other sources, a comma, a fixed nonce.
    pub fn merge(self, policy: &str) -> Result<Self, ConfigError> {
        let policy = Directives::parse(policy)?;
        Ok(self.with(|parts| parts.own.extend(policy)))
    }

    /// Replaces directives as a whole, those of Clerk too. The nonce stays in `script-src`.
    ///
    /// ```
    /// use clerk_actix::{ClerkConfig, ClerkCsp};
    ///
    /// # fn with(config: &ClerkConfig) -> Result<(), clerk_actix::ConfigError> {
    /// // An application without Clerk's billing, and without its protection against bots.
    /// let csp = ClerkCsp::of(config).replace("frame-src 'none'")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`merge`](Self::merge).
    pub fn replace(self, policy: &str) -> Result<Self, ConfigError> {
        let policy = Directives::parse(policy)?;
        Ok(self.with(|parts| parts.replaced.0.extend(policy.0)))
    }

    /// Only reports violations: the header is `Content-Security-Policy-Report-Only`. Browsers show them in the console,
    /// and send them to where `report-to` or `report-uri` of your own policy says.
    pub fn report_only(self) -> Self {
        self.with(|parts| parts.is_report_only = true)
    }

    /// Returns the policy with this nonce, as the header has it: for responses that do not come through the middleware.
    pub fn with_nonce(&self, nonce: impl AsRef<str>) -> String {
        self.0.text.join(nonce.as_ref())
    }

    fn header_name(&self) -> HeaderName {
        match self.0.is_report_only {
            true => CONTENT_SECURITY_POLICY_REPORT_ONLY,
            false => CONTENT_SECURITY_POLICY,
        }
    }

    fn with(self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        change(&mut parts);
        Self::written(parts)
    }

    fn written(mut parts: Parts) -> Self {
        parts.text = parts.write();
        Self(Arc::new(parts))
    }
}

/// The place of the nonce in the text of a policy, which is ASCII otherwise.
const NONCE: &str = "\u{0}";

impl Parts {
    fn write(&self) -> Vec<String> {
        let mut all = self.own.clone();
        for (name, values) in needs::DEFAULTS {
            all.0.entry(name.to_owned()).or_insert_with(|| vec![values.to_owned()]);
        }
        for (name, sources) in &self.needs {
            for name in self.governing(name) {
                let mut values = self.own.effective(&name).cloned().unwrap_or_default();
                directives::add(&mut values, sources.iter().cloned());
                all.0.insert(name, values);
            }
        }
        all.0.extend(self.replaced.0.clone());
        for name in ["script-src", "script-src-elem"] {
            if let Some(values) = all.0.get_mut(name) {
                let dynamic = (self.form == Form::Strict).then_some("'strict-dynamic'");
                directives::add(values, ["'nonce-\u{0}'"].into_iter().chain(dynamic).map(str::to_owned));
            }
        }
        let directives = all.0.into_iter().map(|(name, values)| {
            let words: Vec<String> = std::iter::once(name).chain(values).collect();
            words.join(" ")
        });
        let text = directives.collect::<Vec<_>>().join("; ");
        text.split(NONCE).map(str::to_owned).collect()
    }

    /// Returns the directives that decide in place of this one: itself, and the more special ones in one's own policy.
    fn governing(&self, name: &str) -> Vec<String> {
        let special = ["-elem", "-attr"].map(|part| format!("{name}{part}"));
        let is_needed = |special: &String| self.own.0.contains_key(special) && special != "script-src-attr";
        std::iter::once(name.to_owned()).chain(special.into_iter().filter(is_needed)).collect()
    }
}

/// Prints the policy, with `…` for the nonce.
impl fmt::Debug for ClerkCsp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClerkCsp").field(&self.with_nonce("…")).finish()
    }
}
