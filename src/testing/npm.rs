//! Clerk's own JavaScript, from a folder of npm's packages on this machine, at the paths at which Clerk serves it.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, Data, ServiceConfig},
};

use super::instance::Instance;

/// The packages whose files are served.
const PACKAGES: [&str; 2] = ["clerk-js", "ui"];

pub(super) fn routes(app: &mut ServiceConfig) {
    app.route("/npm/@clerk/{package}/dist/{file:.*}", web::get().to(serve));
}

/// `package` is `clerk-js@VERSION` with any version, for which the folder's own is served: chunks are asked for by the
/// exact version, and the first file by the major one.
async fn serve(clerk: Data<Instance>, path: web::Path<(String, String)>) -> HttpResponse {
    let (package, file) = path.into_inner();
    let found = clerk.npm_folder.as_deref().and_then(|folder| find(folder, &package, &file));
    match found.and_then(|path| Some((content_type(&path)?, fs::read(path).ok()?))) {
        Some((content_type, content)) => HttpResponse::Ok()
            .content_type(content_type)
            // Not for long: the next start may serve another version at the same path.
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(content),
        None => HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(
            "LocalClerk has no such file. Give LocalClerk::builder().npm_folder(…) the node_modules folder with \
             @clerk/clerk-js and @clerk/ui.\n",
        ),
    }
}

/// Returns the file of a package, if it is inside the package's `dist` folder, also after links are followed.
fn find(folder: &Path, package: &str, file: &str) -> Option<PathBuf> {
    let (name, version) = package.split_once('@')?;
    let is_plain = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    if !PACKAGES.contains(&name) || version.is_empty() || !is_plain || file.contains('\\') {
        return None;
    }
    let dist = folder.join("@clerk").join(name).join("dist").canonicalize().ok()?;
    let path = dist.join(file).canonicalize().ok()?;
    (path.starts_with(&dist) && path.is_file()).then_some(path)
}

/// Returns the type of the files that a browser loads. No others are served.
fn content_type(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "js" | "mjs" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "map" => Some("application/json"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_packages_are_found() {
        let folder = std::env::temp_dir().join(format!("clerk-actix-npm-{}", std::process::id()));
        for (path, content) in [
            ("node_modules/@clerk/clerk-js/dist/clerk.browser.js", "clerk"),
            ("node_modules/@clerk/clerk-js/dist/types/index.js", "types"),
            ("node_modules/@clerk/clerk-js/package.json", "{}"),
            ("node_modules/@clerk/ui/dist/ui.browser.js", "ui"),
            ("node_modules/@clerk/backend/dist/index.js", "backend"),
            ("node_modules/@clerk/secret.js", "secret"),
            ("secret.js", "secret"),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let npm = folder.join("node_modules");
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.join("secret.js"), npm.join("@clerk/ui/dist/link.js")).unwrap();
        for (package, file, expected) in [
            ("clerk-js@6", "clerk.browser.js", Some("clerk")),
            ("clerk-js@6.40.0", "clerk.browser.js", Some("clerk")),
            ("clerk-js@6.40.0", "types/index.js", Some("types")),
            ("ui@1", "ui.browser.js", Some("ui")),
            ("ui@latest", "ui.browser.js", Some("ui")),
            ("no version", "clerk.browser.js", None),
            ("clerk-js", "clerk.browser.js", None),
            ("clerk-js@", "clerk.browser.js", None),
            ("backend@3", "index.js", None),
            ("..@1", "secret.js", None),
            ("clerk-js@6", "", None),
            ("clerk-js@6", ".", None),
            ("clerk-js@6", "types", None),
            ("clerk-js@6", "../package.json", None),
            ("clerk-js@6", "types/../../package.json", None),
            ("clerk-js@6", "../../../../secret.js", None),
            ("clerk-js@6", "..\\..\\..\\..\\secret.js", None),
            ("clerk-js@6", "/etc/passwd", None),
            ("clerk-js@6", "missing.js", None),
            ("clerk-js@6", "clerk.browser.js\0", None),
            ("ui@1", "link.js", None),
        ] {
            let found = find(&npm, package, file).map(|path| fs::read_to_string(path).unwrap());
            assert_eq!(found.as_deref(), expected, "{package} {file:?}");
        }
        assert_eq!(find(&folder.join("nowhere"), "ui@1", "ui.browser.js"), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
