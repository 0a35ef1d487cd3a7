//! Policies beside those of the reference, and merged ones.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::ClerkConfigBuilder;

fn builder() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_000000000000")
}

fn development() -> ClerkConfigBuilder {
    ClerkConfig::builder()
        .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
        .secret_key("sk_test_000000000000")
}

fn csp(builder: ClerkConfigBuilder) -> ClerkCsp {
    ClerkCsp::of(&builder.build().unwrap())
}

type Sources<'t> = BTreeMap<&'t str, BTreeSet<&'t str>>;

fn directives(policy: &str) -> Sources<'_> {
    let mut all = Sources::new();
    for directive in policy.split("; ") {
        let mut words = directive.split(' ');
        let name = words.next().unwrap();
        let sources: Vec<&str> = words.collect();
        let set: BTreeSet<&str> = sources.iter().copied().collect();
        assert_eq!(set.len(), sources.len(), "a source is there twice: {directive}");
        assert!(all.insert(name, set).is_none(), "a directive is there twice: {policy}");
    }
    all
}

fn of<'t>(all: &Sources<'t>, name: &str) -> Vec<&'t str> {
    all.get(name).into_iter().flatten().copied().collect()
}

/// The headers of `createContentSecurityPolicyHeaders` in `@clerk/nextjs` 7.9.17, in production, for the same instance.
/// The nonce is replaced.
const REFERENCE: [&str; 2] = [
    "connect-src 'self' https://clerk-telemetry.com https://*.clerk-telemetry.com https://api.stripe.com \
     https://maps.googleapis.com https://img.clerk.com https://*.protect.clerk.com:* clerk.example.com; default-src 'self'; \
     form-action 'self'; frame-src 'self' https://challenges.cloudflare.com https://*.js.stripe.com https://js.stripe.com \
     https://hooks.stripe.com https://*.protect.clerk.com; img-src 'self' https://img.clerk.com; script-src 'self' \
     'unsafe-inline' https: http: https://*.js.stripe.com https://js.stripe.com https://maps.googleapis.com \
     https://*.protect.clerk.com; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:",
    "connect-src 'self' https://clerk-telemetry.com https://*.clerk-telemetry.com https://api.stripe.com \
     https://maps.googleapis.com https://img.clerk.com https://*.protect.clerk.com:* clerk.example.com; default-src 'self'; \
     form-action 'self'; frame-src 'self' https://challenges.cloudflare.com https://*.js.stripe.com https://js.stripe.com \
     https://hooks.stripe.com https://*.protect.clerk.com; img-src 'self' https://img.clerk.com; script-src 'self' \
     'unsafe-inline' https://*.js.stripe.com https://js.stripe.com https://maps.googleapis.com https://*.protect.clerk.com \
     'strict-dynamic' 'nonce-N'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:",
];

/// Directive by directive: the sources that the reference does not have, those that only it has, and why.
#[test]
fn the_policies_beside_those_of_the_reference() {
    const TELEMETRY: [&str; 2] = ["https://clerk-telemetry.com", "https://*.clerk-telemetry.com"];
    // The host with its scheme: a page that is served over http allows the other one too.
    const HOST: (&str, &str) = ("https://clerk.example.com", "clerk.example.com");
    for (form, reference) in [(Form::Compatible, REFERENCE[0]), (Form::Strict, REFERENCE[1])] {
        let csp = csp(builder());
        let csp = if form == Form::Strict { csp } else { csp.compatible() };
        let text = csp.with_nonce("N");
        let (mut ours, theirs) = (directives(&text), directives(reference));
        let differences: [(&str, Vec<&str>, Vec<&str>); 10] = [
            // Telemetry is sent for development instances only.
            ("connect-src", vec![HOST.0], [&TELEMETRY[..], &[HOST.1]].concat()),
            ("default-src", vec![], vec![]),
            // A form of the application may be redirected to a handshake or to sign-in, and browsers check redirects.
            ("form-action", vec![HOST.0, "https://accounts.example.com"], vec![]),
            ("frame-src", vec![], vec![]),
            // Clerk's components have images of that kind: seen with @clerk/ui 1.36.0.
            ("img-src", vec!["data:"], vec![]),
            (
                "script-src",
                // Clerk's files and Turnstile by host, for browsers without 'strict-dynamic' and for the other form; and
                // a nonce in both.
                match form {
                    Form::Strict => vec![HOST.0, "https://challenges.cloudflare.com"],
                    Form::Compatible => vec![HOST.0, "https://challenges.cloudflare.com", "'nonce-N'"],
                },
                // Any inline script, and in the form that is not strict any script of the web: no protection at all.
                match form {
                    Form::Strict => vec!["'unsafe-inline'"],
                    Form::Compatible => vec!["'unsafe-inline'", "https:", "http:"],
                },
            ),
            ("style-src", vec![], vec![]),
            ("worker-src", vec![], vec![]),
            // A <base> and a plugin are ways around a nonce.
            ("base-uri", vec!["'self'"], vec![]),
            ("object-src", vec!["'none'"], vec![]),
        ];
        for (name, more, less) in differences {
            let ours = ours.remove(name).unwrap_or_else(|| panic!("no {name}"));
            let theirs = theirs.get(name).cloned().unwrap_or_default();
            let (only_ours, only_theirs): (BTreeSet<_>, BTreeSet<_>) =
                (ours.difference(&theirs).copied().collect(), theirs.difference(&ours).copied().collect());
            assert_eq!(only_ours, more.into_iter().collect(), "{name}: only ours");
            assert_eq!(only_theirs, less.into_iter().collect(), "{name}: only theirs");
        }
        assert!(ours.is_empty(), "not compared: {ours:?}");
        assert!(theirs.keys().all(|name| directives(&text).contains_key(name)), "a directive is missing");
    }
}

