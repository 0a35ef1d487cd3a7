//! Files that are uploaded: the form that arrives, piece by piece, and calls that fail before it does.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, web};
use clerk_actix::{ClerkApiError, ClerkClient, ClerkConfig, client::FileUpload};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::servers::serve;

/// What arrived: content type, content length and body.
type Arrived = Arc<Mutex<Vec<(String, Option<String>, String)>>>;

fn backend_api() -> (actix_test::TestServer, ClerkClient, Arrived) {
    let arrived = Arrived::default();
    let seen = Arc::clone(&arrived);
    let api = serve(move || {
        let seen = Arc::clone(&seen);
        App::new().default_service(web::to(move |req: HttpRequest, mut body: web::Payload| {
            let seen = Arc::clone(&seen);
            async move {
                let header = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
                let mut text = String::new();
                while let Some(Ok(piece)) = body.next().await {
                    text += &String::from_utf8_lossy(&piece);
                }
                seen.lock().unwrap().push((header("content-type").unwrap(), header("content-length"), text));
                HttpResponse::Ok().json(json!({ "id": "user_ada" }))
            }
        }))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    (api, client, arrived)
}

fn pieces() -> impl stream::Stream<Item = Result<&'static str, Infallible>> + Send {
    stream::iter(["one, ", "", "two, ", "three"].map(Ok))
}

#[actix_web::test]
async fn the_form_that_arrives() {
    let (_api, client, arrived) = backend_api();
    for (name, file, file_name, length) in [
        ("in memory", FileUpload::new("image/png", "one, two, three"), "file", true),
        ("in pieces", FileUpload::from_stream("image/png", pieces()), "file", false),
        ("in pieces, of a known length", FileUpload::from_stream("image/png", pieces()).length(15), "file", true),
        (
            "a name that would end the header",
            FileUpload::new("image/png", "one, two, three").file_name("a\"; x=\"b\r\nc\u{0}.png"),
            "a%22; x=%22b%0D%0Ac_.png",
            true,
        ),
    ] {
        client.users().set_profile_image("user_ada", file).await.unwrap();
        let (content_type, content_length, body) = arrived.lock().unwrap().pop().unwrap();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
             Content-Type: image/png\r\n\r\none, two, three\r\n--{boundary}--\r\n"
        );
        assert_eq!(body, expected, "{name}");
        assert_eq!(content_length, length.then(|| body.len().to_string()), "{name}");
    }
    let logo = || FileUpload::new("image/png", "one");
    client.organizations().set_logo("org_acme", Some("user_ada"), logo()).await.unwrap();
    let (.., body) = arrived.lock().unwrap().pop().unwrap();
    assert!(body.contains("form-data; name=\"uploader_user_id\"\r\n\r\nuser_ada\r\n--"), "{body}");
}

#[actix_web::test]
async fn the_next_piece_is_asked_for_when_the_last_one_is_gone() {
    let (_api, client, arrived) = backend_api();
    let (sender, receiver) = mpsc::channel::<Vec<u8>>(1);
    let pieces =
        stream::unfold(receiver, async |mut receiver| Some((Ok::<_, Infallible>(receiver.recv().await?), receiver)));
    let upload = async {
        client.users().set_profile_image("user_ada", FileUpload::from_stream("image/png", pieces.boxed())).await
    };
    // The channel has room for a piece when the upload has taken the last one.
    let pieces = async move {
        for _ in 0..20 {
            sender.send(vec![b'x'; 64 << 10]).await.unwrap();
        }
    };
    let (uploaded, ()) = futures_util::future::join(upload, pieces).await;
    uploaded.unwrap();
    let (.., body) = arrived.lock().unwrap().pop().unwrap();
    assert!(body.len() > 20 << 16 && body.ends_with("--\r\n"));
}

#[actix_web::test]
async fn a_file_that_fails_makes_the_call_fail() {
    let (_api, client, arrived) = backend_api();
    let broken = || stream::iter([Ok("one, "), Err(io::Error::other("disk"))]);
    for (name, file) in [
        ("a piece fails", FileUpload::from_stream("image/png", broken())),
        ("too short", FileUpload::from_stream("image/png", pieces()).length(16)),
        ("too long", FileUpload::from_stream("image/png", pieces()).length(14)),
    ] {
        let error = client.users().set_profile_image("user_ada", file).await.unwrap_err();
        assert!(matches!(error, ClerkApiError::Unreachable(_)), "{name}: {error:?}");
        for (.., body) in arrived.lock().unwrap().drain(..) {
            assert!(!body.ends_with("--\r\n"), "{name}: no complete form arrives");
        }
    }
    for content_type in ["", "png", "image/", "/png", "image/png\r\nx: y", "image/png/x", "image/p\u{e9}"] {
        let error = client.users().set_profile_image("user_ada", FileUpload::new(content_type, "one")).await;
        assert!(matches!(error, Err(ClerkApiError::InvalidBody)), "{content_type:?}: {error:?}");
    }
    assert!(client.users().delete_profile_image("../x").await.is_err());
}
