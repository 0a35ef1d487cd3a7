//! One request and its response on a connection, both at the same time and as they come.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use actix_web::web::{Buf, BufMut, Bytes, BytesMut};
use awc::http::header::HeaderMap;
use futures_util::Stream;
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::{
    framing::{Decoder, Malformed, Next},
    head::{ResponseHead, response_head},
    idle::Idle,
    outgoing::{Outgoing, OutgoingLength},
};
use crate::backend::transport::{error::TransportError, origin::Origin};

/// How much of an upload is gathered for one write. It is also all of it that is ever held in memory.
const BATCH: usize = 16 << 10;
/// How much is read at once.
const READ: usize = 32 << 10;

/// The head of a response, and its body as it arrives. Dropping the body ends the call.
pub(crate) struct Forwarded {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Download,
}

/// The body of a response, as it comes. Dropping it closes the connection, unless the body has ended.
pub(crate) struct Download {
    /// `None` once the body has ended and the connection is back among the idle ones, or closed.
    wire: Option<Wire>,
    decoder: Decoder,
    keeps_alive: bool,
    origin: Origin,
}

/// A connection with a request under way.
struct Wire {
    connection: Idle,
    received: BytesMut,
    to_send: BytesMut,
    /// `None` once all of it is in `to_send`.
    outgoing: Option<Outgoing>,
    /// The server takes no more. It may have responded before that.
    is_broken: bool,
}

/// Sends the request, and returns the response as soon as its head is here. Informational responses are skipped: those
/// to `Expect` are not for anybody, and the others are optional.
pub(super) async fn exchange(
    connection: Idle,
    origin: &Origin,
    is_head: bool,
    head: BytesMut,
    outgoing: Option<Outgoing>,
) -> Result<Forwarded, TransportError> {
    let mut wire = Wire { connection, received: BytesMut::new(), to_send: head, outgoing, is_broken: false };
    let ResponseHead { status, headers, framing, keeps_alive } =
        poll_fn(|context| wire.poll_head(context, is_head)).await?;
    let decoder = framing.decoder();
    let mut body = Download { wire: Some(wire), decoder, keeps_alive, origin: origin.clone() };
    if matches!(body.decoder, Decoder::Ended) {
        // Nobody polls an empty body.
        body.end();
    }
    Ok(Forwarded { status, headers, body })
}

impl Wire {
    fn poll_head(&mut self, context: &mut Context<'_>, is_head: bool) -> Poll<Result<ResponseHead, TransportError>> {
        self.send(context)?;
        loop {
            match response_head(&mut self.received, is_head) {
                Ok(Some(ResponseHead { status: 101, .. })) | Err(Malformed) => {
                    return Poll::Ready(Err(TransportError::Connection));
                }
                Ok(Some(ResponseHead { status: 100..=199, .. })) => continue,
                Ok(Some(head)) => return Poll::Ready(Ok(head)),
                Ok(None) => {}
            }
            if ready!(self.poll_receive(context)) == 0 {
                return Poll::Ready(Err(TransportError::Connection));
            }
        }
    }

    /// Sends as much as possible now. Fails only if the upload itself does.
    fn send(&mut self, context: &mut Context<'_>) -> Result<(), TransportError> {
        while !self.is_broken {
            while self.to_send.len() < BATCH
                && let Some(Outgoing { length, parts }) = &mut self.outgoing
            {
                match parts.as_mut().poll_next(context) {
                    Poll::Pending => break,
                    Poll::Ready(Some(Ok(part))) if part.is_empty() => {}
                    Poll::Ready(Some(Ok(part))) => write_part(&mut self.to_send, length, &part)?,
                    Poll::Ready(Some(Err(()))) => return Err(TransportError::Connection),
                    Poll::Ready(None) => {
                        match length {
                            OutgoingLength::Chunked => self.to_send.put_slice(b"0\r\n\r\n"),
                            OutgoingLength::Sized(0) => {}
                            OutgoingLength::Sized(_) => return Err(TransportError::Connection),
                        }
                        self.outgoing = None;
                    }
                }
            }
            let mut stream = Pin::new(&mut self.connection.stream);
            if self.to_send.is_empty() {
                let _ = stream.poll_flush(context);
                return Ok(());
            }
            match stream.as_mut().poll_write(context, &self.to_send) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(written @ 1..)) => self.to_send.advance(written),
                Poll::Ready(Ok(0) | Err(_)) => self.is_broken = true,
            }
        }
        Ok(())
    }

    /// Reads what has arrived, and returns how much it was: 0 at the end, or if the connection has failed.
    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        self.received.reserve(READ);
        let read = ready!(pin!(self.connection.stream.read_buf(&mut self.received)).poll(context));
        Poll::Ready(read.unwrap_or(0))
    }

    fn has_sent_everything(&self) -> bool {
        self.outgoing.is_none() && self.to_send.is_empty() && !self.is_broken
    }
}

/// Puts a part of an upload into its frame.
fn write_part(to_send: &mut BytesMut, length: &mut OutgoingLength, part: &[u8]) -> Result<(), TransportError> {
    match length {
        OutgoingLength::Sized(left) => {
            *left = left.checked_sub(part.len() as u64).ok_or(TransportError::Connection)?;
            to_send.put_slice(part);
        }
        OutgoingLength::Chunked => {
            to_send.put_slice(format!("{:x}\r\n", part.len()).as_bytes());
            to_send.put_slice(part);
            to_send.put_slice(b"\r\n");
        }
    }
    Ok(())
}

impl Download {
    /// Gives the connection back if another request can use it, or closes it.
    fn end(&mut self) {
        if let Some(wire) = self.wire.take()
            && self.keeps_alive
            && wire.received.is_empty()
            && wire.has_sent_everything()
        {
            wire.connection.keep(&self.origin);
        }
    }
}

impl Stream for Download {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { wire: Some(wire), decoder, .. } = &mut *self else { return Poll::Ready(None) };
        let failed = |this: &mut Self| {
            this.wire = None;
            Poll::Ready(Some(Err(TransportError::Body)))
        };
        // The response may have begun before the whole request was sent.
        if !wire.has_sent_everything() && wire.send(context).is_err() {
            return failed(&mut self);
        }
        loop {
            match decoder.next(&mut wire.received) {
                Ok(Next::Part(part)) => return Poll::Ready(Some(Ok(part))),
                Ok(Next::End) => {
                    self.end();
                    return Poll::Ready(None);
                }
                Ok(Next::More) => {}
                Err(Malformed) => return failed(&mut self),
            }
            if ready!(wire.poll_receive(context)) == 0 {
                if decoder.may_end() {
                    self.end();
                    return Poll::Ready(None);
                }
                return failed(&mut self);
            }
        }
    }
}
