//! The endpoints of `LocalClerk`, read from its source, so that no new one stays without a test.

use std::collections::BTreeSet;

/// Returns whether a call was made to a route, such as `GET /v1/users/{}`.
pub fn is_of(route: &str, method: &str, path: &str) -> bool {
    let Some((of, template)) = route.split_once(' ') else { return false };
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_segment = |(segment, actual): (&&str, &&str)| *segment == "{}" || segment == actual;
    of == method && template.len() == path.len() && template.iter().zip(&path).all(is_segment)
}

/// The arms of the `match` in `src/testing/frontend_api/mod.rs`.
pub fn of_the_frontend_api() -> BTreeSet<String> {
    let source = include_str!("../../../src/testing/frontend_api/mod.rs");
    let table = source.split("match (method.as_str(), segments.as_slice()) {").nth(1).unwrap();
    let table = table.split("\n        _ => {").next().unwrap();
    let mut routes = BTreeSet::from(["POST /v1/dev_browser".to_owned()]);
    for arm in table.split("=>").map(|text| text.rsplit("\n        (").next().unwrap()) {
        let (methods, paths) = arm.split_once('[').map_or((arm, ""), |(methods, rest)| (methods, rest));
        let methods: Vec<&str> = methods.split('"').skip(1).step_by(2).collect();
        for path in paths.split('[') {
            let segments = path.split(']').next().unwrap().split(',');
            // Of several literals for one segment, each makes a route.
            let mut paths = vec!["/v1".to_owned()];
            for segment in segments.map(str::trim).filter(|segment| !segment.is_empty()) {
                let literals: Vec<&str> = segment.split('"').skip(1).step_by(2).collect();
                let literals = if literals.is_empty() { vec!["{}"] } else { literals };
                paths = paths.iter().flat_map(|path| literals.iter().map(move |of| format!("{path}/{of}"))).collect();
            }
            routes.extend(methods.iter().flat_map(|method| paths.iter().map(move |path| format!("{method} {path}"))));
        }
    }
    assert!(routes.len() > 50, "{routes:#?}");
    routes
}

/// The lines of the table in `src/testing/backend_api.rs`.
pub fn of_the_backend_api() -> BTreeSet<String> {
    let source = include_str!("../../../src/testing/backend_api.rs");
    let mut routes = BTreeSet::new();
    for line in source.lines().map(str::trim).filter(|line| line.starts_with("on(&")) {
        let arguments: Vec<&str> = line.trim_start_matches("on(&").split(", ").collect();
        let method = arguments[0].trim_start_matches("Method::").to_uppercase();
        let path = match arguments[1].trim_matches('"') {
            path if path.starts_with('/') => path,
            name => source.split(&format!("let {name} = \"")).nth(1).unwrap().split('"').next().unwrap(),
        };
        let segments: Vec<&str> =
            path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
        routes.insert(format!("{method} {}", segments.join("/")));
    }
    assert!(routes.len() > 20, "{routes:#?}");
    routes
}
