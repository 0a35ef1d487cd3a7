//! The source as paths: reads which file names which item of which other file.
//!
//! It reads tokens instead of syntax trees, so that paths inside macro calls count, too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A module of the crate, `request::rules` for example; the crate's root is the empty text.
pub type Module = String;

/// All modules under `src/`, tests left out.
pub struct Source {
    files: BTreeMap<Module, File>,
}

struct File {
    /// Below `src/`.
    path: PathBuf,
    children: BTreeSet<String>,
    /// The names that it re-exports, each with the path behind it.
    reexports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// All other paths in it, from the crate's root.
    paths: BTreeSet<Vec<String>>,
}

impl Source {
    pub fn read() -> Self {
        let mut files = BTreeMap::new();
        read_module(Path::new("lib.rs"), "", &mut files);
        Self { files }
    }

    pub fn modules(&self) -> impl Iterator<Item = (&Module, &Path)> {
        self.files.iter().map(|(module, file)| (module, file.path.as_path()))
    }

    /// Returns the modules whose items the module names, each with one such path. An item that is named through a
    /// re-export counts for the module that defines it.
    pub fn imports(&self, module: &str) -> BTreeMap<Module, String> {
        let paths = self.files.get(module).into_iter().flat_map(|file| &file.paths);
        paths
            .filter_map(|path| Some((self.defining_module(path)?, path.join("::"))))
            .filter(|(to, _)| to != module)
            .collect()
    }

    fn defining_module(&self, path: &[String]) -> Option<Module> {
        let mut path = path.to_vec();
        // No chain of re-exports is as long as this; a circle of them would not compile.
        for _ in 0..16 {
            let module = self.longest_module(&path);
            let depth = if module.is_empty() { 0 } else { module.split("::").count() };
            let file = self.files.get(&module)?;
            let Some(name) = path.get(depth) else { return Some(module) };
            let rest = &path[depth + 1..];
            path = match file.reexports.get(name) {
                Some(behind) => behind.iter().chain(rest).cloned().collect(),
                None => match file.globs.iter().find(|glob| self.defines(glob, name)) {
                    Some(glob) => glob.iter().chain(&path[depth..]).cloned().collect(),
                    None => return Some(module),
                },
            };
            if self.longest_module(&path).is_empty() && !self.files[""].children.contains(&path[0]) {
                // Re-exported from another crate.
                return None;
            }
        }
        None
    }

    fn defines(&self, glob: &[String], name: &str) -> bool {
        self.files.get(&glob.join("::")).is_some_and(|file| {
            file.reexports.contains_key(name) || file.children.contains(name) || file.paths.is_empty()
        })
    }

    fn longest_module(&self, path: &[String]) -> Module {
        let lengths = (0..=path.len()).rev();
        lengths.map(|n| path[..n].join("::")).find(|module| self.files.contains_key(module)).unwrap_or_default()
    }
}

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join("src")
}

/// Returns the tokens of a file below `src/`, without its tests.
pub fn code(path: &Path) -> Vec<Token> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    without_tests(&tokens(&text))
}

/// Returns the paths in a text that is the content of that module.
pub fn paths(text: &str, module: &str) -> BTreeSet<Vec<String>> {
    Parsed::of(&without_tests(&tokens(text)), module).paths
}

fn read_module(path: &Path, module: &str, files: &mut BTreeMap<Module, File>) {
    let parsed = Parsed::of(&code(path), module);
    let is_root = path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs");
    let folder = if is_root { path.with_file_name("") } else { path.with_extension("") };
    for child in &parsed.children {
        let flat = folder.join(format!("{child}.rs"));
        let path = if root().join(&flat).exists() { flat } else { folder.join(child).join("mod.rs") };
        if root().join(&path).exists() {
            let name = if module.is_empty() { child.clone() } else { format!("{module}::{child}") };
            read_module(&path, &name, files);
        }
    }
    let Parsed { children, reexports, globs, paths } = parsed;
    files.insert(module.to_owned(), File { path: path.to_owned(), children, reexports, globs, paths });
}

#[derive(Default)]
struct Parsed {
    children: BTreeSet<String>,
    reexports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    paths: BTreeSet<Vec<String>>,
}

impl Parsed {
    fn of(tokens: &[Token], module: &str) -> Self {
        let mut this = Self::default();
        for window in tokens.windows(3) {
            if let [Token::Word(keyword), Token::Word(name), Token::Sign(';')] = window
                && keyword == "mod"
            {
                this.children.insert(name.clone());
            }
        }
        let here: Vec<String> = module.split("::").filter(|segment| !segment.is_empty()).map(Into::into).collect();
        let mut at = 0;
        while at < tokens.len() {
            let is_path = !matches!(at.checked_sub(1).map(|before| &tokens[before]), Some(Token::Path));
            match &tokens[at] {
                Token::Word(word) if is_path && starts_a_path(tokens, at, word, &this.children) => {
                    let is_reexport = is_reexport(tokens, at);
                    let mut found = Vec::new();
                    at = tree(tokens, at, &mut Vec::new(), &mut found);
                    for (path, name) in found {
                        let Some(path) = absolute(&path, &here) else { continue };
                        match (is_reexport, name.as_str()) {
                            (true, "*") => this.globs.push(path),
                            (true, _) => drop(this.reexports.insert(name, path)),
                            (false, _) => drop(this.paths.insert(path)),
                        }
                    }
                }
                _ => at += 1,
            }
        }
        this
    }
}

/// `crate::…`, `self::…`, `super::…`, or a child module by its name alone.
fn starts_a_path(tokens: &[Token], at: usize, word: &str, children: &BTreeSet<String>) -> bool {
    let goes_on = matches!(tokens.get(at + 1), Some(Token::Path));
    let in_tree = word == "crate" || word == "self" || word == "super" || children.contains(word);
    goes_on && in_tree
}

