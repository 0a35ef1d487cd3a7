use clerk_actix::Auth;

async fn handler(auth: Auth) -> String {
    auth.org_permissions().join(" ")
}

fn main() {
    let _ = handler;
}
