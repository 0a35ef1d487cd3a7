//! `LocalClerk`'s machine-to-machine tokens: the builder for tests, and the Backend API's endpoints.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Asked},
    instance::Instance,
    mint::{self, Mint, Sealed},
    refused::Refused,
    secret::secret,
    setters::setters,
    tokens::{Issued, Tokens},
};
use crate::{
    clock::{Timestamp, millis},
    token::TokenType,
};

/// Describes a machine-to-machine token of this machine (`mch_…`) for a test. By default, it is an opaque token, valid
/// for an hour, without scopes.
///
/// [`build`](M2mTokenBuilder::build) returns an [`M2mToken`](crate::M2mToken), for a function that takes one.
/// [`TestRequestExt::with_m2m_token`](super::TestRequestExt::with_m2m_token) adds it to a request.
/// [`LocalClerk::mint`](super::LocalClerk::mint) returns the token itself, as a service sends it; the machine of a
/// `LocalClerk` is [`LocalClerk::machine_id`](super::LocalClerk::machine_id).
///
/// ```
/// use clerk_actix::testing::{self, LocalClerk};
///
/// let billing = testing::m2m_token("mch_billing").scopes(["mch_orders"]).claim("tenant", "acme");
/// assert_eq!(billing.clone().build().machine_id(), "mch_billing");
///
/// let clerk = LocalClerk::start()?;
/// assert!(clerk.mint(billing.clone()).starts_with("mt_"));
/// assert!(clerk.mint(billing.jwt()).starts_with("eyJ"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn m2m_token(machine_id: impl Into<String>) -> M2mTokenBuilder {
    M2mTokenBuilder {
        id: None,
        machine_id: machine_id.into(),
        lifetime: Some(Duration::from_secs(60 * 60)),
        scopes: Vec::new(),
        is_jwt: false,
        claims: Map::new(),
        header: Map::new(),
        members: Map::new(),
        without: Vec::new(),
    }
}

/// A description of a machine-to-machine token, from [`m2m_token()`].
#[derive(Clone, Debug)]
#[must_use = "build it, mint it, or give it to a test request"]
pub struct M2mTokenBuilder {
    id: Option<String>,
    machine_id: String,
    lifetime: Option<Duration>,
    scopes: Vec<String>,
    is_jwt: bool,
    claims: Map<String, Value>,
    header: Map<String, Value>,
    members: Map<String, Value>,
    without: Vec<String>,
}

impl M2mTokenBuilder {
    setters! {
        /// Sets the token's ID. Default: random.
        id,
        /// Sets the machines that the token is for: `mch_…`.
        scopes,
        /// Sets how long the token is valid. Default: an hour.
        lifetime,
        /// Makes the token a JWT.
        jwt,
        /// Adds a claim. For a JWT, it can be any claim, and overrides the other setters.
        claim,
        /// Leaves out a claim of a JWT, or a member of Clerk's JSON for an opaque token.
        without,
        /// Sets any member of a JWT's header, such as `kid`, `typ` or `cat`; `null` leaves it out.
        header,
        /// Sets any member of Clerk's JSON for an opaque token. Overrides the other setters.
        member,
    }

    fn issue(&self, clerk: &Instance) -> Issued {
        let now = clerk.clock.timestamp();
        let expires_at = mint::end(now, self.lifetime);
        let id = self.id.clone().unwrap_or_else(|| secret("mt_"));
        let text = if self.is_jwt { self.sign(clerk, &id) } else { secret("mt_") };
        let resource = self.describe(now, &id);
        Issued { token_type: TokenType::M2mToken, text, resource, expires_at, is_jwt: self.is_jwt }
    }

    /// Returns Clerk's JSON for the token, with `id` unless the builder sets one.
    pub(super) fn describe(&self, now: Timestamp, id: &str) -> Map<String, Value> {
        let id = self.id.as_deref().unwrap_or(id);
        let expires_at = mint::end(now, self.lifetime);
        let mut resource = mint::resource("machine_to_machine_token", id, now, expires_at);
        let claims = (!self.claims.is_empty()).then_some(&self.claims);
        let own = json!({ "subject": self.machine_id, "scopes": self.scopes, "claims": claims, "last_used_at": null });
        resource.extend(mint::object(own));
        mint::adjust(&mut resource, &self.members, &self.without);
        resource
    }

