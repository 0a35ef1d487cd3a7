//! Verification of a machine-to-machine JWT outside a request.

use super::{
    error::ClerkApiError,
    rejection::{Rejection, Unreachable},
};
use crate::{
    api::M2mToken,
    instance::ClerkConfig,
    request::{Backend, SigningKeyError},
    token::{ClaimRules, Jwt, JwtClass, MachineToken, TokenRejection, TokenType, check_is_for_machine},
};

/// Verifies the token by the same rules as in a request.
pub(super) async fn verify(config: &ClerkConfig, jwt: Jwt) -> Result<M2mToken, ClerkApiError> {
    let jwt = match jwt.classify() {
        JwtClass::Machine(jwt) if jwt.token_type() == TokenType::M2mToken => jwt,
        _ => return Err(refused("It is not a machine-to-machine token")),
    };
    jwt.check_category().map_err(rejected)?;
    let settings = config.settings();
    let now = settings.clock.now();
    let key = config.signing_key(jwt.kid(), now).await.map_err(|error| match error {
        SigningKeyError::UnknownKid => rejected(TokenRejection::unknown_kid(jwt.kid())),
        SigningKeyError::Unavailable { message, .. } | SigningKeyError::SecretKeyRejected { message, .. } => {
            ClerkApiError::Unreachable(Unreachable::signing_keys(&message))
        }
    })?;
    let rules = ClaimRules::from(settings);
    let verdict = match jwt.verify(&key, &rules, now) {
        Err(rejection) if rejection.is_about_signature() => {
            let replacement = config.key_in_place_of(&key, jwt.kid(), now).await;
            replacement.map_or(Err(rejection), |key| jwt.verify(&key, &rules, now))
        }
        verdict => verdict,
    };
    match verdict.map_err(rejected)? {
        MachineToken::M2m(token) => Ok(token.resource().clone()),
        MachineToken::ApiKey(_) | MachineToken::OAuth(_) => Err(refused("It is not a machine-to-machine token")),
    }
}

/// Checks Clerk's response about an opaque token as the middleware does: the token may have expired, or may have been
/// issued to another machine.
pub(super) fn check_opaque(config: &ClerkConfig, token: M2mToken) -> Result<M2mToken, ClerkApiError> {
    if token.revoked || token.expired {
        return Err(refused("The token was revoked or has expired"));
    }
    check_is_for_machine(&token, None, config.settings().machine_id.as_deref()).map_err(rejected)?;
    Ok(token)
}

fn rejected(rejection: TokenRejection) -> ClerkApiError {
    refused(&rejection.machine_message(None))
}

fn refused(message: &str) -> ClerkApiError {
    ClerkApiError::InvalidToken(Rejection::token(message))
}
