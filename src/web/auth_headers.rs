//! `x-clerk-auth-*`: the response headers that say why a request is signed out, and how handlers read or remove them.

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};

use super::state::with_state;
use crate::{
    reason::Reason,
    request::{AuthStatus, Denial},
};

pub(crate) const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// A longer message is mostly text that the caller put into the token; proxies drop responses with headers that are
/// too large.
const MAX_MESSAGE: usize = 2048;

/// The headers `x-clerk-auth-status`, `x-clerk-auth-reason` and `x-clerk-auth-message` that
/// [`ClerkMiddleware`](crate::ClerkMiddleware) will add to the response. Returned by
/// [`ClerkExt::auth_headers`](crate::ClerkExt::auth_headers).
///
/// Only responses to signed-out requests get them. The middleware adds them after the handler has responded; until
/// then, the handler and inner middleware can read and remove them here. If the response already has a header of the
/// same name, that header is kept.
///
/// ```
/// use actix_web::{get, HttpRequest, Responder};
/// use clerk_actix::ClerkExt;
///
/// /// A public page that does not reveal how visitors would be authenticated.
/// #[get("/")]
/// async fn home(req: HttpRequest) -> impl Responder {
///     req.auth_headers().clear();
///     "Welcome"
/// }
/// ```
#[derive(Debug)]
pub struct AuthHeaders<'r> {
    req: &'r HttpRequest,
}

impl<'r> AuthHeaders<'r> {
    pub(crate) fn of(req: &'r HttpRequest) -> Self {
        Self { req }
    }

    /// Returns the value of one header, given its full name; `None` if the response will not get it.
    pub fn get(&self, name: &str) -> Option<HeaderValue> {
        self.iter().find(|(of, _)| of.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Iterates over the headers that the response will get.
    pub fn iter(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let removed = Removed::of(self.req);
        let planned =
            with_state(self.req, |state| state.denial().map(|why| planned(AuthStatus::SignedOut, &why, removed)));
        planned.flatten().into_iter().flatten().flatten()
    }

    /// Keeps one header, given its full name, out of the response. Any other name is ignored.
    pub fn remove(&self, name: &str) {
        let is = |of: HeaderName| of.as_str().eq_ignore_ascii_case(name);
        self.change(|removed| {
            removed.status |= is(AUTH_STATUS);
            removed.reason |= is(AUTH_REASON);
            removed.message |= is(AUTH_MESSAGE);
        });
    }

    /// Keeps all of these headers out of the response.
    pub fn clear(&self) {
        self.change(|removed| *removed = Removed { status: true, reason: true, message: true });
    }

    fn change(&self, change: impl FnOnce(&mut Removed)) {
        let mut removed = Removed::of(self.req);
        change(&mut removed);
        self.req.extensions_mut().insert(removed);
    }
}

/// The headers that the application has removed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Removed {
    status: bool,
    reason: bool,
    message: bool,
}

impl Removed {
    pub(crate) fn of(req: &HttpRequest) -> Self {
        req.extensions().get::<Self>().copied().unwrap_or_default()
    }
}

/// Adds the headers, except those that the application has removed or set itself.
pub(crate) fn add(headers: &mut HeaderMap, status: AuthStatus, why: &Denial, removed: Removed) {
    for (name, value) in planned(status, why, removed).into_iter().flatten() {
        if !headers.contains_key(&name) {
            // Not `insert`, which would look for earlier values again.
            headers.append(name, value);
        }
    }
}

fn planned(status: AuthStatus, why: &Denial, removed: Removed) -> [Option<(HeaderName, HeaderValue)>; 3] {
    let status = (!removed.status).then(|| (AUTH_STATUS, status_value(status)));
    let reason = if removed.reason { None } else { reason_value(&why.reason) };
    let message = Some(why.message()).filter(|text| !removed.message && !text.is_empty() && text.len() <= MAX_MESSAGE);
    [
        status,
        reason.map(|reason| (AUTH_REASON, reason)),
        message.and_then(latin_1).map(|message| (AUTH_MESSAGE, message)),
    ]
}

fn status_value(status: AuthStatus) -> HeaderValue {
    match status {
        AuthStatus::SignedOut => const { HeaderValue::from_static(AuthStatus::SignedOut.as_str()) },
        AuthStatus::Handshake => const { HeaderValue::from_static(AuthStatus::Handshake.as_str()) },
    }
}

fn reason_value(reason: &Reason) -> Option<HeaderValue> {
    // The most common value, prepared in advance: no session token and no sign that there was one.
    const NOBODY: HeaderValue = HeaderValue::from_static(Reason::SESSION_TOKEN_AND_UAT_MISSING);
    match (reason, reason.as_static()) {
        (Reason::SessionTokenAndUatMissing, _) => Some(NOBODY),
        (_, Some(code)) => Some(HeaderValue::from_static(code)),
        (_, None) => latin_1(reason.as_str()),
    }
}

/// Encodes text as a header value, in Latin-1 as Node does; `None` if no header can hold it, for example because of a
/// line break.
pub(crate) fn latin_1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}
