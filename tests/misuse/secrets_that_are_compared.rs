use clerk_actix::api::Secret;

fn is_the_same(one: Secret, other: Secret) -> bool {
    println!("{one}");
    one == other
}

fn main() {
    let _ = is_the_same;
}
