//! Calls about tokens: for sign-in, impersonation, tests, agents, the admin portal, and API keys.

use crate::{
    api::{ActorToken, AdminPortalLinkToken, AgentTask, ApiKeySecret, DeletedObject, SignInToken, TestingToken},
    client::{api_keys::ApiKeys, operation::calls, properties::properties},
};

super::resources::resources! {
    sign_in_tokens: SignInTokens, "tokens with which a user signs in once";
    actor_tokens: ActorTokens, "tokens with which somebody signs in as a user";
    testing_tokens: TestingTokens, "tokens with which automated tests pass bot detection";
    agent_tasks: AgentTasks, "tasks of agents";
    admin_portal_link_tokens: AdminPortalLinkTokens, "tokens for links to the admin portal";
}

properties! {
    /// A new token with which a user signs in once.
    NewSignInToken {
        /// A token of this user (`user_…`).
        new(user_id: text);
        /// Sets the organization that is active after the sign-in: `org_…`.
        organization_id = "org_id": text,
        /// Sets the lifetime, in whole seconds; by default 30 days.
        lifetime = "expires_in_seconds": seconds,
    }
}

properties! {
    /// A new token with which somebody signs in as a user.
    NewActorToken {
        /// A token for signing in as `user_id`. The actor's ID is `sub` in the session's `act` claim.
        new(user_id: text, actor: value(Actor));
        /// Sets the lifetime of the token, in whole seconds; by default an hour.
        lifetime = "expires_in_seconds": seconds,
        /// Sets the lifetime of the session, in whole seconds; by default half an hour.
        session_lifetime = "session_max_duration_in_seconds": seconds,
    }
}

properties! {
    /// Who signs in as another user.
    Actor {
        /// The user with this ID: `user_…`.
        new(id = "sub": text);
    }
}

properties! {
    /// A task that an agent carries out for a user.
    NewAgentTask {
        /// A task on behalf of this user, with the agent's name, a description for the user, and the URL that the agent
        /// goes to.
        new(on_behalf_of: value(OnBehalfOf), agent_name: text, task_description: text, redirect_url: text);
        /// Sets the lifetime of the session, in whole seconds; by default half an hour.
        session_lifetime = "session_max_duration_in_seconds": seconds,
    }
}

properties! {
    /// The user for whom an agent acts: their ID or another identifier.
    OnBehalfOf {
        /// Nobody yet.
        new();
        /// Sets the user: `user_…`.
        user_id: text,
        /// Sets the email address, phone number or username of the user.
        identifier: text,
    }
}

properties! {
    /// A new token for a link to the admin portal.
    NewAdminPortalLinkToken {
        /// A token without properties.
        new();
        /// Sets the organization: `org_…`.
        organization_id: text,
        /// Sets the person who gets the link.
        it_contact_id: text,
        /// Sets what the link may be used for.
        scopes: texts,
        /// Sets the lifetime, in whole seconds.
        lifetime = "seconds_until_expiration": seconds,
    }
}

calls! {
    SignInTokens {
        /// Creates a token with which a user signs in once, without a password.
        ///
        /// ```
        /// use std::time::Duration;
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Secret, client::NewSignInToken};
        ///
        /// async fn link(clerk: &ClerkClient, user_id: &str) -> Result<Option<Secret>, ClerkApiError> {
        ///     let token = NewSignInToken::new(user_id).lifetime(Duration::from_secs(600));
        ///     Ok(clerk.sign_in_tokens().create(token).await?.url)
        /// }
        /// ```
        #[doc(alias = "createSignInToken")]
        pub fn create(token: NewSignInToken) -> SignInToken = POST["sign_in_tokens"].json(&token) or 403, 404, 422;

        /// Revokes a token that nobody has used.
        #[doc(alias = "revokeSignInToken")]
        pub fn revoke(id) -> SignInToken = POST["sign_in_tokens", id, "revoke"] or 400, 404;
    }

    ActorTokens {
        /// Creates a token with which somebody signs in as a user, such as support staff.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Secret, client::{Actor, NewActorToken}};
        ///
        /// async fn impersonate(clerk: &ClerkClient, who: &str, as_whom: &str) -> Result<Option<Secret>, ClerkApiError> {
        ///     Ok(clerk.actor_tokens().create(NewActorToken::new(as_whom, Actor::new(who))).await?.url)
        /// }
        /// ```
        pub fn create(token: NewActorToken) -> ActorToken = POST["actor_tokens"].json(&token) or 400, 402, 422;

        /// Revokes a token that nobody has used.
        pub fn revoke(id) -> ActorToken = POST["actor_tokens", id, "revoke"] or 400, 404;
    }

    TestingTokens {
        /// Creates a token with which automated tests pass bot detection, in development.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Secret};
        ///
        /// async fn for_the_browser(clerk: &ClerkClient) -> Result<Option<Secret>, ClerkApiError> {
        ///     Ok(clerk.testing_tokens().create().await?.token)
        /// }
        /// ```
        #[doc(alias = "createTestingToken")]
        pub fn create() -> TestingToken = POST["testing_tokens"];
    }

    AgentTasks {
        /// Creates a task of an agent, with a URL that signs it in. The agent gets all permissions of the user.
        pub fn create(task: NewAgentTask) -> AgentTask = POST["agents", "tasks"].json(&task).with("permissions", "*") or 400, 404, 422;

        /// Revokes a task.
        pub fn revoke(id) -> AgentTask = POST["agents", "tasks", id, "revoke"] or 400, 404;
    }

    AdminPortalLinkTokens {
        /// Creates a token for a link to the admin portal.
        pub fn create(token: NewAdminPortalLinkToken) -> AdminPortalLinkToken =
            POST["admin_portal_link_tokens"].json(&token) or 400, 403, 409;

        /// Revokes a token. The reason is for your records.
        pub fn revoke(id, reason: Option<&str>) -> AdminPortalLinkToken =
            POST["admin_portal_link_tokens", id, "revoke"].with("revocation_reason", reason) or 400, 403, 404;
    }

    ApiKeys {
        /// Deletes an API key.
        pub fn delete(id) -> DeletedObject = DELETE["api_keys", id].without_version().changing_token(id) or 400, 404;

        /// Fetches the key itself.
        #[doc(alias = "getSecret")]
        pub fn secret(id) -> ApiKeySecret = GET["api_keys", id, "secret"].without_version() or 400, 404;
    }
}
