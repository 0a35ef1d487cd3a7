//! The service that serves a resource's metadata (RFC 9728, section 3), and that of the authorization server if it is
//! asked to.

use std::sync::atomic::Ordering;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::header,
    web,
};
use serde_json::{Map, Value, json};

use super::{
    ProtectedResource, authorization_server,
    response::{instance, instance_missing, respond},
};

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
