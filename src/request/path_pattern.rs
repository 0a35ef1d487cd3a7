//! The paths that organization sync is configured with: patterns of path-to-regexp 6, as Clerk's JavaScript SDKs
//! read them (neither sensitive nor strict, and for the whole path).
//!
//! What a pattern says is compiled to a [`Regex`]. Where JavaScript's syntax and this one part, the pattern is
//! refused: better a server that does not start than one that takes a path for another organization's.

use regex::{Regex, RegexBuilder, escape};

/// A list of patterns; an empty one matches nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathPatterns(Vec<PathPattern>);

/// The organization that a path names, percent-encoded as the path has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathParameters<'p> {
    id: Option<&'p str>,
    slug: Option<&'p str>,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path pattern `{pattern}` cannot be used: {flaw}")]
pub(crate) struct BadPattern {
    pub(crate) pattern: String,
    pub(crate) flaw: Flaw,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("`{0}` is out of place; write `\\{0}` if the path has it")]
    Unexpected(char),
    #[error("`{{` is not closed")]
    UnclosedBraces,
    #[error("`:` without a name after it")]
    UnnamedParameter,
    #[error("two parameters with no text between them")]
    NoTextBetween,
    #[error("a parameter that repeats needs text before or after it, such as `/`")]
    NothingBetweenRepeats,
    #[error("after `{0}` a parameter needs a regex of its own, such as `([^/]+)`")]
    NeedsRegex(String),
    #[error("`(` is not closed")]
    UnclosedRegex,
    #[error("a regex in parentheses is empty")]
    EmptyRegex,
    #[error("a regex in parentheses has capturing ones inside: write `(?:`")]
    CapturingGroup,
    #[error("its regex has `{0}`: look-around, backreferences and what Rust reads unlike JavaScript are not supported")]
    Unsupported(String),
    #[error("its regex does not compile: {0}")]
    Regex(String),
}

impl PathPatterns {
    pub(crate) fn parse(patterns: &[String]) -> Result<Self, BadPattern> {
        let compile =
            |pattern: &String| Compiler::compile(pattern).map_err(|flaw| BadPattern { pattern: pattern.clone(), flaw });
        patterns.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the first pattern that matches finds in a URL's path, percent-encoded as it is.
    pub(crate) fn matches<'p>(&self, path: &'p str) -> Option<PathParameters<'p>> {
        self.0.iter().find_map(|pattern| pattern.matches(path))
    }
}

impl<'p> PathParameters<'p> {
    pub(crate) fn id(&self) -> Option<&'p str> {
        self.id
    }

    pub(crate) fn slug(&self) -> Option<&'p str> {
        self.slug
    }
}

#[derive(Clone, Debug)]
struct PathPattern {
    regex: Regex,
    /// Whose values the regex captures, in its order: `id` and `slug`.
    captured: Vec<&'static str>,
}

impl PathPattern {
    fn matches<'p>(&self, path: &'p str) -> Option<PathParameters<'p>> {
        let groups = self.regex.captures(path)?;
        // Of two parameters with one name the last that took part counts, even if it is empty.
        let value = |wanted| {
            let values = self.captured.iter().zip(groups.iter().skip(1)).filter(|(name, _)| **name == wanted);
            values.filter_map(|(_, value)| value).last().map(|value| value.as_str()).filter(|value| !value.is_empty())
        };
        Some(PathParameters { id: value("id"), slug: value("slug") })
    }
}

/// A pattern, read from left to right, and the regex that becomes of it.
#[derive(Default)]
struct Compiler<'p> {
    rest: &'p str,
    source: String,
    captured: Vec<&'static str>,
    /// The text since the last parameter or brace.
    text: String,
    /// Whether there was one.
    has_groups: bool,
}

impl<'p> Compiler<'p> {
    fn compile(pattern: &'p str) -> Result<PathPattern, Flaw> {
        let mut compiler = Compiler { rest: pattern, source: "^".to_owned(), ..Compiler::default() };
        while compiler.step()? {}
        let source = format!("{}{}[/#?]?$", compiler.source, escape(&compiler.text));
        match RegexBuilder::new(&source).case_insensitive(true).build() {
            Ok(regex) => Ok(PathPattern { regex, captured: compiler.captured }),
            Err(error) => {
                // The last line says what is wrong; those above it point into a regex that nobody wrote.
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                Err(Flaw::Regex(reason.strip_prefix("error: ").unwrap_or(reason).to_owned()))
            }
        }
    }

