//! The public vector of Svix, and what is wrong with its variations.

use proptest::prelude::*;

use super::*;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const TIMESTAMP: &str = "1649367553";
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
const OTHER: &str = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn secrets(texts: &[&str]) -> Vec<WebhookSecret> {
    texts.iter().map(|text| WebhookSecret::parse(text).unwrap()).collect()
}

/// The verdict at a number of seconds after the delivery was signed.
fn verdict(headers: DeliveryHeaders<'_>, body: &[u8], after: i64) -> Result<(), DeliveryError> {
    let now = Timestamp::from_millis((1_649_367_553 + after) * 1000);
    Delivery::parse(headers, now)?.verify(body, &secrets(&[SECRET]))
}

fn of(signatures: &str) -> DeliveryHeaders<'_> {
    DeliveryHeaders { id: ID, timestamp: TIMESTAMP, signatures }
}

#[test]
fn the_public_vector() {
    assert_eq!(verdict(of(SIGNATURE), BODY, 0), Ok(()));
    #[cfg(feature = "testing")]
    assert_eq!(sign(&secrets(&[SECRET])[0], ID, TIMESTAMP, BODY), SIGNATURE);
    let delivery = Delivery::parse(of(SIGNATURE), Timestamp::from_millis(1_649_367_553_999)).unwrap();
    assert_eq!((delivery.id(), delivery.sent_at().as_millis()), (ID, 1_649_367_553_000));
    let another = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (name, texts, expected) in [
        ("two secrets, the new one first", &[another, SECRET][..], Ok(())),
        ("two secrets, the new one last", &[SECRET, another], Ok(())),
        ("another secret", &[another], Err(DeliveryError::SignatureMismatch)),
        ("no secret", &[], Err(DeliveryError::SignatureMismatch)),
    ] {
        assert_eq!(delivery.verify(BODY, &secrets(texts)), expected, "{name}");
    }
}

#[test]
fn signature_lists() {
    use DeliveryError::{MalformedSignature, SignatureMismatch};
    let bare = SIGNATURE.strip_prefix("v1,").unwrap();
    for (name, list, expected) in [
        ("after another", format!("{OTHER} {SIGNATURE}"), Ok(())),
        ("before another", format!("{SIGNATURE} {OTHER}"), Ok(())),
        ("after another version", format!("v1a,c2lnbmF0dXJl {SIGNATURE}"), Ok(())),
        ("after one that is not base64", format!("v1,*** {SIGNATURE}"), Ok(())),
        ("with two spaces", format!(" {OTHER}  {SIGNATURE} "), Ok(())),
        ("of another message", OTHER.to_owned(), Err(SignatureMismatch)),
        ("other versions only", format!("v2,{bare} v1a,{bare} V1,{bare}"), Err(SignatureMismatch)),
        ("lower case", SIGNATURE.to_lowercase(), Err(SignatureMismatch)),
        ("a signature cut short", "v1,tZ1I4/hDygAJgO5TYxiSdw==".to_owned(), Err(SignatureMismatch)),
        ("an empty signature", "v1,".to_owned(), Err(SignatureMismatch)),
        ("base64 cut short", SIGNATURE[..20].to_owned(), Err(MalformedSignature)),
        ("without padding", SIGNATURE.trim_end_matches('=').to_owned(), Err(MalformedSignature)),
        ("stray bits", SIGNATURE.replace("kw=", "kx="), Err(MalformedSignature)),
        ("base64url", SIGNATURE.replace('/', "_"), Err(MalformedSignature)),
        ("two commas", format!("v1,,{bare}"), Err(MalformedSignature)),
        ("separated by commas", format!("{OTHER},{SIGNATURE}"), Err(MalformedSignature)),
        ("without a version", bare.to_owned(), Err(MalformedSignature)),
        ("an empty version", format!(",{bare}"), Err(MalformedSignature)),
        ("one without a version after the right one", format!("{SIGNATURE} {bare}"), Err(MalformedSignature)),
        ("an empty list", String::new(), Err(MalformedSignature)),
        ("spaces", "   ".to_owned(), Err(MalformedSignature)),
    ] {
        assert_eq!(verdict(of(&list), BODY, 0), expected, "{name}");
    }
}

