//! The custom regexes of parameters: rejects what Rust reads differently from JavaScript, or what JavaScript does not
//! accept. Unnoticed, it would match other paths. `tests/path_patterns.json` records what JavaScript finds with many of
//! them.

use regex::Regex;

use super::flaw::Flaw;

/// The item read last, which determines whether a quantifier may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing that can be repeated.
    Nothing,
    /// A character, class or group; where it started.
    Atom(usize),
    /// A quantifier, after which a `?` makes it lazy.
    Quantifier,
}

/// Rejects a regex that the two syntaxes disagree on.
pub(super) fn check(regex: &str) -> Result<(), Flaw> {
    if regex.is_empty() {
        return Err(Flaw::EmptyRegex);
    }
    let unsupported = |start: usize| Flaw::Unsupported(regex[start..].chars().take(4).collect());
    let mut before = Before::Nothing;
    let mut groups = Vec::new();
    let mut chars = regex.char_indices();
    while let Some((start, char)) = chars.next() {
        let rest = chars.as_str();
        before = match char {
            '\\' => match chars.next() {
                Some((_, 'b' | 'B')) => Before::Nothing,
                Some((_, escaped)) if is_escape(escaped) => Before::Atom(start),
                _ => return Err(unsupported(start)),
            },
            '[' => {
                let length = class(&regex[start..])?;
                chars.nth(length.saturating_sub(2));
                Before::Atom(start)
            }
            '(' if rest.starts_with("?:") => {
                chars.nth(1);
                groups.push(start);
                Before::Nothing
            }
            '(' => return Err(unsupported(start)),
            ')' => groups.pop().map_or(Before::Nothing, Before::Atom),
            '|' | '^' | '$' => Before::Nothing,
            '?' if before == Before::Quantifier => Before::Nothing,
            '?' | '*' | '+' | '{' => {
                let Before::Atom(atom) = before else { return Err(unsupported(start)) };
                if char == '{' {
                    let end = rest.find('}').filter(|end| is_bounds(&rest[..*end]));
                    chars.nth(end.ok_or_else(|| unsupported(start))?);
                }
                let atom = &regex[atom..start];
                if can_be_nothing(atom) && may_prefer_nothing(atom) {
                    return Err(Flaw::OptionalNothing);
                }
                Before::Quantifier
            }
            _ => Before::Atom(start),
        };
    }
    Ok(())
}

fn is_escape(escaped: char) -> bool {
    !matches!(escaped, '<' | '>') && (escaped.is_ascii_punctuation() || "dDfnrsStvwW".contains(escaped))
}

/// Returns whether the text has the form `2`, `2,` or `2,3`.
fn is_bounds(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (least, most) = text.split_once(',').unwrap_or((text, ""));
    is_number(least) && (most.is_empty() || is_number(most))
}

/// Returns the length of the class that the text starts with.
fn class(text: &str) -> Result<usize, Flaw> {
    let unsupported = |start: usize| Flaw::Unsupported(text[start..].chars().take(4).collect());
    if text.starts_with("[]") || text.starts_with("[^]") {
        return Err(unsupported(0));
    }
    let mut chars = text.char_indices().skip(1).peekable();
    // The open range, if any, and the start of the last item that could begin one.
    let (mut is_in_range, mut item) = (false, None);
    while let Some((start, char)) = chars.next() {
        let follows = text[start + char.len_utf8()..].chars().next();
        match char {
            ']' => return Ok(start + 1),
            '[' => return Err(unsupported(start)),
            '&' | '-' | '~' if follows == Some(char) => return Err(unsupported(start)),
            '-' if item.is_some() && !is_in_range && follows != Some(']') => {
                is_in_range = true;
                if item == Some((start - 2, true)) {
                    return Err(Flaw::RangeOfClass(text[start - 2..].chars().take(4).collect()));
                }
                continue;
            }
            '\\' => match chars.next() {
                Some((_, escaped)) if is_escape(escaped) || escaped == 'b' => {
                    let is_class = "dDsSwW".contains(escaped);
                    if is_class && is_in_range {
                        return Err(Flaw::RangeOfClass(text[start - 2..].chars().take(4).collect()));
                    }
                    item = Some((start, is_class));
                }
                _ => return Err(unsupported(start)),
            },
            _ => item = Some((start, false)),
        }
        // The end of a range does not begin another.
        if std::mem::take(&mut is_in_range) {
            item = None;
        }
    }
    Err(Flaw::Unsupported("[".to_owned()))
}

/// Returns whether the regex can match without taking a character.
pub(super) fn can_be_nothing(regex: &str) -> bool {
    // An empty text has no word boundaries, but a longer one may.
    let regex = regex.replace(r"\b", "").replace(r"\B", "");
    Regex::new(&format!("^(?:{regex})$")).is_ok_and(|regex| regex.is_match(""))
}

/// Returns whether a regex that can match nothing may do so although it could match something: with a lazy quantifier,
/// or as an earlier alternative.
pub(super) fn may_prefer_nothing(regex: &str) -> bool {
    ["|", "??", "*?", "+?", "}?"].iter().any(|mark| regex.contains(mark))
}
