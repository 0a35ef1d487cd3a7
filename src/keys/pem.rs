//! The PEM public key, in the forms that environment variables give it: line breaks lost or written as `\n`, quotes, no
//! labels.

use base64::Engine;

use super::{
    FORGIVING_BASE64, KeyError, KeyKind,
    rsa_numbers::RsaNumbers,
    text::{is_assignment, is_blank, is_placeholder, tidy},
};

const LABEL: &str = "PUBLIC KEY";

/// Reads one RSA public key: a PEM block `PUBLIC KEY`, or only its base64, as the reference does.
pub(super) fn read(text: &str) -> Result<RsaNumbers, KeyError> {
    let text = with_line_breaks(tidy(text));
    let text = tidy(&text);
    match KeyKind::of(text) {
        None if is_placeholder(text) => return Err(KeyError::Placeholder),
        None if is_assignment(text) => return Err(KeyError::Assignment),
        None | Some(KeyKind::PublicKeyPem) => {}
        Some(found) => return Err(KeyError::AnotherKind { found }),
    }
    let body = body(text)?;
    let der = FORGIVING_BASE64.decode(body).map_err(|_| KeyError::PemLabel)?;
    if RsaNumbers::from_pkcs1_der(&der) != Err(KeyError::PemContent) {
        return Err(KeyError::AnotherKind { found: KeyKind::Pkcs1Pem });
    }
    RsaNumbers::from_spki_der(&der)
}

/// Returns the base64 between the labels, without white space. Both labels may be missing: the content itself shows
/// where the key ends.
fn body(text: &str) -> Result<String, KeyError> {
    let (mut body, mut blocks, mut is_over) = (String::new(), 0, false);
    for piece in text.split("-----").map(|piece| piece.trim_matches(is_blank)) {
        if let Some(label) = piece.strip_prefix("BEGIN ") {
            blocks += 1;
            if label != LABEL || !body.is_empty() && blocks == 1 {
                return Err(KeyError::PemLabel);
            }
        } else if piece.starts_with("END ") {
            is_over = true;
        } else if piece == "BEGIN" {
            // Cut off at the first white space.
            return Err(KeyError::PemFirstLine);
        } else if is_over && blocks < 2 && !piece.is_empty() {
            return Err(KeyError::PemContent);
        } else {
            body.extend(piece.chars().filter(|char| !is_blank(*char)));
        }
    }
    match (blocks, body.is_empty()) {
        (2.., _) => Err(KeyError::PemSeveral),
        (1, true) => Err(KeyError::PemFirstLine),
        (_, true) => Err(KeyError::PemLabel),
        // The reference accepts the URL-safe alphabet too.
        (_, false) => Ok(body.replace('-', "+").replace('_', "/")),
    }
}

/// Replaces `\n` and `\r` written as two characters (also with a doubled backslash), and a backslash at the end of a
/// line.
fn with_line_breaks(text: &str) -> String {
    let mut chars = text.chars().peekable();
    let mut read = String::with_capacity(text.len());
    while let Some(char) = chars.next() {
        if char != '\\' {
            read.push(char);
            continue;
        }
        while chars.next_if_eq(&'\\').is_some() {}
        chars.next_if(|next| matches!(next, 'n' | 'r'));
        read.push('\n');
    }
    read
}
