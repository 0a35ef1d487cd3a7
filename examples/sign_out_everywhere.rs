//! Two servers, and one call that signs a user out on both, at once.
//!
//! ```sh
//! cargo run --example sign_out_everywhere
//! REDIS_URL=redis://127.0.0.1/ cargo run --example sign_out_everywhere
//! cargo test --example sign_out_everywhere
//! ```
//!
//! The servers share their revocations through Redis at `REDIS_URL`. Without it, they share them through the memory of this
//! process: then it is one process, with two servers. They run on [`LocalClerk`], a local Clerk. `PORT` and `SECOND_PORT` set
//! their ports: by default 3000, and the port after the first.

mod support;

use std::{env, error::Error, net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, dev::Server, get, post, web};
use clerk_actix::{
    Auth, ClerkApiError, ClerkClient, ClerkMiddleware, ConfigError, RequireAuth, Revocations, WithPending,
    stores::{MemoryStore, SharedRevocations, WhenUnreachable},
    testing::LocalClerk,
};
use futures_util::future::try_join;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = LocalClerk::start()?;
    let redis = env::var("REDIS_URL").ok();
    let memory = MemoryStore::new();
    let listener = support::listen("PORT", 3000)?;
    let port = listener.local_addr()?.port();
    let first = serve(&local, share(redis.as_deref(), &memory).await?, listener)?;
    let listener = support::listen("SECOND_PORT", port.wrapping_add(1))?;
    let other = listener.local_addr()?.port();
    let second = serve(&local, share(redis.as_deref(), &memory).await?, listener)?;
    print_what_to_do(&local, port, other, redis.as_deref());
    try_join(first, second).await?;
    Ok(())
}

/// Each server connects for itself.
async fn share(redis: Option<&str>, memory: &MemoryStore) -> Result<Revocations, Box<dyn Error>> {
    let shared = match redis {
        Some(url) => Revocations::redis(url)?,
        None => SharedRevocations::new(memory.clone()),
    };
    // A session that may have been revoked counts for ten seconds, while Redis restarts, and then no more.
    let when = WhenUnreachable::RejectAfter(Duration::from_secs(10));
    Ok(shared.when_unreachable(when).start().await?)
}

fn serve(local: &LocalClerk, revocations: Revocations, listener: TcpListener) -> Result<Server, Box<dyn Error>> {
    let clerk = middleware(local, revocations)?;
    let server = HttpServer::new(move || App::new().configure(routes).wrap(clerk.clone()));
    Ok(server.workers(1).listen(listener)?.run())
}

fn middleware(local: &LocalClerk, revocations: Revocations) -> Result<ClerkMiddleware, ConfigError> {
    Ok(ClerkMiddleware::new(local.config_builder().revocations(revocations).build()?))
}

fn routes(app: &mut web::ServiceConfig) {
    app.service((home, whoami, sign_out_everywhere));
}

#[get("/")]
async fn home(auth: Auth) -> String {
    match auth.user_id() {
        Some(user_id) => format!("Hello {user_id}\n"),
        None => "Hello stranger. Sign in at /whoami\n".to_owned(),
    }
}

/// A browser that is not signed in goes to the sign-in page.
#[get("/whoami")]
async fn whoami(user: RequireAuth) -> String {
    format!("{}\n", user.user_id())
}

/// Users who still have tasks sign out too. Returns when Clerk has revoked all sessions of the user, and all servers have been told to cut off their tokens.
#[post("/sign-out-everywhere")]
async fn sign_out_everywhere(user: RequireAuth<WithPending>, clerk: ClerkClient) -> Result<String, ClerkApiError> {
    let sessions = clerk.users().sign_out_everywhere(user.user_id()).await?;
    Ok(format!("Signed out, sessions: {sessions}\n"))
}

fn print_what_to_do(local: &LocalClerk, port: u16, other: u16, redis: Option<&str>) {
    let token = local.mint(clerk_actix::testing::session("user_ada").lifetime(Duration::from_secs(60 * 60)));
    match redis {
        Some(_) => println!("The two servers share their revocations through REDIS_URL."),
        None => {
            println!("REDIS_URL is not set, so the two servers share their revocations through this process's memory.")
        }
    }
    println!(
        "\n  In a browser, open http://localhost:{port}/whoami and http://localhost:{other}/whoami, and sign in. With curl:\n"
    );
    for (what, method, port, path) in [
        ("200: a user, on one server", "", port, "whoami"),
        ("200: the same user, on the other one", "", other, "whoami"),
        ("200: signed out on one of them", "-X POST ", port, "sign-out-everywhere"),
        ("401: the token has not expired, and no server accepts it", "", other, "whoami"),
    ] {
        println!("  # {what}\n  curl -i {method}-H 'Authorization: Bearer {token}' http://localhost:{port}/{path}\n");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        process::{Child, Command, Stdio},
        thread,
    };

    use actix_web::rt;
    use clerk_actix::testing;

    use super::*;

    struct Redis(Child);

    impl Drop for Redis {
        fn drop(&mut self) {
            let _ = self.0.kill().and_then(|()| self.0.wait());
        }
    }

    /// Starts Redis on a free port, if it is installed.
    fn start_redis() -> io::Result<(Redis, String)> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]).stdout(Stdio::null());
        let redis = Redis(command.spawn()?);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::yield_now();
        }
        Ok((redis, format!("redis://127.0.0.1:{port}/")))
    }

    #[actix_web::test]
    async fn a_user_who_signs_out_on_one_server_is_signed_out_on_the_other() {
        let memory = MemoryStore::new();
        let redis = start_redis();
        match &redis {
            Ok((_, url)) => println!("with {url}"),
            Err(error) => println!("in memory, because redis-server cannot be started: {error}"),
        }
        let url = redis.as_ref().ok().map(|(_, url)| url.as_str());
        let local = LocalClerk::start_production().unwrap();
        let [first, second] = [
            middleware(&local, share(url, &memory).await.unwrap()).unwrap(),
            middleware(&local, share(url, &memory).await.unwrap()).unwrap(),
        ]
        .map(|clerk| actix_test::start(move || App::new().configure(routes).wrap(clerk.clone())));

        let session = testing::session("user_ada").session_id("sess_1").lifetime(Duration::from_secs(60 * 60));
        let bearer = format!("Bearer {}", local.mint(session));
        for server in [&first, &second] {
            let mut response = server.get("/whoami").insert_header(("Authorization", &*bearer)).send().await.unwrap();
            assert_eq!(response.body().await.unwrap(), "user_ada\n");
        }
        let request = first.post("/sign-out-everywhere").insert_header(("Authorization", &*bearer));
        assert_eq!(request.send().await.unwrap().body().await.unwrap(), "Signed out, sessions: 1\n");
        loop {
            let response = second.get("/whoami").insert_header(("Authorization", &*bearer)).send().await.unwrap();
            if response.status() == 401 {
                assert_eq!(response.headers().get("x-clerk-auth-reason").unwrap(), "session-revoked");
                break;
            }
            rt::task::yield_now().await;
        }
    }
}
