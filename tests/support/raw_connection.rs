//! HTTP over a raw connection: requests that no library writes, and responses as they are on the wire.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A response. Each byte of its head is one character.
pub struct RawResponse {
    pub status: u16,
    /// In order, with names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawResponse {
    /// Returns the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request line and headers, each with its line end, and reads until the server closes the connection. Fails if
/// the connection is closed without a response, as it is when a worker panics.
pub fn exchange(address: SocketAddr, head: &[u8]) -> RawResponse {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The server may respond and close before it has read everything.
    let _ = connection.write_all(&[head, b"Connection: close\r\n\r\n"].concat());
    let mut response = Vec::new();
    let _ = connection.read_to_end(&mut response);
    parse(&response).unwrap_or_else(|| panic!("no response, but {:?}", String::from_utf8_lossy(&response)))
}

fn parse(response: &[u8]) -> Option<RawResponse> {
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head: String = response[..end].iter().map(|&byte| char::from(byte)).collect();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    let headers = lines.map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    Some(RawResponse { status, headers: headers.collect::<Option<_>>()?, body: response[end + 4..].to_vec() })
}
