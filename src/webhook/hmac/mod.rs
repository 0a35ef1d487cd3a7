//! HMAC-SHA256, with the library that checks signatures of tokens.

#[cfg(feature = "aws_lc_rs")]
mod aws_lc;
#[cfg(feature = "rust_crypto")]
#[cfg_attr(feature = "aws_lc_rs", allow(dead_code, reason = "compared with the library that is used"))]
mod rust_crypto;

#[cfg(feature = "aws_lc_rs")]
pub(super) use self::aws_lc::Mac;
#[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
pub(super) use self::rust_crypto::Mac;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, section 4.3 (test case 2).
    const TAG: [u8; 32] = [
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00,
        0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    ];

    #[test]
    fn the_vector_of_the_rfc() {
        let mac = Mac::of(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(mac.to_bytes(), TAG);
        assert!(mac.is(&TAG));
        for (name, other) in [("one bit", [&[TAG[0] ^ 1], &TAG[1..]].concat()), ("a part", TAG[..31].to_vec())] {
            assert!(!mac.is(&other), "{name}");
        }
        assert!(!mac.is(&[]), "nothing");
    }

    /// Project Wycheproof's tags. Its truncated tags are rejected: a webhook has the whole one (Standard Webhooks).
    #[test]
    fn wycheproofs_tags() {
        use wycheproof::{
            TestResult,
            mac::{TestName, TestSet},
        };
        let (mut valid, mut invalid) = (0, 0);
        for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
            for test in &group.tests {
                let expected = test.result == TestResult::Valid && group.tag_size == 256;
                let (start, end) = test.msg.split_at(test.msg.len() / 2);
                let verdict = Mac::of(&test.key, &[start, end]).is(&test.tag);
                assert_eq!(verdict, expected, "{}: {}", test.tc_id, test.comment);
                #[cfg(feature = "rust_crypto")]
                assert_eq!(rust_crypto::Mac::of(&test.key, &[start, end]).is(&test.tag), expected, "{}", test.tc_id);
                *if expected { &mut valid } else { &mut invalid } += 1;
            }
        }
        println!("Wycheproof HMAC-SHA256: {valid} valid and {invalid} invalid tags");
        assert_eq!((valid, invalid), (33, 141), "tags of the set");
    }

    #[cfg(all(feature = "aws_lc_rs", feature = "rust_crypto"))]
    #[test]
    fn both_libraries_agree() {
        for key in [&b""[..], b"k", &[7; 64], &[7; 65], &[7; 200]] {
            for message in [&b""[..], b"message", &[0; 1000]] {
                let (aws, rust) = (aws_lc::Mac::of(key, &[message]), rust_crypto::Mac::of(key, &[message]));
                assert_eq!(aws.to_bytes(), rust.to_bytes());
                assert!(aws.is(&rust.to_bytes()) && rust.is(&aws.to_bytes()) && !rust.is(b"x"));
            }
        }
    }
}
