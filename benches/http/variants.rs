//! The kinds of requests that are measured, each against the bare handler that is sent the same bytes.

use clerk_actix::TokenCache;

use super::server::Server;
use crate::support::instance::Instance;

/// One kind of request.
pub struct Variant {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    pub status: u16,
    /// How many are sent in a burst.
    pub burst: usize,
    pub server: Behind,
}

/// Which server has the middleware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// One that stands as long as the benchmark runs.
    Warm,
    /// The same with nothing remembered of tokens.
    WithoutCache,
    /// A new one in each round, so that it has seen none of the tokens.
    New,
}

impl Behind {
    pub fn start(self, instance: &Instance) -> Server {
        let config = match self {
            Self::WithoutCache => instance.builder().token_cache(None::<TokenCache>).build(),
            Self::Warm | Self::New => instance.builder().build(),
        };
        Server::with_clerk(config.expect("the instance's own settings"))
    }
}

/// All of them; `burst` is how many requests a burst has, and how many tokens are new in one.
pub fn variants(instance: &Instance, burst: usize, new_tokens: usize) -> Vec<Variant> {
    let tokens = instance.tokens(new_tokens.max(2_000));
    let by_header = |tokens: &[String]| tokens.iter().map(|token| api("/", Some(token))).collect::<Vec<_>>();
    let cookies = instance.cookies(&tokens[0]);
    let variant = |name, requests, server| Variant { name, requests, status: 200, burst, server };
    vec![
        variant("one token", by_header(&tokens[..1]), Behind::Warm),
        variant("2,000 tokens", by_header(&tokens[..2_000]), Behind::Warm),
        Variant { burst: new_tokens * 9 / 10, ..variant("always new", by_header(&tokens[..new_tokens]), Behind::New) },
        variant("cookies", vec![browser("/", Some(&cookies))], Behind::Warm),
        variant("signed out", vec![browser("/optional", None)], Behind::Warm),
        variant("signed out, API", vec![api("/optional", None)], Behind::Warm),
        Variant { status: 401, ..variant("refused", vec![api("/refused", None)], Behind::Warm) },
        Variant { burst: burst / 3, ..variant("one token, no cache", by_header(&tokens[..1]), Behind::WithoutCache) },
    ]
}

/// What an API client sends.
fn api(path: &str, token: Option<&str>) -> Vec<u8> {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: localhost:3000\r\nAccept: application/json\r\n{authorization}\r\n")
        .into_bytes()
}

/// What a browser sends when its user follows a link within the site.
fn browser(path: &str, cookies: Option<&str>) -> Vec<u8> {
    let cookies = cookies.map(|cookies| format!("Cookie: {cookies}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\n\
         Host: localhost:3000\r\n\
         Connection: keep-alive\r\n\
         sec-ch-ua: \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n\
         sec-ch-ua-mobile: ?0\r\n\
         sec-ch-ua-platform: \"Linux\"\r\n\
         Upgrade-Insecure-Requests: 1\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
         Sec-Fetch-Site: same-origin\r\n\
         Sec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-User: ?1\r\n\
         Sec-Fetch-Dest: document\r\n\
         Referer: http://localhost:3000/somewhere\r\n\
         Accept-Encoding: gzip, deflate, br, zstd\r\n\
         Accept-Language: en-US,en;q=0.9\r\n\
         {cookies}\r\n"
    )
    .into_bytes()
}
