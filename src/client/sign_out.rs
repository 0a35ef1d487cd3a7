//! Signing a user out of all their sessions at once.

use super::{error::ClerkApiError, users::Users};
use crate::api::Session;

/// The page size; the largest that Clerk accepts.
const PAGE: u32 = 500;

impl Users<'_> {
    /// Signs a user out everywhere: revokes all their sessions at Clerk, so that no new tokens are issued, and then cuts
    /// off the tokens that were issued until now. Returns the number of sessions that were revoked.
    ///
    /// The tokens stop counting on this server at once if the configuration has
    /// [`revocations`](crate::ClerkConfigBuilder::revocations), and within milliseconds on the servers that share them
    /// ([`SharedRevocations`](crate::stores::SharedRevocations)). Without them, and on other servers, they count for up
    /// to a minute.
    ///
    /// # Errors
    ///
    /// [`ClerkApiError`] if Clerk could not list or revoke all sessions. The tokens are cut off all the same, and the
    /// other sessions are revoked. A session that was not revoked gets a new token, so call this again.
    /// [`NotShared`](ClerkApiError::NotShared) if Clerk did all that, but the store that servers share does not answer.
    ///
    /// ```
    /// use clerk_actix::{ClerkApiError, ClerkClient};
    ///
    /// async fn lock(clerk: &ClerkClient, user_id: &str) -> Result<u64, ClerkApiError> {
    ///     clerk.users().sign_out_everywhere(user_id).await
    /// }
    /// ```
    pub async fn sign_out_everywhere(&self, user_id: &str) -> Result<u64, ClerkApiError> {
        let revocations = self.0.config.settings().revocations.as_ref();
        let mut outcome = Ok(0);
        for status in ["active", "pending"] {
            match self.sessions_that_are(status, user_id).await {
                Ok(sessions) => {
                    for session in sessions {
                        match self.0.sessions().revoke(&session.id).await {
                            Ok(_) => {
                                outcome = outcome.map(|revoked: u64| revoked + 1);
                                // Clerk issues no more tokens of this session, so none of them counts from now on.
                                revocations.inspect(|revocations| revocations.end_session(&session.id));
                            }
                            Err(error) => outcome = outcome.and(Err(error)),
                        }
                    }
                }
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        if let Some(revocations) = revocations {
            revocations.sign_out_user(user_id);
            let written = revocations.written().await;
            // What Clerk has not done is worse: a session that goes on gets new tokens.
            outcome = outcome.and_then(|revoked| written.map(|()| revoked).map_err(ClerkApiError::NotShared));
        }
        outcome
    }

    async fn sessions_that_are(&self, status: &str, user_id: &str) -> Result<Vec<Session>, ClerkApiError> {
        let mut all = Vec::new();
        loop {
            let list = self.0.sessions().list(user_id).query("status", status);
            let page = list.limit(PAGE).offset(all.len() as u64).await?.data;
            let is_last = page.len() < PAGE as usize;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}
