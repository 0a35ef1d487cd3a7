//! Sessions on connections that outlive their request, such as WebSockets: expiry, and verification of the fresh tokens
//! that renew them.

use futures_util::Stream;

use super::{
    lifetime::{Expired, UntilExpiry},
    session::Session,
    unauthenticated::Unauthenticated,
};
use crate::{
    clock::Timestamp,
    instance::ClerkConfig,
    reason::Reason,
    request::{Denial, verify_session_token},
    token::TokenType,
};

impl ClerkConfig {
    /// Verifies a session token that did not arrive in a request's headers, such as one in the first message of a
    /// WebSocket. The rules are those for a token in the `Authorization` header; cookies do not matter. A pending
    /// session is rejected.
    ///
    /// It can be called on any thread, with or without a runtime, and the future is `Send`. It waits for Clerk only if
    /// the instance's signing keys have to be loaded.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] says why the token was rejected; [`is_outage`](Unauthenticated::is_outage) distinguishes a
    /// bad token from keys that could not be loaded.
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
        verify(self, token).await?.unless_pending()
    }
}

impl Session {
    /// Returns a future that resolves when the token expires, for a loop that serves a WebSocket.
    ///
    /// That is when a request with this token would be rejected: [`expires_at`](Self::expires_at) plus the tolerated
    /// [`clock_skew`](crate::ClerkConfigBuilder::clock_skew), or as soon as the session is among the
    /// [`Revocations`](crate::Revocations). It resolves at once if that time has passed. A browser's
    /// token lives for a minute; use [`renew`](Self::renew) to keep a connection open longer.
    ///
    /// Close the WebSocket with code 4401, so that the page knows that it only needs a fresh token and can reconnect
    /// with one. (Codes from 4000 on are for applications, RFC 6455 section 7.4.2. Keep the registered code 1008,
    /// "policy violation", for what a fresh token cannot fix.)
    ///
    /// ```
    /// use actix_web::{get, rt, web, HttpRequest, Responder};
    /// use actix_ws::{CloseCode, Message};
    /// use clerk_actix::RequireAuth;
    ///
    /// #[get("/echo")]
    /// async fn echo(user: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<impl Responder> {
    ///     let (response, mut socket, mut messages) = actix_ws::handle(&req, body)?;
    ///     rt::spawn(async move {
    ///         let mut expired = user.expired();
    ///         let reason = loop {
    ///             tokio::select! {
    ///                 () = &mut expired => break Some((CloseCode::Other(4401), "token-expired").into()),
    ///                 message = messages.recv() => match message {
    ///                     Some(Ok(Message::Text(text))) if socket.text(text.clone()).await.is_ok() => {}
    ///                     _ => break None,
    ///                 },
    ///             }
    ///         };
    ///         let _ = socket.close(reason).await;
    ///     });
    ///     Ok(response)
    /// }
    /// ```
    pub fn expired(&self) -> Expired {
        Expired::of_session(self.config(), self.token(), self.expiry())
    }

    /// Wraps the stream so that it ends when the token expires ([`expired`](Self::expired)): for long-lived responses,
    /// such as server-sent events. [`UntilExpiry::with_last`] adds a final item.
    ///
    /// ```
    /// use actix_web::{get, web::Bytes, Error, HttpResponse, Responder};
    /// use clerk_actix::RequireAuth;
    /// use futures_util::{stream, Stream};
    ///
    /// fn news() -> impl Stream<Item = Result<Bytes, Error>> {
    ///     stream::repeat_with(|| Ok(Bytes::from_static(b"data: nothing new\n\n")))
    /// }
    ///
    /// #[get("/news")]
    /// async fn subscribe(user: RequireAuth) -> impl Responder {
    ///     let goodbye = Bytes::from_static(b"event: token-expired\ndata:\n\n");
    ///     HttpResponse::Ok()
    ///         .content_type("text/event-stream")
    ///         .streaming(user.until_expiry(news()).with_last(Ok(goodbye)))
    /// }
    /// ```
    pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
        self.expired().cut(stream)
    }

    fn expiry(&self) -> Timestamp {
        Timestamp::from_numeric_date(self.expiry_date())
    }
}

impl Session {
    /// Renews this session with a fresh token, so that a connection can outlive the token that opened it.
    ///
    /// A browser's token lives for a minute, and a page can get a fresh one at any time with Clerk's
    /// `session.getToken()`. The page sends it as a WebSocket message well before the old one expires; the server
    /// calls this method and waits for the new expiry. A user who signs out, or whose session is revoked, gets no more
    /// tokens: the connection ends within the minute.
    ///
    /// The fresh token must have the same user, session and active organization as this one, so that whatever they
    /// entitled the connection to still holds. Roles and permissions may have changed: check them against the new
    /// session.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] if the token is rejected, as in
    /// [`verify_session_token`](ClerkConfig::verify_session_token); if its user, session or active organization
    /// differs ([`Reason::TokenVerificationFailed`], [`Reason::ActiveOrganizationMismatch`]); or if the session has
    /// become pending. Close the connection then.
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
            return Err(refused(Reason::TokenVerificationFailed, "The new token belongs to another session."));
        }
        if renewed.org_id() != self.org_id() {
            let message = "The new token belongs to the same session, but another organization is active in it.";
            return Err(refused(Reason::ActiveOrganizationMismatch, message));
        }
        if self.is_pending() { Ok(renewed) } else { renewed.unless_pending() }
    }
}

async fn verify(config: &ClerkConfig, token: &str) -> Result<Session, Unauthenticated> {
    let settings = config.settings();
    let verdict = verify_session_token(token, settings, config, settings.clock.now()).await;
    match verdict {
        Ok(token) => Ok(Session::new(token, config.clone())),
        Err(why) => Err(Unauthenticated::of(TokenType::SessionToken, why)),
    }
}

fn refused(reason: Reason, message: &str) -> Unauthenticated {
    Unauthenticated::of(TokenType::SessionToken, Denial::because(reason).with_message(message))
}