/// Returns whether the path at this place is that of a `pub use` or a `pub(crate) use`.
fn is_reexport(tokens: &[Token], at: usize) -> bool {
    let before = &tokens[..at];
    let Some((Token::Word(word), before)) = before.split_last() else { return false };
    let is_pub = |token: Option<&Token>| matches!(token, Some(Token::Word(word)) if word == "pub");
    word == "use"
        && match before.last() {
            Some(Token::Sign(')')) => {
                let open = before.iter().rposition(|token| matches!(token, Token::Sign('(')));
                open.is_some_and(|open| is_pub(open.checked_sub(1).map(|at| &before[at])))
            }
            last => is_pub(last),
        }
}

/// Reads a path, with all the branches of a `use` tree; gives the place behind it.
fn tree(tokens: &[Token], mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) -> usize {
    let depth = prefix.len();
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) => {
                prefix.push(word.clone());
                at += 1;
            }
            Some(Token::Sign('*')) => {
                found.push((prefix.clone(), "*".to_owned()));
                prefix.truncate(depth);
                return at + 1;
            }
            Some(Token::Sign('{')) => {
                at += 1;
                while !matches!(tokens.get(at), None | Some(Token::Sign('}'))) {
                    at = tree(tokens, at, prefix, found);
                    if matches!(tokens.get(at), Some(Token::Sign(','))) {
                        at += 1;
                    }
                }
                prefix.truncate(depth);
                return at + 1;
            }
            // Generic arguments, as in `Vec::<T>`, end a path for our purposes.
            _ => break,
        }
        match tokens.get(at) {
            Some(Token::Path) => at += 1,
            _ => break,
        }
    }
    let mut name = prefix.last().cloned().unwrap_or_default();
    if name == "self" && prefix.len() > 1 {
        prefix.pop();
        name = prefix.last().cloned().unwrap_or_default();
    }
    if let (Some(Token::Word(keyword)), Some(Token::Word(alias))) = (tokens.get(at), tokens.get(at + 1))
        && keyword == "as"
        && depth > 0
    {
        name = alias.clone();
        at += 2;
    }
    found.push((prefix.clone(), name));
    prefix.truncate(depth);
    // Something that is not part of a tree must not be read forever.
    if matches!(tokens.get(at), Some(Token::Word(_) | Token::Path)) && depth > 0 { at + 1 } else { at }
}

/// The path from the crate's root; `None` for a path of another crate.
fn absolute(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let mut base = here.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        _ => {
            while rest.first().is_some_and(|segment| segment == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
    }
    Some(base.into_iter().chain(rest.iter().cloned()).collect())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// The tokens of a file, without comments and the insides of texts.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    let starts = |at: usize, with: &str| with.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    while at < chars.len() {
        let c = chars[at];
        if starts(at, "//") {
            at += chars[at..].iter().position(|&c| c == '\n').unwrap_or(chars.len() - at);
        } else if starts(at, "/*") {
            at = (at + 2..chars.len()).find(|&at| starts(at, "*/")).map_or(chars.len(), |end| end + 2);
        } else if let Some(end) = end_of_text(&chars, at) {
            at = end;
        } else if c.is_alphabetic() || c == '_' {
            let length = chars[at..].iter().position(|&c| !c.is_alphanumeric() && c != '_').unwrap_or(chars.len() - at);
            found.push(Token::Word(chars[at..at + length].iter().collect()));
            at += length;
        } else if starts(at, "::") {
            found.push(Token::Path);
            at += 2;
        } else {
            if !c.is_whitespace() {
                found.push(Token::Sign(c));
            }
            at += 1;
        }
    }
    found
}

/// Behind the text or character that begins here, if one does.
fn end_of_text(chars: &[char], at: usize) -> Option<usize> {
    let quote = match chars[at] {
        '"' => at,
        // A lifetime is not a character literal.
        '\'' => {
            let is_char = chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\'');
            return is_char.then(|| escaped_end(chars, at, '\''));
        }
        'r' | 'b' | 'c' if at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') => {
            let prefix = chars[at..].iter().take_while(|&&c| matches!(c, 'r' | 'b' | 'c')).count();
            let hashes = chars[at + prefix..].iter().take_while(|&&c| c == '#').count();
            let quote = at + prefix + hashes;
            if chars.get(quote) != Some(&'"') {
                return None;
            }
            if chars[at..at + prefix].contains(&'r') {
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                return (quote + 1..chars.len()).find(|&at| chars[at..].starts_with(&end)).map(|at| at + end.len());
            }
            quote
        }
        _ => return None,
    };
    Some(escaped_end(chars, quote, '"'))
}

fn escaped_end(chars: &[char], quote: usize, end: char) -> usize {
    let mut at = quote + 1;
    while at < chars.len() && chars[at] != end {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Leaves out what follows `#[cfg(test)]`: an item up to its `;` or its closing brace.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let cfg_test: Vec<Token> = self::tokens("#[cfg(test)]");
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].starts_with(&cfg_test) {
            at = end_of_item(tokens, at + cfg_test.len());
        } else {
            found.push(tokens[at].clone());
            at += 1;
        }
    }
    found
}

fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    while at < tokens.len() {
        match tokens[at] {
            Token::Sign('{' | '(' | '[') => depth += 1,
            Token::Sign('}' | ')' | ']') => {
                depth -= 1;
                if depth == 0 && tokens[at] == Token::Sign('}') {
                    return at + 1;
                }
            }
            Token::Sign(';') if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}
