//! The operators: each makes another text of a token, or another request with it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Material, random::Random};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Makes another text of a token. The result may be the token itself.
pub type OfToken = fn(&str, &Material, &mut Random) -> Vec<u8>;

/// Each with its name.
pub const OF_TOKENS: [(&str, OfToken); 28] = [
    ("a bit of a character", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(7);
        bytes
    }),
    ("another character", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] = *random.pick(LETTERS);
        bytes
    }),
    ("a character removed", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        bytes.remove(random.below(token.len()));
        bytes
    }),
    ("a character inserted", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        bytes.insert(random.below(token.len() + 1), *random.pick(b"A.=+/ \t%\"',;\\-_~\x7f\x80\xff\xc3"));
        bytes
    }),
    ("a range repeated", |token, _, random| {
        let (start, end) = range(token, random);
        [&token[..end], &token[start..]].concat().into()
    }),
    ("a range removed", |token, _, random| {
        let (start, end) = range(token, random);
        [&token[..start], &token[end..]].concat().into()
    }),
    ("a range reversed", |token, _, random| {
        let (start, end) = range(token, random);
        let mut bytes = token.as_bytes().to_vec();
        bytes[start..end].reverse();
        bytes
    }),
    ("two characters swapped", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        let (one, other) = (random.below(bytes.len()), random.below(bytes.len()));
        bytes.swap(one, other);
        bytes
    }),
    ("the case of a letter", |token, _, random| {
        let mut bytes = token.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] ^= if bytes[at].is_ascii_alphabetic() { 0x20 } else { 0 };
        bytes
    }),
    ("cut off", |token, _, random| token.as_bytes()[..random.below(token.len())].to_vec()),
    ("padding or white space at an end of a part", |token, _, random| {
        let mut parts = split(token);
        let part = &mut parts[random.below(3)];
        let more = random.pick(&["=", "==", "===", " ", "\t", "%3D", "%20", "A", "AAAA", "\u{a0}", "\u{feff}", "."]);
        match random.below(2) {
            0 => part.push_str(more),
            _ => part.insert_str(0, more),
        }
        parts.join(".").into()
    }),
    ("stray bits at the end of a part", |token, _, random| {
        let mut parts = split(token);
        let part = &mut parts[random.below(3)];
        let last = part.pop().unwrap();
        let value = LETTERS.iter().position(|letter| char::from(*letter) == last).unwrap();
        part.push(char::from(LETTERS[value ^ (1 << random.below(4))]));
        parts.join(".").into()
    }),
    ("the other alphabet", |token, _, random| match random.below(3) {
        0 => token.replace('-', "+").into(),
        1 => token.replace('_', "/").into(),
        _ => token.replace('-', "+").replace('_', "/").into(),
    }),
    ("parts of several tokens", |_, material, random| {
        let parts: Vec<String> = (0..3).map(|part| part_of(random.pick(&material.genuine), part)).collect();
        parts.join(".").into()
    }),
    ("parts in another order or number", |token, _, random| {
        let parts = split(token);
        let number = 1 + random.below(4);
        (0..number).map(|_| random.pick(&parts).as_str()).collect::<Vec<_>>().join(".").into()
    }),
    ("a parameter of the header", |token, material, random| {
        let (name, value) = random.pick(&material.parameters).clone();
        of_part(token, 0, |header| header.insert(name, value))
    }),
    ("no parameter of the header", |token, _, random| of_part(token, 0, |header| remove_one(header, random))),
    ("a claim", |token, material, random| {
        let (name, value) = random.pick(&material.claims).clone();
        of_part(token, 1, |claims| claims.insert(name, value))
    }),
    ("no claim", |token, _, random| of_part(token, 1, |claims| remove_one(claims, random))),
    ("a member twice", |token, material, random| {
        let part = random.below(2);
        let (name, value) = random.pick(if part == 0 { &material.parameters } else { &material.claims });
        let member = format!("{}:{value}", json!(name));
        of_text(token, part, |text| match random.below(2) {
            0 => text.replacen('{', &format!("{{{member},"), 1),
            _ => format!("{},{member}}}", text.strip_suffix('}').unwrap()),
        })
    }),
    ("the same JSON in another form", |token, _, random| {
        let form = random.below(5);
        of_text(token, random.below(2), |text| match form {
            0 => text.replace(',', ", "),
            1 => format!("{text}\n"),
            2 => format!(" {text}"),
            3 => serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap(),
            // Other members first.
            _ => {
                let members: Map<String, Value> = serde_json::from_str(&text).unwrap();
                let members: Vec<_> = members.iter().rev().map(|(k, v)| format!("{}:{v}", json!(k))).collect();
                format!("{{{}}}", members.join(","))
            }
        })
    }),
    ("an escape in JSON", |token, _, random| {
        let at = random.next();
        of_text(token, random.below(2), |text| {
            let letters: Vec<usize> =
                text.char_indices().filter(|(_, letter)| letter.is_ascii_lowercase()).map(|(at, _)| at).collect();
            let at = letters[usize::try_from(at % letters.len() as u64).unwrap()];
            format!("{}\\u{:04x}{}", &text[..at], text.as_bytes()[at], &text[at + 1..])
        })
    }),
    ("a number in another form", |token, _, random| {
        let form = *random.pick(&[".0", "e0", "E+0", "0", "e1", ".5"]);
        of_text(token, 1, |text| {
            let end =
                text.find("\"exp\":").map(|at| at + 6 + text[at + 6..].bytes().take_while(u8::is_ascii_digit).count());
            end.map_or_else(|| text.clone(), |end| format!("{}{form}{}", &text[..end], &text[end..]))
        })
    }),
    ("another value around the claims", |token, _, random| {
        let form = random.below(5);
        of_text(token, random.below(2), |text| match form {
            0 => format!("[{text}]"),
            1 => format!("{{\"claims\":{text}}}"),
            2 => json!(text).to_string(),
            3 => format!("{text}{text}"),
            _ => "null".to_owned(),
        })
    }),
    ("a bit of the signature", |token, _, random| {
        of_signature(token, |signature| {
            let at = random.below(signature.len());
            signature[at] ^= 1 << random.below(8);
        })
    }),
    ("another number with the same remainder, or of another length", |token, material, random| {
        of_signature(token, |signature| match random.below(6) {
            0 => *signature = plus(signature, &material.modulus),
            1 => signature.insert(0, 0),
            2 => signature.push(0),
            3 => drop(signature.pop()),
            4 => *signature = minus(&material.modulus, signature),
            _ => *signature = material.modulus.clone(),
        })
    }),
    ("a signature by another key", |token, material, random| {
        let mut parts = split(token);
        parts[2] = part_of(random.pick(&material.foreign), 2);
        parts.join(".").into()
    }),
    ("another algorithm, and its signature or none", |token, material, random| {
        let algorithm = *random.pick(&["none", "None", "HS256", "HS384", "ES256", "PS256", "EdDSA", ""]);
        let unsigned = of_part(token, 0, |header| header.insert("alg".into(), algorithm.into()));
        let mut parts = split(std::str::from_utf8(&unsigned).unwrap());
        parts[2] = match random.below(3) {
            0 => String::new(),
            1 => part_of(random.pick(&material.genuine), 2),
            _ => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, material.pem.as_bytes());
                let input = format!("{}.{}", parts[0], parts[1]);
                URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, input.as_bytes()))
            }
        };
        parts.join(".").into()
    }),
];

