use clerk_actix::{M2mToken, RequireAuth};

async fn handler(machine: RequireAuth<M2mToken>) -> String {
    machine.user_id().to_owned()
}

fn main() {
    let _ = handler;
}
