//! The service that serves a resource's metadata (RFC 9728, section 3).

use std::sync::atomic::Ordering;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::{Method, header},
    web::{self, Data},
};
use serde_json::{Map, Value, json};

use super::ProtectedResource;
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
        web::resource("/.well-known/oauth-protected-resource{path:.*}")
            .guard(guard::fn_guard(move |request| request.head().uri.path() == path))
            .to(move |req: HttpRequest| {
                let response = self.respond(&req);
                async { response }
            })
            .register(config);
    }
}

impl ProtectedResource {
    fn respond(&self, req: &HttpRequest) -> HttpResponse {
        let mut response = match *req.method() {
            Method::GET | Method::HEAD => match authorization_server(req) {
                Some(server) => HttpResponse::Ok()
                    .insert_header((header::CACHE_CONTROL, "max-age=3600"))
                    .json(self.document(&server)),
                None => return HttpResponse::InternalServerError().finish(),
            },
            Method::OPTIONS => HttpResponse::NoContent()
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*"))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
                .insert_header((header::CACHE_CONTROL, "max-age=3600"))
                .finish(),
            _ => HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD, OPTIONS")).finish(),
        };
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
        response
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

/// Returns the issuer of the instance's tokens. Logs why if there is none.
fn authorization_server(req: &HttpRequest) -> Option<String> {
    static MISSING: LogLimit = LogLimit::new();
    let issuer = |config: &ClerkConfig| format!("https://{}", config.settings().issuing_frontend_api());
    let of_middleware = with_state(req, |state| issuer(state.config()));
    let found = of_middleware.or_else(|| req.app_data::<Data<ClerkConfig>>().map(|config| issuer(config)));
    let server = found.filter(|server| server != "https://");
    if server.is_none()
        && let Some(left_out) = MISSING.admit(Clock::System.now())
    {
        tracing::error!(
            path = req.path(),
            left_out,
            "responded with 500, because the authorization server of a ProtectedResource is not known: wrap the App in \
             ClerkMiddleware, or add web::Data<ClerkConfig> to it, with a publishable key"
        );
    }
    server
}
