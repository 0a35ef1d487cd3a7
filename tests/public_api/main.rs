//! The public API as text: every item with its declaration, compared with `public_api.txt`, so that a change of the API
//! is seen in review. `just public-api` builds the documentation that this reads and runs it; with `UPDATE=1` it writes
//! the listing anew.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

const LISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/public_api/public_api.txt");

/// The attributes of sections that declare an item: methods, associated constants and types, module-level re-exports.
const DECLARES: &[&str] = &["id=\"method.", "id=\"tymethod.", "id=\"associatedconstant.", "id=\"associatedtype."];

#[test]
#[ignore = "reads the documentation that `just public-api` builds"]
fn the_listing_is_up_to_date() {
    let mut items = BTreeMap::new();
    read(&documentation(), "", &mut items);
    let listing: String = items.iter().map(|(name, declarations)| format!("{name}\n{declarations}\n")).collect();
    if env::var_os("UPDATE").is_some() {
        fs::write(LISTING, &listing).unwrap();
    }
    let expected = fs::read_to_string(LISTING).unwrap_or_default();
    let changed: Vec<&str> = difference(&expected, &listing).chain(difference(&listing, &expected)).collect();
    assert!(
        listing == expected,
        "the public API differs from tests/public_api/public_api.txt; if that is intended, run `UPDATE=1 just \
         public-api` and add a line to CHANGELOG.md:\n{}",
        changed.join("\n")
    );
}

/// Every item says what it does in its first line. That each has a documentation comment at all is a lint of the crate.
#[test]
#[ignore = "reads the documentation that `just public-api` builds"]
fn first_lines_are_sentences() {
    let mut bad = Vec::new();
    for (name, page) in pages(&documentation(), "") {
        for block in page.split("<div class=\"docblock").skip(1) {
            let Some(text) = block.split("<p>").nth(1).and_then(|rest| rest.split("</p>").next()) else { continue };
            let text = plain(text);
            let first = text.split(". ").next().unwrap_or_default();
            if first.len() < 4 || first.len() > 200 {
                bad.push(format!("{name}: {first}"));
            }
        }
    }
    assert!(bad.is_empty(), "first sentences that are too short or too long:\n{}", bad.join("\n"));
}

fn documentation() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(target).join("doc/clerk_actix")
}

/// Returns the pages of items, by name: `struct Session`, `testing::struct LocalClerk`. Pages that only redirect are left
/// out.
fn pages(folder: &Path, module: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}: run `just public-api`", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(pages(&path, &format!("{module}{name}::")));
            continue;
        }
        let page = fs::read_to_string(&path).unwrap_or_default();
        if let [kind, name, "html"] = name.split('.').collect::<Vec<_>>()[..]
            && page.contains("item-decl")
        {
            found.push((format!("{module}{kind} {name}"), page));
        }
    }
    found
}

fn read(folder: &Path, module: &str, items: &mut BTreeMap<String, String>) {
    for (name, page) in pages(folder, module) {
        // What follows is implemented for every type, or borrowed from another one.
        let own = ["id=\"deref-methods", "id=\"trait-implementations\"", "id=\"implementors\""];
        let end = own.iter().filter_map(|mark| page.find(mark)).min().unwrap_or(page.len());
        let page = &page[..end];
        let declaration = page.split("item-decl\"><code>").nth(1).and_then(|rest| rest.split("</code></pre>").next());
        let mut lines = vec![plain(declaration.unwrap_or_default())];
        for section in
            page.split("<section ").skip(1).filter(|section| DECLARES.iter().any(|id| section.starts_with(id)))
        {
            let header = section.split("code-header\">").nth(1).and_then(|rest| rest.split("</h4>").next());
            lines.extend(header.map(plain));
        }
        let text = lines.iter().flat_map(|line| line.lines()).map(|line| format!("    {line}\n"));
        items.insert(name, text.collect());
    }
}

/// Returns the text of HTML, without its tags and what only the page shows.
fn plain(html: &str) -> String {
    let html = html.replace("<div class=\"code-attribute\">", "").replace("]</div>", "]\n");
    let mut text = String::new();
    for (n, part) in html.split('<').enumerate() {
        text += if n == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) };
    }
    for (entity, char) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("\u{a0}", " "), ("&amp;", "&")]
    {
        text = text.replace(entity, char);
    }
    // A long declaration has a button that shows it.
    let lines = text.lines().map(|line| match line.find("Show ") {
        Some(start) if line.contains(" fields") || line.contains(" variants") => {
            let rest = line[start..].trim_start_matches("Show ").trim_start_matches(|c: char| c.is_ascii_digit());
            let rest = rest.trim_start_matches(" fields").trim_start_matches(" variants");
            format!("{}{rest}", &line[..start])
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Returns the lines of one text that the other does not have.
fn difference<'t>(text: &'t str, other: &str) -> impl Iterator<Item = &'t str> {
    let other: std::collections::BTreeSet<String> = other.lines().map(str::to_owned).collect();
    text.lines().filter(move |line| !other.contains(*line))
}
