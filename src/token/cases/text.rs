//! Test cases for the text of tokens: a token has exactly one text, and a header with unknown critical extensions is
//! rejected.

use super::*;

/// Name, token, rules, and the reason, or `None` for a valid session token.
pub(super) fn cases() -> Vec<(&'static str, String, Rules, Option<Reason>)> {
    let mut cases = Vec::new();
    let mut case = |name, token, rules, reason: Option<Reason>| cases.push((name, token, rules, reason));

    // A token has exactly one text (RFC 7515, section 2).
    let split = |token: String| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let parts = split(good());
    let signed = |header: &str, payload: &str| keys().0.sign_parts(header, payload);
    for (name, token) in [
        ("a padded header", part(0, &format!("{}=", parts[0]))),
        ("a padded payload", part(1, &format!("{}=", parts[1]))),
        ("a padded signature", part(2, &format!("{}=", parts[2]))),
        ("a signature padded to a multiple of four", part(2, &format!("{}==", parts[2]))),
        ("a signature with much padding", part(2, &format!("{}{}", parts[2], "=".repeat(1000)))),
        ("a signature of padding alone", part(2, "==")),
        ("padding in a signature", part(2, &format!("{}==A", parts[2]))),
        ("a padded header, signed as it is", signed(&format!("{}==", parts[0]), &parts[1])),
        ("a padded payload, signed as it is", signed(&parts[0], &format!("{}=", parts[1]))),
        ("stray bits at the end of a signature", part(2, &with_stray_bits(&parts[2]))),
        ("stray bits at the end of a header, signed as it is", signed("e31", &parts[1])),
        ("stray bits at the end of a payload, signed as it is", signed(&parts[0], "e31")),
        ("a space before it", format!(" {}", good())),
        ("a space after it", format!("{} ", good())),
        ("a line break after it", format!("{}\n", good())),
        ("a tab in it", part(1, &format!("{}\t", parts[1]))),
        ("a line break in its signature", part(2, &format!("{}\r\n{}", &parts[2][..64], &parts[2][64..]))),
        ("a byte order mark before it", format!("\u{feff}{}", good())),
        ("a nul after it", format!("{}\0", good())),
        ("a percent escape in it", good().replacen('.', "%2E", 1)),
        (
            "the other alphabet in a signature",
            part(2, &parts[2].replace('-', "+").replace('_', "/").replacen('A', "+", 1)),
        ),
    ] {
        case(name, token, no_rules(), Some(TokenInvalid));
    }

    // Critical extensions (RFC 7515, section 4.1.11): none are supported.
    for (name, changes) in [
        ("crit with an extension", json!({"crit": ["exp"]})),
        ("crit with the extension of RFC 7797", json!({"crit": ["b64"], "b64": true})),
        ("crit and unencoded payloads", json!({"crit": ["b64"], "b64": false})),
        ("crit with nothing in it", json!({"crit": []})),
        ("crit null", json!({"crit": null})),
        ("crit a text", json!({"crit": "exp"})),
        ("crit a number", json!({"crit": 0})),
        ("crit an object", json!({"crit": {}})),
        ("crit false", json!({"crit": false})),
    ] {
        case(name, headed(changes), no_rules(), Some(TokenInvalid));
    }
    let escaped = json!(header()).to_string().replacen('{', r#"{"\u0063rit":["x"],"#, 1);
    let twice = json!(header()).to_string().replacen('{', r#"{"crit":["x"],"crit":[],"#, 1);
    case(
        "crit written with an escape",
        keys().0.sign_text(escaped, json!(claims()).to_string()),
        no_rules(),
        Some(TokenInvalid),
    );
    case("crit twice", keys().0.sign_text(twice, json!(claims()).to_string()), no_rules(), Some(TokenInvalid));
    case(
        "crit of a template's token",
        headed(json!({"crit": ["x"], "cat": "cl_B7d4PD222AAA"})),
        no_rules(),
        Some(TokenInvalid),
    );
    case("a claim named crit", claiming(json!({"crit": ["exp"]})), no_rules(), None);
    case("crit in capitals", headed(json!({"CRIT": ["exp"]})), no_rules(), None);
    case("crit in another parameter", headed(json!({"x": {"crit": ["exp"]}})), no_rules(), None);
    case("b64 that is not critical", headed(json!({"b64": false})), no_rules(), None);
    cases
}

/// Returns another text of the same bytes: the last letter has bits that no byte uses.
fn with_stray_bits(signature: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = signature.split_at(signature.len() - 1);
    let value = LETTERS.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap();
    format!("{rest}{}", char::from(LETTERS[value | 1]))
}
