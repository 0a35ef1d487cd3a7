//! `Compress` and connections that stay open: it holds back data until a block is full.

use std::{future::poll_fn, pin::pin};

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    http::header::ContentEncoding,
    middleware::Compress,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes},
};
use clerk_actix::RequireAuth;
use futures_util::{FutureExt, StreamExt, stream};

use super::{bearer, production};

const EVENT: &[u8] = b"data: 1\n\n";

async fn events(user: RequireAuth) -> HttpResponse {
    HttpResponse::Ok().content_type("text/event-stream").streaming(one_and_no_end(&user))
}

async fn as_they_are(user: RequireAuth) -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentEncoding::Identity).streaming(one_and_no_end(&user))
}

fn one_and_no_end(user: &RequireAuth) -> impl stream::Stream<Item = Result<Bytes, Error>> + use<> {
    user.until_expiry(stream::iter([Ok(Bytes::from_static(EVENT))]).chain(stream::pending()))
}

#[actix_web::test]
async fn compress_holds_events_back() {
    let (clerk, middleware) = production();
    let app = init_service(
        App::new()
            .route("/events", web::get().to(events))
            .route("/as-they-are", web::get().to(as_they_are))
            .wrap(middleware)
            .wrap(Compress::default()),
    )
    .await;
    for (path, comes_at_once) in [("/events", false), ("/as-they-are", true)] {
        let request = TestRequest::with_uri(path).insert_header(bearer(&clerk, "user_1"));
        let request = request.insert_header(("Accept-Encoding", "gzip")).to_request();
        let mut body = pin!(call_service(&app, request).await.into_body());
        let first = poll_fn(|context| body.as_mut().poll_next(context)).now_or_never();
        assert_eq!(matches!(first, Some(Some(Ok(event))) if event == EVENT), comes_at_once, "{path}");
    }
}

async fn live(_: RequireAuth, req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    Ok(actix_ws::handle(&req, body)?.0)
}

#[actix_web::test]
async fn compress_leaves_websockets_alone() {
    let (clerk, middleware) = production();
    let app = App::new().route("/live", web::get().to(live)).wrap(middleware).wrap(Compress::default());
    let app = init_service(app).await;
    let handshake = TestRequest::with_uri("/live")
        .insert_header(bearer(&clerk, "user_1"))
        .insert_header(("Accept-Encoding", "gzip"))
        .insert_header(("Connection", "Upgrade"))
        .insert_header(("Upgrade", "websocket"))
        .insert_header(("Sec-WebSocket-Version", "13"))
        .insert_header(("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="));
    let response = call_service(&app, handshake.to_request()).await;
    assert_eq!((response.status().as_u16(), response.headers().get("content-encoding")), (101, None));
}
