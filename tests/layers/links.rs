//! Links of the pages lead somewhere: to files and headings of this repository, and to pages of the built documentation.
//! Nothing is asked on the network.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Component, Path, PathBuf},
};

const DOCUMENTATION: &str = "https://docs.rs/clerk-actix/latest/clerk_actix/";
const REPOSITORY: &str = "https://github.com/clerk-actix/clerk-actix/";

/// The pages beside those in `docs/`.
const PAGES: [&str; 4] = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All pages, below the root.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = PAGES.iter().map(PathBuf::from).collect();
    let docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    pages.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    pages.sort();
    pages
}

/// The pages that the guide includes, by their modules.
fn guide() -> BTreeSet<String> {
    let text = read(Path::new("src/guide.rs"));
    let modules = text.split("\npub mod ").skip(1).filter_map(|rest| rest.split_once(" {}"));
    modules.map(|(module, _)| module.to_owned()).collect()
}

/// Returns the text without its blocks of code. Code in a line stays.
fn prose(page: &str) -> String {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns what the links of a page lead to: `[text](target)` and `[name]: target`.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next());
    let named =
        prose.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ").map(|(_, target)| target.trim()));
    inline.chain(named).map(str::to_owned).collect()
}

/// Returns the anchors of a page's headings, as GitHub and rustdoc make them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    let prose = prose(page);
    for heading in prose.lines().filter(|line| line.starts_with('#')) {
        let text = heading.trim_start_matches('#').trim();
        // The text of a link counts, and its target does not.
        let mut parts = text.split("](");
        let mut text = parts.next().unwrap_or_default().to_lowercase();
        parts.for_each(|part| text.push_str(part.split_once(')').map_or(part, |(_, rest)| rest)));
        let kept = text.chars().filter_map(|char| match char {
            ' ' => Some('-'),
            _ if char.is_alphanumeric() || char == '-' || char == '_' => Some(char),
            _ => None,
        });
        let anchor: String = kept.collect();
        let count = counts.entry(anchor.clone()).or_default();
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// Returns why a link to a file of this repository leads nowhere, if it does.
fn problem_of_file(path: &Path, anchor: Option<&str>) -> Option<String> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if !plain.pop() => return Some("leads out of the repository".into()),
            Component::Normal(name) => plain.push(name),
            _ => {}
        }
    }
    if !root().join(&plain).exists() {
        return Some(format!("{} does not exist", plain.display()));
    }
    let anchor = anchor?;
    let is_page = plain.extension().is_some_and(|extension| extension == "md");
    let is_there = is_page && anchors(&read(&plain)).contains(anchor);
    (!is_there).then(|| format!("{} has no heading #{anchor}", plain.display()))
}

/// Returns why a link leads nowhere, if that can be said without the built documentation.
fn problem(from: &Path, target: &str, guide: &BTreeSet<String>) -> Option<String> {
    let (address, anchor) = target.split_once('#').map_or((target, None), |(address, anchor)| (address, Some(anchor)));
    if let Some(module) = address.strip_prefix(DOCUMENTATION).and_then(|path| path.strip_prefix("guide/")) {
        let module = module.trim_end_matches("index.html").trim_end_matches('/');
        if module.is_empty() {
            return None;
        }
        if !guide.contains(module) {
            return Some(format!("src/guide.rs has no page {module}"));
        }
        return problem_of_file(&Path::new("docs").join(format!("{module}.md")), anchor);
    }
    if let Some(path) = address.strip_prefix(REPOSITORY) {
        let in_main = path.strip_prefix("blob/main/").or_else(|| path.strip_prefix("tree/main/"));
        return in_main.and_then(|path| problem_of_file(Path::new(path), anchor));
    }
    if address.contains("://") || address.starts_with("mailto:") {
        return None;
    }
    if address.is_empty() {
        return problem_of_file(from, anchor);
    }
    let is_in_guide =
        from.starts_with("docs") && from.file_stem().is_some_and(|name| guide.contains(&*name.to_string_lossy()));
    if is_in_guide {
        return Some("is relative, which leads nowhere on docs.rs: write the address".into());
    }
    problem_of_file(&from.parent().unwrap_or(Path::new("")).join(address), anchor)
}

