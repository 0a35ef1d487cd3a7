//! The heads of requests and responses, as bytes (RFC 9112).

use actix_web::web::{BufMut, Bytes, BytesMut};
use awc::http::header::{HeaderMap, HeaderName, HeaderValue};
use url::{Position, Url};

use super::{
    framing::{Framing, Malformed},
    outgoing::OutgoingLength,
};

/// As many as Actix reads.
const MAX_HEADERS: usize = 96;
/// The limit on the head of a response, in bytes.
const MAX_HEAD: usize = 128 << 10;

/// The head of a response.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    /// The connection can be used again.
    pub(super) keeps_alive: bool,
}

/// Writes the head of a request. Neither a URL nor a header can contain a line break.
pub(super) fn request_head(
    method: &str,
    url: &Url,
    host: &[u8],
    headers: &HeaderMap,
    length: Option<OutgoingLength>,
) -> BytesMut {
    let mut head = BytesMut::with_capacity(1024);
    let target = &url[Position::BeforePath..Position::AfterQuery];
    for part in [method.as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\nhost: ", host, b"\r\n"] {
        head.put_slice(part);
    }
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.put_slice(part);
        }
    }
    match length {
        None => {}
        Some(OutgoingLength::Sized(length)) => head.put_slice(format!("content-length: {length}\r\n").as_bytes()),
        Some(OutgoingLength::Chunked) => head.put_slice(b"transfer-encoding: chunked\r\n"),
    }
    head.put_slice(b"\r\n");
    head
}

/// Takes the head of a response from the bytes that have arrived, or returns `None` if more has to arrive.
pub(super) fn response_head(received: &mut BytesMut, is_head: bool) -> Result<Option<ResponseHead>, Malformed> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut lines);
    let length = match parsed.parse(received).map_err(|_| Malformed)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial if received.len() > MAX_HEAD => return Err(Malformed),
        httparse::Status::Partial => return Ok(None),
    };
    let (status, version) = (parsed.code.ok_or(Malformed)?, parsed.version.ok_or(Malformed)?);
    if !(100..=999).contains(&status) {
        return Err(Malformed);
    }
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Malformed)?;
        let value = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(line.value)).map_err(|_| Malformed)?;
        headers.append(name, value);
    }
    let _ = received.split_to(length);
    let framing = framing(status, is_head, &headers)?;
    let says = |word| says(&headers, "connection", word);
    let keeps_alive = if version == 0 { says("keep-alive") } else { !says("close") };
    Ok(Some(ResponseHead { status, keeps_alive: keeps_alive && framing != Framing::UntilClose, headers, framing }))
}

/// Returns how the body is framed (RFC 9112, section 6.3). What two readers could read in two ways is malformed:
/// several lengths, a length beside chunks, and any other coding.
fn framing(status: u16, is_head: bool, headers: &HeaderMap) -> Result<Framing, Malformed> {
    let mut lengths = headers.get_all("content-length").map(|line| line.to_str().unwrap_or_default().trim());
    let length = match lengths.next() {
        None => None,
        Some(text) if lengths.all(|other| other == text) && text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(text.parse().map_err(|_| Malformed)?)
        }
        Some(_) => return Err(Malformed),
    };
    if is_head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::Sized(0));
    }
    let mut codings = headers.get_all("transfer-encoding").map(HeaderValue::as_bytes);
    match (codings.next(), length) {
        (Some(coding), None) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() => {
            Ok(Framing::Chunked)
        }
        (Some(_), _) => Err(Malformed),
        (None, Some(length)) => Ok(Framing::Sized(length)),
        (None, None) => Ok(Framing::UntilClose),
    }
}

