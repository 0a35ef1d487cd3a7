//! The threat model names a test for each of its statements, and the tests exist.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn each_statement_of_the_threat_model_names_its_test() {
    let page = read("docs/security.md");
    let statements: Vec<String> =
        page.split("\n- ").skip(1).map(|text| text.split("\n\n").next().unwrap().replace('\n', " ")).collect();
    assert!(statements.len() >= 60, "{}", statements.len());
    for statement in &statements {
        let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let named = statement.rsplit_once(" (").and_then(|(_, named)| named.strip_suffix(')'));
        let named = named.unwrap_or_else(|| panic!("names no test: {statement}"));
        if named.starts_with("No test: ") {
            continue;
        }
        let named = named.trim_matches('`');
        let (path, test) = named.split_once("::").unwrap_or_else(|| panic!("names no test of {named}"));
        assert!(read(path).contains(&format!("fn {test}(")), "{path} has no test {test}");
    }
}
