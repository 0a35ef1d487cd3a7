//! WebSocket handshakes (RFC 6455): the token that a page sends as a subprotocol, and the check of the page's origin.

use super::{
    facts::{Field, RequestFacts},
    origin::Sender,
};
use crate::config::Settings;

/// Returns whether the request may open a WebSocket: whether any server would accept it as a handshake. actix-http, and
/// with it actix-ws, accepts it if the first `Upgrade` line contains `websocket` anywhere, in any case: `h2c,
/// websocket`, `websocket/13`, `not-a-websocket`. Everything that it accepts must be checked.
fn is_handshake(facts: &impl RequestFacts) -> bool {
    const NAME: &[u8] = b"websocket";
    let names_it = |line: &[u8]| line.windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME));
    facts.method() == "GET"
        && facts.fields(Field::Upgrade).any(names_it)
        && list(facts, Field::Connection).any(|option| option.eq_ignore_ascii_case(b"upgrade"))
}

/// Returns the session token among the subprotocols that the client offers: the one after the configured name. A
/// browser's script can set no other header of a WebSocket.
pub(crate) fn token<'r>(facts: &'r impl RequestFacts, settings: &Settings) -> Option<&'r [u8]> {
    let name = settings.websocket_token_protocol.as_deref()?;
    if !is_handshake(facts) {
        return None;
    }
    list(facts, Field::SecWebSocketProtocol).skip_while(|protocol| *protocol != name.as_bytes()).nth(1)
}

/// Returns the subprotocol that the response must select, if its own selection will not do: a browser closes a
/// connection whose server selects none of the subprotocols it offered, and a token is never sent back.
pub(crate) fn protocol_to_select<'s>(
    facts: &impl RequestFacts,
    settings: &'s Settings,
    selected: &[&[u8]],
) -> Option<&'s str> {
    let token = token(facts, settings)?;
    let will_do = !selected.is_empty() && !selected.contains(&token);
    settings.websocket_token_protocol.as_deref().filter(|_| !will_do)
}

/// Returns whether a page of another origin opens a WebSocket. Browsers send cookies along and leave the check to the
/// server (RFC 6455, section 10.2): CORS does not prevent it, and the page could act as the visitor ("cross-site
/// WebSocket hijacking") and read the responses. So the page must be listed, as CORS would require. It is not enough
/// that the session token was issued to it, although that is enough for a form.
///
/// Pages of an authorized party are the application's own. Clients that are not browsers send no `Origin`.
pub(super) fn is_opened_elsewhere(facts: &impl RequestFacts, settings: &Settings) -> bool {
    is_handshake(facts) && Sender::of(facts, settings, None) == Sender::Foreign
}

