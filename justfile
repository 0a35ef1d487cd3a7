# The recipes of this repository. `just` lists them.

_default:
    @just --list --unsorted

# Runs every check that a change needs before it is merged.
ci: test notes mcp fmt clippy docs links spelling public-api features beside-jsonwebtoken misuse (mutations "400000") supply-chain webhook-events backend-api answers redis parity behind-nginx browser clerk-js

# Runs all tests of the default members: unit, HTTP, examples and documentation.
test:
    cargo test --locked

# Tests the product in examples/notes/, and that what one deploys of it has no support for tests.
notes:
    cargo test --locked -p notes
    cargo check --locked -p notes --no-default-features
    tree=$(cargo tree --locked -p notes --no-default-features -e normal,features -i clerk-actix) && ! echo "$tree" | grep 'feature "testing"'

# Tests the example of an MCP server, and the code of docs/mcp.md.
mcp:
    cargo test --locked -p mcp

# Checks formatting, also of the packages outside the workspace.
fmt:
    cargo fmt --check
    for package in benches/peers fuzz tests/beside_jsonwebtoken; do cargo fmt --check --manifest-path $package/Cargo.toml || exit 1; done

# Lints all targets with all features. `incompatible_msrv` checks the code against `rust-version`.
clippy:
    cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# Builds the documentation twice: with the default features, and as docs.rs does, except for the unstable badges.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked -p clerk-actix --no-deps
    RUSTDOCFLAGS="-D warnings" cargo doc --locked -p clerk-actix --no-deps --all-features

# Checks that links lead somewhere: to files, to headings, and to pages of the documentation, which this builds. Needs no network.
links:
    cargo doc --locked --no-deps --all-features -p clerk-actix
    cargo test --locked --test layers -- --include-ignored links --nocapture

# Checks the spelling of everything. Installs typos if it is missing, which takes minutes.
spelling:
    command -v typos >/dev/null || cargo install --locked typos-cli
    typos

# Compares the public API with its listing, tests/public_api/public_api.txt; `UPDATE=1 just public-api` writes it anew.
public-api:
    rm -rf {{ env("CARGO_TARGET_DIR", "target") }}/doc/clerk_actix
    cargo doc --locked -p clerk-actix --no-deps --all-features
    cargo test --locked --test public_api -- --ignored

# Checks each feature by itself, except for `testing`, with which everything else is built, and tests tokens and keys with the second signature library.
features:
    cargo check --locked -p clerk-actix
    cargo check --locked -p clerk-actix --features native-roots
    cargo check --locked -p clerk-actix --features utoipa
    cargo check --locked -p clerk-actix --features metrics
    cargo check --locked -p clerk-actix --features webhooks
    cargo check --locked -p clerk-actix --features redis
    cargo check --locked -p clerk-actix --features backend-api
    cargo check --locked -p clerk-actix --no-default-features --features rust_crypto
    cargo test --locked -p clerk-actix --no-default-features --features rust_crypto --lib token
    cargo test --locked -p clerk-actix --no-default-features --features rust_crypto --lib keys
    cargo test --locked -p clerk-actix --no-default-features --features rust_crypto,webhooks --lib webhook
    cargo test --locked -p clerk-actix --features rust_crypto,webhooks --lib webhook

# Runs an application with jsonwebtoken and this crate, with every combination of their signature libraries.
beside-jsonwebtoken:
    cp Cargo.lock tests/beside_jsonwebtoken/
    for theirs in aws_lc_rs rust_crypto; do for ours in aws_lc_rs rust_crypto; do \
        cargo run --quiet --manifest-path tests/beside_jsonwebtoken/Cargo.toml --target-dir target \
            --features "theirs_$theirs,ours_$ours" || exit 1; done; done

# Derived from the commit, so that each change meets new cases, and the same cases on every machine.
seed := `printf '%d' "0x$(git rev-parse HEAD 2>/dev/null | grep -o '^......' || echo 0)"`

# Compares this crate with @clerk/express: 5,000 fixed requests and 2,000 per commit, machine tokens, environments, `has()`, the
# options in docs/express.md, and the proxy. Needs Node.js.
parity: _parity-setup
    cd parity && node run.mjs --cases 5000 --seed 2026
    cd parity && node run.mjs --machines --seed 2026
    cd parity && node run.mjs --environment --cases 1000 --seed {{ seed }}
    cd parity && node has.mjs --seed {{ seed }}
    cd parity && node express_page.mjs
    cd parity && node proxy.mjs
    cd parity && node run.mjs --cases 2000 --seed {{ seed }}

# Compares the Frontend API proxy with @clerk/express: 300 requests, and one recording upstream. Needs Node.js.
proxy-parity: _parity-setup
    cd parity && node proxy.mjs