/// The value of `Authorization` in another form.
pub const OF_THE_HEADER: &str = "the Authorization header in another form";

pub fn of_the_header(token: &str, material: &Material, random: &mut Random) -> Vec<Vec<u8>> {
    let other = random.pick(&material.genuine).clone();
    let forms = [
        vec![format!("bearer {token}")],
        vec![format!("BEARER {token}")],
        vec![format!("Bearer  {token}")],
        vec![format!("Bearer\t{token}")],
        vec![format!("Bearer {token} ")],
        vec![format!("Bearer {token},")],
        vec![format!("Bearer \"{token}\"")],
        vec![format!("Bearer token={token}")],
        vec![format!("Bearer {token} {other}")],
        vec![format!("Bearer {other} {token}")],
        vec![format!("Bearer {token}, Bearer {other}")],
        vec![format!("Bearer Bearer {token}")],
        vec![token.to_owned()],
        vec![format!("Basic {token}")],
        vec![format!("DPoP {token}")],
        vec![format!("Bearer:{token}")],
        vec![format!("Bearer%20{token}")],
        vec![format!("\u{a0}Bearer {token}")],
        vec![format!("Bearer {token}"), format!("Bearer {other}")],
        vec![format!("Bearer {other}"), format!("Bearer {token}")],
        vec!["Bearer".to_owned(), token.to_owned()],
        vec!["Bearer ".to_owned()],
    ];
    random.pick(&forms).iter().map(|value| value.clone().into_bytes()).collect()
}