#[test]
fn the_frontend_api_of_each_configuration() {
    let satellite = |builder: ClerkConfigBuilder| builder.is_satellite(true).domain("satellite.example");
    let portal = "https://accounts.example.com";
    let (dev, dev_portal) = ("https://happy-cat-1.clerk.accounts.dev", "https://happy-cat-1.accounts.dev");
    for (name, builder, api, pages) in [
        ("production", builder(), Some("https://clerk.example.com"), vec![portal]),
        ("development", development(), Some(dev), vec![dev_portal]),
        ("a relative proxy", development().proxy_url("/__clerk"), None, vec![dev_portal]),
        (
            "an absolute proxy",
            builder().proxy_url("https://app.example.com/__clerk"),
            Some("https://app.example.com"),
            vec![portal],
        ),
        (
            "a proxy on this machine",
            development().proxy_url("http://localhost:4000"),
            Some("http://localhost:4000"),
            vec![dev_portal],
        ),
        ("a satellite", satellite(builder()), Some("https://clerk.satellite.example"), vec![portal]),
        (
            "pages of the application",
            builder().sign_in_url("/sign-in").sign_up_url("/sign-up"),
            Some("https://clerk.example.com"),
            vec![],
        ),
        (
            "a sign-in page elsewhere",
            builder().sign_in_url("https://in.example:8443/x?y=z").sign_up_url("/sign-up"),
            Some("https://clerk.example.com"),
            vec!["https://in.example:8443"],
        ),
    ] {
        let is_development = !builder.clone().build().unwrap().publishable_key().starts_with("pk_live_");
        let text = csp(builder).with_nonce("N");
        let all = directives(&text);
        for (directive, telemetry) in [("connect-src", 2 * usize::from(is_development)), ("script-src", 0)] {
            let fixed = match directive {
                "connect-src" => 5 + telemetry,
                _ => 8,
            };
            assert_eq!(all[directive].len(), fixed + usize::from(api.is_some()), "{name}: {:?}", all[directive]);
            assert!(api.is_none_or(|api| all[directive].contains(api)), "{name}: {directive}");
        }
        let mut forms: BTreeSet<&str> = pages.into_iter().chain(api).collect();
        forms.insert("'self'");
        assert_eq!(all["form-action"], forms, "{name}");
        assert_eq!(all["connect-src"].contains("https://clerk-telemetry.com"), is_development, "{name}");
    }
}

#[test]
fn a_setting_cannot_add_a_directive() {
    let plain = csp(development().proxy_url("/__clerk").sign_in_url("/in").sign_up_url("/up")).with_nonce("N");
    for host in ["a;script-src-elem", "a,b", "'unsafe-inline'", "a;sandbox", "a\"b"] {
        let url = format!("https://{host}.example");
        let pages = development().sign_in_url(url.as_str()).sign_up_url("/up").proxy_url(url.as_str());
        match pages.build() {
            Ok(config) => assert_eq!(ClerkCsp::of(&config).with_nonce("N"), plain, "{host}"),
            Err(error) => assert!(matches!(error, ConfigError::NotAPage { .. }), "{host}: {error}"),
        }
    }
}

