//! An RSA public key as two numbers. The accepted sizes are decided here, before a signature library sees the key,
//! because the two libraries have different limits.

use super::KeyError;

/// RFC 7518, section 3.3: "A key of size 2048 bits or larger MUST be used".
const MIN_BITS: usize = 2048;
/// The largest size that both libraries verify with. The time to verify a signature grows with the square of the size.
const MAX_BITS: usize = 8192;
/// The largest exponent that both libraries verify with has 33 bits.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

/// The modulus and exponent, big-endian and without leading zeros.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaNumbers {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
}

impl RsaNumbers {
    /// Accepts a modulus of 2048 to 8192 bits and an odd exponent from 3 up to 33 bits. Leading zeros are allowed: DER
    /// puts one before a number whose first bit is set, and some libraries copy it into the JWK.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let (modulus, exponent) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
        let bits = bits(modulus);
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(KeyError::RsaSize { bits });
        }
        let is_exponent = exponent.len() <= 8 && {
            let value = exponent.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
            (3..=MAX_EXPONENT).contains(&value) && value % 2 == 1
        };
        let is_odd = modulus.last().is_some_and(|last| last % 2 == 1);
        if !is_odd || !is_exponent {
            return Err(KeyError::RsaNumbers);
        }
        Ok(Self { modulus: modulus.into(), exponent: exponent.into() })
    }

    /// Reads the content of a PKCS#1 public key: a DER sequence of the two numbers and nothing else (RFC 8017, appendix
    /// A.1.1).
    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        let numbers = || {
            let (sequence, []) = element(SEQUENCE, der)? else { return None };
            let (modulus, rest) = element(INTEGER, sequence)?;
            let (exponent, []) = element(INTEGER, rest)? else { return None };
            // In DER, an integer whose first bit is set is negative.
            [modulus, exponent].iter().all(|number| number.first().is_some_and(|first| *first < 0x80)).then_some(())?;
            Some((modulus, exponent))
        };
        let (modulus, exponent) = numbers().ok_or(KeyError::PemContent)?;
        Self::new(modulus, exponent)
    }

    /// Reads a public key of any kind in DER (`SubjectPublicKeyInfo`, RFC 5280, section 4.1), if it is an RSA key (RFC
    /// 3279, section 2.3.1). The parameters of its algorithm have to be null, and are also accepted if they are missing.
    pub(super) fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = || {
            let (sequence, []) = element(SEQUENCE, der)? else { return None };
            let (algorithm, rest) = element(SEQUENCE, sequence)?;
            let (key, []) = element(BIT_STRING, rest)? else { return None };
            let (name, parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
            let is_rsa = name == RSA_ENCRYPTION && (parameters == NULL || parameters.is_empty());
            // Before the bits: how many of the last byte are unused.
            key.strip_prefix(&[0]).filter(|_| is_rsa)
        };
        Self::from_pkcs1_der(key().ok_or(KeyError::PemContent)?)
    }

    pub(super) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    pub(super) fn exponent(&self) -> &[u8] {
        &self.exponent
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const NULL: [u8; 2] = [0x05, 0x00];
/// The identifier 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Returns the content of the first DER element, if it has this tag, and the bytes after it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first().filter(|_| *found == tag)?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ (0x81 | 0x82) => {
            let (length, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
            (length.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, &content].concat()
    }

    /// The forms of a public key in DER around the two numbers.
    #[test]
    fn public_keys_of_any_kind() {
        let modulus = [&[0, 0xff][..], &[0x55; 254], &[0x01]].concat();
        let key = der(SEQUENCE, &[&der(INTEGER, &[&modulus]), &der(INTEGER, &[&[1, 0, 1]])]);
        let bits = |unused: u8, key: &[u8]| der(BIT_STRING, &[&[unused], key]);
        let named = |name: &[u8], parameters: &[u8]| der(SEQUENCE, &[&der(OBJECT_IDENTIFIER, &[name]), parameters]);
        let rsa = named(&RSA_ENCRYPTION, &NULL);
        const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
        const RSA_PSS: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
        for (name, found, is_read) in [
            ("an RSA key", der(SEQUENCE, &[&rsa, &bits(0, &key)]), true),
            ("without parameters", der(SEQUENCE, &[&named(&RSA_ENCRYPTION, &[]), &bits(0, &key)]), true),
            ("with other parameters", der(SEQUENCE, &[&named(&RSA_ENCRYPTION, &[0x04, 0x00]), &bits(0, &key)]), false),
            ("with two parameters", der(SEQUENCE, &[&named(&RSA_ENCRYPTION, &[5, 0, 5, 0]), &bits(0, &key)]), false),
            ("of an elliptic curve", der(SEQUENCE, &[&named(&EC, &NULL), &bits(0, &key)]), false),
            ("for RSA-PSS only", der(SEQUENCE, &[&named(&RSA_PSS, &NULL), &bits(0, &key)]), false),
            ("a name that starts alike", der(SEQUENCE, &[&named(&RSA_ENCRYPTION[..8], &NULL), &bits(0, &key)]), false),
            ("with unused bits", der(SEQUENCE, &[&rsa, &bits(1, &key)]), false),
            ("without bits", der(SEQUENCE, &[&rsa, &der(BIT_STRING, &[])]), false),
            ("without a key", der(SEQUENCE, &[&rsa]), false),
            ("the key not in bits", der(SEQUENCE, &[&rsa, &key]), false),
            ("the key alone", key.clone(), false),
            ("in the other order", der(SEQUENCE, &[&bits(0, &key), &rsa]), false),
            ("something after the key", der(SEQUENCE, &[&rsa, &bits(0, &[&key[..], &[0]].concat())]), false),
            ("something after the bits", der(SEQUENCE, &[&rsa, &bits(0, &key), &NULL]), false),
            ("something after it all", [&der(SEQUENCE, &[&rsa, &bits(0, &key)])[..], &[0]].concat(), false),
            ("cut off", der(SEQUENCE, &[&rsa, &bits(0, &key)])[..200].to_vec(), false),
            ("nothing", Vec::new(), false),
        ] {
            assert_eq!(RsaNumbers::from_spki_der(&found).is_ok(), is_read, "{name}");
        }
    }
}