/// Returns whether a list header contains the word.
fn says(headers: &HeaderMap, name: &str, word: &str) -> bool {
    let mut words = headers.get_all(name).filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    words.any(|found| found.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_responses() {
        use Framing::{Chunked, Sized, UntilClose};
        for (name, text, is_head, expected) in [
            ("a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Ok(Some((200, Sized(5), true)))),
            ("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, Ok(Some((200, Sized(0), true)))),
            ("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", false, Ok(Some((200, Chunked, true)))),
            ("neither", "HTTP/1.1 200 OK\r\n\r\n", false, Ok(Some((200, UntilClose, false)))),
            (
                "close",
                "HTTP/1.1 200 X\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\n",
                false,
                Ok(Some((200, Sized(1), false))),
            ),
            ("version 1.0", "HTTP/1.0 200 X\r\nContent-Length: 1\r\n\r\n", false, Ok(Some((200, Sized(1), false)))),
            (
                "1.0, kept",
                "HTTP/1.0 200 X\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n",
                false,
                Ok(Some((200, Sized(1), true))),
            ),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Ok(Some((200, Sized(0), true)))),
            (
                "HEAD with chunks",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                true,
                Ok(Some((200, Sized(0), true))),
            ),
            ("204", "HTTP/1.1 204 X\r\n\r\n", false, Ok(Some((204, Sized(0), true)))),
            (
                "304 with a length",
                "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n",
                false,
                Ok(Some((304, Sized(0), true))),
            ),
            ("103", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false, Ok(Some((103, Sized(0), true)))),
            (
                "the same length twice",
                "HTTP/1.1 200 X\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                false,
                Ok(Some((200, Sized(5), true))),
            ),
            ("not all of it", "HTTP/1.1 200 OK\r\nContent-Le", false, Ok(None)),
            ("nothing", "", false, Ok(None)),
            ("two lengths", "HTTP/1.1 200 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", false, Err(Malformed)),
            ("a list of lengths", "HTTP/1.1 200 X\r\nContent-Length: 5, 5\r\n\r\n", false, Err(Malformed)),
            ("a signed length", "HTTP/1.1 200 X\r\nContent-Length: +5\r\n\r\n", false, Err(Malformed)),
            ("an empty length", "HTTP/1.1 200 X\r\nContent-Length: \r\n\r\n", false, Err(Malformed)),
            ("a huge length", "HTTP/1.1 200 X\r\nContent-Length: 99999999999999999999\r\n\r\n", false, Err(Malformed)),
            (
                "a length and chunks",
                "HTTP/1.1 200 X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
                Err(Malformed),
            ),
            ("another coding", "HTTP/1.1 200 X\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, Err(Malformed)),
            (
                "chunks twice",
                "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
                Err(Malformed),
            ),
            ("another version", "HTTP/2.0 200 OK\r\n\r\n", false, Err(Malformed)),
            ("another protocol", "SSH-2.0-OpenSSH_9\r\n", false, Err(Malformed)),
            ("a status below 100", "HTTP/1.1 099 X\r\n\r\n", false, Err(Malformed)),
            ("a folded line", "HTTP/1.1 200 X\r\nA: b\r\n c\r\n\r\n", false, Err(Malformed)),
            ("a space in a name", "HTTP/1.1 200 X\r\nA : b\r\n\r\n", false, Err(Malformed)),
        ] {
            let mut received = BytesMut::from(text);
            let found = response_head(&mut received, is_head);
            let found = found.map(|head| head.map(|head| (head.status, head.framing, head.keeps_alive)));
            assert_eq!(found, expected, "{name}");
            let is_taken = matches!(expected, Ok(Some(_)));
            assert!(expected.is_err() || received.is_empty() == (is_taken || text.is_empty()), "{name}");
        }
        let mut endless = BytesMut::from(format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(MAX_HEAD)).as_str());
        assert!(response_head(&mut endless, false).is_err());
    }

    #[test]
    fn heads_of_requests() {
        let url = Url::parse("http://127.0.0.1:8080/v1/a b?c=\"d\"#e").unwrap();
        let mut headers = HeaderMap::new();
        headers.append(HeaderName::from_static("x-a"), HeaderValue::from_static("1"));
        for (length, framing) in [
            (None, ""),
            (Some(OutgoingLength::Sized(7)), "content-length: 7\r\n"),
            (Some(OutgoingLength::Chunked), "transfer-encoding: chunked\r\n"),
        ] {
            let head = request_head("PATCH", &url, b"127.0.0.1:8080", &headers, length);
            let expected =
                format!("PATCH /v1/a%20b?c=%22d%22 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nx-a: 1\r\n{framing}\r\n");
            assert_eq!(String::from_utf8_lossy(&head), expected);
        }
    }
}
