//! The kinds of requests that are measured.

use crate::{
    requests::{api, browser},
    support::instance::Instance,
};

/// One kind of request. Every server gets the same bytes.
pub struct Kind {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    /// The requests that are sent before anything is measured.
    pub warm_up: Vec<Vec<u8>>,
    pub status: u16,
    /// The tokens that this crate remembers are dropped before each round.
    pub is_new: bool,
    /// The end of the answer to the first request, if the server authenticates.
    pub user_id: Option<String>,
}

/// Returns all kinds, with `count` tokens that are new in each round.
pub fn kinds(instance: &Instance, count: usize) -> Vec<Kind> {
    let tokens = instance.tokens(count.max(2_000) + 1);
    let by_header = |tokens: &[String]| tokens.iter().map(|token| api("/", Some(token))).collect::<Vec<_>>();
    let [first, rest] = [&tokens[..1], &tokens[1..]];
    let kind = |name, requests: Vec<Vec<u8>>, user: usize| Kind {
        name,
        warm_up: requests.clone(),
        requests,
        status: 200,
        is_new: false,
        user_id: Some(Instance::user_id(user)),
    };
    vec![
        kind("one token", by_header(&rest[..1]), 1),
        kind("2,000 tokens in turn", by_header(&rest[..2_000]), 1),
        Kind { warm_up: by_header(first), is_new: true, ..kind("a new token each time", by_header(&rest[..count]), 1) },
        kind("the cookies of a browser", vec![browser("/", Some(&instance.cookies(&rest[0])))], 1),
        Kind { status: 401, user_id: None, ..kind("no token, rejected", vec![api("/rejected", None)], 0) },
    ]
}
