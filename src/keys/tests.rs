//! Keys as people copy them: the accepted forms, and the problem that is reported for each of the others.

use base64::engine::general_purpose::STANDARD;

use super::*;

fn publishable(prefix: &str, decoded: &str) -> String {
    format!("{prefix}{}", STANDARD.encode(decoded))
}

#[test]
fn publishable_keys() {
    let good = PublishableKey::parse(&publishable("pk_live_", "clerk.example.com$")).unwrap();
    assert_eq!(good.frontend_api(), "clerk.example.com");
    assert_eq!(good.instance_type(), InstanceType::Production);
    let unpadded = publishable("pk_test_", "happy-cat-1.clerk.accounts.dev$");
    let good = PublishableKey::parse(unpadded.trim_end_matches('=')).unwrap();
    assert_eq!(good.instance_type(), InstanceType::Development);
    assert!(PublishableKey::parse(&publishable("pk_test_", "127.0.0.1:4000$")).is_ok());

    use KeyError::*;
    for (name, text, error) in [
        ("no prefix", "clerk.example.com".into(), Prefix { expected: "pk_test_ or pk_live_" }),
        ("a secret key", "sk_test_abc".into(), AnotherKind { found: KeyKind::SecretKey }),
        ("nothing after the prefix", "pk_test_".into(), Empty),
        (
            "a line break in it",
            publishable("pk_test_", "clerk.example.com$").replace("Y", "\nY"),
            Character { found: '\n' },
        ),
        ("a fourth part", "pk_test_YS5i_JA".into(), Character { found: '_' }),
        ("not base64", "pk_test_!!!!".into(), Character { found: '!' }),
        ("base64 cut short", "pk_test_Y2xlcmsuZ".into(), Encoding),
        ("no dollar", publishable("pk_test_", "clerk.example.com"), Encoding),
        ("two dollars", publishable("pk_test_", "clerk.exa$mple.com$"), Encoding),
        ("no dot", publishable("pk_test_", "localhost$"), Encoding),
        ("a path", publishable("pk_test_", "clerk.example.com/x$"), Encoding),
        ("user info", publishable("pk_test_", "a@clerk.example.com$"), Encoding),
        ("not UTF-8", format!("pk_test_{}", STANDARD.encode(b"\xff.\xff$")), Encoding),
    ] {
        assert_eq!(PublishableKey::parse(&text), Err(error), "{name}");
    }
}

#[test]
fn secret_keys_do_not_print() {
    let secret = SecretKey::parse("sk_live_0123456789").unwrap();
    assert_eq!(secret.expose(), "sk_live_0123456789");
    assert_eq!(format!("{secret:?}"), "\"sk_live_…\"");
    let machine = MachineSecretKey::parse("ak_0123456789").unwrap();
    assert_eq!(format!("{machine:?}"), "\"ak_…\"");
    // If the secret part contains an underscore, the text before it must not be printed as the prefix.
    let odd = SecretKey::parse("sk_test_abc_def").unwrap();
    assert_eq!(format!("{odd:?}"), "\"…\"");

    assert_eq!(SecretKey::parse("sk_test_").err(), Some(KeyError::Empty));
    assert_eq!(SecretKey::parse("sk_test_a b").err(), Some(KeyError::Character { found: ' ' }));
    assert!(MachineSecretKey::parse("mt_abc").is_err());
}

