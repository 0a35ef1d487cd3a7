//! Features are additive: if one crate of a program turns a feature on, nothing changes for the others that use this
//! crate.

use std::{collections::BTreeSet, fs, path::Path};

use super::source::Source;

/// Each feature, and what turning it on changes for code that does not use it.
const FEATURES: &[(&str, &str)] = &[
    ("default", "only names other features"),
    ("aws_lc_rs", "nothing: aws-lc-rs accepts the same signatures as RustCrypto, and takes precedence"),
    ("redis", "nothing: it adds stores and constructors"),
    ("rust_crypto", "nothing: it checks signatures, and is used for TLS, only if aws_lc_rs is off"),
    ("backend-api", "nothing: it adds methods and data"),
    ("metrics", "nothing: it adds an observer, which counts only if it is added to a configuration"),
    ("native-roots", "nothing that worked before: certificates of the system are trusted in addition to Mozilla's"),
    ("testing", "nothing: made-up callers exist only if code of the process plants them"),
    ("utoipa", "nothing: it adds a module and implementations of utoipa's traits"),
    ("webhooks", "nothing: it adds an extractor, settings and data"),
    ("__internal-bench", "nothing: it adds a module for this repository's benchmarks and tests"),
];

/// The places where code is compiled only without a feature, and why the feature is additive all the same.
const WITHOUT: &[(&str, &str)] = &[
    ("src/web/state.rs", "without `testing` there is no function that finds made-up callers"),
    ("src/backend/transport/mod.rs", "the same import, not re-exported"),
    ("src/backend/transport/tls.rs", "one of two libraries for TLS; none is an error in `keys`"),
    (
        "src/keys/verification/mod.rs",
        "one of two signature libraries that accept the same signatures; none is an error",
    ),
    ("src/webhook/hmac/mod.rs", "one of two libraries that compute the same; without any, `keys` is an error"),
];

#[test]
fn every_feature_says_what_it_changes_for_others() {
    let manifest =
        fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join("Cargo.toml")).unwrap();
    let section = manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    let lines = section.lines().filter(|line| !line.starts_with('#'));
    let found: BTreeSet<&str> = lines.filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert_eq!(found, FEATURES.iter().map(|(feature, _)| *feature).collect());
}

/// The README's badge and sentence, and the pages, say the same as `rust-version`.
#[test]
fn pages_name_the_oldest_compiler() {
    let read =
        |file: &str| fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file)).unwrap();
    let manifest = read("Cargo.toml");
    let oldest = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    for (file, text) in [
        ("README.md", format!("badge/rust-{oldest}%2B")),
        ("README.md", format!("({oldest} or newer)")),
        ("docs/quickstart.md", format!("Rust {oldest} or newer")),
        ("docs/trust.md", format!("Rust {oldest}.")),
    ] {
        assert!(read(file).contains(&text), "{file} does not say {text:?}");
    }
}

#[test]
fn no_code_goes_away_when_a_feature_is_turned_on() {
    let mut found = BTreeSet::new();
    for (_, file) in Source::read().modules() {
        let path = Path::new("src").join(file);
        let text = fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(&path)).unwrap();
        if text.contains("not(feature") || text.contains("not(any(feature") {
            found.insert(path.display().to_string());
        }
    }
    assert_eq!(found, WITHOUT.iter().map(|(file, _)| (*file).to_owned()).collect());
}