/// `LocalClerk` serves the images of its users itself.
#[test]
fn a_stand_in_for_clerk_has_its_own_images() {
    for (name, url, expected) in [
        ("a stand-in", "http://localhost:4000", Some("http://localhost:4000")),
        ("Clerk", "https://frontend-api.clerk.dev", None),
    ] {
        let text = csp(development().frontend_api_url(url).proxy_url("/__clerk")).with_nonce("N");
        let all = directives(&text);
        let images: BTreeSet<&str> = ["'self'", "https://img.clerk.com", "data:"].into_iter().chain(expected).collect();
        assert_eq!(all["img-src"], images, "{name}");
    }
}

/// One's own policy, and what becomes of its directives. `…` stands for what Clerk needs.
#[test]
fn merged_policies() {
    let clerks = csp(builder()).with_nonce("N");
    let clerks = directives(&clerks);
    for (name, own, directive, expected) in [
        ("no policy", "", "img-src", "…"),
        ("the example", "default-src 'self'; img-src blob:", "img-src", "… blob:"),
        ("the same source", "img-src 'self' https://img.clerk.com", "img-src", "…"),
        ("'none' gives way", "frame-src 'none'", "frame-src", "…"),
        ("'none' in capitals", "frame-src 'NONE'", "frame-src", "…"),
        ("'none' of a directive that Clerk does not need", "media-src 'none'", "media-src", "'none'"),
        ("an unknown directive", "fenced-frame-src https://a.example", "fenced-frame-src", "https://a.example"),
        ("one without values", "upgrade-insecure-requests", "upgrade-insecure-requests", ""),
        ("one with other values", "require-trusted-types-for 'script'", "require-trusted-types-for", "'script'"),
        ("where to report", "report-to endpoint; report-uri /csp", "report-to", "endpoint"),
        ("one's own default", "default-src 'none'", "default-src", "'none'"),
        (
            "the default of a directive of Clerk's",
            "default-src https://cdn.example",
            "img-src",
            "… https://cdn.example",
        ),
        ("a default that is 'none'", "default-src 'none'", "img-src", "…"),
        ("a directive goes before the default", "default-src https://a.example; img-src blob:", "img-src", "… blob:"),
        ("frames fall back to child-src", "child-src https://a.example", "frame-src", "… https://a.example"),
        ("workers fall back to scripts", "script-src https://a.example", "worker-src", "… https://a.example"),
        ("connections have no other", "script-src https://a.example", "connect-src", "…"),
        ("forms do not fall back", "default-src https://a.example", "form-action", "…"),
        ("one's own base", "base-uri 'none'", "base-uri", "'none'"),
        ("one's own objects", "object-src https://a.example", "object-src", "https://a.example"),
        ("capitals in a name", "IMG-SRC blob:", "img-src", "… blob:"),
        ("white space", " ;; img-src\tblob:\n ;; ", "img-src", "… blob:"),
        ("a hash", "script-src 'sha256-abc='", "script-src", "… 'sha256-abc='"),
    ] {
        let merged = csp(builder()).merge(own).unwrap_or_else(|error| panic!("{name}: {error}")).with_nonce("N");
        let merged = directives(&merged);
        let mut wanted: BTreeSet<&str> = expected.split(' ').filter(|word| !word.is_empty()).collect();
        if wanted.remove("…") {
            wanted.extend(&clerks[directive]);
        }
        assert_eq!(merged.get(directive), Some(&wanted), "{name}");
    }
}

/// `script-src-elem` decides about scripts in place of `script-src`, and the like.
#[test]
fn more_special_directives_get_the_same_sources() {
    let own = "script-src-elem https://a.example; style-src-elem 'self'; style-src-attr 'none'; script-src-attr 'none'";
    let text = csp(builder()).merge(own).unwrap().with_nonce("N");
    let all = directives(&text);
    assert!(all["script-src"].is_subset(&all["script-src-elem"]));
    assert!(all["script-src-elem"].contains("https://a.example") && all["script-src-elem"].contains("'nonce-N'"));
    assert!(all["style-src-elem"].contains("'unsafe-inline'") && all["style-src-attr"].contains("'unsafe-inline'"));
    assert_eq!(of(&all, "script-src-attr"), ["'none'"], "Clerk needs no handlers in attributes");
    let without = csp(builder()).with_nonce("N");
    assert!(directives(&without).keys().all(|name| !name.ends_with("-elem") && !name.ends_with("-attr")));
}