/// Stray characters around a key are not part of it, and reach neither Clerk nor the names of cookies.
#[test]
fn keys_with_something_around_them() {
    let key = publishable("pk_live_", "clerk.example.com$");
    let suffix = PublishableKey::parse(&key).unwrap().cookie_suffix();
    for (name, before, after) in [
        ("nothing", "", ""),
        ("spaces", "  ", " "),
        ("a line break, as a file of secrets ends", "", "\n"),
        ("a line break of Windows", "", "\r\n"),
        ("a tab", "\t", "\t"),
        ("a space that does not break", "\u{a0}", "\u{a0}"),
        ("a byte order mark", "\u{feff}", ""),
        ("a zero-width space", "\u{200b}", "\u{200b}"),
        ("a zero-width joiner", "", "\u{200d}"),
        ("a soft hyphen", "\u{ad}", ""),
        ("a mark of direction", "\u{200e}", "\u{202c}"),
        ("a zero byte", "", "\0"),
        ("quotes", "\"", "\""),
        ("single quotes", "'", "'"),
        ("backticks", "`", "`"),
        ("typographic quotes", "\u{201c}", "\u{201d}"),
        ("German quotes", "\u{201e}", "\u{201c}"),
        ("French quotes", "«\u{a0}", "\u{a0}»"),
        ("two pairs of quotes", "'\"", "\"'"),
        ("quotes and white space, inside and outside", " \" ", " \"\r\n"),
        ("a byte order mark and quotes", "\u{feff}\"", "\"\n"),
    ] {
        let around = |key: &str| format!("{before}{key}{after}");
        let parsed = PublishableKey::parse(&around(&key)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((parsed.as_str(), parsed.cookie_suffix()), (key.as_str(), suffix.clone()), "{name}");
        assert_eq!(SecretKey::parse(&around("sk_live_a1")).unwrap().expose(), "sk_live_a1", "{name}");
        assert_eq!(MachineSecretKey::parse(&around("ak_a1")).unwrap().expose(), "ak_a1", "{name}");
    }
}

/// Each text with the problem that is reported, for every kind of key; the message never contains the text.
#[test]
fn texts_that_are_no_keys() {
    use KeyError::*;
    let kind = |found| AnotherKind { found };
    let pem = PEM;
    for (name, text, problem) in [
        ("a publishable key", "pk_live_verysecret", kind(KeyKind::PublishableKey)),
        ("a machine's key", "ak_verysecret", kind(KeyKind::MachineSecretKey)),
        ("a webhook's secret", "whsec_verysecret", kind(KeyKind::WebhookSecret)),
        ("an M2M token", "mt_verysecret", kind(KeyKind::Token)),
        ("an OAuth token", "oat_verysecret", kind(KeyKind::Token)),
        ("a session token", "eyJhbGciOi.verysecret.x", kind(KeyKind::Token)),
        ("a PEM", pem, kind(KeyKind::PublicKeyPem)),
        ("a private PEM", "-----BEGIN RSA PRIVATE KEY-----\nverysecret", kind(KeyKind::PrivateKeyPem)),
        ("the key in braces of JSON", "{\"keys\":[]}", kind(KeyKind::Jwks)),
        ("a URL", "https://clerk.example.com", kind(KeyKind::Url)),
        ("an ellipsis at the end", "sk_live_verysecret…", Abbreviated),
        ("an ellipsis alone, in quotes", "\"sk_live_…\"", Abbreviated),
        ("an ellipsis and one quote", "sk_live_…\"", Abbreviated),
        ("an ellipsis in the middle", "sk_live_very…secret", Abbreviated),
        ("three dots", "sk_live_...", Abbreviated),
        ("three dots in the middle", "sk_live_very...secret", Abbreviated),
        ("bullets, as the dashboard hides it", "sk_live_••••••••", Abbreviated),
        ("asterisks", "sk_live_verys******", Abbreviated),
        ("crosses", "sk_live_xxxxxxxx", Abbreviated),
        ("a semicolon after it", "sk_live_verysecret;", Character { found: ';' }),
        ("a comma after it", "sk_live_verysecret,", Character { found: ',' }),
        ("a quote after it", "sk_live_verysecret\"", Character { found: '"' }),
        ("a comment after it", "sk_live_verysecret # of production", Character { found: ' ' }),
        ("a line break in it", "sk_live_very\nsecret", Character { found: '\n' }),
        ("a zero-width space in it", "sk_live_very\u{200b}secret", Character { found: '\u{200b}' }),
        ("a line break written out", "sk_live_verysecret\\n", Character { found: '\\' }),
        ("a letter that looks like another", "sk_live_v\u{435}rysecret", Character { found: '\u{435}' }),
        ("a quote before it", "\"sk_live_verysecret", Prefix { expected: "sk_test_ or sk_live_" }),
        ("nothing after the prefix", "sk_live_", Empty),
        ("a shell's variable", "${CLERK_SECRET_KEY}", Placeholder),
        ("a shell's variable without braces", "$CLERK_SECRET_KEY", Placeholder),
        ("a variable of Windows", "%CLERK_SECRET_KEY%", Placeholder),
        ("a template", "{{ clerk_secret_key }}", Placeholder),
        ("an example's placeholder", "<your secret key>", Placeholder),
        ("a line of an environment file", "CLERK_SECRET_KEY=sk_live_verysecret", Assignment),
        ("a line of a shell", "export CLERK_SECRET_KEY=\"sk_live_verysecret\"", Assignment),
        ("capitals", "SK_LIVE_VERYSECRET", Prefix { expected: "sk_test_ or sk_live_" }),
        ("nothing", "", Prefix { expected: "sk_test_ or sk_live_" }),
    ] {
        let found = SecretKey::parse(text).err();
        assert_eq!(found, Some(problem), "{name}");
        let message = found.unwrap().to_string();
        assert!(!message.contains("verysecret"), "{name}: {message}");
    }
    assert_eq!(PublishableKey::parse("sk_live_verysecret").err(), Some(kind(KeyKind::SecretKey)));
    assert_eq!(MachineSecretKey::parse("sk_live_verysecret").err(), Some(kind(KeyKind::SecretKey)));
    assert_eq!(VerificationKey::from_pem("sk_live_verysecret").err(), Some(kind(KeyKind::SecretKey)));
    assert_eq!(VerificationKey::from_pem("pk_live_verysecret").err(), Some(kind(KeyKind::PublishableKey)));
}

#[test]
fn problems_in_words() {
    for (problem, words) in [
        (KeyError::AnotherKind { found: KeyKind::SecretKey }, "it is a secret key, which belongs in secret_key"),
        (KeyError::Character { found: ';' }, "it contains `;`, which no key contains"),
        (KeyError::Character { found: '\r' }, "it contains a line break,"),
        (KeyError::Character { found: '\u{200b}' }, "it contains an invisible character (U+200B),"),
        (KeyError::Character { found: '\u{435}' }, "it contains `\u{435}` (U+0435),"),
        (KeyError::RsaSize { bits: 1024 }, "an RSA key of 1024 bits, and only keys of 2048 to 8192 bits are accepted"),
    ] {
        assert!(problem.to_string().starts_with(words) || problem.to_string().contains(words), "{problem}");
    }
}

const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n\
    ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n\
    oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n\
    7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n\
    zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n\
    M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n\
    gwIDAQAB\n\
    -----END PUBLIC KEY-----\n";

#[test]
fn pem_keys_in_the_forms_that_environments_make_of_them() {
    let one_line = PEM.replace('\n', "");
    let base64 = one_line.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "");
    let expected = VerificationKey::from_pem(PEM).unwrap();
    for (name, pem) in [
        ("as it is", PEM.to_owned()),
        ("no line break at the end", PEM.trim().to_owned()),
        ("CRLF", PEM.replace('\n', "\r\n")),
        ("CR alone", PEM.replace('\n', "\r")),
        ("line breaks written out", PEM.trim().replace('\n', "\\n")),
        ("written out, after the last line too", PEM.replace('\n', "\\n")),
        ("CRLF written out", PEM.replace('\n', "\\r\\n")),
        ("written out, doubled", PEM.replace('\n', "\\\\n")),
        ("written out, and real", PEM.replace('\n', "\\n\n")),
        ("a backslash at the end of each line", PEM.trim().replace('\n', "\\\n")),
        ("one line", one_line.clone()),
        ("spaces for line breaks", PEM.trim().replace('\n', " ")),
        ("indented", PEM.replace('\n', "\n    ")),
        ("empty lines", PEM.replace('\n', "\n\n")),
        ("in quotes", format!("\"{PEM}\"")),
        ("in quotes, written out", format!("\"{}\"", PEM.replace('\n', "\\n"))),
        ("in single quotes and a line break", format!("'{}'\n", PEM.trim())),
        ("quotes inside written-out line breaks", format!("\\n\"{}\"\\n", PEM.trim())),
        ("a byte order mark", format!("\u{feff}{PEM}")),
        ("a byte order mark inside quotes", format!("\"\u{feff}{PEM}\"")),
        ("zero-width spaces in it", PEM.replace('\n', "\u{200b}\n")),
        ("slashes as JSON may write them", PEM.replace('/', "\\/")),
        ("no labels", base64.clone()),
        ("no labels, in lines", PEM.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n")),
        ("no labels, in quotes", format!("\"{base64}\"")),
        ("no first label", one_line.replace("-----BEGIN PUBLIC KEY-----", "")),
        ("no last label", one_line.replace("-----END PUBLIC KEY-----", "")),
        ("the alphabet of URLs", base64.replace('+', "-").replace('/', "_")),
    ] {
        match VerificationKey::from_pem(&pem) {
            Ok(key) => assert!(key.is_same_as(&expected), "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn pem_keys_that_cannot_work() {
    use KeyError::*;
    let kind = |found| AnotherKind { found };
    let base64 = PEM.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let pkcs1 = "MIIBCgKCAQEA0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\
        oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAta\
        Sqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ+G/xBniIq\
        bw0Ls1jF44+csFCur+kEgU8awapJzKnqDKgwIDAQAB";
    let short_rsa = "-----BEGIN PUBLIC KEY-----\n\
        MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n\
        9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n\
        -----END PUBLIC KEY-----";
    let elliptic = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
        q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n\
        -----END PUBLIC KEY-----";
    for (name, pem, error) in [
        ("a private key", PEM.replace("PUBLIC", "PRIVATE"), kind(KeyKind::PrivateKeyPem)),
        ("an RSA private key", PEM.replace("PUBLIC", "RSA PRIVATE"), kind(KeyKind::PrivateKeyPem)),
        ("an encrypted private key", PEM.replace("PUBLIC", "ENCRYPTED PRIVATE"), kind(KeyKind::PrivateKeyPem)),
        ("an OpenSSH private key", PEM.replace("PUBLIC", "OPENSSH PRIVATE"), kind(KeyKind::PrivateKeyPem)),
        (
            "a private key, written out in quotes",
            format!("\"{}\"", PEM.replace("PUBLIC", "PRIVATE").replace('\n', "\\n")),
            kind(KeyKind::PrivateKeyPem),
        ),
        (
            "a public key and its private one",
            format!("{PEM}{}", PEM.replace("PUBLIC", "PRIVATE")),
            kind(KeyKind::PrivateKeyPem),
        ),
        ("a certificate", PEM.replace("PUBLIC KEY", "CERTIFICATE"), kind(KeyKind::CertificatePem)),
        ("PKCS#1", PEM.replace("PUBLIC", "RSA PUBLIC").replace(&base64, pkcs1), kind(KeyKind::Pkcs1Pem)),
        ("PKCS#1 without labels", pkcs1.to_owned(), kind(KeyKind::Pkcs1Pem)),
        (
            "PKCS#1 with the other label",
            format!("-----BEGIN PUBLIC KEY-----{pkcs1}-----END PUBLIC KEY-----"),
            kind(KeyKind::Pkcs1Pem),
        ),
        ("a label of another kind", PEM.replace("PUBLIC KEY", "EC PARAMETERS"), PemLabel),
        ("two keys", PEM.repeat(2), PemSeveral),
        ("no PEM", "0vx7agoebGcQ".to_owned(), PemContent),
        ("no base64", "verysecret!".to_owned(), PemLabel),
        ("the first line alone", PEM[..27].to_owned(), PemFirstLine),
        ("the first word alone, with its quote", "\"-----BEGIN".to_owned(), PemFirstLine),
        ("the first word alone", "-----BEGIN".to_owned(), PemFirstLine),
        ("cut short", PEM.replace("gwIDAQAB\n", ""), PemContent),
        ("text before it", format!("My key: {PEM}"), PemLabel),
        ("text after it", format!("{PEM}My key"), PemContent),
        ("empty", PEM[..27].to_owned() + "-----END PUBLIC KEY-----", PemFirstLine),
        ("512 bits", short_rsa.to_owned(), RsaSize { bits: 512 }),
        ("another algorithm", elliptic.to_owned(), PemContent),
        ("a JWKS", "{\"keys\":[]}".to_owned(), kind(KeyKind::Jwks)),
        ("a JWKS' URL", "https://clerk.example.com/.well-known/jwks.json".to_owned(), kind(KeyKind::Url)),
        ("a variable", "${CLERK_JWT_KEY}".to_owned(), Placeholder),
        ("a line of an environment file", format!("CLERK_JWT_KEY=\"{PEM}\""), Assignment),
        ("nothing", String::new(), PemLabel),
    ] {
        assert_eq!(VerificationKey::from_pem(&pem).err(), Some(error), "{name}");
    }
}