# Tests the nginx configurations of docs/behind_a_proxy.md with a real nginx in front of an example. Needs Node.js; skipped without nginx, curl or openssl.
behind-nginx: _parity-setup
    cd parity && node behind_nginx.mjs

# Measures the Frontend API proxy beside nginx and @clerk/express: processor time for each request, and memory. Needs Node.js.
proxy-bench: _nginx
    cargo build --locked --release --example frontend_api_proxy
    cd parity && npm ci --silent --no-audit --no-fund
    cd parity && node proxy_bench.mjs

# Installs nginx if it is missing and this is root on Debian. The measurement goes on without it.
_nginx:
    command -v nginx > /dev/null || apt-get install -y nginx-light || true

# Regenerates tests/vectors/, tests/has.json and tests/path_patterns.json from the reference's answers.
vectors: _parity-setup
    cd parity && node run.mjs --cases 12000 --seed 2026 --vectors ../tests/vectors
    cd parity && node has.mjs --vectors ../tests/has.json
    cd parity && node path_patterns.mjs

_parity-setup:
    cargo build --locked --example parity_server --example frontend_api_proxy
    cd parity && npm ci --silent --no-audit --no-fund

# Reads examples of every webhook event, made from Clerk's description in the folder CLERK_SPECS. Does nothing without it.
webhook-events:
    cargo test --locked --test clerk -- webhook_events --nocapture

# Tests the stores that servers share with a real Redis, and measures two processes. Needs redis-server.
redis:
    cargo test --locked --test stores -- --ignored --test-threads=1 --nocapture

# Compares what LocalClerk answers with Clerk's descriptions of its APIs in the folder CLERK_SPECS. Without it, the endpoints are only called.
answers:
    cargo test --locked --test local_clerk -- answers --nocapture

# Mutates valid tokens and requests, from a new seed for each commit, and prints the verdicts. `just ci` makes fewer.
mutations count="2000000":
    MUTATIONS={{ count }} MUTATIONS_SEED={{ seed }} cargo test --locked --test security -- mutations --nocapture

# Changes the code in one place after the other and runs the tests for each, with cargo-mutants: days for the default files. Name
# files to do less, as `just mutants src/token/verify.rs`.
mutants *files="src/request/** src/token/** src/auth/check/** src/store/** src/webhook/**":
    command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
    files=""; for file in {{ files }}; do files="$files --file $file"; done; \
        cargo mutants --package clerk-actix --test-package clerk-actix,clerk-actix-tests $files

# Compares 300,000 more requests with the oracle of the cookie rules, from a new seed for each commit.
oracle:
    ORACLE=300000 MUTATIONS_SEED={{ seed }} cargo test --locked --test security -- oracle --nocapture

# Prints what a rejected request costs: allocations and time, from an optimized build.
floods:
    cargo test --locked --release --test allocations -- floods --nocapture

# Loads a server for ten minutes with rotations, faults, revocations, expiring tokens, webhooks and streams.
soak:
    SOAK_SECONDS=600 cargo test --locked --test soak -- --ignored --nocapture nothing_wrong

# Measures how long a signed-in user waits beside floods of other requests, from an optimized build.
beside-a-flood:
    cargo test --locked --release --test soak -- --ignored --nocapture how_long

# Runs each fuzzer for some seconds: 330 make an hour of all. Installs cargo-fuzz if it is missing; works with a stable compiler.
fuzz seconds="60":
    command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
    cd fuzz && for target in tokens requests patterns keys claims directives webhooks oracle proxy responses redis; do \
        mkdir -p corpus/$target && RUSTC_BOOTSTRAP=1 cargo fuzz run --dev -s none $target corpus/$target seeds/$target -- \
            -max_total_time={{ seconds }} -max_len=4096 -timeout=30 || exit 1; done

# Compares docs/dependencies.md with the tree of the default features.
supply-chain:
    cargo test --locked --test layers -- --ignored the_page_lists_the_default_tree --nocapture

# Checks the licenses and the sources of all dependencies. Installs cargo-deny if it is missing, which takes minutes.
licenses:
    command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
    cargo deny check licenses bans sources

# Asks the RustSec database about all dependencies. Needs the network.
advisories:
    cargo deny check advisories

# Checks all combinations of features with either signature library.
feature-powerset:
    for library in aws_lc_rs rust_crypto; do for subset in $(seq 0 127); do \
        features=$library; bit=1; \
        for feature in backend-api metrics native-roots redis testing utoipa webhooks; do \
            [ $((subset & bit)) = 0 ] || features="$features,$feature"; bit=$((bit * 2)); done; \
        echo "$features" && cargo check --quiet --locked -p clerk-actix --lib --no-default-features --features "$features" || exit 1; done; done

