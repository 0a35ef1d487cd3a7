//! Reports rejections to the log and to observers, once for each rejected request: what was asked, and what was found.

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, http::StatusCode};

use super::{error::AuthError, state::RequestState};
use crate::{
    auth::{FactorAges, Missing, Principal, Session, Unauthenticated},
    instance::ClerkConfig,
    observe::{Event, Rejection},
    request::Hint,
};

/// The organization that a policy has looked for in the path and that is not the caller's, in the request's extensions.
pub(super) struct AskedOrganization(pub(super) String);

/// The request of a rejection, with what the report needs of it.
pub(crate) struct RejectedRequest<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    /// Where the token is, as [`carrier`](crate::request::carrier) names it.
    pub(crate) carrier: &'static str,
    /// `None` if the request itself is gone.
    pub(crate) req: Option<&'r HttpRequest>,
    pub(crate) state: &'r RequestState,
}

impl RejectedRequest<'_> {
    /// Reports the rejection, if anybody wants to hear of it.
    pub(crate) fn report(&self, error: &AuthError, status: StatusCode) {
        let settings = self.state.config().settings();
        if !settings.observers.hear_of_rejections() {
            return;
        }
        let (required, found) = (self.required(error), self.found(error));
        let details = details(self.state.config(), error).join(" ");
        let rejection = Rejection {
            method: self.method,
            path: self.path,
            status: status.as_u16(),
            code: label(error),
            token_type: self.token_type(),
            required: &required,
            found: &found,
            is_outage: matches!(error, AuthError::Unavailable { .. }),
            hint: Some(details.as_str()).filter(|details| !details.is_empty()),
        };
        settings.observers.notify(&Event::Rejection(rejection), settings.clock.now());
    }

    /// The type of the request's token; `none` if there is none.
    fn token_type(&self) -> &'static str {
        if self.carrier != "none" || !matches!(self.state, RequestState::SignedOut(..)) {
            self.state.token_type().as_str()
        } else {
            "none"
        }
    }

    fn required(&self, error: &AuthError) -> String {
        match error {
            AuthError::Unauthenticated(why)
            | AuthError::SignInRequired { why, .. }
            | AuthError::Unavailable { why, .. } => accepted(why),
            AuthError::Forbidden { missing: Missing::Request, .. } => {
                let organization = self.req.and_then(|req| {
                    req.extensions().get::<AskedOrganization>().map(|AskedOrganization(asked)| asked.clone())
                });
                organization.map_or_else(
                    || "the application's own check".to_owned(),
                    |organization| format!("organization {organization}"),
                )
            }
            AuthError::Forbidden { missing, .. } => missing.to_string(),
            AuthError::MiddlewareMissing => "ClerkMiddleware".to_owned(),
        }
    }

    fn found(&self, error: &AuthError) -> String {
        if !matches!(error, AuthError::Forbidden { .. }) {
            return match self.token_type() {
                "none" => "no token".to_owned(),
                token_type => token_type.to_owned(),
            };
        }
        let caller = match (self.state.as_session(), self.state.as_machine()) {
            (Some(Ok(session)), _) => Principal::Session(session.clone()),
            (_, Some(Ok(machine))) => machine.clone(),
            _ => return self.token_type().to_owned(),
        };
        match (&caller, error) {
            (Principal::Session(session), AuthError::Forbidden { missing: Missing::Reverification(_), .. }) => {
                verifications(session)
            }
            (Principal::Session(session), _) => match session.org_id() {
                Some(id) => {
                    let slug = session.org_slug().map(|slug| format!(" ({slug})")).unwrap_or_default();
                    format!("organization {id}{slug}, role {}", session.org_role().unwrap_or("none"))
                }
                None => "no active organization".to_owned(),
            },
            (machine, _) => {
                let scopes = match machine {
                    Principal::Session(_) => &[][..],
                    Principal::ApiKey(key) => key.scopes(),
                    Principal::M2mToken(token) => token.scopes(),
                    Principal::OAuthToken(token) => token.scopes(),
                };
                let scopes = if scopes.is_empty() { "none".to_owned() } else { scopes.join(" ") };
                let owner = machine.org_id().map(|id| format!(" of organization {id}")).unwrap_or_default();
                format!("{}{owner}, scopes: {scopes}", machine.token_type())
            }
        }
    }
}

/// Describes when a session's factors were last verified.
fn verifications(session: &Session) -> String {
    let Some(FactorAges { first, second }) = session.factor_verification_age() else {
        return "no verification in the token (fva)".to_owned();
    };
    let ago = |factor, age: Option<Duration>| match age {
        Some(age) => format!("{factor} factor {} minutes ago", age.as_secs() / 60),
        None => format!("no {factor} factor"),
    };
    format!("{}, {}", ago("first", first), ago("second", second))
}

fn accepted(why: &Unauthenticated) -> String {
    why.accepts().iter().map(|token_type| token_type.as_str()).collect::<Vec<_>>().join(" or ")
}

fn label(error: &AuthError) -> &'static str {
    match error {
        AuthError::Unauthenticated(why)
        | AuthError::SignInRequired { why, .. }
        | AuthError::Unavailable { why, .. } => why.reason().label(),
        AuthError::Forbidden { missing, .. } => missing.code(),
        AuthError::MiddlewareMissing => "internal-error",
    }
}

/// Returns Clerk's message, what to do, and how wrong this machine's clock is, if that may be the cause.
pub(super) fn details(config: &ClerkConfig, error: &AuthError) -> Vec<String> {
    let why = error.unauthenticated();
    let hint = why.and_then(Unauthenticated::hint);
    let is_about_time = matches!(hint, Some(Hint::OutOfTime(_)));
    let skew = config.measured_skew().filter(|skew| is_about_time && skew.exceeds(config.settings().clock_skew));
    [
        why.and_then(Unauthenticated::message).map(str::to_owned),
        hint.map(ToString::to_string),
        skew.map(|skew| format!("When Clerk last responded, this machine's clock was {skew}.")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn sessions_and_what_is_said_of_their_verifications() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let session = || testing::session("user_1");
        for (session, expected) in [
            (session().factor_verification_age(minutes(20), None), "first factor 20 minutes ago, no second factor"),
            (
                session().factor_verification_age(minutes(0), Some(minutes(7))),
                "first factor 0 minutes ago, second factor 7 minutes ago",
            ),
            (session().claim("fva", serde_json::Value::Null), "no verification in the token (fva)"),
        ] {
            assert_eq!(verifications(&session.build()), expected);
        }
    }
}
