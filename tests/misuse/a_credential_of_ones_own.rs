use clerk_actix::Credential;

struct Anybody;

impl Credential for Anybody {}

fn main() {}
