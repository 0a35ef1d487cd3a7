//! The path patterns that configure organization sync, in the syntax of path-to-regexp 6, as Clerk's JavaScript SDKs
//! read them (neither sensitive nor strict, and for the whole path).
//!
//! A pattern is compiled to a [`Regex`]. If JavaScript's regex syntax and this one differ on it, the pattern is
//! rejected: a server that does not start is better than one that takes a path for another organization's.

mod flaw;
mod regex;

use ::regex::{Regex, RegexBuilder, escape};

use self::flaw::Flaw;

/// A list of patterns; an empty list matches nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathPatterns(Vec<PathPattern>);

/// The organization that a path names, percent-encoded as in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathParameters<'p> {
    id: Option<&'p str>,
    slug: Option<&'p str>,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path pattern `{pattern}` is not valid: {flaw}")]
pub(crate) struct BadPattern {
    pub(crate) pattern: String,
    pub(crate) flaw: Flaw,
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

    /// Returns what the first matching pattern finds in a URL's path, percent-encoded as it is.
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
    /// The parameters whose values the regex captures, in its order: `id` and `slug`.
    captured: Vec<&'static str>,
}

impl PathPattern {
    fn matches<'p>(&self, path: &'p str) -> Option<PathParameters<'p>> {
        let groups = self.regex.captures(path)?;
        // If two parameters have one name, the last that took part in the match counts, even if it is empty.
        let value = |wanted| {
            let values = self.captured.iter().zip(groups.iter().skip(1)).filter(|(name, _)| **name == wanted);
            values.filter_map(|(_, value)| value).last().map(|value| value.as_str()).filter(|value| !value.is_empty())
        };
        Some(PathParameters { id: value("id"), slug: value("slug") })
    }
}

/// A pattern, read from left to right, and the regex compiled from it.
#[derive(Default)]
struct Compiler<'p> {
    rest: &'p str,
    source: String,
    captured: Vec<&'static str>,
    /// The text since the last parameter or brace.
    text: String,
    /// Whether there was a parameter or brace.
    has_groups: bool,
    start: Start,
}

/// Whether what was read so far can be the start of a path.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    /// All of it is optional.
    #[default]
    Open,
    Possible,
    Impossible,
}

impl<'p> Compiler<'p> {
    fn compile(pattern: &'p str) -> Result<PathPattern, Flaw> {
        if let Some(char) = pattern.chars().find(|char| !char.is_ascii()) {
            return Err(Flaw::NotAscii(char));
        }
        let mut compiler = Compiler { rest: pattern, source: "^".to_owned(), ..Compiler::default() };
        while compiler.step()? {}
        let text = compiler.text.chars().next();
        compiler.starts_with(text, false);
        if compiler.start == Start::Impossible {
            return Err(Flaw::NoSlash);
        }
        let source = format!("{}{}[/#?]?$", compiler.source, escape(&compiler.text));
        match RegexBuilder::new(&source).case_insensitive(true).build() {
            Ok(regex) => Ok(PathPattern { regex, captured: compiler.captured }),
            Err(error) => {
                // The last line says what is wrong; those above it point into the generated regex, which the user did
                // not write.
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                Err(Flaw::Regex(reason.strip_prefix("error: ").unwrap_or(reason).to_owned()))
            }
        }
    }

    /// Reads one character, parameter or pair of braces; returns `false` at the end.
    fn step(&mut self) -> Result<bool, Flaw> {
        let plain = self.plain();
        let (name, regex) = (self.name()?, self.regex()?);
        if name.is_some() || regex.is_some() {
            // A `/` or `.` before a parameter belongs to the parameter: it is optional and repeated with it.
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
        self.starts_with(before.chars().next(), false);
        let is_own = regex.is_some();
        let regex = match (name, regex) {
            (Some(_), None) if prefix.is_empty() && before.is_empty() && self.has_groups => {
                return Err(Flaw::NoTextBetween);
            }
            (Some(_), None) => Some(segment(if prefix.is_empty() { &before } else { prefix })?),
            (_, regex) => regex.map(str::to_owned),
        };
        self.has_groups = true;
        let modifier = self.take(self.rest.starts_with(['?', '+', '*']).into());
        let is_optional = matches!(modifier, "?" | "*");
        match (prefix.chars().next(), &regex) {
            // A custom regex may start with anything.
            (None, Some(_)) if is_own => self.starts_with(Some('/'), is_optional),
            (None, Some(_)) => self.starts_with(Some('x'), is_optional),
            (None, None) => self.starts_with(suffix.chars().next(), is_optional),
            (first, _) => self.starts_with(first, is_optional),
        }
        let (before, prefix, suffix) = (escape(&before), escape(prefix), escape(suffix));
        let Some(regex) = regex else {
            self.source += &format!("{before}(?:{prefix}{suffix}){modifier}");
            return Ok(());
        };
        let captured = ["id", "slug"].into_iter().find(|captured| name == Some(*captured));
        // JavaScript never takes an optional part that matches nothing. If the regex alone decides, that must make no
        // difference.
        if is_optional && prefix.is_empty() && suffix.is_empty() && regex::can_be_nothing(&regex) {
            let is_named_twice = captured.is_some_and(|name| self.captured.contains(&name));
            if is_named_twice || regex::may_prefer_nothing(&regex) {
                return Err(Flaw::OptionalNothing);
            }
        }
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

    /// Notes the character that the next part of the pattern starts with, if it starts with one.
    fn starts_with(&mut self, first: Option<char>, is_optional: bool) {
        match first {
            Some('/') if self.start == Start::Open => self.start = Start::Possible,
            Some(_) if self.start == Start::Open && !is_optional => self.start = Start::Impossible,
            _ => {}
        }
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
        regex::check(regex).map(|()| Some(regex))
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

/// Returns the regex of a parameter that has none of its own: up to the next delimiter or, if text inside a path
/// segment separates it from what comes before, up to that text. If that text were longer than one character, this
/// would take look-ahead.
fn segment(separator: &str) -> Result<String, Flaw> {
    let excluded = if separator.contains(['/', '#', '?']) { "" } else { separator };
    if excluded.chars().count() > 1 {
        return Err(Flaw::NeedsRegex(excluded.to_owned()));
    }
    Ok(format!("[^/#?{}]+?", escape(excluded)))
}

#[cfg(test)]
mod tests;
