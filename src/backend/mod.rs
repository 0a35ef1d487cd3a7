//! One call to Clerk's Backend API: pure request builders and response parsers, and the transport between them.

pub(crate) mod authorization_server;
pub(crate) mod clock_skew;
mod endpoint;
pub(crate) mod handshake_payload;
pub(crate) mod instance;
pub(crate) mod jwks;
pub(crate) mod refresh;
mod retry;
mod transport;
pub(crate) mod verify_opaque;

#[cfg(feature = "backend-api")]
pub(crate) use self::transport::Upload;
#[cfg(feature = "__internal-bench")]
pub(crate) use self::transport::{Network, head_of_request, read_response, set_network};
pub(crate) use self::{
    clock_skew::ClockSkew,
    endpoint::{endpoint, endpoint_at, page, unobserved_page},
    retry::{Failure, RETRY_AFTER, retrying},
    transport::{
        ApiRequest, ApiResponse, Authorization, Body, Budget, ForwardRequest, Forwarded, MAX_HANDLER_BODY, Outgoing,
        OutgoingLength, Roots, Transport, TransportError, announce_proxy, proxy_in_use,
    },
};
