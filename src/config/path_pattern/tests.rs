//! Path patterns, compared with the results of `@clerk/shared/pathToRegexp`.

use serde_json::{Value, json};

use super::{Flaw::*, *};

fn parse(patterns: &str) -> Result<PathPatterns, BadPattern> {
    PathPatterns::parse(&patterns.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

/// The expected values are the answers of `match` from `@clerk/shared/pathToRegexp` to the same patterns and path: `id`
/// and `slug`, with "" if it has none. A list, its answer for a parameter that repeats, is the text it was split from.
#[test]
fn patterns_and_what_they_find() {
    for (patterns, path, expected) in [
        // Text, its case and its end
        ("/me", "/me", Some(("", ""))),
        ("/me", "/me/", Some(("", ""))),
        ("/me", "/me//", None),
        ("/me", "/ME", Some(("", ""))),
        ("/me", "/a/me", None),
        ("/me", "/me?", Some(("", ""))),
        ("/a.b", "/axb", None),
        (r"/a\:b\(c\)\", "/a:b(c)", Some(("", ""))),
        ("/a|b", "/a|b", Some(("", ""))),
        ("/)]^$", "/)]^$", Some(("", ""))),
        // Parameters
        ("/orgs/:slug", "/orgs/acme", Some(("", "acme"))),
        ("/orgs/:slug", "/orgs/acme/", Some(("", "acme"))),
        ("/orgs/:slug", "/ORGS/Acme", Some(("", "Acme"))),
        ("/orgs/:slug", "/orgs/", None),
        ("/orgs/:slug", "/orgs//", None),
        ("/orgs/:slug", "/orgs/acme/x", None),
        ("/orgs/:slug", "/orgs/my%20org", Some(("", "my%20org"))),
        ("/orgs/:slug", "/orgs/a%2Fb", Some(("", "a%2Fb"))),
        ("/orgs/:id", "/orgs/org_1", Some(("org_1", ""))),
        ("/orgs/:ID", "/orgs/org_1", Some(("", ""))),
        ("/orgs/:idx", "/orgs/org_1", Some(("", ""))),
        ("/:a/:slug/:id", "/x/acme/org_1", Some(("org_1", "acme"))),
        ("/:slug/me", "/me/me", Some(("", "me"))),
        ("/:id/:id", "/a/b", Some(("b", ""))),
        ("/:id/:id?", "/a", Some(("a", ""))),
        ("/:id/:id(.*)", "/a/", Some(("", ""))),
        // Custom regexes
        ("/orgs/:id/(.*)", "/orgs/org_1/a/b", Some(("org_1", ""))),
        ("/orgs/:id/(.*)", "/orgs/org_1", None),
        ("/orgs/:id(.*)", "/orgs/org_1/a", Some(("org_1/a", ""))),
        ("/orgs/:id(.*)", "/orgs/", Some(("", ""))),
        (r"/orgs/:id(\d+)", "/orgs/12", Some(("12", ""))),
        (r"/orgs/:id(\d+)", "/orgs/1a", None),
        ("/orgs/:id(org_[^/]+)", "/orgs/ORG_1", Some(("ORG_1", ""))),
        ("/orgs/:slug(a|ab)", "/orgs/ab", Some(("", "ab"))),
        ("/orgs/:slug(a|ab)c", "/orgs/abc", Some(("", "ab"))),
        (r"/orgs/:slug([\w-]+)", "/orgs/my-org", Some(("", "my-org"))),
        ("/orgs/:slug((?:a|b){2,3})", "/orgs/abb", Some(("", "abb"))),
        ("/(orgs|teams)/:slug", "/teams/acme", Some(("", "acme"))),
        ("/orgs/:slug/(.+)?", "/orgs/acme", Some(("", "acme"))),
        ("/:slug(.*?)/:id", "/a/b/c", Some(("c", "a/b"))),
        // Optional and repeated parameters
        ("/orgs/:slug?", "/orgs", Some(("", ""))),
        ("/orgs/:slug?/x", "/orgs/x", Some(("", ""))),
        ("/orgs/:slug?/x", "/orgs/x/x", Some(("", "x"))),
        ("/orgs/:a*/:slug", "/orgs/x/y/acme", Some(("", "acme"))),
        ("/orgs/:a*/:slug", "/orgs/acme", Some(("", "acme"))),
        ("/orgs/:a+/:slug", "/orgs/acme", None),
        ("/orgs/:slug+", "/orgs", None),
        ("/orgs/:slug+", "/orgs/acme", Some(("", "acme"))),
        ("/orgs/:slug+", "/orgs/acme/x", Some(("", "acme/x"))),
        (r"/orgs/:id(\d+)*", "/orgs/1/2/", Some(("1/2", ""))),
        (r"/orgs/:id(\d+)*", "/orgs/1/a", None),
        // Braces
        ("/orgs{/:slug}?", "/orgs", Some(("", ""))),
        ("/orgs{/:slug}?", "/orgs/acme", Some(("", "acme"))),
        ("/orgs{/of-:slug}?/x", "/orgs/of-acme/x", Some(("", "acme"))),
        ("/orgs/{:slug.html}", "/orgs/acme.html", Some(("", "acme"))),
        ("/orgs{-:slug-}+", "/orgs-a--b-", Some(("", "a--b"))),
        ("/orgs{/x}?/:slug", "/orgs/x/acme", Some(("", "acme"))),
        ("/orgs{/x}*/:slug", "/orgs/x/x/x", Some(("", "x"))),
        (r"/a{b(\d)c}", "/ab1c", Some(("", ""))),
        // Separators inside a segment
        ("/orgs/:slug.:a", "/orgs/acme.json", Some(("", "acme"))),
        ("/orgs/:slug.:a?", "/orgs/a.b.c", Some(("", "a.b"))),
        ("/orgs/:slug-:id", "/orgs/a-b-c", Some(("c", "a-b"))),
        ("/orgs/:slug-:id(.+)", "/orgs/a-b-c", Some(("b-c", "a"))),
        (r"/:a\x:id", "/1X2x3", Some(("3", ""))),
        ("/@:slug", "/@acme", Some(("", "acme"))),
        // The first match counts
        ("/orgs/:id /orgs/:slug", "/orgs/acme", Some(("acme", ""))),
        ("/orgs/:id(org_.+) /orgs/:slug", "/orgs/acme", Some(("", "acme"))),
        ("/orgs/:id(org_.+) /orgs/:slug", "/orgs/org_1", Some(("org_1", ""))),
        ("/orgs/new /orgs/:slug", "/orgs/new", Some(("", ""))),
        ("/orgs/:slug /orgs/:slug/(.*)", "/orgs/acme/x", Some(("", "acme"))),
    ] {
        let found = parse(patterns).unwrap().matches(path);
        let found = found.map(|found| (found.id().unwrap_or_default(), found.slug().unwrap_or_default()));
        assert_eq!(found, expected, "{patterns} {path}");
    }
}

/// The results of path-to-regexp for each pattern and path, as recorded by `parity/path_patterns.mjs`. A pattern that
/// JavaScript accepts may be rejected here, but never the other way around, and an accepted pattern finds the same.
#[test]
fn patterns_find_what_they_find_in_javascript() {
    let table: Value = serde_json::from_str(include_str!("../../../tests/path_patterns.json")).unwrap();
    let paths = table["paths"].as_array().unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for (pattern, expected) in table["patterns"].as_object().unwrap() {
        let Ok(ours) = PathPatterns::parse(std::slice::from_ref(pattern)) else {
            refused += 1;
            continue;
        };
        assert!(!expected.is_null(), "{pattern}: JavaScript refuses it");
        for (index, path) in paths.iter().enumerate() {
            let path = path.as_str().unwrap();
            let found = ours.matches(path).map(|found| json!([found.id().unwrap_or(""), found.slug().unwrap_or("")]));
            assert_eq!(found.as_ref(), expected.get(index.to_string()), "{pattern} {path}");
        }
        accepted += 1;
    }
    assert!(accepted > 800, "{accepted} accepted, {refused} refused");
}

/// A pattern that can match a path is accepted, whichever character it starts with.
#[test]
fn patterns_that_are_accepted() {
    for (pattern, path) in [
        ("(.*)", "/a/b"),
        ("(/.*)", "/a"),
        ("(.*)/:slug", "/a/b"),
        ("{/:locale}?/orgs/:slug", "/orgs/acme"),
        ("{/:locale}?/orgs/:slug", "/en/orgs/acme"),
        ("{/:locale}*/orgs/:slug", "/en/at/orgs/acme"),
        ("{a}?/orgs", "/orgs"),
        ("{orgs}?", "/"),
        ("{orgs/:id}?", "/"),
        (":slug?/x", "/x"),
        ("", "/"),
        ("/orgs/:slug/(.*)?", "/orgs/acme"),
        ("/orgs/:slug(.*)?", "/orgs/acme"),
        ("/orgs/:slug(.+?)?/x", "/orgs/acme/x"),
        (r"/orgs/:slug([\w.-]+)", "/orgs/a-b"),
        (r"/orgs/:slug([\w\-.]+)", "/orgs/a-b"),
        ("/orgs/:slug([+-.]+)", "/orgs/-"),
        ("/orgs/:slug([a-z0-9-]+)", "/orgs/a-0"),
        ("/orgs/:slug([-a]+)", "/orgs/a-"),
        ("/orgs/:slug((?:a|b)+)", "/orgs/ab"),
    ] {
        let parsed = PathPatterns::parse(&[pattern.to_owned()]).unwrap_or_else(|bad| panic!("{bad}"));
        assert!(parsed.matches(path).is_some(), "{pattern} {path}");
    }
}

#[test]
fn no_patterns_match_nothing_and_an_empty_one_the_root() {
    assert_eq!(PathPatterns::default().matches("/"), None);
    assert_eq!(PathPatterns::parse(&[]).unwrap().matches(""), None);
    assert!(parse("").unwrap().matches("/").is_some());
    assert!(parse("").unwrap().matches("/a").is_none());
}

#[test]
fn patterns_that_are_refused() {
    for (pattern, flaw) in [
        // The reference rejects these too.
        ("/a*", Unexpected('*')),
        ("/a}", Unexpected('}')),
        ("{/a:id:slug}", Unexpected(':')),
        ("/{a", UnclosedBraces),
        ("/:-id", UnnamedParameter),
        ("/:a:id", NoTextBetween),
        ("/orgs{x}:id", NoTextBetween),
        ("/org-:id+", NothingBetweenRepeats),
        (r"/:id(a\)", UnclosedRegex),
        ("/:id()", EmptyRegex),
        ("/:id((a)b)", CapturingGroup),
        ("/:id(?:a)", Unsupported("?:a".into())),
        ("/:id([a)]", Unsupported("[".into())),
        // The reference accepts these.
        ("/:a--:id", NeedsRegex("--".into())),
        ("/orgs{org-:slug}", NeedsRegex("org-".into())),
        ("/:id((?!new$).+)", Unsupported("(?!n".into())),
        (r"/:id((?:a|b)\1)", Unsupported(r"\1".into())),
        (r"/:id(a\z)", Unsupported(r"\z".into())),
        ("/:id([[:alpha:]])", Unsupported("[:al".into())),
        ("/:id([^]+)", Unsupported("[^]+".into())),
        ("/:id([a-z&&b])", Unsupported("&&b]".into())),
        ("/:id(a{,2})", Unsupported("{,2}".into())),
        ("/:id(a++)", Unsupported("+".into())),
        ("/:id(a{2}{3})", Unsupported("{3}".into())),
        ("/:id(^*)", Unsupported("*".into())),
        (r"/:id(a\b?)", Unsupported("?".into())),
        ("/:id(+)", Unsupported("+".into())),
        ("/:id((?:|a)*)", OptionalNothing),
        ("/:id((?:.*?)?)", OptionalNothing),
        ("(.*?)?", OptionalNothing),
        ("/orgs-:slug(.*?)?", OptionalNothing),
        ("/orgs-:slug(|a)?", OptionalNothing),
        ("/:id/x:id(.*)?", OptionalNothing),
        (r"/:id([\w-.]+)", RangeOfClass(r"\w-.".into())),
        (r"/:id([\d-x])", RangeOfClass(r"\d-x".into())),
        (r"/:id([a-\w])", RangeOfClass(r"a-\w".into())),
        ("/\u{e9}/:slug", NotAscii('\u{e9}')),
        ("/:slug([^\u{17f}]+)", NotAscii('\u{17f}')),
        ("orgs/:slug", NoSlash),
        (":slug", NoSlash),
        ("{orgs}/:slug", NoSlash),
        ("{a}?orgs/:slug", NoSlash),
        (".well-known/:id", NoSlash),
    ] {
        let bad = BadPattern { pattern: pattern.to_owned(), flaw };
        assert_eq!(parse(&format!("/me {pattern}")).unwrap_err(), bad, "{pattern}");
    }
    let too_large = parse("/:id((?:.{999}){999})").unwrap_err();
    assert!(matches!(too_large.flaw, Regex(_)), "{too_large}");
}