#[test]
fn policies_merge_in_any_number_and_directives_are_replaced() {
    let text =
        csp(builder()).merge("img-src https://a.example").unwrap().merge("img-src blob:; font-src 'none'").unwrap();
    let text = text.merge("font-src https://f.example").unwrap().with_nonce("N");
    let all = directives(&text);
    assert!(all["img-src"].contains("https://a.example") && all["img-src"].contains("blob:"));
    assert_eq!(of(&all, "font-src"), ["https://f.example"]);

    let replaced = csp(builder()).replace("frame-src 'none'; script-src 'self'").unwrap();
    let text = replaced.merge("frame-src https://a.example").unwrap().with_nonce("N");
    let all = directives(&text);
    assert_eq!(of(&all, "frame-src"), ["'none'"], "in either order");
    assert_eq!(of(&all, "script-src"), ["'nonce-N'", "'self'", "'strict-dynamic'"]);
    let text = csp(builder()).replace("script-src 'none'").unwrap().compatible().with_nonce("N");
    assert_eq!(of(&directives(&text), "script-src"), ["'nonce-N'"]);
}

#[test]
fn a_mistake_in_a_policy_is_an_error_that_names_it() {
    for (policy, found, advice) in [
        ("img-src self", "self", "quotes"),
        ("script-src unsafe-inline", "unsafe-inline", "quotes"),
        ("script-src Strict-Dynamic", "Strict-Dynamic", "quotes"),
        ("script-src nonce-abc", "nonce-abc", "quotes"),
        ("script-src sha256-abc", "sha256-abc", "quotes"),
        ("img-src none", "none", "quotes"),
        ("img-src 'slef'", "'slef'", "spelling"),
        ("img-src 'self", "'self", "quotes"),
        ("img-src self'", "self'", "quote"),
        ("img-src \"self\"", "\"self\"", "quote"),
        ("img-src ''", "''", "spelling"),
        ("img-src '", "'", "spelling"),
        ("img-src 'none' data:", "img-src 'none' data:", "'none'"),
        ("img-src data: 'NONE'", "img-src data: 'NONE'", "'none'"),
        ("img-src data:; img-src blob:", "img-src blob:", "join"),
        ("img-src data:; IMG-SRC blob:", "IMG-SRC blob:", "join"),
        ("img-src data:, default-src 'self'", "img-src data:, default-src 'self'", "semicolons"),
        ("script-src 'nonce-abc'", "'nonce-abc'", "ClerkCsp"),
        ("script-src-elem 'NONCE-abc'", "'NONCE-abc'", "ClerkCsp"),
        ("https://a.example", "https://a.example", "name"),
        ("img-src: data:", "img-src:", "name"),
        ("img-src https://bücher.example", "ü", "ASCII"),
        ("img-src data:\u{0}", "\u{0}", "ASCII"),
        ("img-src data:\u{7f}", "\u{7f}", "ASCII"),
        ("img-src\u{a0}data:", "\u{a0}", "ASCII"),
    ] {
        for error in [csp(builder()).merge(policy).unwrap_err(), csp(builder()).replace(policy).unwrap_err()] {
            let ConfigError::BadContentSecurityPolicy { found: named, .. } = &error else {
                panic!("{policy}: {error}")
            };
            assert_eq!(named, found, "{policy}");
            assert!(error.to_string().contains(advice), "{policy}: {error}");
        }
    }
}

#[test]
fn every_header_is_one_line_of_ascii_with_one_nonce_for_each_list_of_scripts() {
    for policy in ["", "img-src\r\ndata:", "script-src-elem 'self'", "report-to x;;;", "frame-src 'none'"] {
        for csp in [csp(builder()), csp(development()).compatible(), csp(builder()).report_only()] {
            let text = csp.merge(policy).unwrap().with_nonce("N");
            assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text}");
            let lists =
                directives(&text).keys().filter(|name| matches!(**name, "script-src" | "script-src-elem")).count();
            assert_eq!(text.matches("'nonce-N'").count(), lists, "{text}");
        }
    }
    assert!(format!("{:?}", csp(builder())).contains("'nonce-…'"));
}

#[test]
fn nonces_are_128_bits_and_never_the_same() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let nonces: BTreeSet<String> = (0..10_000).map(|_| CspNonce::random().to_string()).collect();
    assert_eq!(nonces.len(), 10_000);
    for nonce in nonces {
        assert_eq!(BASE64_STANDARD.decode(nonce).unwrap().len(), 16);
    }
}
