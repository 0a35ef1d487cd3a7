//! The commands that the examples print.

use actix_web::http::Method;

use crate::programs::{Npm::Missing, example};

#[actix_web::test]
async fn the_curl_lines_give_what_they_say() {
    assert_eq!(statuses("quickstart", 2).await, [401, 200]);
    assert_eq!(statuses("spa", 3).await, [401, 200, 403]);
}

/// Runs the first commands that an example prints, each with the status that stands above it.
async fn statuses(name: &str, count: usize) -> Vec<u16> {
    let (_example, lines) = example(name, Missing);
    let client = awc::Client::default();
    let (mut expected, mut tried) = (None, Vec::new());
    for line in lines {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix("# ") {
            expected = comment.split(':').next().and_then(|status| status.parse::<u16>().ok());
        }
        if line.starts_with("curl ") {
            let method = if line.contains("-X POST") { Method::POST } else { Method::GET };
            let mut request = client.request(method, line.rsplit(' ').next().unwrap());
            if let Some(header) = line.split('\'').nth(1) {
                request = request.insert_header(header.split_once(": ").unwrap());
            }
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(Some(status), expected.take(), "{line}");
            tried.push(status);
        }
        if tried.len() == count {
            break;
        }
    }
    tried
}