    /// Reads one character, parameter or pair of braces; `false` at the end.
    fn step(&mut self) -> Result<bool, Flaw> {
        let plain = self.plain();
        let (name, regex) = (self.name()?, self.regex()?);
        if name.is_some() || regex.is_some() {
            // A `/` or `.` before a parameter is the parameter's: optional and repeated with it.
            let prefix = plain.filter(|char| matches!(char, '/' | '.'));
            self.text.extend(plain.xor(prefix));
            self.group(&String::from_iter(prefix), name, regex, "")?;
        } else if let Some(char) = plain.or_else(|| self.escaped()) {
            self.text.push(char);
        } else if self.eat('{') {
            let (prefix, name, regex, suffix) = (self.plains(), self.name()?, self.regex()?, self.plains());
            if !self.eat('}') {
                return Err(self.rest.chars().next().map_or(Flaw::UnclosedBraces, Flaw::Unexpected));
            }
            self.group(&prefix, name, regex, &suffix)?;
        } else {
            return self.rest.chars().next().map_or(Ok(false), |char| Err(Flaw::Unexpected(char)));
        }
        Ok(true)
    }

    fn group(&mut self, prefix: &str, name: Option<&str>, regex: Option<&str>, suffix: &str) -> Result<(), Flaw> {
        let before = std::mem::take(&mut self.text);
        let regex = match (name, regex) {
            (Some(_), None) if prefix.is_empty() && before.is_empty() && self.has_groups => {
                return Err(Flaw::NoTextBetween);
            }
            (Some(_), None) => Some(segment(if prefix.is_empty() { &before } else { prefix })?),
            (_, regex) => regex.map(str::to_owned),
        };
        self.has_groups = true;
        let modifier = self.take(self.rest.starts_with(['?', '+', '*']).into());
        let (before, prefix, suffix) = (escape(&before), escape(prefix), escape(suffix));
        let Some(regex) = regex else {
            self.source += &format!("{before}(?:{prefix}{suffix}){modifier}");
            return Ok(());
        };
        let captured = ["id", "slug"].into_iter().find(|captured| name == Some(*captured));
        self.captured.extend(captured);
        let open = if captured.is_some() { "(" } else { "(?:" };
        self.source += &match modifier {
            "+" | "*" if prefix.is_empty() && suffix.is_empty() => return Err(Flaw::NothingBetweenRepeats),
            "+" | "*" => {
                let optional = if modifier == "*" { "?" } else { "" };
                format!("{before}(?:{prefix}{open}(?:{regex})(?:{suffix}{prefix}(?:{regex}))*){suffix}){optional}")
            }
            _ => format!("{before}(?:{prefix}{open}{regex}){suffix}){modifier}"),
        };
        Ok(())
    }

    fn plains(&mut self) -> String {
        std::iter::from_fn(|| self.plain().or_else(|| self.escaped())).collect()
    }

    fn plain(&mut self) -> Option<char> {
        let plain = self.rest.chars().next().filter(|char| !"*+?\\{}:(".contains(*char))?;
        self.eat(plain).then_some(plain)
    }

    fn escaped(&mut self) -> Option<char> {
        let escaped = self.eat('\\').then(|| self.rest.chars().next())??;
        self.eat(escaped).then_some(escaped)
    }

