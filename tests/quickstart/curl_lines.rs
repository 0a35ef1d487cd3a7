//! The commands that the quickstart prints.

use crate::quickstart;

#[actix_web::test]
async fn its_curl_lines_give_what_they_say() {
    let (_quickstart, lines) = quickstart();
    let client = awc::Client::default();
    let (mut expected, mut tried) = (None, Vec::new());
    for line in lines {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix("# ") {
            expected = comment.split(':').next().and_then(|status| status.parse::<u16>().ok());
        }
        if line.starts_with("curl ") {
            let mut request = client.get(line.rsplit(' ').next().unwrap());
            if let Some(header) = line.split('\'').nth(1) {
                request = request.insert_header(header.split_once(": ").unwrap());
            }
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(Some(status), expected.take(), "{line}");
            tried.push(status);
        }
        if tried.len() == 2 {
            break;
        }
    }
    assert_eq!(tried, [401, 200]);
}
