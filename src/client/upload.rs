//! Files that calls upload, in a form (`multipart/form-data`, RFC 7578).

use std::{error::Error, fmt};

use futures_util::{Stream, StreamExt, stream};

use super::error::ClerkApiError;
use crate::backend::Upload;

/// A file to upload, such as a user's image. It is sent piece by piece, so that it never has to be in memory at once.
///
/// ```
/// use clerk_actix::client::FileUpload;
///
/// let from_memory = FileUpload::new("image/png", b"\x89PNG\r\n".as_slice());
/// let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(b"\x89PNG"), Ok(b"\r\n\x1a\n")]);
/// let from_a_stream = FileUpload::from_stream("image/png", pieces).length(8).file_name("ada.png");
/// # let _ = (from_memory, from_a_stream);
/// ```
pub struct FileUpload {
    content_type: String,
    file_name: String,
    length: Option<u64>,
    pieces: Pieces,
    /// Other fields of the form.
    fields: Vec<(&'static str, String)>,
}

type Pieces = stream::BoxStream<'static, Result<Vec<u8>, Box<dyn Error + Send + Sync>>>;

impl FileUpload {
    /// A file that is in memory, with its type, such as `image/png`.
    pub fn new(content_type: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        let length = content.len() as u64;
        let pieces = stream::iter([Ok::<_, std::convert::Infallible>(content)]);
        Self::from_stream(content_type, pieces).length(length)
    }

    /// A file that comes in pieces, such as from a disk or from a client's request. If a piece fails, so does the call,
    /// and Clerk gets no complete file.
    pub fn from_stream<S, B, E>(content_type: impl Into<String>, pieces: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: AsRef<[u8]> + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let pieces = pieces.map(|piece| piece.map(|piece| piece.as_ref().to_vec()).map_err(Into::into)).boxed();
        let (content_type, file_name) = (content_type.into(), "file".to_owned());
        Self { content_type, file_name, length: None, pieces, fields: Vec::new() }
    }

    /// Sets the length in bytes. Without it, the file is sent in chunks of a length that is not known at the start. If the
    /// file turns out to be of another length, the call fails.
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Sets the name of the file; the default is `file`.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = name.into();
        self
    }

    /// Adds another field to the form.
    pub(super) fn field(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.fields.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    /// Returns the form.
    pub(super) fn into_body(self) -> Result<Upload, ClerkApiError> {
        let is_type = |text: &str| {
            let mut parts = text.split('/');
            let is_token = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
            let is_short_ascii = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            is_token(parts.next()) && is_token(parts.next()) && parts.next().is_none() && is_short_ascii
        };
        if !is_type(&self.content_type) {
            return Err(ClerkApiError::InvalidBody);
        }
        let boundary = format!("clerk-actix-{:032x}", rand::random::<u128>());
        let mut head = String::new();
        for (name, value) in &self.fields {
            head += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        head += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            escaped(&self.file_name),
            self.content_type,
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = self.length.and_then(|length| length.checked_add((head.len() + tail.len()) as u64));
        let piece = |text: String| stream::iter([Ok(text.into_bytes())]);
        let pieces = piece(head).chain(self.pieces).chain(piece(tail)).boxed();
        Ok(Upload::new(format!("multipart/form-data; boundary={boundary}"), length, pieces))
    }
}

impl fmt::Debug for FileUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("FileUpload");
        debug.field("content_type", &self.content_type).field("length", &self.length).finish_non_exhaustive()
    }
}

/// Escapes a file name as browsers do (WHATWG, "multipart/form-data encoding algorithm"), so that it ends neither the
/// quotes nor the line.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A").replace(|c: char| c.is_control(), "_")
}
