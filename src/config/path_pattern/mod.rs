//! The path patterns that configure organization sync, in the syntax of path-to-regexp 6, as Clerk's JavaScript SDKs
//! read them: case-insensitive, for the whole path, and with an optional slash at the end.
//!
//! # Grammar
//!
//! ```text
//! pattern   = { char | parameter | braces } ;
//! parameter = [ "/" | "." ], ( name, [ regex ] | regex ), [ modifier ] ;
//! braces    = "{", { char }, [ name ], [ regex ], { char }, "}", [ modifier ] ;
//! name      = ":", word, { word } ;
//! regex     = "(", custom regex with balanced parentheses, ")" ;
//! modifier  = "?" | "*" | "+" ;
//! char      = plain | "\", any character ;
//! plain     = any character except "*" "+" "?" "\" "{" "}" ":" "(" ;
//! word      = ASCII letter | digit | "_" ;
//! ```
//!
//! A `/` or `.` directly before a parameter, or the text around it in braces, is optional and repeated together with
//! the parameter. A parameter without a custom regex matches up to the next `/`, `#` or `?`, or up to the character
//! that separates it from the text before it. Only the values of `:id` and `:slug` are kept. A `\` at the end of a
//! pattern has no effect.
//!
//! # From text to regex
//!
//! [`parse`](parse::parse) reads the pattern as a list of pieces, and [`compile`](compile::compile) turns the pieces
//! into a [`Regex`]. If JavaScript's regex syntax and this one differ on a pattern, or if no path can match it, it is
//! rejected with a [`Flaw`]: a server that does not start is better than one that takes a path for another
//! organization's.

mod compile;
mod custom_regex;
mod flaw;
mod parse;

use regex::Regex;

use self::{
    compile::{Captured, compile},
    flaw::Flaw,
    parse::parse,
};

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
        let parse = |pattern: &String| {
            PathPattern::parse(pattern).map_err(|flaw| BadPattern { pattern: pattern.clone(), flaw })
        };
        patterns.iter().map(parse).collect::<Result<_, _>>().map(Self)
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
    /// The parameters whose values the regex captures, in its order.
    captured: Vec<Captured>,
}

impl PathPattern {
    fn parse(pattern: &str) -> Result<Self, Flaw> {
        let (regex, captured) = compile(&parse(pattern)?)?;
        Ok(Self { regex, captured })
    }

    fn matches<'p>(&self, path: &'p str) -> Option<PathParameters<'p>> {
        let groups = self.regex.captures(path)?;
        // If two parameters have one name, the last that took part in the match counts, even if it is empty.
        let value = |wanted| {
            let values = self.captured.iter().zip(groups.iter().skip(1)).filter(|(captured, _)| **captured == wanted);
            values.filter_map(|(_, value)| value).last().map(|value| value.as_str()).filter(|value| !value.is_empty())
        };
        Some(PathParameters { id: value(Captured::Id), slug: value(Captured::Slug) })
    }
}

#[cfg(test)]
mod tests;
