//! The proxy's own responses, in Clerk's envelope: clerk-js reads the codes.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};

use crate::web::envelope::envelope;

/// Why a request was not passed on, or brought no response.
///
/// The first two codes are the reference's, as are the form and the status of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyError {
    /// Clerk could not be reached, or broke off.
    #[error("Failed to proxy request to Clerk FAPI")]
    RequestFailed,
    /// The URL would lead elsewhere.
    #[error("Resolved target does not match the expected host")]
    TargetElsewhere,
    #[error("The request body was already read by other middleware, so it cannot be passed on")]
    BodyConsumed,
    #[error("The configuration of the proxy cannot be sent in a header")]
    Configuration,
    #[error("Clerk FAPI did not respond in time")]
    ResponseTimeout,
    #[error("The request body did not arrive in time")]
    RequestTimeout,
    #[error("The request body ended before it was complete")]
    RequestIncomplete,
    #[error("The request body is too large")]
    BodyTooLarge,
    #[error("The URL is too long")]
    UrlTooLong,
    #[error("The method is not proxied")]
    MethodNotAllowed,
    #[error("The proxy does not support Upgrade, such as WebSockets")]
    UpgradeUnsupported,
}

impl ProxyError {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::RequestFailed | Self::TargetElsewhere => "proxy_request_failed",
            Self::BodyConsumed | Self::Configuration => "proxy_configuration_error",
            Self::ResponseTimeout => "proxy_response_timeout",
            Self::RequestTimeout => "proxy_request_timeout",
            Self::RequestIncomplete => "proxy_request_incomplete",
            Self::BodyTooLarge => "proxy_body_too_large",
            Self::UrlTooLong => "proxy_url_too_long",
            Self::MethodNotAllowed => "proxy_method_not_allowed",
            Self::UpgradeUnsupported => "proxy_upgrade_not_supported",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::RequestFailed => StatusCode::BAD_GATEWAY,
            Self::TargetElsewhere | Self::RequestIncomplete => StatusCode::BAD_REQUEST,
            Self::BodyConsumed | Self::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ResponseTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UpgradeUnsupported => StatusCode::NOT_IMPLEMENTED,
        }
    }

    pub(super) fn response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if self == Self::MethodNotAllowed {
            response.insert_header((header::ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        response.json(envelope(self.code(), &self.to_string()))
    }

    /// Returns whether the cause is on this side of the browser: Clerk, the network, or this application.
    pub(super) fn is_outage(self) -> bool {
        self.status().is_server_error() && self != Self::UpgradeUnsupported
    }
}
