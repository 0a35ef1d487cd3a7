use actix_web::web;
use clerk_actix::{ApiKey, Authorized, Check, Policy};

struct Editor;
impl Policy for Editor {
    const REQUIRES: Check =
        Check::all(&[Check::new().permission("org:posts:publish"), Check::new().permission("org:posts:delete")]);
}

struct ReadsPosts;
impl Policy for ReadsPosts {
    const REQUIRES: Check = Check::new().scope("posts:read");
}

async fn edit(user: Authorized<Editor>) -> String {
    user.user_id().to_owned()
}

async fn read(key: Authorized<ReadsPosts, ApiKey>) -> String {
    key.subject().to_owned()
}

fn main() {
    let _ = (web::get().to(edit), web::get().to(read));
}
