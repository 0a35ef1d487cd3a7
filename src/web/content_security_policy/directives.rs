//! The directives of a Content-Security-Policy as text: parsed, checked, and merged with what Clerk needs.

use std::collections::BTreeMap;

use crate::config::{ConfigError, shown};

/// Directives by name, each with its values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives(pub(super) BTreeMap<String, Vec<String>>);

/// The keywords of source lists (CSP Level 3, section 2.3.1, and what browsers have added).
const KEYWORDS: [&str; 10] = [
    "none",
    "self",
    "unsafe-inline",
    "unsafe-eval",
    "unsafe-hashes",
    "strict-dynamic",
    "report-sample",
    "wasm-unsafe-eval",
    "inline-speculation-rules",
    "trusted-types-eval",
];

pub(super) const NONE: &str = "'none'";

impl Directives {
    /// Reads a policy as it would be in the header.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic() && !matches!(c, ' ' | '\t' | '\n' | '\r')) {
            return Err(bad(&c.to_string(), "which is not ASCII: write hosts in their ASCII form (xn--…)"));
        }
        if text.contains(',') {
            return Err(bad(
                text,
                "with a comma, which would start another policy: separate directives with semicolons",
            ));
        }
        let mut all = Self::default();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if !name.chars().all(is_name) {
                return Err(bad(name, "which is not the name of a directive: each directive starts with its name"));
            }
            let name = name.to_ascii_lowercase();
            let mut values: Vec<String> = Vec::new();
            for word in words {
                if is_source_list(&name) {
                    check_source(word)?;
                }
                if !values.iter().any(|value| value == word) {
                    values.push(word.to_owned());
                }
            }
            if is_source_list(&name) && values.len() > 1 && values.iter().any(|value| is_none(value)) {
                return Err(bad(directive.trim(), "but 'none' cannot stand beside other sources: remove one of them"));
            }
            if all.0.insert(name, values).is_some() {
                return Err(bad(
                    directive.trim(),
                    "but has this directive before, and browsers ignore the second: join them",
                ));
            }
        }
        Ok(all)
    }

    /// Adds the directives of `other`: sources to those that are there.
    pub(super) fn extend(&mut self, other: Self) {
        for (name, values) in other.0 {
            add(self.0.entry(name).or_default(), values);
        }
    }

    /// Returns what applies to this directive: its own values, or those of the directive that browsers fall back to.
    pub(super) fn effective(&self, name: &str) -> Option<&Vec<String>> {
        std::iter::once(name).chain(fallbacks(name).iter().copied()).find_map(|name| self.0.get(name))
    }
}

/// Adds sources that are not there yet. `'none'` gives way to any source.
pub(super) fn add(values: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for value in more {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.iter().any(|value| !is_none(value)) {
        values.retain(|value| !is_none(value));
    }
}

fn is_none(value: &str) -> bool {
    value.eq_ignore_ascii_case(NONE)
}

/// The directives that a browser reads if this one is missing (CSP Level 3, section 6.8.3).
fn fallbacks(name: &str) -> &'static [&'static str] {
    match name {
        "script-src-elem" | "script-src-attr" => &["script-src", "default-src"],
        "style-src-elem" | "style-src-attr" => &["style-src", "default-src"],
        "worker-src" => &["child-src", "script-src", "default-src"],
        "frame-src" => &["child-src", "default-src"],
        "connect-src" | "img-src" | "script-src" | "style-src" => &["default-src"],
        _ => &[],
    }
}

/// Returns whether the values of a directive are sources. Those of others are kept as they are.
fn is_source_list(name: &str) -> bool {
    const OTHERS: [&str; 3] = ["base-uri", "form-action", "frame-ancestors"];
    name.ends_with("-src") || name.ends_with("-src-elem") || name.ends_with("-src-attr") || OTHERS.contains(&name)
}

fn check_source(source: &str) -> Result<(), ConfigError> {
    let lower = source.to_ascii_lowercase();
    let Some(quoted) = lower.strip_prefix('\'') else {
        if lower.contains(['\'', '"']) {
            return Err(bad(source, "with a quote in it: separate sources with spaces"));
        }
        return match KEYWORDS.contains(&lower.as_str()) || is_hash_or_nonce(&lower) {
            true => Err(bad(source, "which is a host without quotes: put single quotes around keywords, as in 'self'")),
            false => Ok(()),
        };
    };
    match quoted.strip_suffix('\'') {
        Some(keyword) if keyword.starts_with("nonce-") => Err(bad(
            source,
            "which would be the same for every response: remove it, since ClerkCsp adds a new nonce to each",
        )),
        Some(keyword) if KEYWORDS.contains(&keyword) || is_hash_or_nonce(keyword) => Ok(()),
        _ => Err(bad(source, "which is no keyword of a source list: check its spelling and its quotes")),
    }
}

fn is_hash_or_nonce(source: &str) -> bool {
    ["sha256-", "sha384-", "sha512-", "nonce-"].iter().any(|prefix| source.starts_with(prefix))
}

fn bad(found: &str, problem: &'static str) -> ConfigError {
    ConfigError::BadContentSecurityPolicy { found: shown(found), problem }
}
