//! The programs on the pages, which people copy, start a logger: without one, nothing says why a request is rejected.

use std::{fs, path::Path};

#[test]
fn programs_on_the_pages_start_a_logger() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let pages = fs::read_dir(root.join("docs")).unwrap().map(|page| page.unwrap().path());
    let mut programs = 0;
    for page in pages.chain([root.join("README.md")]).filter(|page| page.extension().is_some_and(|ext| ext == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        let blocks = text.split("```rust").skip(1).filter_map(|rest| rest.split("\n```").next());
        for block in blocks.filter(|block| block.contains("fn main()") && block.contains("HttpServer::new")) {
            programs += 1;
            assert!(block.contains("tracing_subscriber::"), "{}: no logger in\n{block}", page.display());
        }
    }
    assert!(programs > 10, "{programs} programs");
}
