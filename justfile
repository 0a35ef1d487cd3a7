# The chores of this repository. `just` lists them.

_default:
    @just --list --unsorted

# What is checked before a change is merged.
ci: test fmt clippy docs features beside-jsonwebtoken misuse parity browser

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
    cargo check --locked --features utoipa
    cargo check --locked --no-default-features --features rust_crypto
    cargo test --locked --no-default-features --features rust_crypto --lib token
    cargo test --locked --no-default-features --features rust_crypto --lib keys

# An application that uses jsonwebtoken with either of its libraries, beside this crate with either of its own.
beside-jsonwebtoken:
    cp Cargo.lock tests/beside_jsonwebtoken/
    for theirs in aws_lc_rs rust_crypto; do for ours in aws_lc_rs rust_crypto; do \
        cargo run --quiet --manifest-path tests/beside_jsonwebtoken/Cargo.toml --target-dir target \
            --features "theirs_$theirs,ours_$ours" || exit 1; done; done

# Of each commit its own, so that a change meets new cases, and the same ones wherever it is checked.
seed := `printf '%d' "0x$(git rev-parse HEAD 2>/dev/null | grep -o '^......' || echo 0)"`

# Puts requests to @clerk/express and to this crate: 5,000 always the same, 2,000 of this commit's own, and all about machine tokens. Needs Node.js.
parity: _parity-setup
    cd parity && node run.mjs --cases 5000 --seed 2026
    cd parity && node run.mjs --machines --seed 2026
    cd parity && node run.mjs --environment --cases 1000 --seed {{ seed }}
    cd parity && node has.mjs --seed {{ seed }}
    cd parity && node run.mjs --cases 2000 --seed {{ seed }}

# Takes the cases under tests/vectors/ anew, from the reference's answers.
vectors: _parity-setup
    cd parity && node run.mjs --cases 12000 --seed 2026 --vectors ../tests/vectors
    cd parity && node has.mjs --vectors ../tests/has.json
    cd parity && node path_patterns.mjs

_parity-setup:
    cargo build --locked --example parity_server
    cd parity && npm ci --silent --no-audit --no-fund

# What does not compile, and what the compiler says of it.
misuse:
    cargo test --locked --test misuse -- --ignored

# A real browser on the quickstart. Needs Chromium and chromedriver.
browser:
    cargo build --locked --example quickstart
    cargo test --locked --test webdriver -- --ignored --test-threads=1

# What authentication costs: each step, a real server against a bare handler, and memory.
bench:
    cargo bench --locked --bench rules
    cargo bench --locked --bench http
    cargo bench --locked --bench memory
    cargo bench --locked --bench workers

# The example, on the port that PORT names or 3000.
quickstart:
    cargo run --example quickstart
