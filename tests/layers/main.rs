//! The layering of the modules: which room may use which, and which rooms are pure. CONTRIBUTING.md has the map.
//!
//! A *room* is a module at the top of `src/`. Every path in every file counts, at any depth, inside macros too; an item
//! that a module re-exports counts as an item of the file that defines it. Test code may use anything.

mod source;

use std::{collections::BTreeSet, fs, path::Path};

use source::{Source, Token};

/// The complete list of allowed dependencies, room by room.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "auth",
        &[
            "api",
            "backend",
            "clock",
            "config",
            "error",
            "extract",
            "log_limit",
            "middleware",
            "query",
            "reason",
            "request",
            "token",
        ],
    ),
    ("auth_headers", &["extract", "reason", "request"]),
    ("backend", &["api", "clock", "config", "hint", "keys", "log_limit", "query", "reason", "request", "token"]),
    ("client", &["api", "backend", "clock", "config", "error", "extract", "log_limit"]),
    ("config", &["backend", "clock", "keys", "request"]),
    ("error", &["auth", "clock", "hint", "log_limit", "reason"]),
    ("error_handler", &["error"]),
    (
        "extract",
        &["auth", "auth_headers", "error", "hint", "log_limit", "middleware", "reason", "request", "testing", "token"],
    ),
    ("guard", &["auth", "token"]),
    ("internal_bench", &["backend", "config", "keys", "middleware", "request", "token"]),
    ("log_limit", &["clock"]),
    (
        "middleware",
        &[
            "auth",
            "auth_headers",
            "backend",
            "clock",
            "config",
            "error",
            "error_handler",
            "keys",
            "reason",
            "request",
            "testing",
            "token",
            "websocket",
        ],
    ),
    ("openapi", &["auth", "token"]),
    ("request", &["clock", "config", "hint", "keys", "log_limit", "query", "reason", "token"]),
    ("require", &["auth"]),
    ("testing", &["auth", "backend", "clock", "config", "keys", "query", "request", "token"]),
    ("token", &["api", "clock", "config", "keys", "reason"]),
    ("websocket", &["config", "middleware", "request"]),
];

/// The rooms that take everything they need as arguments: they know no HTTP framework or client, no clock, no file and no
/// environment.
const PURE: &[&str] = &["hint", "keys", "query", "reason", "request", "token"];

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

#[test]
fn pure_rooms_know_neither_http_nor_the_time_nor_the_environment() {
    for (module, file) in Source::read().modules() {
        if PURE.contains(&room(module)) {
            let impure = source::code(file).windows(3).find_map(names_something_impure);
            assert_eq!(impure, None, "src/{} is in a pure room", file.display());
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

/// Every file opens with a line that says what it is about.
#[test]
fn every_file_names_its_subject() {
    for (_, file) in Source::read().modules() {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap();
        assert!(text.starts_with("//! "), "src/{} does not say what it is about", file.display());
    }
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
