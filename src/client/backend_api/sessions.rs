//! Calls about sessions, clients and sign-ups.

use crate::{
    api::{Client, Page, RefreshFormat, RefreshedSession, Session, SignUp},
    client::{
        operation::calls,
        properties::properties,
        sessions::{SessionFilters, Sessions},
    },
};

super::resources::resources! {
    clients: Clients, "clients: browsers and devices";
    sign_ups: SignUps, "sign-ups";
}

properties! {
    /// The tokens of a session whose token has expired, with the request that they came with.
    SessionRefresh {
        /// The expired session token, the refresh token, and the origin of the request.
        new(expired_token: text, refresh_token: text, request_origin: text);
        /// Sets the headers of the request, each with its values.
        request_headers: data,
        /// Sets whether a token or cookies are wanted.
        format: value(RefreshFormat),
        /// Sets the address of the client.
        request_originating_ip: text,
    }
}

properties! {
    /// Changes to a sign-up.
    SignUpUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the user's ID in your own system.
        external_id: text,
        /// States that your application has done its part, or has not.
        custom_action: flag,
    }
}

calls! {
    Sessions {
        /// Lists the sessions of all users, newest first.
        pub fn list_all() -> Page<Session>, SessionFilters = GET["sessions"].only("paginated", true) or 400, 422;

        /// Creates a session of a user, for tests. `active_organization_id` is the organization that is active in it.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, GetTokenOptions, api::Secret};
        ///
        /// async fn token_for_a_test(clerk: &ClerkClient, user_id: &str) -> Result<Secret, ClerkApiError> {
        ///     let session = clerk.sessions().create(user_id, None).await?;
        ///     clerk.sessions().get_token(&session.id, GetTokenOptions::new()).await
        /// }
        /// ```
        #[doc(alias = "createSession")]
        pub fn create(user_id, active_organization_id: Option<&str>) -> Session =
            POST["sessions"].with("user_id", user_id).with_some("active_organization_id", active_organization_id) or 400, 404, 422;

        /// Refreshes the token of a session. The middleware does this for browsers.
        #[doc(alias = "refreshSession")]
        pub fn refresh(id, refresh: SessionRefresh) -> RefreshedSession = POST["sessions", id, "refresh"].json(&refresh) or 400;
    }

    Clients {
        /// Lists clients. Clerk has deprecated this.
        #[doc(alias = "getClientList")]
        pub fn list() -> Page<Client> = GET["clients"].only("paginated", true) or 400, 410, 422;

        /// Fetches a client by its ID (`client_…`).
        #[doc(alias = "getClient")]
        pub fn get(id) -> Client = GET["clients", id] or 400, 404;

        /// Fetches the client that a client token (the cookie `__client`) belongs to.
        #[doc(alias = "verifyClient")]
        pub fn verify(token) -> Client = POST["clients", "verify"].with("token", token) or 400, 404;
    }

    SignUps {
        /// Fetches a sign-up by its ID.
        pub fn get(id) -> SignUp = GET["sign_ups", id] or 403;

        /// Updates a sign-up.
        pub fn update(id, update: SignUpUpdate) -> SignUp = PATCH["sign_ups", id].json(&update) or 403;
    }
}
