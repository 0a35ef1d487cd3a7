//! The parser of path patterns: from text to pieces, by the grammar in the parent module.
//!
//! It knows only the syntax; the compiler decides whether the pieces are usable.

use super::flaw::Flaw;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    /// Text that matches itself: not empty, and never next to another text.
    Text(String),
    Group(Group<'p>),
}

/// A parameter with the text around it that is optional and repeated with it. Without a name and a regex: braces that
/// contain only text, which is then the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group<'p> {
    pub(super) prefix: String,
    pub(super) name: Option<&'p str>,
    /// The custom regex, without its parentheses.
    pub(super) regex: Option<&'p str>,
    pub(super) suffix: String,
    pub(super) modifier: Modifier,
}

/// How often a group may occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    /// No modifier.
    Once,
    /// `?`
    AtMostOnce,
    /// `*`
    AnyNumber,
    /// `+`
    AtLeastOnce,
}

/// Reads a pattern as pieces.
pub(super) fn parse(pattern: &str) -> Result<Vec<Piece<'_>>, Flaw> {
    if let Some(char) = pattern.chars().find(|char| !char.is_ascii()) {
        return Err(Flaw::NotAscii(char));
    }
    let mut parser = Parser { rest: pattern };
    let mut pieces = Vec::new();
    loop {
        if let Some(group) = parser.group()? {
            pieces.push(Piece::Group(group));
        } else if let Some(char) = parser.char() {
            match pieces.last_mut() {
                Some(Piece::Text(text)) => text.push(char),
                _ => pieces.push(Piece::Text(char.into())),
            }
        } else if let Some(char) = parser.peek() {
            return Err(Flaw::Unexpected(char));
        } else {
            return Ok(pieces);
        }
    }
}

impl Modifier {
    pub(super) fn is_optional(self) -> bool {
        matches!(self, Self::AtMostOnce | Self::AnyNumber)
    }

    pub(super) fn is_repeating(self) -> bool {
        matches!(self, Self::AnyNumber | Self::AtLeastOnce)
    }
}

/// The part of the pattern that is not read yet. Each method reads what it is named after, and reads nothing if that
/// does not come next.
struct Parser<'p> {
    rest: &'p str,
}

impl<'p> Parser<'p> {
    /// Reads a parameter or braces.
    fn group(&mut self) -> Result<Option<Group<'p>>, Flaw> {
        if self.eat('{') { self.braces().map(Some) } else { self.parameter() }
    }

    fn braces(&mut self) -> Result<Group<'p>, Flaw> {
        let (prefix, name, regex, suffix) = (self.chars(), self.name()?, self.regex()?, self.chars());
        if !self.eat('}') {
            return Err(self.peek().map_or(Flaw::UnclosedBraces, Flaw::Unexpected));
        }
        Ok(Group { prefix, name, regex, suffix, modifier: self.modifier() })
    }

    fn parameter(&mut self) -> Result<Option<Group<'p>>, Flaw> {
        let parameter = self.rest.strip_prefix(['/', '.']).unwrap_or(self.rest);
        if !parameter.starts_with([':', '(']) {
            return Ok(None);
        }
        let prefix = self.take(self.rest.len() - parameter.len()).to_owned();
        let (name, regex) = (self.name()?, self.regex()?);
        Ok(Some(Group { prefix, name, regex, suffix: String::new(), modifier: self.modifier() }))
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
        Ok(Some(regex))
    }

    fn modifier(&mut self) -> Modifier {
        if self.eat('?') {
            Modifier::AtMostOnce
        } else if self.eat('*') {
            Modifier::AnyNumber
        } else if self.eat('+') {
            Modifier::AtLeastOnce
        } else {
            Modifier::Once
        }
    }

    fn chars(&mut self) -> String {
        std::iter::from_fn(|| self.char()).collect()
    }

    /// Reads a character of text. A `\` at the end of the pattern is dropped, as in JavaScript.
    fn char(&mut self) -> Option<char> {
        let is_escaped = self.eat('\\');
        let char = self.peek().filter(|char| is_escaped || !"*+?\\{}:(".contains(*char))?;
        self.eat(char).then_some(char)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, char: char) -> bool {
        let rest = self.rest.strip_prefix(char);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, length: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}
