//! All elements of a list, page by page: where each page begins, and where the list ends.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, http::StatusCode, web};
use clerk_actix::{ClerkClient, ClerkConfig};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::support::servers::serve;

type Queries = Arc<Mutex<Vec<String>>>;

/// A Backend API with lists of this many elements: users as a plain list, organizations with their number, and domains at
/// once. Notes the queries. The third page of sign-ups fails.
fn backend_api(count: usize) -> (actix_test::TestServer, ClerkClient, Queries) {
    let queries = Queries::default();
    let seen = Arc::clone(&queries);
    let api = serve(move || {
        let seen = Arc::clone(&seen);
        let list = move |req: HttpRequest| {
            seen.lock().unwrap().push(req.query_string().to_owned());
            std::future::ready(page(&req, count))
        };
        App::new().default_service(web::to(list))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    (api, client, queries)
}

fn page(req: &HttpRequest, count: usize) -> HttpResponse {
    let query = web::Query::<Vec<(String, String)>>::from_query(req.query_string()).unwrap().into_inner();
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let number = |name: &str| value(name).and_then(|text| text.parse::<usize>().ok());
    let after = value("starting_after").and_then(|id| id.strip_prefix("id_")?.parse::<usize>().ok());
    let first = after.map_or(number("offset").unwrap_or(0), |last| last + 1);
    let end = count.min(first + number("limit").unwrap_or(10));
    let list: Vec<Value> = (first..end).map(|n| json!({ "id": format!("id_{n}") })).collect();
    match req.path() {
        "/v1/users" => HttpResponse::Ok().json(list),
        "/v1/machines" if first >= 20 => HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY).json(json!({})),
        _ => HttpResponse::Ok().json(json!({ "data": list, "total_count": count })),
    }
}

fn queries(queries: &Queries) -> Vec<String> {
    std::mem::take(&mut queries.lock().unwrap())
}

#[actix_web::test]
async fn every_element_comes_once_whatever_the_number() {
    for count in [0, 1, 9, 10, 11, 19, 20, 21] {
        let (_api, client, seen) = backend_api(count);
        let expected: Vec<String> = (0..count).map(|n| format!("id_{n}")).collect();
        let users = client.users().list().limit(10).all().map_ok(|user| user.id);
        assert_eq!(users.try_collect::<Vec<_>>().await.unwrap(), expected, "a plain list");
        assert_eq!(queries(&seen).len(), count / 10 + 1, "only a page that is not full ends it, {count}");
        let organizations = client.organizations().list().limit(10).all().map_ok(|one| one.id);
        assert_eq!(organizations.try_collect::<Vec<_>>().await.unwrap(), expected, "a list with its number");
        assert_eq!(queries(&seen).len(), count.div_ceil(10).max(1), "the number ends it, {count}");
    }
}

#[actix_web::test]
async fn where_pages_begin() {
    let (_api, client, seen) = backend_api(25);
    let users = || client.users().list().limit(10);
    for (name, call, expected) in [
        (
            "by the last user",
            users().banned(false),
            [
                "banned=false&limit=10",
                "banned=false&limit=10&starting_after=id_9",
                "banned=false&limit=10&starting_after=id_19",
            ],
        ),
        (
            "in the order of creation",
            users().order_by("-created_at"),
            [
                "order_by=-created_at&limit=10",
                "order_by=-created_at&limit=10&starting_after=id_9",
                "order_by=-created_at&limit=10&starting_after=id_19",
            ],
        ),
        (
            "by number in any other order",
            users().order_by("username"),
            [
                "order_by=username&limit=10",
                "order_by=username&limit=10&offset=10",
                "order_by=username&limit=10&offset=20",
            ],
        ),
        (
            "by number from an offset on",
            users().offset(5),
            ["limit=10&offset=5", "limit=10&offset=15", "limit=10&offset=25"],
        ),
    ] {
        assert!(call.all().try_collect::<Vec<_>>().await.is_ok(), "{name}");
        let sorted = |query: &str| {
            let mut parts: Vec<&str> = query.split('&').collect();
            parts.sort_unstable();
            parts.join("&")
        };
        let found: Vec<String> = queries(&seen).iter().map(|query| sorted(query)).collect();
        assert_eq!(found, expected.map(sorted), "{name}");
    }
    let keys = client.api_keys().list("user_ada").all().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!((keys.len(), queries(&seen)), (25, vec!["subject=user_ada&limit=100".to_owned()]), "the largest page");
}

#[actix_web::test]
async fn a_page_is_fetched_when_it_is_needed() {
    let (_api, client, seen) = backend_api(25);
    let mut users = client.users().list().limit(10).all();
    assert!(queries(&seen).is_empty(), "nothing yet");
    for _ in 0..10 {
        users.next().await.unwrap().unwrap();
    }
    assert_eq!(queries(&seen).len(), 1, "the first page is not used up before");
    drop(users);
    assert_eq!(client.users().list().limit(10).all().take(11).count().await, 11);
    assert_eq!(queries(&seen).len(), 2);
}

#[actix_web::test]
async fn an_error_ends_the_stream() {
    let (_api, client, _) = backend_api(50);
    let machines: Vec<_> = client.machines().list().limit(10).all().collect().await;
    let failed: Vec<usize> = machines.iter().enumerate().filter(|(_, one)| one.is_err()).map(|(at, _)| at).collect();
    assert_eq!((machines.len(), failed), (21, vec![20]));
    let mut refused = client.machines().list().limit(501).all();
    assert!(refused.next().await.unwrap().is_err() && refused.next().await.is_none());
}
