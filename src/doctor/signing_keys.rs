//! The signing keys check: whether tokens can be verified, and with which keys.

use super::{
    calls::Call,
    report::{Finding, Status},
};
use crate::{
    backend::jwks::{self, FailureKind, FetchFailure},
    config::Settings,
    keys::VerificationKey,
    observe::hint,
    token::KeySet,
};

const NAME: &str = "signing keys";
/// An instance has one or two.
const MAX_LISTED: usize = 5;

pub(super) fn check(settings: &Settings, jwks: Option<&Call>) -> Finding {
    let fetched = jwks.map(|call| (jwks::parse(call.answer.clone()), call.took.as_millis()));
    match (&settings.jwt_key, fetched) {
        (Some(_), None) => Finding::ok(NAME, "the PEM public key in jwt_key: verifying tokens needs no call to Clerk"),
        (Some(pem), Some((fetched, _))) => with_pem(pem, fetched),
        (None, Some((Ok(keys), took))) => Finding::ok(NAME, format!("{} from Clerk in {took} ms", listed(&keys))),
        (None, Some((Err(failure), _))) => failed(settings, &failure),
        (None, None) => {
            Finding::skipped(NAME, "neither secret_key nor jwt_key is set: no request can be authenticated")
        }
    }
}

fn with_pem(pem: &VerificationKey, fetched: Result<KeySet, FetchFailure>) -> Finding {
    match fetched {
        Ok(keys) => match keys.kid_of(pem) {
            Some(kid) => {
                Finding::ok(NAME, format!("the PEM public key in jwt_key, which is Clerk's key {}", hint(kid)))
            }
            None => {
                let found = format!("the PEM public key in jwt_key matches none of Clerk's keys: {}", listed(&keys));
                Finding::failed(NAME, found).with_fix(
                    "Clerk has rotated its key, or this one is of another instance: copy jwt_key (CLERK_JWT_KEY) again \
                     from the Clerk Dashboard, or remove it",
                )
            }
        },
        Err(failure) => {
            let reason = hint(&failure.message);
            Finding::skipped(NAME, format!("the PEM public key in jwt_key, which could not be compared: {reason}"))
        }
    }
}

fn failed(settings: &Settings, failure: &FetchFailure) -> Finding {
    let fix = match failure.kind {
        FailureKind::SecretKeyRejected => {
            "copy secret_key (CLERK_SECRET_KEY) again from the Clerk Dashboard".to_owned()
        }
        FailureKind::NoKeys => {
            format!(
                "check that this machine can reach {}, or set HTTPS_PROXY if it needs a proxy",
                jwks::request(settings).url
            )
        }
    };
    Finding::new(NAME, Status::Failed, hint(&failure.message)).with_fix(fix)
}

/// `2 keys (ins_1, ins_2)`
fn listed(keys: &KeySet) -> String {
    let mut kids: Vec<&str> = keys.kids().collect();
    kids.sort_unstable();
    let count = kids.len();
    let shown: Vec<String> = kids.into_iter().take(MAX_LISTED).map(hint).collect();
    let more = if count > MAX_LISTED { ", …" } else { "" };
    let noun = if count == 1 { "key" } else { "keys" };
    format!("{count} {noun} ({}{more})", shown.join(", "))
}
