//! The body of a request that is passed on.

use actix_web::web::Bytes;
use futures_util::stream::LocalBoxStream;

/// The body of a request, as it comes.
pub(crate) struct Outgoing {
    pub(crate) length: OutgoingLength,
    /// An error ends the call. The caller knows which one it was.
    pub(crate) parts: LocalBoxStream<'static, Result<Bytes, ()>>,
}

/// How much of a body is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutgoingLength {
    Sized(u64),
    Chunked,
}
