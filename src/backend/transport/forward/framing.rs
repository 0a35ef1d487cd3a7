//! How a response's body is framed, and the decoder of each frame (RFC 9112, sections 6 and 7).

use actix_web::web::{Buf, Bytes, BytesMut};

/// The longest line of a chunk's size with its extensions, and the longest trailer section, in bytes.
const MAX_SIZE_LINE: usize = 4 << 10;
const MAX_TRAILERS: usize = 32 << 10;

/// A response's bytes are not HTTP, or not unambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The framing of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Sized(u64),
    Chunked,
    /// The body ends with the connection.
    UntilClose,
}

/// Takes a body out of its frame.
#[derive(Debug)]
pub(super) enum Decoder {
    /// This much is left.
    Sized(u64),
    /// Before the line with a chunk's size.
    ChunkSize,
    /// This much is left of a chunk.
    Chunk(u64),
    /// After a chunk's data.
    ChunkEnd,
    /// After the last chunk: this much of the trailer section has come.
    Trailers(usize),
    UntilClose,
    Ended,
}

/// The next step of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Part(Bytes),
    /// More has to arrive.
    More,
    End,
}

impl Framing {
    pub(super) fn decoder(self) -> Decoder {
        match self {
            Self::Sized(0) => Decoder::Ended,
            Self::Sized(length) => Decoder::Sized(length),
            Self::Chunked => Decoder::ChunkSize,
            Self::UntilClose => Decoder::UntilClose,
        }
    }
}

impl Decoder {
    /// Takes the next part of the body from the bytes that have arrived.
    pub(super) fn next(&mut self, received: &mut BytesMut) -> Result<Next, Malformed> {
        loop {
            match self {
                Self::Ended => return Ok(Next::End),
                _ if received.is_empty() => return Ok(Next::More),
                Self::UntilClose => return Ok(Next::Part(received.split().freeze())),
                Self::Sized(left) | Self::Chunk(left) => {
                    let part = received.split_to(usize::try_from(*left).unwrap_or(usize::MAX).min(received.len()));
                    *left -= part.len() as u64;
                    if *left == 0 {
                        *self = if matches!(self, Self::Sized(_)) { Self::Ended } else { Self::ChunkEnd };
                    }
                    return Ok(Next::Part(part.freeze()));
                }
                Self::ChunkEnd => {
                    if received.len() < 2 {
                        return Ok(Next::More);
                    }
                    if !received.starts_with(b"\r\n") {
                        return Err(Malformed);
                    }
                    received.advance(2);
                    *self = Self::ChunkSize;
                }
                Self::ChunkSize => match line(received, MAX_SIZE_LINE)? {
                    None => return Ok(Next::More),
                    Some(line) => {
                        *self = match chunk_size(&line)? {
                            0 => Self::Trailers(0),
                            size => Self::Chunk(size),
                        }
                    }
                },
                // Trailers do not pass: they would be headers that nobody has checked.
                Self::Trailers(length) => match line(received, MAX_TRAILERS)? {
                    None => return Ok(Next::More),
                    Some(line) if line.is_empty() => *self = Self::Ended,
                    Some(line) => {
                        *length += line.len();
                        if *length > MAX_TRAILERS {
                            return Err(Malformed);
                        }
                    }
                },
            }
        }
    }

    /// Returns whether the body may end with the connection.
    pub(super) fn may_end(&self) -> bool {
        matches!(self, Self::UntilClose | Self::Ended)
    }
}

/// Takes a line without its end.
fn line(received: &mut BytesMut, max: usize) -> Result<Option<BytesMut>, Malformed> {
    let Some(end) = memchr::memchr(b'\n', received) else {
        return if received.len() > max { Err(Malformed) } else { Ok(None) };
    };
    let mut line = received.split_to(end + 1);
    if end > max || end == 0 || line[end - 1] != b'\r' {
        return Err(Malformed);
    }
    line.truncate(end - 1);
    Ok(Some(line))
}

