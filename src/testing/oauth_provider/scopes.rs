//! The scopes that Clerk grants.

use super::error::OAuthError;

/// Those that Clerk's description lists, without `openid`.
pub(super) const SCOPES: [&str; 6] =
    ["email", "offline_access", "private_metadata", "profile", "public_metadata", "user:org:read"];
const DEFAULT: [&str; 2] = ["email", "profile"];

/// Returns the scopes in a text, separated by spaces; Clerk's defaults for none.
pub(super) fn scopes(text: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let named: Vec<String> = text.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if named.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(OAuthError::new("invalid_scope", "Clerk's scopes are those in the metadata's scopes_supported."));
    }
    if named.is_empty() {
        return Ok(DEFAULT.map(str::to_owned).into());
    }
    Ok(named)
}
