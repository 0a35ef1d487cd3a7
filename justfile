# The chores of this repository. `just` lists them.

_default:
    @just --list --unsorted

# What is checked before a change is merged.
ci: test fmt clippy docs features

# All tests: unit, HTTP, examples and the documentation's.
test:
    cargo test --locked

# Formatting.
fmt:
    cargo fmt --check

# Lints of every target and feature. They include `incompatible_msrv`, which holds the code to `rust-version`.
clippy:
    cargo clippy --locked --all-targets --all-features -- -D warnings

# The documentation, as docs.rs builds it but for its unstable badges.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --all-features

# Each feature by itself, and the rules about tokens under the second signature library.
features:
    cargo check --locked
    cargo check --locked --features native-roots
    cargo check --locked --no-default-features --features rust_crypto
    cargo test --locked --no-default-features --features rust_crypto --lib token

# The example, on the port that PORT names or 3000.
quickstart:
    cargo run --example quickstart
