//! The service that serves a resource's metadata (RFC 9728, section 3), and that of the authorization server if it is
//! asked to.

use std::sync::atomic::Ordering;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web::{self, Data},
};
use serde_json::{Map, Value, json};

use super::{ProtectedResource, authorization_server};
use crate::{clock::Clock, instance::ClerkConfig, observe::LogLimit, web::state::with_state};

impl HttpServiceFactory for ProtectedResource {
    /// The path is compared as it is in the request: a router's patterns would decode it, or read it as a pattern.
    fn register(self, config: &mut AppService) {
        if config.is_root() {
            self.0.is_served.store(true, Ordering::Relaxed);
        } else {
            tracing::error!(
                resource = self.url(),
                "the metadata of a ProtectedResource is registered in a scope, and clients look for it at {}: register it \
                 with .service(…) on the App",
                self.metadata_url()
            );
        }
        let path = self.0.address.metadata_path.clone();
        if self.0.serves_authorization_server {
            authorization_server::register(&self.0.address.path, config);
        }
        web::resource("/.well-known/oauth-protected-resource{path:.*}")
            .guard(guard::fn_guard(move |request| request.head().uri.path() == path))
            .to(move |req: HttpRequest| {
                let response = respond(&req, || self.answer(&req));
                async { response }
            })
            .register(config);
    }
}

/// Responds to a request for metadata, which scripts of any origin may read. `answer` is the response to a `GET`.
pub(super) fn respond(req: &HttpRequest, answer: impl FnOnce() -> HttpResponse) -> HttpResponse {
    let mut response = match *req.method() {
        Method::GET | Method::HEAD => answer(),
        Method::OPTIONS => HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
            .insert_header((header::CACHE_CONTROL, "max-age=3600"))
            .finish(),
        _ => HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD, OPTIONS")).finish(),
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

impl ProtectedResource {
    fn answer(&self, req: &HttpRequest) -> HttpResponse {
        match instance(req).and_then(|config| config.settings().authorization_server()) {
            Some(server) => {
                HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "max-age=3600")).json(self.document(&server))
            }
            None => instance_missing(req),
        }
    }

    fn document(&self, authorization_server: &str) -> Value {
        let resource = &*self.0;
        let mut document = Map::new();
        document.insert("resource".to_owned(), json!(resource.address.url));
        document.insert("authorization_servers".to_owned(), json!([authorization_server]));
        if !resource.scopes.is_empty() {
            document.insert("scopes_supported".to_owned(), json!(resource.scopes));
        }
        document.insert("bearer_methods_supported".to_owned(), json!(["header"]));
        if let Some(name) = &resource.name {
            document.insert("resource_name".to_owned(), json!(name));
        }
        if let Some(documentation) = &resource.documentation {
            document.insert("resource_documentation".to_owned(), json!(documentation));
        }
        Value::Object(document)
    }
}

/// Returns the instance whose Frontend API is the authorization server.
pub(super) fn instance(req: &HttpRequest) -> Option<ClerkConfig> {
    let of_middleware = with_state(req, |state| state.config().clone());
    of_middleware.or_else(|| req.app_data::<Data<ClerkConfig>>().map(|config| ClerkConfig::clone(config)))
}

/// The response if there is no instance, or one without a publishable key. Logs what to do.
pub(super) fn instance_missing(req: &HttpRequest) -> HttpResponse {
    static MISSING: LogLimit = LogLimit::new();
    if let Some(left_out) = MISSING.admit(Clock::System.now()) {
        tracing::error!(
            path = req.path(),
            left_out,
            "responded with 500, because the authorization server of a ProtectedResource is not known: wrap the App in \
             ClerkMiddleware, or add web::Data<ClerkConfig> to it, with a publishable key"
        );
    }
    HttpResponse::InternalServerError().finish()
}
