//! Cookies that Clerk sets: handshakes and refreshes bring them as `Set-Cookie` values.

use std::fmt;

/// Names of Clerk's cookies outside its `__clerk_` namespace.
const CLERKS: [&str; 6] =
    ["__session", "__client_uat", "__refresh", "__client", "clerk_active_context", "__dev_session"];

/// Clerk appends eight characters of URL-safe base64 (PROTOCOL section 2).
const SUFFIX_LENGTH: usize = 8;

/// Returns whether a cookie's name is `known`, with or without the suffix of an instance.
fn is_of(name: &str, known: &str) -> bool {
    let Some(rest) = name.strip_prefix(known) else { return false };
    let is_suffix = |suffix: &str| {
        suffix.len() == SUFFIX_LENGTH && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    rest.is_empty() || rest.strip_prefix('_').is_some_and(is_suffix)
}

/// A `Set-Cookie` value that Clerk confirmed and that a header can hold: one that could end its line is never
/// constructed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SetCookie(String);

impl fmt::Debug for SetCookie {
    /// Writes only the name: the value may be a session token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}=…\"", self.0.split('=').next().unwrap_or_default())
    }
}

impl SetCookie {
    pub(crate) fn parse(directive: &str) -> Option<Self> {
        let directive = directive.trim_matches([' ', '\t', '\r', '\n']);
        let is_legal = |c: char| c == '\t' || ('\u{20}'..='\u{ff}').contains(&c) && c != '\u{7f}';
        (!directive.is_empty() && directive.chars().all(is_legal)).then(|| Self(directive.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the cookie's name as a browser reads it.
    pub(super) fn name(&self) -> &str {
        let pair = self.0.split(';').next().unwrap_or_default();
        pair.split('=').next().unwrap_or_default().trim_matches([' ', '\t'])
    }

    /// Returns whether Clerk's Frontend API keeps a cookie of that name. Any other cookie belongs to the application or
    /// to the browser (`__Host-csrf`), and anyone who got hold of a handshake could set it.
    ///
    /// The suffix may be another instance's: an application that has changed its keys clears the cookies of the old
    /// ones.
    pub(super) fn is_clerks(&self) -> bool {
        let name = self.name();
        name.starts_with("__clerk_") || CLERKS.iter().any(|known| is_of(name, known))
    }

    /// Returns what this does to the session, if it is a session cookie, suffixed or not.
    pub(super) fn session(&self) -> Option<SessionCookie<'_>> {
        let pair = self.0.split(';').next().unwrap_or_default();
        let mut parts = pair.split('=');
        let is_session = parts.next().is_some_and(|name| is_of(name, "__session"));
        is_session.then(|| match parts.next() {
            None => SessionCookie::Malformed,
            Some("") => SessionCookie::Cleared,
            Some(token) => SessionCookie::Token(token),
        })
    }
}

/// The effect of a session cookie's directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionCookie<'d> {
    Token(&'d str),
    Cleared,
    /// A name without `=`.
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_that_a_header_can_hold() {
        for (directive, expected) in [
            ("__session=a.b.c; Path=/", Some("__session=a.b.c; Path=/")),
            (" a=b\t", Some("a=b")),
            ("a=\u{e9}", Some("a=\u{e9}")),
            ("a=b\r\nSet-Cookie: c=d", None),
            ("a=b\nc", None),
            ("a=\0", None),
            ("a=\u{7f}", None),
            ("a=\u{1f600}", None),
            ("", None),
        ] {
            assert_eq!(SetCookie::parse(directive).as_ref().map(SetCookie::as_str), expected, "{directive:?}");
        }
    }

    #[test]
    fn directives_and_the_session_in_them() {
        for (directive, expected) in [
            ("__session=a.b.c; Path=/", Some(SessionCookie::Token("a.b.c"))),
            ("__session_abc-_123=a.b.c", Some(SessionCookie::Token("a.b.c"))),
            ("__sessions_seen=3", None),
            ("__session_short=a.b.c", None),
            ("__session=; Max-Age=0", Some(SessionCookie::Cleared)),
            ("__session; Path=/", Some(SessionCookie::Malformed)),
            ("__session=a=b", Some(SessionCookie::Token("a"))),
            ("__client_uat=1; __session=x", None),
        ] {
            assert_eq!(SetCookie::parse(directive).unwrap().session(), expected, "{directive:?}");
        }
    }

    #[test]
    fn cookies_and_whose_they_are() {
        for (directive, expected) in [
            ("__session=a.b.c; Path=/", true),
            ("__session_bTsgCgRO=a.b.c", true),
            ("__session=; Max-Age=0", true),
            ("__session", true),
            (" __session =a", true),
            ("__client_uat=1", true),
            ("__client_uat_bTsgCgRO=1", true),
            ("__client_uat_-_-_-_-_=1", true),
            ("__refresh_bTsgCgRO=r", true),
            ("__client=c", true),
            ("__client_bTsgCgRO=c", true),
            ("clerk_active_context=sess_1:org_1", true),
            ("clerk_active_context_bTsgCgRO=sess_1:", true),
            ("__dev_session=1", true),
            ("__clerk_db_jwt=dvb_1", true),
            ("__clerk_db_jwt_bTsgCgRO=dvb_1", true),
            ("__clerk_handshake_nonce=; Max-Age=0", true),
            ("__clerk_handshake=; Max-Age=0", true),
            ("__clerk_of_next_year=1", true),
            ("__Host-csrf=evil", false),
            ("__Secure-session=evil", false),
            ("__Host-__session=evil", false),
            ("session=evil", false),
            ("id=evil; __session=x", false),
            ("=__session=evil", false),
            ("=x", false),
            ("__SESSION=x", false),
            ("__sessions=x", false),
            ("__session.sig=x", false),
            ("__session_=x", false),
            ("__session_short=x", false),
            ("__session_ninechars=x", false),
            ("__session_b.sgCgRO=x", false),
            ("__clerk=x", false),
            ("clerk_theme=dark", false),
            ("Path=/", false),
        ] {
            assert_eq!(SetCookie::parse(directive).unwrap().is_clerks(), expected, "{directive:?}");
        }
    }
}
