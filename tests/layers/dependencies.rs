//! The page of dependencies lists what the default build compiles; and the public API shows few types of other crates.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::Command,
};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)).unwrap()
}

#[test]
#[ignore = "asks Cargo for the tree: `just supply-chain`"]
fn the_page_lists_the_default_tree() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = [
        "tree",
        "--locked",
        "--package=clerk-actix",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "-f",
        "{p}",
        "--target",
        "x86_64-unknown-linux-gnu",
    ];
    let output =
        Command::new(cargo).args(tree).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<&str> =
        output.lines().filter_map(|line| line.split(' ').next()).filter(|name| *name != "clerk-actix").collect();
    let page = read("docs/dependencies.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    let listed: BTreeSet<&str> = rows.flat_map(|crates| crates.split('`').skip(1).step_by(2)).collect();
    assert_eq!(listed, found, "docs/dependencies.md and `cargo tree -e normal,build`");
    let projects = page.lines().filter(|line| line.starts_with("| ") && line.contains('/')).count();
    let crates = found.len();
    for (page, text) in [
        ("docs/dependencies.md", format!("{crates} crates of {projects} projects")),
        ("docs/trust.md", format!("{crates} crates in the default tree")),
    ] {
        assert!(read(page).contains(&text), "{page} has to say \"{text}\"");
    }
    println!("{crates} crates in the default tree, all of them listed");
}

/// The types and traits of other crates that declarations of the public API name, and where they come from. It also
/// implements traits of `actix_web`, `serde` and `utoipa`. A new major version of such
/// a crate is a new major version of this one.
const FOREIGN: &[(&str, &str)] = &[
    ("DeserializeOwned", "serde"),
    ("Guard", "actix_web"),
    ("HeaderName", "actix_web::http"),
    ("HeaderValue", "actix_web::http"),
    ("HttpRequest", "actix_web"),
    ("Logger", "actix_web"),
    ("Map", "serde_json"),
    ("Method", "actix_web::http"),
    ("Operation", "utoipa"),
    ("SecurityRequirement", "utoipa"),
    ("Serialize", "serde"),
    ("ServiceRequest", "actix_web"),
    ("Stream", "futures"),
    ("Value", "serde_json"),
];

/// The standard library's.
const STD: &[&str] = &[
    "AsRef",
    "Box",
    "Cow",
    "Default",
    "Display",
    "Duration",
    "Err",
    "Fn",
    "FnOnce",
    "From",
    "Future",
    "HashMap",
    "Infallible",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "Item",
    "None",
    "Ok",
    "Option",
    "Output",
    "Path",
    "PathBuf",
    "Pin",
    "Rc",
    "Result",
    "Self",
    "Send",
    "Some",
    "String",
    "Sync",
    "SystemTime",
    "ErrorKind",
    "Vec",
    "Arc",
    "Hash",
    "Debug",
    "Clone",
    "Copy",
    "Target",
    "Iter",
    "IntoIter",
    "Context",
    "Poll",
];

#[test]
fn the_public_api_names_few_types_of_other_crates() {
    let listing = read("tests/public_api/public_api.txt");
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let words = |text: &'static str| text.split(move |char| !is_word(char));
    // Headings of traits' pages, a word that a line break joined, and a private trait.
    let noise = ["Provided", "Required", "Selfwhere", "Sealed"];
    let listing: &'static str = listing.leak();
    // Items, variants and generic parameters of this crate.
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for line in listing.lines() {
        match line.trim_start() {
            text if !line.starts_with(' ') => own.extend(text.rsplit(' ').next()),
            text if text.starts_with("type ") || text.starts_with("pub type ") => {
                own.extend(words(text).find(|word| word.starts_with(char::is_uppercase)))
            }
            // A variant: its name is the first word of the line.
            text if text.starts_with(char::is_uppercase) => own.extend(words(text).next()),
            _ => {}
        }
    }
    let is_type =
        |word: &&str| word.starts_with(char::is_uppercase) && word.len() > 1 && word.contains(char::is_lowercase);
    let mut foreign: BTreeMap<&str, &str> = BTreeMap::new();
    for line in listing.lines().filter(|line| line.starts_with(' ')) {
        for word in words(line)
            .filter(is_type)
            .filter(|word| !own.contains(word) && !STD.contains(word) && !noise.contains(word))
        {
            foreign.entry(word).or_insert(line.trim());
        }
    }
    let listed: BTreeSet<&str> = FOREIGN.iter().map(|(name, _)| *name).collect();
    let new: Vec<_> = foreign.iter().filter(|(name, _)| !listed.contains(*name)).collect();
    assert!(new.is_empty(), "types of other crates that are not listed in FOREIGN: {new:#?}");
    let gone: Vec<_> = listed.iter().filter(|name| !foreign.contains_key(*name)).collect();
    assert!(gone.is_empty(), "no longer in the API: {gone:?}");
}
