//! Project Wycheproof's signatures of RSA PKCS#1 v1.5: forged ones that faulty libraries have accepted, and valid edge
//! cases. Each signature library has to verify the same ones.

use ::wycheproof::{
    TestResult::{Acceptable, Invalid, Valid},
    rsa_pkcs1_verify::{TestName, TestSet},
};
use jsonwebtoken::Algorithm::{RS256, RS384, RS512};

use super::*;
use crate::keys::{pem, rsa_numbers::RsaNumbers};

type Verify = fn(&RsaNumbers, Algorithm, &[u8], &[u8]) -> bool;

const LIBRARIES: &[(&str, Verify)] = &[
    ("the library in use", |numbers, algorithm, message, signature| {
        VerificationKey::new(numbers.clone(), None).unwrap().has_signed(algorithm, message, signature)
    }),
    #[cfg(feature = "rust_crypto")]
    ("RustCrypto", |numbers, algorithm, message, signature| {
        crate::keys::rust_crypto::PreparedKey::new(numbers).unwrap().has_signed(algorithm, message, signature)
    }),
];

/// All sets with the three algorithms of Clerk's tokens.
const SETS: [(TestName, Algorithm); 12] = [
    (TestName::Rsa2048Sha256, RS256),
    (TestName::Rsa2048Sha384, RS384),
    (TestName::Rsa2048Sha512, RS512),
    (TestName::Rsa3072Sha256, RS256),
    (TestName::Rsa3072Sha384, RS384),
    (TestName::Rsa3072Sha512, RS512),
    (TestName::Rsa4096Sha256, RS256),
    (TestName::Rsa4096Sha384, RS384),
    (TestName::Rsa4096Sha512, RS512),
    (TestName::Rsa8192Sha256, RS256),
    (TestName::Rsa8192Sha384, RS384),
    (TestName::Rsa8192Sha512, RS512),
];

/// A signature without the NULL of the hash's parameters is "acceptable" in some sets, for the sake of old signers.
/// Clerk is none: RFC 8017, appendix B.1, says that the NULL has to be there.
#[test]
fn rsa_signatures() {
    let (mut valid, mut invalid) = (0, 0);
    for (name, algorithm) in SETS {
        let set = TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let by_pem = pem::read(&group.pem).unwrap();
            let numbers = RsaNumbers::new(&group.key.n, &group.key.e).unwrap();
            assert!(by_pem == numbers, "{name:?}: the PEM block is the same key");
            for test in &group.tests {
                let expected = match test.result {
                    Valid => true,
                    Invalid | Acceptable => false,
                };
                for (library, verify) in LIBRARIES {
                    let verdict = verify(&numbers, algorithm, &test.msg, &test.sig);
                    assert_eq!(verdict, expected, "{name:?} {}, {library}: {}", test.tc_id, test.comment);
                }
                *if expected { &mut valid } else { &mut invalid } += 1;
            }
        }
    }
    println!("Wycheproof RSA: {valid} valid and {invalid} invalid signatures, by {} libraries", LIBRARIES.len());
    assert_eq!((valid, invalid), (89, 3_017), "signatures of the sets");
}

/// A signature with a hash that Clerk does not use is none by the three algorithms.
#[test]
fn signatures_with_other_hashes() {
    use TestName::*;
    for name in
        [Rsa2048Sha224, Rsa2048Sha512_224, Rsa2048Sha512_256, Rsa2048Sha3_256, Rsa3072Sha3_384, Rsa4096Sha512_256]
    {
        let set = TestSet::load(name).unwrap();
        let tests = set.test_groups.iter().flat_map(|group| group.tests.iter().map(move |test| (group, test)));
        for (group, test) in tests.filter(|(_, test)| test.result == Valid) {
            let numbers = RsaNumbers::new(&group.key.n, &group.key.e).unwrap();
            for (library, verify) in LIBRARIES {
                for algorithm in [RS256, RS384, RS512] {
                    assert!(!verify(&numbers, algorithm, &test.msg, &test.sig), "{name:?} {}, {library}", test.tc_id);
                }
            }
        }
    }
}

/// With an exponent of 3, a verifier that ignores what follows the hash accepts the cube root of a made-up block
/// (Bleichenbacher, 2006; CVE-2006-4339). Anyone can compute it.
#[cfg(feature = "rust_crypto")]
#[test]
fn cube_roots() {
    use rsa::{
        BigUint,
        sha2::{Digest, Sha256},
    };
    const PREFIX: [u8; 19] = [48, 49, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 1, 5, 0, 4, 32];

    let sample = crate::keys::samples::sample("exponent 3");
    let key = VerificationKey::from_jwk(&sample.n, &sample.e, None).unwrap();
    let numbers = &key.numbers;
    let size = numbers.modulus().len();
    let digest = Sha256::digest(b"forged");
    for padding in [0, 1, 8, 30] {
        let block = [&[0, 1], &vec![0xff; padding][..], &[0], &PREFIX, &digest[..]].concat();
        let garbage = vec![0xff; size - block.len()];
        let (target, bound) = (block.clone(), BigUint::from_bytes_be(&[block, garbage].concat()));
        // The largest number whose cube is at most the block with garbage after it.
        let (mut low, mut high) = (BigUint::from(1_u32), BigUint::from(1_u32) << (size * 8 / 3 + 1));
        while &low + 1_u32 < high {
            let middle = (&low + &high) >> 1;
            if &middle * &middle * &middle <= bound { low = middle } else { high = middle }
        }
        let cube = (&low * &low * &low).to_bytes_be();
        assert!(cube.starts_with(&target[1..]), "the cube starts as a signature's block does");
        let root = low.to_bytes_be();
        let signature = [vec![0; size - root.len()], root.clone()].concat();
        for (library, verify) in LIBRARIES {
            for forged in [&signature, &root] {
                assert!(!verify(numbers, RS256, b"forged", forged), "{library}, {padding} bytes of padding");
            }
        }
    }
}
