//! [`CspNonce`]: the nonce of a response, which its policy and its scripts share.

use std::{
    fmt,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, body::BoxBody, dev::Payload, http::header,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    observe::LogLimit,
    web::{envelope::envelope, error::log_a_missing_middleware},
};

/// The nonce of this response, for `<script nonce="…">`: an extractor for handlers inside [`ClerkCsp`](crate::ClerkCsp).
///
/// Each response has another one, of 128 random bits in base64. A response whose handler takes the nonce is
/// `Cache-Control: private, no-cache` unless the handler sets another value, because a page from a shared cache has a
/// nonce that others know. [`ClerkJs`](crate::ClerkJs) as an extractor has the nonce already.
///
/// ```
/// use actix_web::{get, web::Html};
/// use clerk_actix::CspNonce;
///
/// #[get("/")]
/// async fn home(nonce: CspNonce) -> Html {
///     Html::new(format!(r#"<!doctype html><title>Home</title><script nonce="{nonce}">console.log("hello")</script>"#))
/// }
/// ```
///
/// # Errors
///
/// If [`ClerkCsp`](crate::ClerkCsp) does not wrap the route: the response is a 500, and the error is logged.
/// `Option<CspNonce>` is then `None`.
#[derive(Clone)]
pub struct CspNonce(Arc<Inner>);

struct Inner {
    text: String,
    is_in_use: AtomicBool,
}

impl CspNonce {
    pub(super) fn random() -> Self {
        // The generator of each thread is cryptographic, and seeded by the operating system.
        let text = BASE64_STANDARD.encode(rand::random::<[u8; 16]>());
        Self(Arc::new(Inner { text, is_in_use: AtomicBool::new(false) }))
    }

    /// Returns the request's nonce, for use in its response; `None` if no policy wraps the route.
    pub(in crate::web) fn of(req: &HttpRequest) -> Option<Self> {
        let nonce = req.extensions().get::<Self>().cloned()?;
        nonce.0.is_in_use.store(true, Ordering::Relaxed);
        Some(nonce)
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.0.is_in_use.load(Ordering::Relaxed)
    }

    /// Returns the nonce as text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Display for CspNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CspNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CspNonce").field(&self.as_str()).finish()
    }
}

impl AsRef<str> for CspNonce {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromRequest for CspNonce {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req).ok_or_else(|| CspMissing::log(req).into()))
    }
}

/// No policy wraps the route: a nonce would not be in any header, and the scripts would still run, unprotected.
#[derive(Debug, thiserror::Error)]
#[error("ClerkCsp does not wrap this route: add `.wrap(csp.clone())` to its App, Scope or Resource")]
struct CspMissing;

impl CspMissing {
    /// Logs where the error is found: `Option<CspNonce>` makes no response.
    fn log(req: &HttpRequest) -> Self {
        static MISSING: LogLimit = LogLimit::new();
        log_a_missing_middleware(&MISSING, req, &Self.to_string());
        Self
    }
}

impl ResponseError for CspMissing {
    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::InternalServerError()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(envelope("internal-error", "Something went wrong."))
    }
}
