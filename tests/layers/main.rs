//! The layering of the modules: which room may use which, and which rooms are pure. CONTRIBUTING.md has the map.
//!
//! A *room* is a module at the top of `src/`. Every path in every file counts, at any depth, inside macros too; an item
//! that a module re-exports counts as an item of the file that defines it. Test code may use anything.

mod configuration_page;
mod dependencies;
mod features;
mod links;
mod programs;
mod security_page;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use source::{Source, Token};

/// The complete list of allowed dependencies, from the top floor down. A room that is not listed uses no other.
const ALLOWED: &[(&str, &[&str])] = &[
    ("testing", &["api", "auth", "clock", "config", "instance", "keys", "request", "store", "token", "web", "webhook"]),
    (
        "web",
        &[
            "api",
            "auth",
            "backend",
            "client",
            "clock",
            "config",
            "doctor",
            "instance",
            "keys",
            "observe",
            "reason",
            "request",
            "revocations",
            "token",
            "webhook",
        ],
    ),
    ("auth", &["api", "client", "clock", "instance", "reason", "request", "token"]),
    (
        "client",
        &["api", "backend", "clock", "config", "instance", "observe", "request", "revocations", "store", "token"],
    ),
    ("doctor", &["backend", "config", "instance", "keys", "observe", "request", "revocations", "token"]),
    ("instance", &["backend", "clock", "config", "keys", "request", "store", "token"]),
    ("store", &["backend", "clock", "config", "keys", "observe", "reason", "request", "revocations", "token"]),
    ("backend", &["api", "clock", "config", "keys", "observe", "reason", "request", "token"]),
    ("request", &["clock", "config", "keys", "observe", "reason", "revocations", "token"]),
    ("config", &["clock", "keys", "observe", "revocations"]),
    ("token", &["api", "clock", "keys", "reason", "revocations"]),
    ("webhook", &["api", "clock", "keys"]),
    ("observe", &["clock"]),
    ("revocations", &["clock", "observe", "webhook"]),
];

/// The rooms, and parts of rooms, that take everything they need as arguments: they know no HTTP framework or client, no
/// clock, no file and no environment.
const PURE: &[&str] = &["keys", "observe", "reason", "request", "token", "webhook::hmac", "webhook::signature"];

/// The rooms that may name Actix; `auth` and `store` also know no HTTP client.
const ACTIX: &[&str] = &["", "testing", "web"];
const HTTP_CLIENT: &[&str] = &["backend", "client", "testing"];

#[test]
fn rooms_use_only_the_rooms_that_they_may_use() {
    let source = Source::read();
    let mut unused: BTreeSet<(&str, &str)> =
        ALLOWED.iter().flat_map(|(from, to)| to.iter().map(|to| (*from, *to))).collect();
    let mut forbidden = Vec::new();
    for (module, file) in source.modules() {
        for (to, path) in source.imports(module) {
            let (from, to) = (room(module), room(&to));
            // The root only re-exports.
            if from == to || from.is_empty() || to.is_empty() {
                continue;
            }
            let is_allowed = ALLOWED.iter().any(|(room, allowed)| *room == from && allowed.contains(&to));
            if !is_allowed {
                forbidden.push(format!("src/{}: {from}/ may not use {to}/, but names {path}", file.display()));
            }
            unused.retain(|arrow| *arrow != (from, to));
        }
    }
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
    assert!(unused.is_empty(), "nothing uses these entries of the table any more, so take them out: {unused:?}");
}

/// Files that import each other cannot be understood one at a time.
#[test]
fn no_circle_of_files() {
    let source = Source::read();
    let arrows: Arrows = source.modules().map(|(module, _)| (module.as_str(), source.imports(module))).collect();
    let circles = circles(&arrows);
    assert!(circles.is_empty(), "files that import each other in a circle:\n{}", circles.join("\n"));
}

/// For each module, the modules whose items it names, each with one such path.
type Arrows<'s> = BTreeMap<&'s str, BTreeMap<String, String>>;

/// Returns the arrows within each circle.
fn circles(arrows: &Arrows<'_>) -> Vec<String> {
    let reaches: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|from| (*from, reachable(from, arrows))).collect();
    let mut found = Vec::new();
    for (from, imports) in arrows {
        for (to, path) in imports {
            if reaches.get(to.as_str()).is_some_and(|reached| reached.contains(from)) {
                found.push(format!("  {from} -> {to}: {path}"));
            }
        }
    }
    found
}

fn reachable<'s>(from: &'s str, arrows: &'s Arrows<'_>) -> BTreeSet<&'s str> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(imports) = next.pop().and_then(|file| arrows.get(file)) {
        next.extend(imports.keys().map(String::as_str).filter(|to| found.insert(*to)));
    }
    found
}

#[test]
fn pure_rooms_know_neither_http_nor_the_time_nor_the_environment() {
    for (module, file) in Source::read().modules() {
        let belongs_to =
            |room: &&str| module.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        if PURE.iter().any(belongs_to) {
            let impure = source::code(file).windows(3).find_map(names_something_impure);
            assert_eq!(impure, None, "src/{} is in a pure room", file.display());
        }
    }
}

#[test]
fn only_some_rooms_know_actix_or_an_http_client() {
    for (module, file) in Source::read().modules() {
        for token in source::code(file) {
            let Token::Word(word) = token else { continue };
            let (room, file) = (room(module), file.display());
            // The transport is an Actix arbiter with awc.
            let is_transport = module.starts_with("backend::transport");
            assert!(!word.starts_with("actix_") || is_transport || ACTIX.contains(&room), "src/{file} names {word}");
            assert!(word != "awc" || HTTP_CLIENT.contains(&room), "src/{file} names {word}");
        }
    }
}

fn names_something_impure(code: &[Token]) -> Option<String> {
    match code {
        [Token::Word(word), ..] if word.starts_with("actix_") => Some(word.clone()),
        [Token::Word(word), ..] if matches!(word.as_str(), "awc" | "SystemTime" | "Instant") => Some(word.clone()),
        [Token::Word(std), Token::Path, Token::Word(module)]
            if std == "std" && matches!(module.as_str(), "env" | "fs" | "net" | "process" | "thread") =>
        {
            Some(format!("std::{module}"))
        }
        _ => None,
    }
}

/// Every file opens with a line that states its subject, except for those that are what a test compiles.
#[test]
fn every_file_names_its_subject() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let (mut folders, mut count) =
        (["src", "tests", "examples", "benches", "fuzz"].map(|it| root.join(it)).to_vec(), 0);
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !matches!(name, "target" | "node_modules" | "misuse" | "corpus" | "artifacts") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("//! "), "{} does not say what it is about", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 500, "{count} files");
}

#[test]
fn paths_are_found_wherever_they_are() {
    for (text, expected) in [
        ("use crate::a::b;", &["a::b"][..]),
        ("use crate::{a::{b, c as d}, e};", &["a::b", "a::c", "e"]),
        ("fn f() -> crate::a::B { todo() }", &["a::B"]),
        ("println!(\"{}\", crate::a::b());", &["a::b"]),
        ("use super::super::a;", &["a"]),
        ("use super::a;", &["x::a"]),
        ("use self::a;", &["x::y::a"]),
        ("// use crate::a;\n/* crate::b */ \"crate::c\" r#\"crate::d\"# 'x'", &[]),
        ("#[cfg(test)] mod tests { use crate::a; } use crate::b;", &["b"]),
    ] {
        let found = source::paths(text, "x::y");
        let found: BTreeSet<String> = found.iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expected.iter().map(|path| (*path).to_owned()).collect(), "{text}");
    }
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}
