//! A test certificate authority, and certificates for stand-ins: just enough of X.509.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// This machine's addresses and the tests' host names: host names are of the type 0x82, addresses of 0x87.
const HERE: [(u8, &[u8]); 5] = [
    (0x82, b"dead-first.test"),
    (0x82, b"proxied.test"),
    (0x82, b"localhost"),
    (0x87, &[127, 0, 0, 1]),
    (0x87, &std::net::Ipv6Addr::LOCALHOST.octets()),
];

/// From 2020 to 2049.
const ALWAYS: [&[u8]; 2] = [b"200101000000Z", b"491231235959Z"];

/// Signs the certificates of stand-ins.
pub struct Authority {
    pub certificate: Vec<u8>,
    key: EcdsaKeyPair,
}

impl Authority {
    pub fn new() -> Self {
        let (key, _) = key_pair();
        let is_authority = extension(&[0x55, 0x1d, 0x13], &sequence(&[&tlv(0x01, &[0xff])]));
        let certificate = certificate("root", &key, &is_authority, ALWAYS, &key);
        Self { certificate, key }
    }

    /// Issues a certificate for this machine's addresses and the tests' host names, with its key.
    pub fn issue(&self) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
        self.issue_for(&HERE, ALWAYS)
    }

    /// Issues a certificate for another name.
    pub fn issue_for_another_name(&self) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
        self.issue_for(&[(0x82, b"another.test")], ALWAYS)
    }

    /// Issues a certificate that has expired.
    pub fn issue_expired(&self) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
        self.issue_for(&HERE, [b"200101000000Z", b"200201000000Z"])
    }

    fn issue_for(
        &self,
        names: &[(u8, &[u8])],
        validity: [&[u8]; 2],
    ) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
        let (key, private) = key_pair();
        let names: Vec<_> = names.iter().flat_map(|(kind, name)| tlv(*kind, name)).collect();
        let names = extension(&[0x55, 0x1d, 0x11], &sequence(&[&names]));
        (certificate("stand-in", &key, &names, validity, &self.key).into(), private)
    }
}

fn key_pair() -> (EcdsaKeyPair, PrivatePkcs8KeyDer<'static>) {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).unwrap();
    (key, document.as_ref().to_vec().into())
}

/// RFC 5280, section 4.1. The issuer is `root`, which signs.
fn certificate(
    subject: &str,
    key: &EcdsaKeyPair,
    extension: &[u8],
    [from, to]: [&[u8]; 2],
    signs: &EcdsaKeyPair,
) -> Vec<u8> {
    let ecdsa_with_sha256 = sequence(&[&tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])]);
    let ec_public_key = tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    let p256 = tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let to_be_signed = sequence(&[
        &tlv(0xa0, &tlv(0x02, &[2])),
        &tlv(0x02, &[1]),
        &ecdsa_with_sha256,
        &name("root"),
        &sequence(&[&tlv(0x17, from), &tlv(0x17, to)]),
        &name(subject),
        &sequence(&[&sequence(&[&ec_public_key, &p256]), &bits(key.public_key().as_ref())]),
        &tlv(0xa3, &sequence(&[extension])),
    ]);
    let signature = signs.sign(&SystemRandom::new(), &to_be_signed).unwrap();
    sequence(&[&to_be_signed, &ecdsa_with_sha256, &bits(signature.as_ref())])
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&tlv(0x06, &[0x55, 0x04, 0x03]), &tlv(0x0c, common_name.as_bytes())]);
    sequence(&[&tlv(0x31, &attribute)])
}

fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(0x06, oid), &tlv(0x01, &[0xff]), &tlv(0x04, value)])
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..=127 => vec![tag, low],
        128..=255 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}
