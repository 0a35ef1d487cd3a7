//! [`ClerkCsp`] around an application: a nonce for each request, and the header on its response.

use std::future::{Ready, ready};

use actix_web::{
    Error, HttpMessage,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};
use futures_util::future::LocalBoxFuture;

use super::{ClerkCsp, nonce::CspNonce};
use crate::{
    clock::Clock,
    observe::{LogLimit, hint},
};

impl<S, B> Transform<S, ServiceRequest> for ClerkCsp
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = ClerkCspService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ClerkCspService { service, csp: self.clone() }))
    }
}

/// One worker's [`ClerkCsp`].
#[derive(Debug)]
pub struct ClerkCspService<S> {
    service: S,
    csp: ClerkCsp,
}

impl<S, B> Service<ServiceRequest> for ClerkCspService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse<B>, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        // An outer policy's nonce: a page has one, which both policies have to allow.
        let outer = req.extensions().get::<CspNonce>().cloned();
        let nonce = outer.unwrap_or_else(|| {
            let nonce = CspNonce::random();
            req.extensions_mut().insert(nonce.clone());
            nonce
        });
        let (csp, response) = (self.csp.clone(), self.service.call(req));
        Box::pin(async move {
            let mut response = response.await?;
            let (status, path) = (response.status(), response.request().path().to_owned());
            csp.finish(status, response.headers_mut(), &nonce, &path);
            Ok(response)
        })
    }
}

impl ClerkCsp {
    fn finish(&self, status: StatusCode, headers: &mut HeaderMap, nonce: &CspNonce, path: &str) {
        // A 304 renews the headers of the stored page, but its scripts have the nonce of the stored header.
        if status == StatusCode::NOT_MODIFIED {
            return;
        }
        let name = self.header_name();
        // The handler, or an inner policy, has the last word.
        if !headers.contains_key(&name)
            && let Ok(policy) = HeaderValue::try_from(self.with_nonce(nonce))
        {
            headers.insert(name, policy);
        }
        if nonce.is_in_use() {
            keep_out_of_shared_caches(headers, path);
        }
    }
}

fn keep_out_of_shared_caches(headers: &mut HeaderMap, path: &str) {
    static SHARED: LogLimit = LogLimit::new();
    let Some(said) = headers.get(header::CACHE_CONTROL) else {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        return;
    };
    let said = said.to_str().unwrap_or_default().to_ascii_lowercase();
    let is_private = ["private", "no-store"].iter().any(|directive| said.contains(directive));
    if !is_private && let Some(left_out) = SHARED.admit(Clock::System.now()) {
        tracing::warn!(
            path = hint(path),
            cache_control = hint(&said),
            left_out,
            "a page with a nonce may be stored by shared caches, which give it to others together with its nonce: set \
             Cache-Control to private, no-cache"
        );
    }
}
