//! `actix-session`: both its cookie and Clerk's cookies arrive.

use std::time::Duration;

use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{App, cookie::Key, web};
use clerk_actix::RequireAuth;

use super::{development, production, serve};
use crate::support::browser::{Browser, Page};

async fn visits(user: RequireAuth, session: Session) -> actix_web::Result<String> {
    let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    session.insert("visits", visits)?;
    Ok(format!("{}: {visits}", user.user_id()))
}

fn actix_session(key: &Key) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key.clone()).cookie_secure(false).build()
}

fn sets(page: &Page, cookie: &str) -> bool {
    page.headers.get_all("set-cookie").any(|set| set.to_str().unwrap().starts_with(&format!("{cookie}=")))
}

/// Signs in, and returns after the token has expired: one response renews both sessions.
macro_rules! assert_both_arrive {
    ($clerk:expr, $server:expr) => {{
        let home = format!("http://localhost:{}/visits", $server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&home).await;
        assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada: 1");
        $clerk.clock().advance(Duration::from_secs(3600));
        let page = browser.visit(&home).await;
        assert_eq!(page.body, "user_ada: 2");
        assert!(sets(&page, "id") && sets(&page, "__session"), "{:?}", page.headers);
        assert_eq!(browser.visit(&home).await.body, "user_ada: 3");
    }};
}

#[actix_web::test]
async fn actix_session_outside_clerk() {
    for (clerk, middleware) in [production(), development()] {
        let key = Key::generate();
        let server = serve(move || {
            App::new().route("/visits", web::get().to(visits)).wrap(middleware.clone()).wrap(actix_session(&key))
        });
        assert_both_arrive!(clerk, server);
    }
}

#[actix_web::test]
async fn actix_session_inside_clerk() {
    for (clerk, middleware) in [production(), development()] {
        let key = Key::generate();
        let server = serve(move || {
            App::new().route("/visits", web::get().to(visits)).wrap(actix_session(&key)).wrap(middleware.clone())
        });
        assert_both_arrive!(clerk, server);
    }
}