#[test]
fn ids_times_and_bodies() {
    use DeliveryError::{InTheFuture, MalformedId, MalformedTimestamp, SignatureMismatch, TooOld};
    let at = |timestamp| DeliveryHeaders { timestamp, ..of(SIGNATURE) };
    let by = |id| DeliveryHeaders { id, ..of(SIGNATURE) };
    for (name, headers, body, after, expected) in [
        ("five minutes late", of(SIGNATURE), BODY, 300, Ok(())),
        ("five minutes early", of(SIGNATURE), BODY, -300, Ok(())),
        ("a second more", of(SIGNATURE), BODY, 301, Err(TooOld)),
        ("a second less", of(SIGNATURE), BODY, -301, Err(InTheFuture)),
        ("in milliseconds", at("1649367553000"), BODY, 0, Err(MalformedTimestamp)),
        ("a second later", at("1649367554"), BODY, 0, Err(SignatureMismatch)),
        ("with a zero", at("01649367553"), BODY, 0, Err(SignatureMismatch)),
        ("with a sign", at("+1649367553"), BODY, 0, Err(MalformedTimestamp)),
        ("before the epoch", at("-1"), BODY, 0, Err(MalformedTimestamp)),
        ("a fraction", at("1649367553.0"), BODY, 0, Err(MalformedTimestamp)),
        ("a space", at("1649367553 "), BODY, 0, Err(MalformedTimestamp)),
        ("other digits", at("١٦٤٩٣٦٧٥٥٣"), BODY, 0, Err(MalformedTimestamp)),
        ("a date", at("2022-04-07"), BODY, 0, Err(MalformedTimestamp)),
        ("no time", at(""), BODY, 0, Err(MalformedTimestamp)),
        ("the epoch", at("0"), BODY, 0, Err(TooOld)),
        ("the far future", at("999999999999"), BODY, 0, Err(InTheFuture)),
        ("another id", by("msg_1"), BODY, 0, Err(SignatureMismatch)),
        ("an id in lower case", by("msg_27uh4wbu6z5a5ezd8u03uvzrbpk"), BODY, 0, Err(SignatureMismatch)),
        ("no id", by(""), BODY, 0, Err(MalformedId)),
        ("an id with a space", by("msg 1"), BODY, 0, Err(MalformedId)),
        ("a border that was moved", by("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk.1649367553"), BODY, 0, Err(MalformedId)),
        ("another body", of(SIGNATURE), b"{}", 0, Err(SignatureMismatch)),
        ("no body", of(SIGNATURE), b"", 0, Err(SignatureMismatch)),
        ("a line break more", of(SIGNATURE), &[BODY, b"\n"].concat(), 0, Err(SignatureMismatch)),
    ] {
        assert_eq!(verdict(headers, body, after), expected, "{name}");
    }
}

proptest! {
    #[test]
    fn no_header_panics(id in "\\PC*", timestamp in "\\PC*|[0-9]{0,30}", list in "\\PC*|(v1,[A-Za-z0-9+/=]{0,90} ?)*",
        body: Vec<u8>, now: i64)
    {
        let headers = DeliveryHeaders { id: &id, timestamp: &timestamp, signatures: &list };
        if let Ok(delivery) = Delivery::parse(headers, Timestamp::from_millis(now)) {
            prop_assert!(delivery.verify(&body, &secrets(&[SECRET])).is_err());
        }
        let signed = DeliveryHeaders { signatures: &list, ..of(SIGNATURE) };
        prop_assert_eq!(verdict(signed, BODY, 0).is_ok(), list.split(' ').any(|entry| entry == SIGNATURE));
    }
}