#[test]
fn links_to_files_and_headings_lead_there() {
    let guide = guide();
    let (mut count, mut bad) = (0, Vec::new());
    for page in pages() {
        for target in links(&read(&page)) {
            count += 1;
            bad.extend(
                problem(&page, &target, &guide).map(|problem| format!("{}: {target} {problem}", page.display())),
            );
        }
    }
    assert!(count > 300, "only {count} links were found");
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let guide = guide();
    let page = Path::new("docs/browsers.md");
    for (from, target, is_good) in [
        (Path::new("README.md"), "docs/browsers.md", true),
        (Path::new("README.md"), "docs/browsers.md#redirect-loops", true),
        (Path::new("README.md"), "docs/browsers.md#redirect-loop", false),
        (Path::new("README.md"), "docs/browser.md", false),
        (Path::new("README.md"), "../README.md", false),
        (Path::new("docs/protocol.md"), "../README.md", true),
        (page, "#redirect-loops", true),
        (page, "#redirect-loop", false),
        (page, "handshake.md", false),
        (page, "https://docs.rs/clerk-actix/latest/clerk_actix/guide/handshake/", true),
        (page, "https://docs.rs/clerk-actix/latest/clerk_actix/guide/handshake/#the-steps", true),
        (page, "https://docs.rs/clerk-actix/latest/clerk_actix/guide/handshake/#the-step", false),
        (page, "https://docs.rs/clerk-actix/latest/clerk_actix/guide/handshakes/", false),
        (page, "https://github.com/clerk-actix/clerk-actix/blob/main/examples/spa.rs", true),
        (page, "https://github.com/clerk-actix/clerk-actix/blob/main/examples/spas.rs", false),
        (page, "https://clerk.com/anything", true),
    ] {
        assert_eq!(problem(from, target, &guide).is_none(), is_good, "{} {target}", from.display());
    }
}

#[test]
fn every_page_of_the_guide_is_in_its_table_and_says_what_it_is_for() {
    let text = read(Path::new("src/guide.rs"));
    let guide = guide();
    assert!(guide.len() >= 25, "{guide:?}");
    let rows: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! | [")).collect();
    for page in &guide {
        let count = rows.iter().filter(|row| row.contains(&format!("]({page}) | "))).count();
        assert_eq!(count, 1, "the tables of src/guide.rs name the page {page} {count} times");
        let opening: String = read(&Path::new("docs").join(format!("{page}.md"))).chars().take(600).collect();
        assert!(opening.contains("After this page"), "docs/{page}.md does not open with `After this page`");
    }
    assert_eq!(rows.len(), guide.len(), "a table of src/guide.rs names what is no page");
}

#[test]
fn the_code_of_every_page_is_compiled() {
    let compiled = read(Path::new("tests/pages.rs")) + &read(Path::new("examples/mcp/page.rs"));
    for page in pages() {
        let has_code = read(&page).contains("```rust");
        let is_compiled = compiled.contains(&format!("../{}\")]", page.display()));
        assert!(
            is_compiled || !has_code,
            "neither tests/pages.rs nor examples/mcp/page.rs includes {}",
            page.display()
        );
    }
}

/// The links to docs.rs of the pages and of the source's comments.
#[test]
#[ignore = "reads the documentation that `just links` builds"]
fn links_to_the_documentation_lead_to_its_pages() {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let built = root().join(target).join("doc/clerk_actix");
    let (mut read_pages, mut count, mut bad) = (BTreeMap::new(), 0, Vec::new());
    let mut files = pages();
    source_files(Path::new("src"), &mut files);
    for file in files {
        for found in read(&file).split(DOCUMENTATION).skip(1) {
            count += 1;
            let found = found.split([')', '>', ' ', '\n', '"', '`', '\\']).next().unwrap_or_default();
            let (path, anchor) = found.split_once('#').map_or((found, None), |(path, anchor)| (path, Some(anchor)));
            let path =
                if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
            let page = read_pages.entry(path.clone()).or_insert_with(|| fs::read_to_string(built.join(&path)).ok());
            let is_there = |page: &String| anchor.is_none_or(|anchor| page.contains(&format!("id=\"{anchor}\"")));
            if !page.as_ref().is_some_and(is_there) {
                bad.push(format!("{}: {found}", file.display()));
            }
        }
    }
    assert!(bad.is_empty(), "links to pages or items that the documentation does not have:\n{}", bad.join("\n"));
    assert!(count > 200, "only {count} links were found");
    println!("{count} links to {} pages of the documentation", read_pages.len());
}

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        match root().join(&path).is_dir() {
            true => source_files(&path, files),
            false => files.push(path),
        }
    }
}
