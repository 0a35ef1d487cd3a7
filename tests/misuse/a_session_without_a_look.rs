use clerk_actix::Auth;

async fn handler(auth: Auth) -> String {
    auth.org_role().unwrap_or("none").to_owned()
}

fn main() {
    let _ = handler;
}
