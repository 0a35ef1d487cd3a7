//! Selects the subprotocol in the response to a WebSocket handshake whose client offered a token as one.

use actix_web::{
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL},
    },
};

use super::super::facts::ActixFacts;
use crate::{config::Settings, request::protocol_to_select};

/// Selects the configured name if the handler has selected nothing, or has selected the token.
pub(crate) fn select_protocol<B>(response: &mut ServiceResponse<B>, settings: &Settings) {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let selected: Vec<_> = response.headers().get_all(SEC_WEBSOCKET_PROTOCOL).map(HeaderValue::as_bytes).collect();
    let protocol = protocol_to_select(&ActixFacts(response.request()), settings, &selected);
    if let Some(protocol) = protocol.and_then(|name| HeaderValue::from_str(name).ok()) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
}
