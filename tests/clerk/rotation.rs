//! Rotation of Clerk's signing keys: which tokens count at once, and which do no longer, whether they were remembered or
//! not, in a header and in cookies.

use std::{fs, path::Path};

use actix_test::TestServer;
use clerk_actix::testing::{self, Behavior, Endpoint::Jwks, LocalClerk};
use serde_json::{Value, json};

use crate::support::{get, local_clerk, payload, seconds, send, server};

/// A token that lives through the whole test.
fn long(clerk: &LocalClerk, user: &str) -> String {
    clerk.mint(testing::session(user).lifetime(seconds(10_000)))
}

/// The status with the token in a header and in cookies: the same.
async fn status(server: &TestServer, token: &str) -> u16 {
    let header = get(server, "/require", token).await.status;
    let cookies = format!("__session={token}; __client_uat=1");
    let cookies = send(server.get("/require").insert_header(("Cookie", cookies))).await.status;
    assert_eq!(header, cookies);
    header
}

type Change = fn(&LocalClerk);

/// When, how many seconds after the time before, and the status of the old token and of the new one.
type At = (&'static str, u64, u16, Option<u16>);

#[actix_web::test]
async fn tokens_of_old_and_new_keys() {
    let changes: [(&str, Change, [At; 3]); 4] = [
        (
            "a key is added",
            LocalClerk::add_key,
            [("at once", 10, 200, Some(200)), ("later", 300, 200, Some(200)), ("much later", 3_000, 200, Some(200))],
        ),
        (
            "a key takes the place of the old one",
            LocalClerk::rotate_keys,
            // The new token brings the new keys, and the old key is gone.
            [("at once", 10, 401, Some(200)), ("later", 300, 401, Some(200)), ("much later", 3_000, 401, Some(200))],
        ),
        (
            "a key takes the place of the old one, and nobody comes with it",
            LocalClerk::rotate_keys,
            [("at once", 10, 200, None), ("before the keys are due", 229, 200, None), ("after it", 70, 401, None)],
        ),
        (
            "another key under the same kid",
            LocalClerk::replace_key,
            [("at once", 10, 401, Some(200)), ("later", 300, 401, Some(200)), ("much later", 3_000, 401, Some(200))],
        ),
    ];
    for (name, change, times) in changes {
        for is_remembered in [true, false] {
            let clerk = local_clerk();
            let server = server(clerk.config());
            let old = long(&clerk, "user_old");
            // Loads the keys in any case.
            assert_eq!(status(&server, &long(&clerk, "user_first")).await, 200, "{name}");
            if is_remembered {
                assert_eq!(status(&server, &old).await, 200, "{name}");
            }
            change(&clerk);
            let new = long(&clerk, "user_new");
            for (when, after, expected_old, expected_new) in times {
                clerk.clock().advance(seconds(after));
                if let Some(expected) = expected_new {
                    assert_eq!(status(&server, &new).await, expected, "{name}, {when}: the new one");
                }
                assert_eq!(status(&server, &old).await, expected_old, "{name}, {when}: the old one, {is_remembered}");
            }
        }
    }
}

/// Two instances in one process, both with a key under one `kid`: each verifies its own tokens, remembered or not.
#[actix_web::test]
async fn one_kid_in_two_instances() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("one-kid-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let clerks = [local_clerk(), local_clerk()];
    let mut servers = Vec::new();
    for (n, clerk) in clerks.iter().enumerate() {
        let file = directory.join(format!("{n}.json"));
        let jwk = jwk(clerk);
        fs::write(&file, json!({ "keys": [jwk], "fetched_at": now(clerk) }).to_string()).unwrap();
        clerk.behave(Jwks, Behavior::Status(500));
        servers.push(server(clerk.config_builder().jwks_file(file).build().unwrap()));
    }
    let tokens = clerks.each_ref().map(|clerk| clerk.mint(testing::session("user_1").header("kid", "ins_shared")));
    for _ in 0..2 {
        for (n, server) in servers.iter().enumerate() {
            assert_eq!(status(server, &tokens[n]).await, 200, "its own");
            assert_eq!(status(server, &tokens[1 - n]).await, 401, "the other's");
        }
    }
    fs::remove_dir_all(directory).unwrap();
}

fn now(clerk: &LocalClerk) -> u64 {
    payload(&clerk.session_token("user_1"))["iat"].as_u64().unwrap()
}

/// The instance's key under another name.
fn jwk(clerk: &LocalClerk) -> Value {
    use base64::{
        Engine,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    let pem = clerk.jwt_key();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let modulus = URL_SAFE_NO_PAD.encode(&STANDARD.decode(body).unwrap()[33..][..256]);
    json!({ "kid": "ins_shared", "kty": "RSA", "use": "sig", "alg": "RS256", "n": modulus, "e": "AQAB" })
}
