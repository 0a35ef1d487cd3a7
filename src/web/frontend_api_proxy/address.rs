//! The client's address: that of the connection, or the one that a trusted server in front passes.

use std::net::{IpAddr, SocketAddr};

/// Returns the client's address. `lines` are those of the header that the settings name, if they name one.
///
/// The last address of the last line counts: a server in front adds to the end of a list, and clients can send any
/// beginning. Without a valid one, the address of the connection counts, which is the server in front.
pub(super) fn client_address<'v>(
    mut lines: impl DoubleEndedIterator<Item = &'v [u8]>,
    peer: Option<SocketAddr>,
) -> Option<IpAddr> {
    let named = lines.next_back().and_then(|line| std::str::from_utf8(line).ok()).and_then(last_address);
    named.or(peer.map(|peer| peer.ip())).map(|ip| ip.to_canonical())
}

fn last_address(line: &str) -> Option<IpAddr> {
    let last = line.rsplit(',').next()?.trim();
    // Some load balancers add the port: `192.0.2.1:5678`, `[2001:db8::1]:5678`.
    let with_port = || last.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || last.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    last.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_headers_and_the_one_that_counts() {
        for (name, lines, expected) in [
            ("no header", &[][..], "192.0.2.9"),
            ("one address", &["203.0.113.7"], "203.0.113.7"),
            ("white space", &["  203.0.113.7 "], "203.0.113.7"),
            ("a list: what the server in front added", &["1.1.1.1, 2.2.2.2, 203.0.113.7"], "203.0.113.7"),
            ("several lines", &["1.1.1.1", "2.2.2.2, 203.0.113.7"], "203.0.113.7"),
            ("a port", &["203.0.113.7:5678"], "203.0.113.7"),
            ("version 6", &["2001:db8::1"], "2001:db8::1"),
            ("version 6 in brackets", &["[2001:db8::1]"], "2001:db8::1"),
            ("version 6 with a port", &["[2001:DB8::1]:443"], "2001:db8::1"),
            ("version 4 in version 6", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("empty", &[""], "192.0.2.9"),
            ("an empty end", &["203.0.113.7,"], "192.0.2.9"),
            ("a name", &["unknown"], "192.0.2.9"),
            ("an obfuscated name", &["_hidden"], "192.0.2.9"),
            ("a name at the end", &["203.0.113.7, evil"], "192.0.2.9"),
            ("a header in it", &["203.0.113.7\r\nX: y"], "192.0.2.9"),
            ("a number", &["3405803783"], "192.0.2.9"),
            ("octal", &["0313.0.0161.7"], "192.0.2.9"),
        ] {
            let peer = "192.0.2.9:4711".parse().ok();
            let found = client_address(lines.iter().map(|line| line.as_bytes()), peer);
            assert_eq!(found, expected.parse().ok(), "{name}");
        }
        assert_eq!(client_address([b"\xff".as_slice()].into_iter(), None), None, "a Unix socket, and no address");
        let mapped = "[::ffff:192.0.2.9]:1".parse().ok();
        assert_eq!(client_address([].into_iter(), mapped), "192.0.2.9".parse().ok(), "a socket of both versions");
    }
}
