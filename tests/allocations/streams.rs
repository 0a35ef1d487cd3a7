//! A list of any length takes the memory of one page.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{App, HttpResponse, web};
use clerk_actix::{ClerkClient, ClerkConfig};
use serde_json::{Value, json};

use crate::{allocations, alone, support::servers::serve};

const PAGE: usize = 500;

/// A Backend API with this many pages of users, of this many bytes each.
fn backend_api(pages: usize, bytes: usize) -> (actix_test::TestServer, ClerkClient) {
    let user = |n: usize| {
        json!({
            "object": "user", "id": format!("user_{n:024}"), "first_name": "Ada", "last_name": null,
            "email_addresses": [{ "id": "idn_1", "email_address": "ada@example.com", "linked_to": [] }],
            "private_metadata": { "note": "x".repeat(bytes.saturating_sub(250)) }, "created_at": 1_700_000_000_000_u64,
        })
    };
    // Every page is the same, and written once: what the server allocates is not what is measured.
    let page = web::Bytes::from((0..PAGE).map(user).collect::<Value>().to_string());
    let left = Arc::new(AtomicUsize::new(pages));
    let api = serve(move || {
        let (page, left) = (page.clone(), Arc::clone(&left));
        App::new().default_service(web::to(move || {
            let is_left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            let body = if is_left { page.clone() } else { web::Bytes::from_static(b"[]") };
            std::future::ready(HttpResponse::Ok().content_type("application/json").body(body))
        }))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    (api, client)
}

/// Reads all users. Returns their number, and the most memory that was held after each of the first ten pages and after
/// each of the others.
async fn read(pages: usize, bytes: usize) -> (usize, i64, i64) {
    let (_api, client) = backend_api(pages, bytes);
    let mut users = client.users().list().all();
    allocations::weigh();
    let (mut count, mut first, mut later) = (0, 0, 0);
    while let Some(user) = users.next().await {
        assert_eq!(user.unwrap().id.len(), 29);
        count += 1;
        let most = if count <= 10 * PAGE { &mut first } else { &mut later };
        *most = allocations::held().max(*most);
    }
    (count, first, later)
}

/// On a busy machine, a page or two more are on their way between the threads at some moment; the number of pages that have
/// been read does not matter.
fn assert_bounded(first: i64, later: i64, bytes: i64) {
    let allowed = first + first / 10 + 2 * PAGE as i64 * bytes;
    assert!(later <= allowed, "{later} bytes, {first} in the first ten pages");
}

#[actix_web::test]
async fn a_hundred_thousand_users_take_the_memory_of_one_page() {
    let _alone = alone().await;
    let (count, first, later) = read(200, 300).await;
    assert_eq!(count, 100_000);
    assert_bounded(first, later, 300);
    assert!(first > 200 * PAGE as i64 && first < 4_000_000, "{first} bytes");
    println!("100,000 users of 300 bytes: at most {first} bytes in the first ten pages, {later} in the others");
}

#[actix_web::test]
async fn pages_of_large_users_are_freed_too() {
    let _alone = alone().await;
    let (count, first, later) = read(40, 4_000).await;
    assert_eq!(count, 20_000);
    assert_bounded(first, later, 4_000);
    assert!(first < 5 * 4_000 * PAGE as i64, "{first} bytes");
    println!("20,000 users of 4 KB: at most {first} bytes in the first ten pages, {later} in the others");
}
