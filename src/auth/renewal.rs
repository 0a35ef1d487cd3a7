//! Session tokens that come in no request: how a connection goes on when the token that opened it ends.

use super::{Session, Unauthenticated};
use crate::{
    backend::{ClerkApi, HttpClient},
    config::ClerkConfig,
    reason::Reason,
    request::{SignedOut, verify_session_token},
    token::TokenType,
};

impl ClerkConfig {
    /// Verifies a session token that came by another way than a request's headers, such as the first message of a WebSocket.
    /// The rules are those for a token in the `Authorization` header; cookies play no part. A pending session counts as
    /// nobody.
    ///
    /// Any thread may call it, with or without a runtime, and the future is `Send`. It waits for Clerk only if the instance's
    /// signing keys have to be loaded.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] says why the token does not count; [`is_outage`](Unauthenticated::is_outage) tells a bad token
    /// from keys that could not be loaded.
    ///
    /// ```
    /// use clerk_actix::{ClerkConfig, Unauthenticated};
    ///
    /// async fn greet(config: &ClerkConfig, first_message: &str) -> Result<String, Unauthenticated> {
    ///     let session = config.verify_session_token(first_message).await?;
    ///     Ok(format!("Hello {}", session.user_id()))
    /// }
    /// ```
    pub async fn verify_session_token(&self, token: &str) -> Result<Session, Unauthenticated> {
        refuse_pending(verify(self, token).await?)
    }
}

impl Session {
    /// This session by a fresh token of its own, with which a connection goes on past the end of the old one.
    ///
    /// A browser's token lives for a minute, and a page can have a fresh one at any time, from Clerk's
    /// `session.getToken()`. So the page sends one over the WebSocket, as a message, well before the old one ends; the
    /// server calls this and waits for the new end. A user who signs out, or whose session is revoked, gets no more tokens:
    /// the connection ends within the minute.
    ///
    /// The fresh token has to be of the same user, session and active organization as this one, so that all that a
    /// connection was allowed because of them still holds. Roles and permissions may have changed: what the connection does
    /// because of those has to be asked of the new session.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] where the token does not count, as in
    /// [`verify_session_token`](ClerkConfig::verify_session_token); where it is of somebody or something else
    /// ([`Reason::TokenVerificationFailed`], [`Reason::ActiveOrganizationMismatch`]); and where the session has become
    /// pending. Close the connection then.
    ///
    /// ```
    /// use actix_ws::{CloseCode, CloseReason, Message, MessageStream};
    /// use clerk_actix::Session;
    ///
    /// /// Serves a socket whose page sends nothing but fresh tokens.
    /// async fn serve(mut session: Session, mut messages: MessageStream) -> Option<CloseReason> {
    ///     let mut expired = session.expired();
    ///     loop {
    ///         tokio::select! {
    ///             () = &mut expired => return Some((CloseCode::Other(4401), "token-expired").into()),
    ///             message = messages.recv() => match message {
    ///                 Some(Ok(Message::Text(token))) => match session.renew(&token).await {
    ///                     Ok(renewed) => (expired, session) = (renewed.expired(), renewed),
    ///                     Err(why) if why.is_outage() => {} // the old token still counts: the page tries again
    ///                     Err(why) => return Some((CloseCode::Other(4401), why.reason().as_str()).into()),
    ///                 },
    ///                 _ => return None,
    ///             },
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn renew(&self, token: &str) -> Result<Session, Unauthenticated> {
        let renewed = verify(self.config(), token).await?;
        if (renewed.user_id(), renewed.session_id()) != (self.user_id(), self.session_id()) {
            return Err(refused(Reason::TokenVerificationFailed, "The fresh token is of another session."));
        }
        if renewed.org_id() != self.org_id() {
            let message = "The fresh token is of the same session, but another organization is active in it.";
            return Err(refused(Reason::ActiveOrganizationMismatch, message));
        }
        if self.is_pending() { Ok(renewed) } else { refuse_pending(renewed) }
    }
}

async fn verify(config: &ClerkConfig, token: &str) -> Result<Session, Unauthenticated> {
    let http = HttpClient::new();
    let (settings, api) = (config.settings(), ClerkApi { config, http: &http });
    let verdict = verify_session_token(token, settings, &api, settings.clock.now()).await;
    match verdict {
        Ok(token) => Ok(Session::new(token, config.clone())),
        Err(why) => Err(Unauthenticated::of(TokenType::SessionToken, why)),
    }
}

fn refuse_pending(session: Session) -> Result<Session, Unauthenticated> {
    if session.is_pending() { Err(Unauthenticated::pending()) } else { Ok(session) }
}

fn refused(reason: Reason, message: &str) -> Unauthenticated {
    Unauthenticated::of(TokenType::SessionToken, SignedOut::because(reason).with_message(message))
}
