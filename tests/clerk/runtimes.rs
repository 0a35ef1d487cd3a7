//! Calls, tokens, keys and the middleware work on any thread and runtime.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use actix_web::{App, test as actix, web};
use clerk_actix::{
    AnyToken, ClerkApiError, ClerkClient, ClerkMiddleware, GetTokenOptions, M2mTokenSource, RequireAuth,
    client::{NewApiKey, NewM2mToken},
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use tokio::runtime::Builder;

use crate::support::{bearer, config_with_machine, local_clerk};

/// Runs a future on this thread with nothing else: no timers, no sockets, no tasks.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Everything that an application may ask of Clerk outside a request.
async fn ask(clerk: Arc<LocalClerk>) {
    let config = config_with_machine(&clerk);
    let token = clerk.session_token("user_ada");
    let session = config.verify_session_token(&token).await.unwrap();
    assert_eq!(session.renew(&token).await.unwrap().user_id(), "user_ada");
    assert!(
        !session.get_token(GetTokenOptions::new().lifetime(Duration::from_secs(60))).await.unwrap().expose().is_empty()
    );
    let client = ClerkClient::new(config.clone());
    clerk.behave_once(Endpoint::GetUser, Behavior::Status(500));
    let ada = client.users().get("user_ada").await.unwrap();
    assert_eq!(ada.first_name.as_deref(), Some("Ada"), "at the second attempt");
    let hanging = clerk.config_builder().api_timeout(Duration::from_millis(50)).build().unwrap();
    clerk.behave_once(Endpoint::CreateApiKey, Behavior::Hang);
    let timeout = ClerkClient::new(hanging.clone()).api_keys().create(NewApiKey::new("user_ada", "key")).await;
    assert!(matches!(timeout, Err(ClerkApiError::Timeout)));
    let source = M2mTokenSource::new(config.clone(), NewM2mToken::new()).unwrap();
    let minted = source.token().await.unwrap();
    assert_eq!(client.m2m().verify(minted.expose()).await.unwrap().subject, clerk.machine_id());
}

#[test]
fn calls_from_any_thread() {
    type Runs = fn(Arc<LocalClerk>);
    let cases: [(&str, Runs); 7] = [
        ("no runtime", |clerk| block_on(ask(clerk))),
        ("Tokio's, on one thread", |clerk| {
            Builder::new_current_thread().enable_all().build().unwrap().block_on(ask(clerk))
        }),
        ("Tokio's, in a task that moves between threads", |clerk| {
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(runtime.spawn(ask(clerk))).unwrap();
        }),
        ("Tokio's without timers and sockets", |clerk| {
            Builder::new_current_thread().build().unwrap().block_on(ask(clerk))
        }),
        ("Actix's", |clerk| actix_web::rt::System::new().block_on(ask(clerk))),
        ("Actix's, and after it none", |clerk| {
            actix_web::rt::System::new().block_on(ask(Arc::clone(&clerk)));
            block_on(ask(clerk));
        }),
        ("Actix's twice", |clerk| {
            actix_web::rt::System::new().block_on(ask(Arc::clone(&clerk)));
            actix_web::rt::System::new().block_on(ask(clerk));
        }),
    ];
    for (name, runs) in cases {
        let clerk = Arc::new(LocalClerk::start_production().unwrap());
        let asking = thread::Builder::new().name(name.to_owned());
        asking.spawn(move || runs(clerk)).unwrap().join().unwrap_or_else(|_| panic!("{name}"));
    }
}

/// `tokio::spawn`, GraphQL and `async_trait` need futures that can move to another thread.
#[test]
fn futures_are_send() {
    fn send<T: Send>(_: T) {}
    let clerk = local_clerk();
    let config = config_with_machine(&clerk);
    let client = ClerkClient::new(config.clone());
    let token = clerk.session_token("user_ada");
    send(client.users().get("user_ada"));
    send(client.users().get("user_ada").into_future());
    // The type of the response does not have to be `Send`.
    send(client.request::<NotSend>(actix_web::http::Method::GET, ["users"]).into_future());
    send(client.sessions().get_token("sess_1", GetTokenOptions::new()));
    send(client.m2m().verify("a.b.c"));
    send(config.verify_session_token(&token));
    let session = block_on(config.verify_session_token(&token)).unwrap();
    send(session.get_token(GetTokenOptions::new()));
    send(session.renew(&token));
    send(M2mTokenSource::new(config.clone(), NewM2mToken::new()).unwrap().token());
}

#[derive(serde::Deserialize)]
struct NotSend {
    _here: std::marker::PhantomData<std::rc::Rc<()>>,
}

/// Verifying a token that needs nothing from Clerk completes at once.
#[test]
fn what_is_known_needs_no_runtime() {
    use futures_util::FutureExt;
    let clerk = local_clerk();
    let pem = clerk.config_without_network().unwrap();
    let token = clerk.session_token("user_1");
    assert_eq!(pem.verify_session_token(&token).now_or_never().unwrap().unwrap().user_id(), "user_1");
    let fresh = clerk.config();
    block_on(fresh.verify_session_token(&token)).unwrap();
    clerk.behave(Endpoint::Jwks, Behavior::Status(500));
    for user in ["user_2", "user_3"] {
        let verified = fresh.verify_session_token(&clerk.session_token(user)).now_or_never();
        assert_eq!(verified.unwrap().unwrap().user_id(), user);
    }
}

/// As under `#[tokio::test]`: a runtime without a place for futures that are not `Send`.
#[test]
fn the_middleware_under_tokio() {
    let clerk = local_clerk();
    let key = clerk.mint(testing::api_key("user_ada"));
    let machine = clerk.mint(testing::m2m_token(clerk.machine_id()));
    let cases = [("/session", clerk.session_token("user_ada")), ("/any", key), ("/any", machine)];
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::new()
            .wrap(ClerkMiddleware::new(clerk.config()))
            .route("/session", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .route("/any", web::get().to(async |_: AnyToken| "known"));
        let app = actix::init_service(app).await;
        for (path, token) in cases {
            let header = bearer(token);
            let request = actix::TestRequest::get().uri(path).insert_header(header);
            let response = actix::call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), 200, "{path}");
        }
    });
}