/// The `Cookie` header in another form.
pub const OF_COOKIES: &str = "the cookies in another form";

pub fn of_cookies(token: &str, material: &Material, random: &mut Random) -> Vec<Vec<u8>> {
    let other = random.pick(&material.genuine).clone();
    let suffix = &material.suffix;
    let escaped = token.bytes().map(|b| if random.below(4) == 0 { format!("%{b:02X}") } else { char::from(b).into() });
    let escaped: String = escaped.collect();
    let uat = *random.pick(&["__client_uat=1", "__client_uat=0", "__client_uat=9999999999", "__client_uat=x", "x=y"]);
    let forms = [
        format!("__session={token}"),
        format!("__session_{suffix}={token}"),
        format!("__session_{suffix}={token}; __client_uat_{suffix}=1"),
        format!("__SESSION={token}"),
        format!("__session2={token}"),
        format!("__session_={token}"),
        format!("__session_AAAAAAAA={token}; __client_uat_AAAAAAAA=1"),
        format!("__session={escaped}"),
        format!("__session=\"{token}\""),
        format!("__session= {token} "),
        format!("__session ={token}"),
        format!("__session={token}; __session={other}"),
        format!("__session={other}; __session={token}"),
        format!("__session={token}; __session_{suffix}={other}; __client_uat_{suffix}=1"),
        format!("__session={other}; __session_{suffix}={token}; __client_uat_{suffix}=1"),
        format!("x=\"; __session={token}; y=\""),
        format!("x=a,__session={token}"),
        format!("x=%3B%20__session%3D{token}"),
        format!("__session%3D{token}"),
        format!("__session={token}\u{a0}"),
        format!("$Version=1; __session={token}"),
        format!("__Host-__session={token}"),
        format!("__session={token}%00"),
        format!("__session=%20{token}"),
        format!("__session={token}%"),
    ];
    let session = random.pick(&forms);
    match random.below(4) {
        0 => vec![uat.into(), session.clone().into()],
        1 => vec![session.clone().into(), uat.into()],
        2 => vec![format!("{session};{uat}").into()],
        _ => vec![format!("{uat}; {session}").into()],
    }
}

fn split(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

#[allow(clippy::ptr_arg, reason = "for `pick`, which infers the type of its elements")]
fn part_of(token: &String, part: usize) -> String {
    split(token).swap_remove(part)
}

fn range(token: &str, random: &mut Random) -> (usize, usize) {
    let (one, other) = (random.below(token.len()), random.below(token.len()));
    (one.min(other), one.max(other) + 1)
}

/// Changes the text of one part.
fn of_text(token: &str, part: usize, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut parts = split(token);
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    parts[part] = URL_SAFE_NO_PAD.encode(change(text));
    parts.join(".").into()
}

/// Changes the members of one part.
fn of_part<T>(token: &str, part: usize, change: impl FnOnce(&mut Map<String, Value>) -> T) -> Vec<u8> {
    of_text(token, part, |text| {
        let mut members = serde_json::from_str(&text).unwrap();
        change(&mut members);
        json!(members).to_string()
    })
}

fn remove_one(members: &mut Map<String, Value>, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    members.remove(random.pick(&names));
}

fn of_signature(token: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut parts = split(token);
    let mut signature = URL_SAFE_NO_PAD.decode(&parts[2]).unwrap();
    change(&mut signature);
    parts[2] = URL_SAFE_NO_PAD.encode(signature);
    parts.join(".").into()
}

/// The sum of two numbers, big-endian and of the same length.
fn plus(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum: Vec<u8> = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .map(|(one, other)| {
            let digit = u16::from(*one) + u16::from(*other) + carry;
            carry = digit >> 8;
            (digit & 0xff) as u8
        })
        .collect();
    if carry > 0 {
        sum.push(1);
    }
    sum.reverse();
    sum
}

/// The difference of two numbers, the first of which is larger, big-endian and of the same length.
fn minus(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut borrowed = 0;
    let mut difference: Vec<u8> = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .map(|(one, other)| {
            let digit = i16::from(*one) - i16::from(*other) - borrowed;
            borrowed = i16::from(digit < 0);
            digit.rem_euclid(256) as u8
        })
        .collect();
    difference.reverse();
    difference
}
