//! `x-clerk-auth-*`: the response headers that say why a request is signed out, and how a handler reads or removes them.

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    extract::with_state,
    reason::Reason,
    request::{AuthStatus, SignedOut},
};

pub(crate) const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// Past this, a message is mostly what the caller wrote into the token; proxies drop responses whose headers are too large.
const MAX_MESSAGE: usize = 2048;

/// The headers `x-clerk-auth-status`, `x-clerk-auth-reason` and `x-clerk-auth-message` that
/// [`ClerkMiddleware`](crate::ClerkMiddleware) is going to add to the response. Made by
/// [`ClerkExt::auth_headers`](crate::ClerkExt::auth_headers).
///
/// Only the response of a signed-out request gets any. The middleware adds them after the handler has answered; until then
/// the handler, and middleware further in, read and remove them here. A header that the response already has under one of
/// these names is kept as it is.
///
/// ```
/// use actix_web::{get, HttpRequest, Responder};
/// use clerk_actix::ClerkExt;
///
/// /// A public page, which tells visitors nothing about how they would be authenticated.
/// #[get("/")]
/// async fn home(req: HttpRequest) -> impl Responder {
///     req.auth_headers().clear();
///     "Welcome"
/// }
/// ```
#[derive(Debug)]
pub struct AuthHeaders<'r> {
    http: &'r HttpRequest,
}

impl<'r> AuthHeaders<'r> {
    pub(crate) fn of(http: &'r HttpRequest) -> Self {
        Self { http }
    }

    /// The value of one of them, by its full name; `None` if the response will not get it.
    pub fn get(&self, name: &str) -> Option<HeaderValue> {
        self.iter().find(|(of, _)| of.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Those that the response is going to get.
    pub fn iter(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let removed = Removed::of(self.http);
        let planned =
            with_state(self.http, |state| state.refusal().map(|why| planned(AuthStatus::SignedOut, &why, removed)));
        planned.flatten().into_iter().flatten().flatten()
    }

    /// Keeps one of them out of the response, by its full name. Any other name is ignored.
    pub fn remove(&self, name: &str) {
        let is = |of: HeaderName| of.as_str().eq_ignore_ascii_case(name);
        self.change(|removed| {
            removed.status |= is(AUTH_STATUS);
            removed.reason |= is(AUTH_REASON);
            removed.message |= is(AUTH_MESSAGE);
        });
    }

    /// Keeps all of them out of the response.
    pub fn clear(&self) {
        self.change(|removed| *removed = Removed { status: true, reason: true, message: true });
    }

    fn change(&self, change: impl FnOnce(&mut Removed)) {
        let mut removed = Removed::of(self.http);
        change(&mut removed);
        self.http.extensions_mut().insert(removed);
    }
}

/// Which of the headers the application does not want.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Removed {
    status: bool,
    reason: bool,
    message: bool,
}

impl Removed {
    pub(crate) fn of(http: &HttpRequest) -> Self {
        http.extensions().get::<Self>().copied().unwrap_or_default()
    }
}

/// Adds the headers, except those that the application has removed or has set itself.
pub(crate) fn add(headers: &mut HeaderMap, status: AuthStatus, why: &SignedOut, removed: Removed) {
    for (name, value) in planned(status, why, removed).into_iter().flatten() {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}

fn planned(status: AuthStatus, why: &SignedOut, removed: Removed) -> [Option<(HeaderName, HeaderValue)>; 3] {
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
    // What every stranger is told, made beforehand.
    const NOBODY: HeaderValue = HeaderValue::from_static(Reason::SESSION_TOKEN_AND_UAT_MISSING);
    match (reason, reason.as_static()) {
        (Reason::SessionTokenAndUatMissing, _) => Some(NOBODY),
        (_, Some(code)) => Some(HeaderValue::from_static(code)),
        (_, None) => latin_1(reason.as_str()),
    }
}

/// Text as a header value, in Latin-1 as Node writes it; `None` if no header can hold it, because of a line break for
/// instance.
pub(crate) fn latin_1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}
