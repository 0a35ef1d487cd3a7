//! The compiler of path patterns: from pieces to a regex.
//!
//! It rejects pieces that JavaScript rejects, that JavaScript and Rust would match differently, or that match no path.

use regex::{Regex, RegexBuilder, escape};

use super::{
    custom_regex,
    flaw::Flaw,
    parse::{Group, Modifier, Piece},
};

/// A parameter whose value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Captured {
    Id,
    Slug,
}

/// Returns the regex of a pattern, and the parameter that each of its capturing groups stands for.
pub(super) fn compile(pieces: &[Piece<'_>]) -> Result<(Regex, Vec<Captured>), Flaw> {
    let mut source = "^".to_owned();
    let mut captured = Vec::new();
    let mut previous = None;
    for piece in pieces {
        source += &match piece {
            Piece::Text(text) => escape(text),
            Piece::Group(group) => source_of(group, previous, &mut captured)?,
        };
        previous = Some(piece);
    }
    if !can_start_with_slash(pieces) {
        return Err(Flaw::NoSlash);
    }
    source += "[/#?]?$";
    let regex = RegexBuilder::new(&source).case_insensitive(true).build().map_err(|error| {
        // The last line says what is wrong; those above it point into the generated regex, which the user did not
        // write.
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default();
        Flaw::Regex(reason.strip_prefix("error: ").unwrap_or(reason).to_owned())
    })?;
    Ok((regex, captured))
}

/// Returns the regex of one group, and adds its parameter to those that are captured.
fn source_of(group: &Group<'_>, previous: Option<&Piece<'_>>, captured: &mut Vec<Captured>) -> Result<String, Flaw> {
    let (prefix, suffix) = (escape(&group.prefix), escape(&group.suffix));
    let regex = match (group.name, group.regex) {
        (_, Some(regex)) => {
            custom_regex::check(regex)?;
            regex.to_owned()
        }
        (Some(_), None) => segment(separator(group, previous)?)?,
        (None, None) => return Ok(format!("(?:{prefix}{suffix}){}", symbol(group.modifier))),
    };
    let capture = group.name.and_then(Captured::named);
    if prefix.is_empty() && suffix.is_empty() {
        let is_named_twice = capture.is_some_and(|capture| captured.contains(&capture));
        check_without_text(group.modifier, &regex, is_named_twice)?;
    }
    captured.extend(capture);
    let open = if capture.is_some() { "(" } else { "(?:" };
    if group.modifier.is_repeating() {
        let optional = if group.modifier.is_optional() { "?" } else { "" };
        Ok(format!("(?:{prefix}{open}(?:{regex})(?:{suffix}{prefix}(?:{regex}))*){suffix}){optional}"))
    } else {
        Ok(format!("(?:{prefix}{open}{regex}){suffix}){}", symbol(group.modifier)))
    }
}

fn symbol(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::Once => "",
        Modifier::AtMostOnce => "?",
        Modifier::AnyNumber => "*",
        Modifier::AtLeastOnce => "+",
    }
}

/// Returns the text that separates a group's parameter from what comes before it.
fn separator<'g>(group: &'g Group<'_>, previous: Option<&'g Piece<'_>>) -> Result<&'g str, Flaw> {
    match previous {
        _ if !group.prefix.is_empty() => Ok(&group.prefix),
        Some(Piece::Text(text)) => Ok(text),
        Some(Piece::Group(_)) => Err(Flaw::NoTextBetween),
        None => Ok(""),
    }
}

/// Returns the regex of a parameter without one: up to the next delimiter or, if text inside a path
/// segment separates it from what comes before, up to that text. If that text were longer than one character, this
/// would take look-ahead.
fn segment(separator: &str) -> Result<String, Flaw> {
    let excluded = if separator.contains(['/', '#', '?']) { "" } else { separator };
    if excluded.chars().count() > 1 {
        return Err(Flaw::NeedsRegex(excluded.to_owned()));
    }
    Ok(format!("[^/#?{}]+?", escape(excluded)))
}

/// Checks a parameter without a prefix or suffix, whose modifier applies to its regex alone.
fn check_without_text(modifier: Modifier, regex: &str, is_named_twice: bool) -> Result<(), Flaw> {
    // JavaScript never takes an optional part that matches nothing. If the regex alone decides, that must make no
    // difference.
    let may_be_nothing = modifier.is_optional() && custom_regex::can_be_nothing(regex);
    if may_be_nothing && (is_named_twice || custom_regex::may_prefer_nothing(regex)) {
        return Err(Flaw::OptionalNothing);
    }
    if modifier.is_repeating() {
        return Err(Flaw::NothingBetweenRepeats);
    }
    Ok(())
}

/// Returns whether a match can be empty or start with `/`, as every path does.
fn can_start_with_slash(pieces: &[Piece<'_>]) -> bool {
    for piece in pieces {
        let (start, is_optional) = match piece {
            Piece::Text(text) => (Start::of(text), false),
            Piece::Group(group) => (Start::of_group(group), group.modifier.is_optional()),
        };
        match start {
            Start::Nothing => {}
            Start::Slash => return true,
            Start::Other if is_optional => {}
            Start::Other => return false,
        }
    }
    true
}

/// What a piece starts with.
enum Start {
    /// The piece is always empty.
    Nothing,
    /// A `/`, or a custom regex that may match one.
    Slash,
    Other,
}

impl Start {
    fn of(text: &str) -> Self {
        match text.chars().next() {
            None => Self::Nothing,
            Some('/') => Self::Slash,
            Some(_) => Self::Other,
        }
    }

    fn of_group(group: &Group<'_>) -> Self {
        match (Self::of(&group.prefix), group.name, group.regex) {
            (Self::Nothing, _, Some(_)) => Self::Slash,
            (Self::Nothing, Some(_), None) => Self::Other,
            (start, ..) => start,
        }
    }
}

impl Captured {
    fn named(name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "slug" => Some(Self::Slug),
            _ => None,
        }
    }
}
