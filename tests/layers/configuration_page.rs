//! The page of settings and the source name the same settings and variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The types with settings, and the files where their setters are.
const TYPES: &[(&str, &[&str])] = &[
    (
        "ClerkConfigBuilder",
        &["src/config/builder/mod.rs", "src/config/builder/frontend_api_proxy.rs", "src/config/builder/webhooks.rs"],
    ),
    ("AuthConfig", &["src/web/error_handler.rs"]),
    ("ClerkCsp", &["src/web/content_security_policy/mod.rs"]),
    ("ClerkJs", &["src/web/clerk_js/mod.rs"]),
    ("ClerkMiddleware", &["src/web/middleware/mod.rs"]),
    ("CsrfProtection", &["src/config/csrf.rs"]),
    ("FrontendApiProxy", &["src/config/frontend_api_proxy/mod.rs"]),
    ("OrganizationSync", &["src/config/settings.rs"]),
    ("RedisReplayStore", &["src/store/replay_guard/redis.rs"]),
    ("RedisStore", &["src/store/revocations/redis.rs"]),
    ("ReplayGuard", &["src/store/replay_guard/guard.rs"]),
    ("SharedRevocations", &["src/store/revocations/shared.rs"]),
    ("TokenCache", &["src/config/settings.rs"]),
    ("WebhookConfig", &["src/web/webhook/config.rs"]),
];

/// Settings that are constructors, which the search for setters does not find.
const CONSTRUCTORS: [(&str, &str); 2] = [("CsrfProtection", "dangerously_off"), ("Revocations", "with_limits")];

type Settings = BTreeSet<(String, String)>;

/// Returns the public methods that take `self` by value and return it, and the names in the builder's macros.
fn settings_in_the_source() -> Settings {
    let mut found: Settings = CONSTRUCTORS.map(|(of, name)| (of.to_owned(), name.to_owned())).into();
    for (of, files) in TYPES {
        let count = found.len();
        for text in files.iter().map(|file| read(file)) {
            found.extend(setters(&text, of).map(|name| ((*of).to_owned(), name)));
        }
        assert!(found.len() > count, "no setter of {of} was found: has its file moved?");
    }
    found
}

fn setters(text: &str, of: &str) -> impl Iterator<Item = String> {
    // Inherent implementations, each up to the brace that closes it at the start of a line.
    let start = format!("\nimpl {of} {{\n");
    let bodies = text.split(&start).skip(1).filter_map(|rest| rest.split("\n}").next());
    let mut names = Vec::new();
    for body in bodies {
        let mut functions = body.split("pub fn ");
        names.extend(in_macros(functions.next().unwrap_or_default()));
        for function in functions {
            let (name, rest) = function.split_at(function.find(['(', '<']).unwrap());
            let parameters = rest.split_once('(').unwrap().1.trim_start();
            let declaration = rest.split_once('{').unwrap().0;
            let takes_self = parameters.starts_with("self") || parameters.starts_with("mut self");
            if takes_self && declaration.contains("Self") {
                names.push(name.to_owned());
            }
        }
    }
    names.into_iter()
}

/// Returns the names in `text_settings! { publishable_key secret_key }`: lines that are a name alone.
fn in_macros(text: &str) -> impl Iterator<Item = String> {
    let is_name = |line: &&str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let lists = text.split("_settings! {").skip(1).filter_map(|rest| rest.split("\n    }").next());
    lists.flat_map(str::lines).map(str::trim).filter(is_name).map(str::to_owned)
}

/// A row of the page's tables: the setting, and its variable.
fn rows(page: &str) -> BTreeMap<(String, String), Option<String>> {
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| [`")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.is_empty()), "{line}");
        let (setting, variable) = match cells[0].split_once("<br>") {
            Some((setting, variable)) => (setting, Some(variable.trim_matches('`').to_owned())),
            None => (cells[0], None),
        };
        let (name, link) = setting.trim_start_matches("[`").split_once("`](").unwrap();
        let (page, method) = link.trim_end_matches(')').split_once("#method.").unwrap();
        let of = page.rsplit_once("/struct.").unwrap().1.trim_end_matches(".html");
        // Those of other types than the builder are listed with their type.
        let expected = if of == "ClerkConfigBuilder" { method.to_owned() } else { format!("{of}::{method}") };
        assert_eq!(name, expected, "{line}");
        let before = rows.insert((of.to_owned(), method.to_owned()), variable);
        assert!(before.is_none(), "twice: {line}");
    }
    rows
}

#[test]
fn the_page_has_every_setting_and_no_other() {
    let page: Settings = rows(&read("docs/configuration.md")).into_keys().collect();
    let source = settings_in_the_source();
    assert!(source.len() > 60, "{source:#?}");
    let missing: Vec<_> = source.difference(&page).collect();
    assert!(missing.is_empty(), "docs/configuration.md has no row for {missing:?}");
    let gone: Vec<_> = page.difference(&source).collect();
    assert!(gone.is_empty(), "docs/configuration.md has a row for what is no setting: {gone:?}");
}

#[test]
fn the_page_has_every_variable_beside_its_setting() {
    let source = read("src/config/setting.rs");
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let declared: BTreeMap<String, String> = source
        .split("Setting::new(")
        .skip(1)
        .filter_map(|rest| rest.split_once(')')?.0.split_once(", "))
        .filter(|(name, _)| name.starts_with('"'))
        .map(|(name, variable)| (name.trim_matches('"').to_owned(), variable.trim_matches('"').to_owned()))
        .collect();
    assert!(declared.len() >= 18, "{declared:#?}");
    let mut listed = BTreeMap::new();
    for ((of, name), variable) in rows(&read("docs/configuration.md")) {
        let Some(variable) = variable else { continue };
        assert_eq!(of, "ClerkConfigBuilder", "{name} has a variable");
        // One variable, two ways to set it.
        if name != "webhook_signing_secrets" {
            listed.insert(name, variable);
        }
    }
    assert_eq!(listed, declared, "the variables of docs/configuration.md, and of src/config/setting.rs");
}

#[test]
fn the_page_has_an_example_of_each_setting_of_the_builder() {
    let page = read("docs/configuration.md");
    let code: String = page.split("```rust").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let code: String = code.split_whitespace().collect();
    for (_, name) in settings_in_the_source().iter().filter(|(of, _)| of == "ClerkConfigBuilder") {
        assert!(code.contains(&format!(".{name}(")), "docs/configuration.md has no example of {name}");
    }
}