    fn name(&mut self) -> Result<Option<&'p str>, Flaw> {
        if !self.eat(':') {
            return Ok(None);
        }
        let end = self.rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
        match self.take(end.unwrap_or(self.rest.len())) {
            "" => Err(Flaw::UnnamedParameter),
            name => Ok(Some(name)),
        }
    }

    fn regex(&mut self) -> Result<Option<&'p str>, Flaw> {
        if !self.eat('(') {
            return Ok(None);
        }
        let mut depth = 1;
        let mut chars = self.rest.char_indices();
        let end = loop {
            match chars.next().ok_or(Flaw::UnclosedRegex)? {
                (_, '\\') => drop(chars.next()),
                (_, '(') if !chars.as_str().starts_with('?') => return Err(Flaw::CapturingGroup),
                (_, '(') => depth += 1,
                (end, ')') if depth == 1 => break end,
                (_, ')') => depth -= 1,
                _ => {}
            }
        };
        let regex = self.take(end);
        self.eat(')');
        check(regex).map(|()| Some(regex))
    }

    fn eat(&mut self, char: char) -> bool {
        let rest = self.rest.strip_prefix(char);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, end: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// The regex of a parameter that brings none: up to the next delimiter or, where text inside a path segment
/// separates it from what is before, up to that text. Were that longer than a character, it would take look-ahead.
fn segment(separator: &str) -> Result<String, Flaw> {
    let excluded = if separator.contains(['/', '#', '?']) { "" } else { separator };
    if excluded.chars().count() > 1 {
        return Err(Flaw::NeedsRegex(excluded.to_owned()));
    }
    Ok(format!("[^/#?{}]+?", escape(excluded)))
}

/// Refuses what JavaScript reads differently, or not at all: unnoticed, it would match other paths.
fn check(regex: &str) -> Result<(), Flaw> {
    if regex.is_empty() {
        return Err(Flaw::EmptyRegex);
    }
    let mut in_class = false;
    let mut chars = regex.char_indices();
    while let Some((start, char)) = chars.next() {
        let rest = chars.as_str();
        let supported = match char {
            '\\' => chars.next().is_some_and(|(_, escaped)| match escaped {
                '<' | '>' => false,
                _ => escaped.is_ascii_punctuation() || "bBdDfnrsStvwW".contains(escaped),
            }),
            '[' if in_class => false,
            '[' => {
                in_class = true;
                !rest.starts_with(']') && !rest.starts_with("^]")
            }
            ']' => {
                in_class = false;
                true
            }
            '&' | '-' | '~' if in_class => !rest.starts_with(char),
            _ if in_class => true,
            '(' => rest.starts_with("?:"),
            '?' if start == 0 => false,
            '{' => rest.starts_with(|first: char| first.is_ascii_digit()),
            _ => true,
        };
        if !supported {
            return Err(Flaw::Unsupported(regex[start..].chars().take(4).collect()));
        }
    }
    if in_class { Err(Flaw::Unsupported("[".to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{Flaw::*, *};

    fn parse(patterns: &str) -> Result<PathPatterns, BadPattern> {
        PathPatterns::parse(&patterns.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    /// The expectations are what `match` of `@clerk/shared/pathToRegexp` answered to the same patterns and path,
    /// `id` and `slug`, with "" where it has none. A list, its answer for what repeats, is the text it was split from.
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
            (":id", "org_1", Some(("org_1", ""))),
            ("/:id/:id", "/a/b", Some(("b", ""))),
            ("/:id/:id?", "/a", Some(("a", ""))),
            ("/:id/:id(.*)", "/a/", Some(("", ""))),
            // Regexes of their own
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
            // Optional and repeated ones
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
            // The first that matches
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
            // The reference refuses these too.
            ("/a*", Unexpected('*')),
            ("/a}", Unexpected('}')),
            ("{a:id:slug}", Unexpected(':')),
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
            // These it takes.
            ("/:a--:id", NeedsRegex("--".into())),
            ("/orgs{org-:slug}", NeedsRegex("org-".into())),
            ("/:id((?!new$).+)", Unsupported("(?!n".into())),
            (r"/:id((?:a|b)\1)", Unsupported(r"\1".into())),
            (r"/:id(a\z)", Unsupported(r"\z".into())),
            ("/:id([[:alpha:]])", Unsupported("[:al".into())),
            ("/:id([^]+)", Unsupported("[^]+".into())),
            ("/:id([a-z&&b])", Unsupported("&&b]".into())),
            ("/:id(a{,2})", Unsupported("{,2}".into())),
        ] {
            let bad = BadPattern { pattern: pattern.to_owned(), flaw };
            assert_eq!(parse(&format!("/me {pattern}")).unwrap_err(), bad, "{pattern}");
        }
        for pattern in ["/:id(+)", r"/:id([\w-.]+)", "/:id((?:.{999}){999})"] {
            assert!(matches!(parse(pattern).unwrap_err().flaw, Regex(_)), "{pattern}");
        }
    }
}