/// Returns the elements of a list header, over all its lines.
fn list(facts: &impl RequestFacts, field: Field) -> impl Iterator<Item = &[u8]> {
    let elements = facts.fields(field).flat_map(|line| line.split(|&byte| byte == b','));
    elements.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};
    use crate::{config::ClerkConfigBuilder, instance::ClerkConfig};

    fn production() -> ClerkConfigBuilder {
        ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1")
    }

    fn handshake() -> FakeRequest {
        FakeRequest::get("/live").with(Field::Upgrade, "websocket").with(Field::Connection, "Upgrade")
    }

    fn without(field: Field) -> FakeRequest {
        let mut request = handshake();
        request.fields.retain(|(name, _)| *name != field);
        request
    }

    #[test]
    fn offers_and_their_tokens() {
        use Field::{Connection, SecWebSocketProtocol as Protocol, Upgrade};
        let offer = |offered: &str| handshake().with(Protocol, offered);
        for (name, request, expected) in [
            ("a token", offer("clerk, a.b.c"), Some("a.b.c")),
            ("no spaces", offer("clerk,a.b.c"), Some("a.b.c")),
            ("two lines", offer("clerk").with(Protocol, "a.b.c"), Some("a.b.c")),
            ("protocols around it", offer("chat.v2, clerk, a.b.c, chat.v1"), Some("a.b.c")),
            ("empty elements", offer(", clerk, , a.b.c"), Some("a.b.c")),
            ("whatever comes next", offer("clerk, chat"), Some("chat")),
            ("nothing comes next", offer("chat, clerk"), None),
            ("no offer", handshake(), None),
            ("a token without the name", offer("a.b.c"), None),
            ("the name in capitals", offer("CLERK, a.b.c"), None),
            ("a name that starts alike", offer("clerks, a.b.c"), None),
            ("no upgrade", without(Upgrade).with(Protocol, "clerk, a.b.c"), None),
            (
                "an upgrade to something else",
                without(Upgrade).with(Upgrade, "h2c").with(Protocol, "clerk, a.b.c"),
                None,
            ),
            ("a connection that stays", without(Connection).with(Protocol, "clerk, a.b.c"), None),
            (
                "a connection that is kept alive",
                without(Connection).with(Connection, "keep-alive, upgrade").with(Protocol, "clerk, a.b.c"),
                Some("a.b.c"),
            ),
            ("a form", FakeRequest { method: "POST", ..offer("clerk, a.b.c") }, None),
        ] {
            let on = production().websocket_token_protocol("clerk").build().unwrap();
            assert_eq!(token(&request, on.settings()), expected.map(str::as_bytes), "{name}");
            let off = production().build().unwrap();
            assert_eq!(token(&request, off.settings()), None, "{name}, where it is not looked for");
        }
    }

    #[test]
    fn selections_and_what_becomes_of_them() {
        let config = production().websocket_token_protocol("clerk").build().unwrap();
        let offer = |offered: &str| handshake().with(Field::SecWebSocketProtocol, offered);
        let both = || offer("chat, clerk, a.b.c");
        for (name, request, selected, expected) in [
            ("nothing selected", both(), &[][..], Some("clerk")),
            ("another protocol", both(), &[&b"chat"[..]][..], None),
            ("the name itself", both(), &[&b"clerk"[..]], None),
            ("the token", both(), &[&b"a.b.c"[..]], Some("clerk")),
            ("the token too", both(), &[&b"chat"[..], b"a.b.c"], Some("clerk")),
            ("no token offered", offer("chat"), &[], None),
        ] {
            assert_eq!(protocol_to_select(&request, config.settings(), selected), expected, "{name}");
        }
    }

    #[test]
    fn pages_and_whose_they_are() {
        use Field::{ForwardedHost, ForwardedProto, Origin};
        let from = |origin: &str| handshake().with(Origin, origin);
        let tls = |request| FakeRequest { tls: true, ..request };
        let at = |host: &str, request| FakeRequest { host: Some(host.into()), ..request };
        let plain = production;
        let party = || production().authorized_parties(["https://www.example.com", "chrome-extension://abc"]);
        let others =
            || production().authorized_parties(["tauri://localhost", "file://", "null", "https://bücher.example"]);
        let public = || production().public_origin("https://public.example.com");
        for (name, config, request, is_elsewhere) in [
            ("no page", plain(), handshake(), false),
            ("its own page", plain(), from("http://app.example.com"), false),
            ("its own page, TLS ended before", plain(), from("https://app.example.com"), false),
            ("its own page, TLS ended here", plain(), tls(from("https://app.example.com")), false),
            ("its page without TLS", plain(), tls(from("http://app.example.com")), true),
            ("a proxy that says https", plain(), from("https://app.example.com").with(ForwardedProto, "https"), false),
            ("its page before that proxy", plain(), from("http://app.example.com").with(ForwardedProto, "https"), true),
            ("a proxy that says the host", plain(), from("https://a.example").with(ForwardedHost, "a.example"), false),
            ("a port", plain(), at("localhost:3000", from("http://localhost:3000")), false),
            ("another port", plain(), at("localhost:3000", from("http://localhost:5173")), true),
            ("no port", plain(), at("localhost:3000", from("http://localhost")), true),
            ("another name of this machine", plain(), at("localhost:3000", from("http://127.0.0.1:3000")), true),
            ("a subdomain", plain(), from("https://evil.app.example.com"), true),
            ("a domain that ends alike", plain(), from("https://evil-app.example.com"), true),
            ("a domain that starts alike", plain(), from("https://app.example.com.evil.example"), true),
            ("another site", plain(), from("https://evil.example"), true),
            ("a sandbox", plain(), from("null"), true),
            ("nothing", plain(), from(""), true),
            ("not UTF-8", plain(), handshake().with(Origin, b"\xff"), true),
            ("another scheme", plain(), from("ftp://app.example.com"), true),
            ("an extension", plain(), from("chrome-extension://abc"), true),
            ("two pages", plain(), from("http://app.example.com").with(Origin, "https://evil.example"), true),
            ("an authorized party", party(), from("https://www.example.com"), false),
            ("an authorized extension", party(), from("chrome-extension://abc"), false),
            ("its own page beside parties", party(), from("https://app.example.com"), false),
            ("an authorized desktop application", others(), from("tauri://localhost"), false),
            ("an authorized file", others(), from("file://"), false),
            ("a sandbox, beside tokens without an origin", others(), from("null"), true),
            ("an authorized host beyond ASCII", others(), from("https://xn--bcher-kva.example"), false),
            ("no party", party(), from("https://evil.example"), true),
            ("a party without TLS", party(), from("http://www.example.com"), true),
            ("its public origin", public(), from("https://public.example.com"), false),
            ("its public origin without TLS", public(), from("http://public.example.com"), true),
            ("the host behind the proxy", public(), from("http://app.example.com"), true),
            ("no WebSocket", plain(), FakeRequest::get("/").with(Origin, "https://evil.example"), false),
        ] {
            let config = config.build().unwrap();
            assert_eq!(is_opened_elsewhere(&request, config.settings()), is_elsewhere, "{name}");
        }
    }
}