# Runs tests of what threads share, of cookies and of URLs in Miri, which finds undefined behavior in dependencies. Needs a nightly
# toolchain with the component `miri`. Signatures are verified in C, which Miri does not run; crossbeam-epoch, a part of moka, breaks the
# rules of Stacked Borrows but not those of Tree Borrows.
miri:
    MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-tree-borrows -Zmiri-permissive-provenance -Zmiri-ignore-leaks" \
        cargo +nightly miri test --locked -p clerk-actix --lib --target-dir target/miri -- request::cookies request::numbers \
        request::query request::redaction revocations::cut_offs::tests::a_later revocations::cut_offs::tests::nothing_that \
        revocations::cut_offs::tests::subjects revocations::filter store::single_flight store::under_way

# Checks all features with the oldest supported compiler, which rustup installs.
oldest-compiler:
    rustup toolchain install --profile minimal {{ oldest }}
    cargo +{{ oldest }} check --locked -p clerk-actix --lib --all-features --target-dir target/oldest

oldest := `grep -m1 '^rust-version = "' Cargo.toml | cut -d'"' -f2`

# Runs the comparison with the newest @clerk/express instead of the one that parity/package-lock.json names. Needs Node.js.
drift:
    cargo build --locked --example parity_server --example frontend_api_proxy
    rm -rf target/drift && mkdir -p target/drift && cp -r parity docs target/drift/ && rm -rf target/drift/parity/node_modules
    cd target/drift/parity && npm install --silent --no-audit --no-fund @clerk/express@latest
    cd target/drift/parity && npm ls --depth=0 @clerk/express
    cd target/drift/parity && node run.mjs --cases 5000 --seed 2026 --server {{ justfile_directory() }}/target/debug/examples/parity_server
    cd target/drift/parity && node run.mjs --machines --seed 2026 --server {{ justfile_directory() }}/target/debug/examples/parity_server
    cd target/drift/parity && node express_page.mjs

# Compares the public API with the one of a released version, and says which version a change of it needs.
semver baseline:
    command -v cargo-semver-checks >/dev/null || cargo install --locked cargo-semver-checks
    cargo semver-checks -p clerk-actix --all-features --baseline-rev {{ baseline }}

# Checks the crate with the oldest versions of its direct dependencies that Cargo.toml allows, in a copy without all else.
minimal-versions:
    rm -rf target/minimal && mkdir -p target/minimal
    cp -r src docs README.md target/minimal/
    sed -e '/^\[dev-dependencies\]/,$d' -e '/^members = /d' -e '/^default-members = /d' -e '/^exclude = \["fuzz"/d' \
        Cargo.toml > target/minimal/Cargo.toml
    cd target/minimal && RUSTC_BOOTSTRAP=1 cargo update -Z direct-minimal-versions \
        && cargo check --lib --features backend-api,metrics,native-roots,redis,testing,utoipa,webhooks

# Compares every call of ClerkClient with Clerk's description of its Backend API in the folder CLERK_SPECS: requests,
# parameters, responses. Does nothing without it.
backend-api:
    cargo test --locked --test clerk -- backend_api --nocapture

# Tests that misuse does not compile, and the compiler's messages.
misuse:
    cargo test --locked --test misuse -- --ignored

# Tests the examples with pages in a real browser. Needs Chromium and chromedriver.
browser:
    cargo build --locked --examples
    cargo build --locked -p notes
    cargo test --locked -p clerk-actix-browser-tests --test pages -- --ignored --test-threads=1

# Runs Clerk's own JavaScript, pinned in tests/browser/npm/, in a real browser. Needs Chromium, chromedriver and npm.
clerk-js:
    cd tests/browser/npm && npm ci --silent --ignore-scripts --no-audit --no-fund
    cargo build --locked --example spa --example html_app
    cargo build --locked -p notes
    cargo test --locked -p clerk-actix-browser-tests --test browser -- --ignored --test-threads=1

# Measures the cost of authentication: each step, a real server against a bare handler, memory, and workers.
bench:
    cargo bench --locked --bench rules
    cargo bench --locked --bench http
    cargo bench --locked --bench memory
    cargo bench --locked --bench workers

# Measures this crate beside clerk-rs and @clerk/express, each against a bare handler: `just peers --quick` for a run of seconds. Needs Node.js.
peers *options:
    cd parity && npm ci --silent --no-audit --no-fund
    cp Cargo.lock benches/peers/
    cargo run --quiet --release --manifest-path benches/peers/Cargo.toml --target-dir target -- {{ options }}

# Runs the quickstart example on PORT, by default 3000.
quickstart:
    cargo run --example quickstart

# Runs the example of a single-page application on PORT, by default 3000.
spa:
    cargo run --example spa

# Runs the example with Prometheus metrics and traces on PORT, by default 3000.
observability:
    cargo run --example observability
