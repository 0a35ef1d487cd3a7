//! The classes of JWTs that one instance signs with the same key, and the types that keep them apart.

use super::{
    claims::{Claim, ClaimName},
    jwt::Jwt,
    machine::{MachineJwt, has_jwt_form, kind_of},
    rejection::TokenRejection,
};

/// Clerk's JWT categories: the `cat` parameter of the header. It distinguishes the classes of tokens that one instance
/// signs with the same key.
pub(crate) mod category {
    pub(crate) const SESSION: &str = "cl_B7d4PD111AAA";
    pub(crate) const M2M: &str = "cl_B7d4PD333AAA";
    /// Some instances put this into tokens of every class, so it carries no information.
    pub(crate) const NO_INFORMATION: &str = "cl_I7d4PD111III";
}

/// The class of a JWT, by the kind of caller.
#[derive(Debug)]
pub(crate) enum JwtClass {
    Session(SessionJwt),
    Machine(MachineJwt),
    /// A token from a JWT template, or one of an unknown category.
    Other,
}

/// A JWT whose header and claims say that it is a session token. Made only by [`Jwt::classify`].
#[derive(Debug)]
pub(crate) struct SessionJwt(pub(super) Jwt);

impl Jwt {
    /// Classifies the JWT, to separate session tokens from all others. All classes have valid signatures by the same
    /// key, and a token from a JWT template can outlive the session that it was made from.
    pub(crate) fn classify(self) -> JwtClass {
        match kind_of(&self.header, &self.payload) {
            Some(kind) if has_jwt_form(self.text()) => JwtClass::Machine(MachineJwt { jwt: self, kind }),
            Some(_) => JwtClass::Other,
            None if self.may_be_session_by_category() => JwtClass::Session(SessionJwt(self)),
            None => JwtClass::Other,
        }
    }

    /// Returns whether [`classify`](Self::classify) would return a session token.
    pub(crate) fn is_session(&self) -> bool {
        kind_of(&self.header, &self.payload).is_none() && self.may_be_session_by_category()
    }

    /// Accepts the token as a handshake token if it has the session category or none, as for session tokens.
    pub(crate) fn into_handshake(self) -> Option<HandshakeJwt> {
        self.may_be_session_by_category().then_some(HandshakeJwt(self))
    }

    /// Accepts a token of any class except a machine's, for callers that ask for such a token explicitly. Machine
    /// tokens have their own rules, and their subject is not a user.
    pub(crate) fn into_any(self) -> Result<AnyJwt, TokenRejection> {
        let category = self.header.get(ClaimName::Cat).and_then(Claim::as_str);
        let is_machines = category == Some(category::M2M) || kind_of(&self.header, &self.payload).is_some();
        if is_machines { Err(TokenRejection::category_of_a_machine()) } else { Ok(AnyJwt(self)) }
    }

    fn may_be_session_by_category(&self) -> bool {
        self.header
            .get(ClaimName::Cat)
            .is_none_or(|category| matches!(category.as_str(), Some(category::SESSION | category::NO_INFORMATION)))
    }
}

impl SessionJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT that may be a handshake token. Made only by [`Jwt::into_handshake`]: a token from a JWT template can have a
/// `handshake` claim that its author wrote.
#[derive(Debug)]
pub(crate) struct HandshakeJwt(pub(super) Jwt);

impl HandshakeJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT of any class except a machine's, such as a token from a JWT template. Made only by [`Jwt::into_any`].
#[derive(Debug)]
pub(crate) struct AnyJwt(pub(super) Jwt);

impl AnyJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn headers_and_subjects_and_the_classes_of_their_tokens() {
        let session = category::SESSION;
        for (name, header, sub, is_session) in [
            ("no category", json!({}), "user_1", true),
            ("a session's", json!({ "cat": session }), "user_1", true),
            ("no information", json!({ "cat": category::NO_INFORMATION }), "user_1", true),
            ("a machine's category", json!({ "cat": category::M2M }), "user_1", false),
            ("an unknown category", json!({ "cat": "cl_X" }), "user_1", false),
            ("a category that is no text", json!({ "cat": 1 }), "user_1", false),
            ("a machine's subject", json!({ "cat": session }), "mch_1", false),
            ("an OAuth token", json!({ "typ": "at+jwt" }), "user_1", false),
            ("an OAuth token with a session's category", json!({ "typ": "at+jwt", "cat": session }), "user_1", false),
        ] {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let header = Value::Object(
                [json!({ "alg": "RS256" }), header].iter().flat_map(|part| part.as_object().unwrap().clone()).collect(),
            );
            let text = format!("{}.{}.AAAA", part(&header), part(&json!({ "sub": sub })));
            let decoded = || Jwt::decode(&text).unwrap();
            assert_eq!(decoded().is_session(), is_session, "{name}");
            assert_eq!(matches!(decoded().classify(), JwtClass::Session(_)), is_session, "{name}");
        }
    }
}
