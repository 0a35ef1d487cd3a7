//! The reasons that a pattern cannot be used.

/// The reason that a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("`{0}` is not allowed here: write `\\{0}` if the path contains it")]
    Unexpected(char),
    #[error("`{{` is not closed")]
    UnclosedBraces,
    #[error("`:` has no name after it")]
    UnnamedParameter,
    #[error("there is no text between two parameters")]
    NoTextBetween,
    #[error("a repeating parameter needs text before or after it, such as `/`")]
    NothingBetweenRepeats,
    #[error("a parameter after `{0}` needs its own regex, such as `([^/]+)`")]
    NeedsRegex(String),
    #[error("`(` is not closed")]
    UnclosedRegex,
    #[error("a regex in parentheses is empty")]
    EmptyRegex,
    #[error("a regex in parentheses contains a capturing group: write `(?:`")]
    CapturingGroup,
    #[error(
        "`{0}` is a range that starts or ends at a class: write the hyphen as `\\-`, or put it last, before the `]`"
    )]
    RangeOfClass(String),
    #[error(
        "its regex can match an empty text before it matches something, which JavaScript and Rust repeat differently: \
         let it match at least one character, as `.+?` does, or remove the `?` or `*` after the parameter"
    )]
    OptionalNothing,
    #[error("`{0}` cannot occur in a path: URLs percent-encode it, for example as `%C3%A9` for `\u{e9}`")]
    NotAscii(char),
    #[error("it cannot match any path, because paths start with `/`")]
    NoSlash,
    #[error(
        "its regex contains `{0}`: look-around, backreferences and syntax that Rust reads differently from JavaScript \
         are not supported"
    )]
    Unsupported(String),
    #[error("its regex does not compile: {0}")]
    Regex(String),
}