fn chunk_size(line: &[u8]) -> Result<u64, Malformed> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Malformed);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Malformed)?;
    u64::from_str_radix(digits, 16).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes the bytes as they arrive, this many at a time. `None`: more would have to come.
    fn decode(framing: Framing, bytes: &[u8], step: usize) -> Result<(String, bool), Malformed> {
        let (mut decoder, mut received, mut body) = (framing.decoder(), BytesMut::new(), Vec::new());
        for bytes in bytes.chunks(step) {
            received.extend_from_slice(bytes);
            loop {
                match decoder.next(&mut received)? {
                    Next::Part(part) => body.extend_from_slice(&part),
                    Next::More => break,
                    Next::End => return Ok((String::from_utf8(body).unwrap(), true)),
                }
            }
        }
        Ok((String::from_utf8(body).unwrap(), decoder.may_end()))
    }

    #[test]
    fn bodies_in_their_frames() {
        use Framing::{Chunked, Sized, UntilClose};
        let long = format!("5;{}\r\nabcde\r\n", "x".repeat(MAX_SIZE_LINE + 1));
        let trailers = format!("0\r\n{}\r\n", "x: y\r\n".repeat(MAX_TRAILERS));
        for (name, framing, bytes, expected) in [
            ("nothing", Sized(0), "", Ok(("", true))),
            ("a length", Sized(5), "abcde", Ok(("abcde", true))),
            ("more than the length", Sized(3), "abcde", Ok(("abc", true))),
            ("less than the length", Sized(6), "abcde", Ok(("abcde", false))),
            ("to the end", UntilClose, "abcde", Ok(("abcde", true))),
            ("chunks", Chunked, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Ok(("abcde", true))),
            ("no chunk", Chunked, "0\r\n\r\n", Ok(("", true))),
            ("zeros and capitals", Chunked, "0A\r\nabcdefghij\r\n000\r\n\r\n", Ok(("abcdefghij", true))),
            ("extensions", Chunked, "3;a=\"b\"\r\nabc\r\n0;x\r\n\r\n", Ok(("abc", true))),
            ("trailers", Chunked, "3\r\nabc\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n", Ok(("abc", true))),
            ("no last chunk", Chunked, "3\r\nabc\r\n", Ok(("abc", false))),
            ("no end of the last chunk", Chunked, "3\r\nabc\r\n0\r\n", Ok(("abc", false))),
            ("half a chunk", Chunked, "6\r\nabc", Ok(("abc", false))),
            ("a longer chunk than its size", Chunked, "3\r\nabcd\r\n0\r\n\r\n", Err(Malformed)),
            ("no size", Chunked, "\r\nabc\r\n", Err(Malformed)),
            ("a sign", Chunked, "+3\r\nabc\r\n", Err(Malformed)),
            ("a prefix", Chunked, "0x3\r\nabc\r\n", Err(Malformed)),
            ("a space", Chunked, " 3\r\nabc\r\n", Err(Malformed)),
            ("a size beyond 64 bits", Chunked, "10000000000000003\r\nabc\r\n", Err(Malformed)),
            ("a line feed alone", Chunked, "3\nabc\r\n", Err(Malformed)),
            ("a long extension", Chunked, &long, Err(Malformed)),
            ("endless trailers", Chunked, &trailers, Err(Malformed)),
        ] {
            for step in [1, 2, 7, 100_000] {
                let found = decode(framing, bytes.as_bytes(), step);
                let found = found.as_ref().map(|(body, is_whole)| (body.as_str(), *is_whole)).map_err(|error| *error);
                assert_eq!(found, expected, "{name}, {step} at a time");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn chunks_of_any_content_and_in_any_pieces(parts: Vec<Vec<u8>>, step in 1_usize..50) {
            let mut bytes = Vec::new();
            for part in parts.iter().filter(|part| !part.is_empty()) {
                bytes.extend_from_slice(format!("{:X};x=y\r\n", part.len()).as_bytes());
                bytes.extend_from_slice(part);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\nX: y\r\n\r\n");
            let (mut decoder, mut received, mut body, mut has_ended) =
                (Framing::Chunked.decoder(), BytesMut::new(), Vec::new(), false);
            for piece in bytes.chunks(step) {
                received.extend_from_slice(piece);
                loop {
                    match decoder.next(&mut received).unwrap() {
                        Next::Part(part) => body.extend_from_slice(&part),
                        Next::More => break,
                        Next::End => { has_ended = true; break }
                    }
                }
            }
            assert!(has_ended && received.is_empty());
            assert_eq!(body, parts.concat());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, length: u64) {
            for framing in [Framing::Sized(length), Framing::Chunked, Framing::UntilClose] {
                let (mut decoder, mut received) = (framing.decoder(), BytesMut::from(&bytes[..]));
                while let Ok(Next::Part(_)) = decoder.next(&mut received) {}
            }
            let _ = crate::backend::transport::forward::head::response_head(&mut BytesMut::from(&bytes[..]), false);
        }
    }
}
