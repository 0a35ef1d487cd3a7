use actix_web::web;
use clerk_actix::{Authorized, Check, Policy};

struct Editor;
impl Policy for Editor {
    const REQUIRES: Check = Check::new().permission("org:posts:publish").permission("org:posts:delete");
}

async fn handler(_: Authorized<Editor>) -> &'static str {
    "publishes, or deletes?"
}

fn main() {
    let _ = web::get().to(handler);
}
