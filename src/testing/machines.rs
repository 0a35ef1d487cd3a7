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
    auth::M2mToken,
    clock::{Timestamp, millis},
    token::TokenType,
};

/// Describes a machine-to-machine token for [`LocalClerk::mint`](super::LocalClerk::mint), which returns the token
/// itself. By default, it is an opaque token of the instance's machine, valid for an hour.
///
/// ```
/// use clerk_actix::{testing::LocalClerk, M2mToken};
///
/// let clerk = LocalClerk::start()?;
/// let opaque = clerk.mint(&M2mToken::builder().claim("tenant", "acme"));
/// let jwt = clerk.mint(&M2mToken::builder().scopes(["mch_billing"]).jwt());
/// assert!(opaque.starts_with("mt_") && jwt.starts_with("eyJ"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a description of a token is minted by `LocalClerk::mint`"]
pub struct M2mTokenBuilder {
    id: Option<String>,
    machine: Option<String>,
    lifetime: Option<Duration>,
    scopes: Vec<String>,
    is_jwt: bool,
    claims: Map<String, Value>,
    header: Map<String, Value>,
    members: Map<String, Value>,
    without: Vec<String>,
}

impl M2mToken {
    /// Describes a machine-to-machine token, for a test (feature `testing`).
    pub fn builder() -> M2mTokenBuilder {
        M2mTokenBuilder {
            id: None,
            machine: None,
            lifetime: Some(Duration::from_secs(60 * 60)),
            scopes: Vec::new(),
            is_jwt: false,
            claims: Map::new(),
            header: Map::new(),
            members: Map::new(),
            without: Vec::new(),
        }
    }
}

impl M2mTokenBuilder {
    /// Sets the machine that created the token: `mch_…`. Default:
    /// [`LocalClerk::machine_id`](super::LocalClerk::machine_id).
    pub fn machine(mut self, id: impl Into<String>) -> Self {
        self.machine = Some(id.into());
        self
    }

    setters! {
        /// Sets the token's id. Default: random.
        id,
        /// Sets the machines that the token is for: `mch_…`.
        scopes,
        /// Sets how long the token is valid, by the instance's clock.
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
        let machine = self.machine.as_deref().unwrap_or(&clerk.machine_id);
        let text = if self.is_jwt { self.sign(clerk, &id, machine) } else { secret("mt_") };
        let resource = self.describe(now, &id, machine);
        Issued { token_type: TokenType::M2mToken, text, resource, expires_at, is_jwt: self.is_jwt }
    }

    /// Returns Clerk's JSON for the token, with `id` and `machine` unless the builder sets them.
    pub(super) fn describe(&self, now: Timestamp, id: &str, machine: &str) -> Map<String, Value> {
        let (id, machine) = (self.id.as_deref().unwrap_or(id), self.machine.as_deref().unwrap_or(machine));
        let expires_at = mint::end(now, self.lifetime);
        let mut resource = mint::resource("machine_to_machine_token", id, now, expires_at);
        let claims = (!self.claims.is_empty()).then_some(&self.claims);
        let own = json!({ "subject": machine, "scopes": self.scopes, "claims": claims, "last_used_at": null });
        resource.extend(mint::object(own));
        mint::adjust(&mut resource, &self.members, &self.without);
        resource
    }

    fn sign(&self, clerk: &Instance, id: &str, machine: &str) -> String {
        let now = clerk.clock.timestamp();
        let mut claims = mint::jwt_claims(clerk, id, machine, now, mint::end(now, self.lifetime));
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
    fn mint(&self, clerk: &Instance) -> String {
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
    let issued = M2mTokenBuilder { lifetime, claims, is_jwt, ..M2mToken::builder() }.issue(clerk);
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
