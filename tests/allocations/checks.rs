//! A check allocates nothing, whatever it checks.
//!
//! A token's organization is decoded once, on first use.

use std::time::Duration;

use actix_web::{FromRequest, test::TestRequest};
use clerk_actix::{
    Check, RequireAuth, Reverification, Session,
    testing::{self, TestRequestExt},
};

use crate::{allocations, alone};

const EVERYTHING: Check = Check::new()
    .role("org:admin")
    .permission("org:posts:publish")
    .feature("org:export")
    .plan("pro")
    .reverification(Reverification::STRICT);

const ONE_OF: Check = Check::any(&[Check::new().role("owner"), Check::new().scope("x"), EVERYTHING]);
const ALL_OF: Check = Check::all(&[EVERYTHING, Check::new().feature("beta")]);

#[actix_web::test]
async fn a_check_allocates_nothing() {
    let _alone = alone().await;
    allocations::mark_this_thread();
    let (allocations, _) = allocations::count(|| String::from("one"));
    assert_eq!(allocations, 1, "they are counted");

    for version in [1, 2] {
        for (name, check, expected) in [
            ("a role", Check::new().role("admin"), true),
            ("another role", Check::new().role("org:owner"), false),
            ("a permission", Check::new().permission("org:posts:publish"), true),
            ("another permission", Check::new().permission("posts:delete"), false),
            ("a feature", Check::new().feature("user:beta"), true),
            ("another feature", Check::new().feature("gamma"), false),
            ("a plan", Check::new().plan("org:team"), true),
            ("another plan", Check::new().plan("user:team"), false),
            ("a verification", Check::new().reverification(Reverification::LAX), true),
            (
                "a fresher one",
                Check::new().reverification(Reverification::first_factor(Duration::from_secs(5 * 60))),
                false,
            ),
            ("everything", EVERYTHING, true),
            ("one of several", ONE_OF, true),
            ("all of several", ALL_OF, true),
            ("nothing", Check::new(), false),
        ] {
            let session = session(version).await;
            assert_eq!(session.org_id(), Some("org_1"), "{name}");
            let (allocations, has) = allocations::count(|| session.has(&check));
            assert_eq!((has, allocations), (expected, 0), "{name}, version {version}");
        }
    }
}

/// A new session.
async fn session(version: u8) -> Session {
    let described = testing::session("user_1")
        .version(version)
        .org_id("org_1")
        .org_role("org:admin")
        .org_permissions(["org:posts:publish", "org:posts:read"])
        .claim("fea", "o:posts,o:export,u:beta")
        .claim("pla", "o:team, u:pro")
        .factor_verification_age(Duration::from_secs(5 * 60), Some(Duration::from_secs(8 * 60)));
    let req = TestRequest::get().signed_in(described).to_http_request();
    RequireAuth::<Session>::extract(&req).await.unwrap().into_inner()
}