    fn sign(&self, clerk: &Instance, id: &str) -> String {
        let now = clerk.clock.timestamp();
        let mut claims = mint::jwt_claims(clerk, id, &self.machine_id, now, mint::end(now, self.lifetime));
        if !self.scopes.is_empty() {
            claims.insert("scopes".to_owned(), Value::String(self.scopes.join(" ")));
        }
        mint::adjust(&mut claims, &self.claims, &self.without);
        let mut header = mint::object(json!({ "typ": "JWT", "cat": "cl_B7d4PD333AAA" }));
        header.extend(self.header.clone());
        clerk.sign(header, claims)
    }
}

impl Sealed for M2mTokenBuilder {}

impl Mint for M2mTokenBuilder {
    fn mint(self, clerk: &Instance) -> String {
        let issued = self.issue(clerk);
        clerk.tokens().add(issued)
    }
}

pub(super) fn verify(clerk: &Instance, asked: &Asked) -> Answer {
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    tokens.verify(TokenType::M2mToken, asked.text("token")?, now).ok_or_else(Refused::not_found)
}

pub(super) fn create(clerk: &Instance, asked: &Asked) -> Answer {
    let lifetime = asked.seconds("seconds_until_expiration")?.map(Duration::from_secs);
    let least = asked.seconds("min_remaining_ttl_seconds")?.map(Duration::from_secs);
    if least.zip(lifetime).is_some_and(|(least, lifetime)| least >= lifetime) {
        return Err(Refused::bad_request());
    }
    let claims = asked.body.get("claims").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_jwt = asked.body.get("token_format").is_some_and(|format| format == "jwt");
    let mut tokens = clerk.tokens();
    if let Some(existing) = least.filter(|_| !is_jwt).and_then(|least| existing(clerk, &tokens, &claims, least)) {
        return Ok(existing.shown_once("token"));
    }
    let issued = M2mTokenBuilder { lifetime, claims, is_jwt, ..m2m_token(&clerk.machine_id) }.issue(clerk);
    let answer = issued.shown_once("token");
    tokens.add(issued);
    Ok(answer)
}

/// Returns an existing opaque token with the same claims that stays valid for at least `least`.
fn existing<'t>(
    clerk: &Instance,
    tokens: &'t Tokens,
    claims: &Map<String, Value>,
    least: Duration,
) -> Option<&'t Issued> {
    let now = clerk.clock.timestamp();
    let will_do = |token: &&Issued| {
        let of_this_machine = token.resource.get("subject").is_some_and(|machine| *machine == clerk.machine_id);
        let lasts = token.expires_at.is_none_or(|end| end.millis_since(now) >= millis(least));
        let known = token.resource.get("claims").and_then(Value::as_object).cloned().unwrap_or_default();
        token.stands(now) && of_this_machine && lasts && known == *claims
    };
    tokens.newest_first(TokenType::M2mToken).find(will_do)
}

pub(super) fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let machine = asked.parameter("subject").ok_or_else(Refused::bad_request)?;
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let is_asked_for = |token: &&Issued| {
        let stands =
            (!token.is_revoked() || asked.is_set("revoked")) && (!token.is_expired(now) || asked.is_set("expired"));
        stands && token.resource.get("subject").is_some_and(|of| of == machine)
    };
    let all = tokens.newest_first(TokenType::M2mToken).filter(is_asked_for).map(|token| token.described(now)).collect();
    Ok(asked.page("m2m_tokens", all))
}

pub(super) fn revoke(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let reason = asked.body.get("revocation_reason").cloned().unwrap_or_default();
    tokens.revoke_by_id(TokenType::M2mToken, asked.id(), reason, now).ok_or_else(Refused::not_found)
}
