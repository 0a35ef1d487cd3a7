//! The parameters of OAuth's endpoints, from a query or a form.

use std::collections::HashMap;

use actix_web::web::Query;

use super::error::OAuthError;

/// Parameters by name. Empty ones count as left out (RFC 6749, section 3.1).
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Only `resource` may be repeated (RFC 8707); Clerk ignores it.
    pub(super) fn parse(text: &str) -> Result<Self, OAuthError> {
        let bad = || OAuthError::new("invalid_request", "The parameters cannot be read, or one is there twice.");
        let pairs = Query::<Vec<(String, String)>>::from_query(text).map_err(|_| bad())?.into_inner();
        let mut found = HashMap::new();
        for (name, value) in pairs.into_iter().filter(|(name, value)| name != "resource" && !value.is_empty()) {
            if found.insert(name, value).is_some() {
                return Err(bad());
            }
        }
        Ok(Self(found))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or(OAuthError::new("invalid_request", "A required parameter is missing."))
    }
}
