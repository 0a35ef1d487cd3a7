//! Signing keys in a file: a server that starts while Clerk is unreachable verifies tokens with them, and for no longer
//! than with keys in memory.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use clerk_actix::{
    ClerkConfig, ConfigError, JwksFileProblem,
    doctor::Status,
    testing::{Behavior, Endpoint::Jwks, LocalClerk},
};
use serde_json::{Value, json};

use crate::support::{get, local_clerk, seconds, server, until};

/// A directory that is removed again.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("jwks-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("clerk-jwks.json")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(clerk: &LocalClerk, file: &Path) -> Result<ClerkConfig, ConfigError> {
    clerk.config_builder().jwks_file(file).build()
}

/// What a request with this token gets from a server that has just started.
async fn status_at_a_start(clerk: &LocalClerk, file: &Path, token: &str) -> u16 {
    get(&server(config(clerk, file).unwrap()), "/require", token).await.status
}

fn problem(clerk: &LocalClerk, file: &Path) -> JwksFileProblem {
    match config(clerk, file) {
        Err(ConfigError::JwksFile { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// Waits until the file has the keys that this instance has now. It is written after the response, aside.
async fn until_written(clerk: &LocalClerk, file: &Path) -> Value {
    let kid = header_kid(&clerk.session_token("user_1"));
    let read =
        || -> Value { fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default() };
    let is_written = |document: &Value| {
        let has_the_key = |keys: &Vec<Value>| keys.iter().any(|key| key["kid"] == kid);
        document["fetched_at"].is_number() && document["keys"].as_array().is_some_and(has_the_key)
    };
    until("the file", async || is_written(&read())).await;
    read()
}

fn header_kid(token: &str) -> Value {
    crate::support::payload(&format!(".{}", token.split('.').next().unwrap()))["kid"].clone()
}

#[actix_web::test]
async fn a_start_during_an_outage() {
    let (clerk, directory) = (local_clerk(), Directory::new("outage"));
    let file = directory.file();
    let token = || clerk.session_token("user_1");
    clerk.behave(Jwks, Behavior::Status(500));
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 503, "there is no file yet");
    assert!(!file.exists());

    clerk.behave(Jwks, Behavior::Normal);
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 200);
    let written = until_written(&clerk, &file).await;
    assert_eq!(written["frontend_api"], config(&clerk, &file).unwrap().frontend_api());
    assert!(!written.to_string().contains(clerk.secret_key()));
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);

    for behavior in [Behavior::Status(500), Behavior::TooManyRequests(seconds(60)), Behavior::Html, Behavior::CutShort]
    {
        clerk.behave(Jwks, behavior.clone());
        let config = config(&clerk, &file).unwrap();
        assert!(config.is_ready(), "{behavior:?}");
        let server = server(config);
        for _ in 0..3 {
            assert_eq!(get(&server, "/require", &token()).await.status, 200, "{behavior:?}");
        }
    }
    // Five minutes and an hour after Clerk has sent them, and not after the start.
    clerk.clock().advance(seconds(3899));
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 200);
    clerk.clock().advance(seconds(1));
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 503);
    assert!(!config(&clerk, &file).unwrap().is_ready());
    clerk.behave(Jwks, Behavior::Normal);
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 200);
    // Nothing else is left there.
    until("the end of temporary files", async || fs::read_dir(&directory.0).unwrap().count() == 1).await;
}

/// Fresh keys are used without a call, and aged ones are asked after, as they would be without a restart.
#[actix_web::test]
async fn keys_from_the_file_age() {
    let (clerk, directory) = (local_clerk(), Directory::new("age"));
    let file = directory.file();
    assert_eq!(status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await, 200);
    until_written(&clerk, &file).await;
    assert_eq!(clerk.calls(Jwks), 1);
    assert_eq!(status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await, 200);
    assert_eq!(clerk.calls(Jwks), 1, "they are fresh");
    let old = clerk.session_token("user_1");
    clerk.rotate_keys();
    assert_eq!(status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await, 200, "a new key is fetched");
    until_written(&clerk, &file).await;
    assert_eq!(status_at_a_start(&clerk, &file, &old).await, 401, "a removed key is in the file no more");
    clerk.clock().advance(seconds(300));
    assert_eq!(status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await, 200);
    assert_eq!(
        clerk.calls(Jwks),
        4,
        "an unknown kid may be a new key, and keys that are not fresh are asked after first"
    );
}

/// A document that somebody else put there counts from its last change.
#[actix_web::test]
async fn a_document_of_ones_own() {
    let (clerk, directory) = (local_clerk(), Directory::new("own"));
    let file = directory.file();
    status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await;
    let document = until_written(&clerk, &file).await;
    fs::write(&file, json!({ "keys": document["keys"] }).to_string()).unwrap();
    clerk.behave(Jwks, Behavior::Status(500));
    let token = || clerk.session_token("user_1");
    clerk.clock().set(SystemTime::now());
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 200);
    clerk.clock().advance(seconds(2 * 3600));
    assert_eq!(status_at_a_start(&clerk, &file, &token()).await, 503);
}

