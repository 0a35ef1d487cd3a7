//! The layering of the modules: `token/` and `request/` are pure, and no module depends on one above it.

use std::{fs, path::Path};

fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(found.len() > 3);
    found
}

#[test]
fn rules_know_neither_actix_nor_http_clients_nor_the_time() {
    let above = ["crate::auth", "crate::backend", "crate::error", "crate::extract", "crate::middleware"];
    let impure = ["actix_", "awc::", "SystemTime", "Instant::", "std::env", "std::net", "std::fs"];
    for (folder, more) in [("token", &["crate::request"][..]), ("request", &[])] {
        for (file, text) in sources(folder) {
            for word in impure.iter().chain(&above).chain(more) {
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                for line in code {
                    assert!(!line.contains(word), "{file} has {word:?}: {line}");
                }
            }
        }
    }
}

/// Every file opens with a line that says what it is about.
#[test]
fn every_file_names_its_subject() {
    for folder in [".", "api", "auth", "backend", "backend/client", "config", "request", "testing", "token"] {
        for (file, text) in sources(folder) {
            let is_tests = file.ends_with("tests.rs");
            assert!(is_tests || text.starts_with("//! "), "{file} does not say what it is about");
        }
    }
}
