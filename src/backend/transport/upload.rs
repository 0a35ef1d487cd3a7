//! A body that is sent piece by piece, once.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use actix_web::web::Bytes;
use futures_util::{Stream, stream::BoxStream};

/// The pieces of a body, or why they end early.
pub(crate) type Pieces = BoxStream<'static, Result<Vec<u8>, Box<dyn Error + Send + Sync>>>;

/// A body that is sent piece by piece. Its clones share it, because it can be sent only once.
#[derive(Clone)]
pub(crate) struct Upload(Arc<Inner>);

struct Inner {
    content_type: String,
    length: Option<u64>,
    pieces: Mutex<Option<Pieces>>,
    is_spent: AtomicBool,
}

impl Upload {
    pub(crate) fn new(content_type: String, length: Option<u64>, pieces: Pieces) -> Self {
        let pieces = Mutex::new(Some(pieces));
        Self(Arc::new(Inner { content_type, length, pieces, is_spent: AtomicBool::new(false) }))
    }

    pub(crate) fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// The number of bytes, if it is known. Without it, the body is sent in chunks.
    pub(crate) fn length(&self) -> Option<u64> {
        self.0.length
    }

    /// Returns whether a piece was taken, so that the body cannot be sent from its beginning any more.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.is_spent.load(Ordering::Acquire)
    }

    /// Returns the body for the connection, which takes the pieces when it is ready for them.
    pub(super) fn body(&self) -> UploadBody {
        UploadBody { upload: self.clone(), pieces: None, left: self.0.length }
    }
}

/// The body as one attempt sends it.
pub(super) struct UploadBody {
    upload: Upload,
    pieces: Option<Pieces>,
    left: Option<u64>,
}

impl Stream for UploadBody {
    type Item = Result<Bytes, Box<dyn Error>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.pieces.is_none() {
            this.upload.0.is_spent.store(true, Ordering::Release);
            this.pieces = this.upload.0.pieces.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        let Some(pieces) = &mut this.pieces else { return Poll::Ready(Some(wrong("the body was already sent"))) };
        let piece = match ready!(pieces.as_mut().poll_next(context)) {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            // Clerk would wait for the rest.
            None if this.left.is_some_and(|left| left > 0) => {
                return Poll::Ready(Some(wrong("the file is shorter than its stated length")));
            }
            None => return Poll::Ready(None),
        };
        if let Some(left) = &mut this.left {
            match left.checked_sub(piece.len() as u64) {
                Some(rest) => *left = rest,
                // The rest would be read as the next request.
                None => return Poll::Ready(Some(wrong("the file is longer than its stated length"))),
            }
        }
        Poll::Ready(Some(Ok(Bytes::from(piece))))
    }
}

fn wrong(what: &'static str) -> Result<Bytes, Box<dyn Error>> {
    Err(io::Error::other(what).into())
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    fn upload(length: Option<u64>, pieces: &[&str]) -> Upload {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(piece.as_bytes().to_vec())).collect();
        Upload::new("text/plain".to_owned(), length, stream::iter(pieces).boxed())
    }

    fn sent(upload: &Upload) -> Result<String, String> {
        let pieces: Vec<_> = upload.body().take(9).collect::<Vec<_>>().now_or_never().unwrap();
        let mut text = String::new();
        for piece in pieces {
            text += std::str::from_utf8(&piece.map_err(|error| format!("{text}: {error}"))?).unwrap();
        }
        Ok(text)
    }

    #[test]
    fn a_body_of_another_length_than_stated_is_not_sent_to_its_end() {
        for (name, length, pieces, expected) in [
            ("no length", None, &["ab", "", "c"][..], Ok("abc")),
            ("its length", Some(3), &["ab", "c"], Ok("abc")),
            ("nothing", Some(0), &[], Ok("")),
            ("too short", Some(4), &["ab", "c"], Err("abc: the file is shorter than its stated length")),
            ("too long", Some(2), &["ab", "c"], Err("ab: the file is longer than its stated length")),
        ] {
            let found = sent(&upload(length, pieces));
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{name}");
        }
    }

    #[test]
    fn a_body_is_sent_once() {
        let upload = upload(None, &["ab"]);
        assert!(!upload.is_spent());
        let unused = upload.body();
        drop(unused);
        assert!(!upload.is_spent(), "the connection failed before it took a piece");
        assert_eq!(sent(&upload), Ok("ab".to_owned()));
        assert!(upload.is_spent() && sent(&upload).is_err());
    }
}