/// A damaged file stops no server: it starts without keys, says so, and the next fetch replaces the file.
#[actix_web::test]
async fn files_that_are_ignored() {
    let (clerk, directory) = (local_clerk(), Directory::new("damaged"));
    let file = directory.file();
    status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await;
    let good = until_written(&clerk, &file).await;
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        document.to_string()
    };
    for (name, text) in [
        ("empty", String::new()),
        ("cut short", good.to_string()[..100].to_owned()),
        ("not JSON", "<html>".to_owned()),
        ("null", "null".to_owned()),
        ("no keys", with("keys", json!([]))),
        ("keys of another type", with("keys", json!([{ "kty": "EC", "kid": "a" }]))),
        ("a time that is a text", with("fetched_at", json!("now"))),
        ("binary", "\0\u{1}\u{feff}".to_owned()),
        ("too long", format!("{}{good}", " ".repeat(5 << 20))),
    ] {
        fs::write(&file, text).unwrap();
        clerk.behave(Jwks, Behavior::Status(500));
        let config = config(&clerk, &file).unwrap();
        let report = config.doctor().await;
        let finding = report.findings().iter().find(|finding| finding.name() == "JWKS file").unwrap();
        assert_eq!(finding.status(), Status::Warning, "{name}: {finding:?}");
        let server = server(config);
        assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 503, "{name}");
        clerk.behave(Jwks, Behavior::Normal);
        clerk.clock().advance(seconds(2));
        assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 200, "{name}");
        until_written(&clerk, &file).await;
    }
    for (name, time) in [("the future", 9_999_999_999_u64), ("the past", 1)] {
        fs::write(&file, with("fetched_at", json!(time))).unwrap();
        clerk.behave(Jwks, Behavior::Status(500));
        assert_eq!(status_at_a_start(&clerk, &file, &clerk.session_token("user_1")).await, 503, "{name}");
    }
}

/// Whatever lets somebody else choose the keys, or makes the setting useless, stops the server at its start.
#[actix_web::test]
async fn files_that_are_errors() {
    let (clerk, directory) = (local_clerk(), Directory::new("errors"));
    let file = directory.file();
    assert_eq!(problem(&clerk, &directory.0), JwksFileProblem::NotAFile);
    for missing in [directory.0.join("missing/keys.json"), PathBuf::from("/"), directory.0.join("..")] {
        let problem = problem(&clerk, &missing);
        assert!(matches!(problem, JwksFileProblem::DirectoryNotWritable { .. }), "{missing:?}: {problem:?}");
    }
    let stranger = local_clerk();
    status_at_a_start(&stranger, &file, &stranger.session_token("user_1")).await;
    until_written(&stranger, &file).await;
    assert_eq!(problem(&clerk, &file), JwksFileProblem::OfAnotherInstance);
    #[cfg(unix)]
    {
        use std::os::unix::{fs::PermissionsExt, net::UnixListener};
        for mode in [0o620, 0o602, 0o666, 0o777] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(problem(&stranger, &file), JwksFileProblem::WritableByOthers, "{mode:o}");
        }
        for mode in [0o600, 0o644, 0o400] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert!(config(&stranger, &file).is_ok(), "{mode:o}");
        }
        let (link, socket) = (directory.0.join("link"), directory.0.join("socket"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(config(&stranger, &link).is_ok(), "a link is followed");
        // Only root can make somebody else's link.
        if std::os::unix::fs::lchown(&link, Some(65_534), None).is_ok() {
            assert_eq!(problem(&stranger, &link), JwksFileProblem::OfAnotherUser, "unless somebody else made it");
        }
        let _socket = UnixListener::bind(&socket).unwrap();
        assert_eq!(problem(&stranger, &socket), JwksFileProblem::NotAFile);
        std::os::unix::fs::symlink(directory.0.join("nowhere"), directory.0.join("dangling")).unwrap();
        assert!(config(&stranger, &directory.0.join("dangling")).is_ok(), "nothing is read from it");
    }
    let beside = clerk.config_builder().jwks_file(&file).jwt_key(clerk.jwt_key()).build();
    assert_eq!(beside.map(drop), Err(ConfigError::JwksFileBesideJwtKey));
    let empty = clerk.config_builder().jwks_file("").build();
    assert!(matches!(empty, Err(ConfigError::Empty { setting: "jwks_file", .. })));
    let machine = ClerkConfig::builder().machine_secret_key("ak_1").jwks_file(&file).build();
    assert!(matches!(machine, Err(ConfigError::SecretKeyNeededFor { setting: "jwks_file", .. })));
    let message = config(&clerk, &file).unwrap_err().to_string();
    assert!(message.starts_with("jwks_file (CLERK_JWKS_FILE) is "), "{message}");
}

/// A disk that is full or gone costs a warning, and no request.
#[actix_web::test]
async fn a_file_that_cannot_be_written() {
    let (clerk, directory) = (local_clerk(), Directory::new("unwritable"));
    let file = directory.file();
    let config = config(&clerk, &file).unwrap();
    fs::remove_dir_all(&directory.0).unwrap();
    let server = server(config.clone());
    assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 200);
    loop {
        let report = config.doctor().await;
        let finding = report.findings().iter().find(|finding| finding.name() == "JWKS file").unwrap();
        if finding.status() == Status::Warning {
            assert!(finding.found().contains("could not be written"), "{finding:?}");
            break;
        }
    }
}
