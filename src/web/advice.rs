//! The advice for each rejection: its cause and its fix, next to its code.

use super::error::AuthError;
use crate::reason::Reason;

impl AuthError {
    /// What the [`code`](Self::code) means and what usually causes it. For developers and operators, not for callers: see
    /// [`public_message`](Self::public_message) for those.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } | Self::Unavailable { why, .. } => {
                why.reason().cause()
            }
            Self::Forbidden { missing, .. } => missing.cause(),
            Self::MiddlewareMissing => Reason::MiddlewareMissing.cause(),
        }
    }

    /// What to do next, in the imperative, with the settings to change and their environment variables.
    ///
    /// ```
    /// use clerk_actix::{AuthError, ClerkMiddleware};
    ///
    /// # fn with(clerk: ClerkMiddleware) -> ClerkMiddleware {
    /// clerk.error_handler(|error: AuthError, req| {
    ///     eprintln!("{} {}: {} {}", req.path(), error.code(), error.cause(), error.fix());
    ///     error.into()
    /// })
    /// # }
    /// ```
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } | Self::Unavailable { why, .. } => {
                why.reason().fix()
            }
            Self::Forbidden { missing, .. } => missing.fix(),
            Self::MiddlewareMissing => Reason::MiddlewareMissing.fix(),
        }
    }
}
