//! Verification of a machine-to-machine JWT outside a request.

use super::{error::ClerkApiError, rejection::Unreachable};
use crate::{
    api::M2mToken,
    instance::ClerkConfig,
    request::{NoMachine, SigningKeyError, verify_machine},
    token::{Jwt, JwtClass, MachineToken, TokenRejection, TokenType, check_is_for_machine},
};

/// Verifies the token by the same rules as in a request.
pub(super) async fn verify(config: &ClerkConfig, jwt: Jwt) -> Result<M2mToken, ClerkApiError> {
    let of_another_type = || ClerkApiError::invalid_token("It is not a machine-to-machine token");
    let jwt = match jwt.classify() {
        JwtClass::Machine(jwt) if jwt.token_type() == TokenType::M2mToken => jwt,
        _ => return Err(of_another_type()),
    };
    let settings = config.settings();
    match verify_machine(&jwt, settings, config, settings.clock.now()).await {
        Ok(MachineToken::M2m(token)) => Ok(token.resource().clone()),
        Ok(MachineToken::ApiKey(_) | MachineToken::OAuth(_)) => Err(of_another_type()),
        Err(NoMachine::Rejected(rejection)) => Err(rejected(&rejection)),
        Err(NoMachine::Outage(
            SigningKeyError::Unavailable { message, .. } | SigningKeyError::SecretKeyRejected { message, .. },
        )) => Err(ClerkApiError::Unreachable(Unreachable::signing_keys(&message))),
        Err(NoMachine::Outage(SigningKeyError::UnknownKid)) => {
            Err(rejected(&TokenRejection::unknown_kid(jwt.kid()).of_machine()))
        }
    }
}

/// Checks Clerk's response about an opaque token as the middleware does: the token may have expired, or may have been
/// issued to another machine.
pub(super) fn check_opaque(config: &ClerkConfig, token: M2mToken) -> Result<M2mToken, ClerkApiError> {
    if token.revoked || token.expired {
        return Err(ClerkApiError::invalid_token("The token was revoked or has expired"));
    }
    check_is_for_machine(&token, None, config.settings().machine_id.as_deref())
        .map_err(|rejection| rejected(&rejection))?;
    Ok(token)
}

fn rejected(rejection: &TokenRejection) -> ClerkApiError {
    ClerkApiError::invalid_token(&rejection.machine_message(None))
}
