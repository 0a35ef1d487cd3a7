use actix_web::web;
use clerk_actix::{Authorized, Check, Policy};

struct ManageMembers;
impl Policy for ManageMembers {
    const REQUIRES: Check = Check::new().permission("org:sys_memberships:manage");
}

async fn handler(_: Authorized<ManageMembers>) -> &'static str {
    "no session token carries it"
}

fn main() {
    let _ = web::get().to(handler);
}
