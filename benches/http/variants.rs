//! The kinds of requests that are measured, each against the bare handler with the same bytes.

use std::time::Duration;

use clerk_actix::{ClerkConfig, ClerkMiddleware, TokenCache, internal_bench::forget_tokens};

use super::{
    requests::{api, browser},
    server::Server,
};
use crate::support::instance::Instance;

/// One kind of request.
pub struct Variant {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    /// The requests that are sent before anything is measured.
    pub warm_up: Vec<Vec<u8>>,
    pub status: u16,
    /// The number of requests in a burst.
    pub burst: usize,
    pub server: Behind,
}

/// The server that is compared with the bare one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    Warm,
    /// The middleware chooses the configuration for each request.
    PerRequest,
    /// The middleware without a token cache.
    WithoutCache,
    /// No middleware: the handler verifies one signature with the crypto library.
    ByHand,
    /// The token cache is emptied before each round. The server keeps running and reuses its memory, as a server that
    /// runs for days does.
    Forgetful,
}

/// All servers except the bare one.
pub struct Servers {
    warm: Server,
    per_request: Server,
    without_cache: Server,
    by_hand: Server,
    forgetful: Server,
    /// The configuration of `forgetful`.
    forgetful_config: ClerkConfig,
}

impl Servers {
    pub fn start(instance: &Instance) -> Self {
        let warm = instance.builder().machine_token_cache(Duration::from_secs(3600)).build();
        let chosen = instance.config();
        let without_cache = instance.builder().session_token_cache(None::<TokenCache>).build();
        let forgetful_config = instance.config();
        Self {
            warm: Server::with_clerk(ClerkMiddleware::new(warm.expect("the instance's own settings"))),
            per_request: Server::with_clerk(ClerkMiddleware::per_request(move |_| {
                let config = chosen.clone();
                async { Ok(config) }
            })),
            without_cache: Server::with_clerk(ClerkMiddleware::new(
                without_cache.expect("the instance's own settings"),
            )),
            by_hand: Server::verifying_by_hand(instance.token(0).rfind('.').unwrap_or_default()),
            forgetful: Server::with_clerk(ClerkMiddleware::new(forgetful_config.clone())),
            forgetful_config,
        }
    }

    pub fn get(&self, behind: Behind) -> &Server {
        match behind {
            Behind::Warm => &self.warm,
            Behind::PerRequest => &self.per_request,
            Behind::WithoutCache => &self.without_cache,
            Behind::ByHand => &self.by_hand,
            Behind::Forgetful => &self.forgetful,
        }
    }

    pub fn forget(&self) {
        forget_tokens(&self.forgetful_config);
    }
}

/// Returns all variants. A burst has `burst` requests; `new_tokens` is the number of distinct tokens of "always new".
pub fn variants(instance: &Instance, burst: usize, new_tokens: usize) -> Vec<Variant> {
    let tokens = instance.tokens(new_tokens.max(8_000));
    let by_header = |tokens: &[String]| tokens.iter().map(|token| api("/", Some(token))).collect::<Vec<_>>();
    let (cookies, key) = (instance.cookies(&tokens[0]), instance.api_key());
    let variant = |name, requests: Vec<Vec<u8>>, server| {
        let warm_up = requests.clone();
        Variant { name, requests, warm_up, status: 200, burst, server }
    };
    vec![
        variant("one token", by_header(&tokens[..1]), Behind::Warm),
        variant("one token, per request", by_header(&tokens[..1]), Behind::PerRequest),
        variant("2,000 tokens", by_header(&tokens[..2_000]), Behind::Warm),
        variant("8,000 tokens", by_header(&tokens[..8_000]), Behind::Warm),
        Variant {
            burst: new_tokens * 9 / 10,
            warm_up: by_header(&[instance.token(new_tokens)]),
            ..variant("always new", by_header(&tokens[..new_tokens]), Behind::Forgetful)
        },
        Variant { burst: burst / 2, ..variant("RSA by hand", by_header(&tokens[..new_tokens]), Behind::ByHand) },
        variant("cookies", vec![browser("/", Some(&cookies))], Behind::Warm),
        variant("signed out", vec![browser("/optional", None)], Behind::Warm),
        variant("signed out, API", vec![api("/optional", None)], Behind::Warm),
        Variant { status: 401, ..variant("refused", vec![api("/refused", None)], Behind::Warm) },
        Variant { burst: burst / 3, ..variant("one token, no cache", by_header(&tokens[..1]), Behind::WithoutCache) },
        variant("API key", vec![api("/key", Some(&key))], Behind::Warm),
        Variant {
            burst: burst / 12,
            ..variant("API key, no cache", vec![api("/key", Some(&key))], Behind::WithoutCache)
        },
    ]
}
