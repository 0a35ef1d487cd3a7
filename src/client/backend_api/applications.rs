//! Calls about OAuth applications and machines.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    api::{DeletedObject, JsonObject, Machine, MachineScope, MachineSecret, OAuthAccessToken, OAuthApplication, Page},
    client::{
        error::ClerkApiError, filters::filters, operation::calls, properties::properties, upload::FileUpload,
        whole_seconds,
    },
};

super::resources::resources! {
    oauth_applications: OAuthApplications, "applications that sign users in through yours";
    machines: Machines, "machines";
}

filters! {
    /// Which OAuth applications to list.
    OAuthApplicationFilters lists OAuthApplication {
        /// Sets the order: `name` or `created_at`, with a minus sign before it for a falling one.
        order_by: text,
        /// Only applications with this text in their name or client ID.
        name_search = "name_query": text,
    }
}

filters! {
    /// Which machines to list.
    MachineFilters lists Machine {
        /// Only machines with this text in their name or ID.
        search = "query": text,
        /// Sets the order: `name` or `created_at`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

properties! {
    /// A new OAuth application.
    NewOAuthApplication {
        /// An application of this name.
        new(name: text);
        /// Sets where users are sent back to.
        redirect_uris: texts,
        /// Sets where users are sent back to, by its old name.
        callback_url: text,
        /// Sets the scopes that it may ask for, separated by spaces.
        scopes: text,
        /// Asks users for consent.
        consent_screen_enabled: flag,
        /// Requires PKCE.
        pkce_required: flag,
        /// States that it cannot keep a secret, as an application in a browser or on a phone.
        public: flag,
    }
}

properties! {
    /// Changes to an OAuth application.
    OAuthApplicationUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets where users are sent back to.
        redirect_uris: texts,
        /// Sets where users are sent back to, by its old name.
        callback_url: text,
        /// Sets the scopes that it may ask for, separated by spaces.
        scopes: text,
        /// Asks users for consent.
        consent_screen_enabled: flag,
        /// Requires PKCE.
        pkce_required: flag,
        /// States that it cannot keep a secret.
        public: flag,
    }
}

properties! {
    /// A new machine.
    NewMachine {
        /// A machine of this name.
        new(name: text);
        /// Sets the machines that it can talk to: `mch_…`.
        scoped_machines: texts,
        /// Sets the lifetime of its tokens, in whole seconds, unless they state one.
        default_token_lifetime = "default_token_ttl": seconds,
    }
}

properties! {
    /// Changes to a machine.
    MachineUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the lifetime of its tokens, in whole seconds, unless they state one.
        default_token_lifetime = "default_token_ttl": seconds,
    }
}

/// What Clerk says of an access token: its properties, or only that it is not active.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Introspection {
    Active(Box<OAuthAccessToken>),
    Inactive(JsonObject),
}

calls! {
    OAuthApplications {
        /// Lists the applications, newest first unless an order is set.
        pub fn list() -> Page<OAuthApplication>, OAuthApplicationFilters = GET["oauth_applications"] or 400, 403, 422;

        /// Creates an application. Only this response has the secret, unless it is rotated.
        pub fn create(application: NewOAuthApplication) -> OAuthApplication =
            POST["oauth_applications"].json(&application) or 400, 403, 422;

        /// Fetches an application by its ID (`oa_…`).
        pub fn get(id) -> OAuthApplication = GET["oauth_applications", id] or 403, 404;

        /// Updates an application.
        pub fn update(id, update: OAuthApplicationUpdate) -> OAuthApplication =
            PATCH["oauth_applications", id].json(&update) or 400, 403, 404, 422;

        /// Deletes an application.
        pub fn delete(id) -> DeletedObject = DELETE["oauth_applications", id] or 403, 404;

        /// Uploads an application's logo, for the user (`user_…`) who did it. It is sent piece by piece.
        pub fn set_logo(id, uploader_user_id: Option<&str>, logo: FileUpload) -> OAuthApplication =
            PUT["oauth_applications", id, "logo"].upload(logo.field("uploader_user_id", uploader_user_id)) or 400, 403, 404, 413;

        /// Replaces the secret of an application. The old one is rejected from now on.
        #[doc(alias = "rotateSecret")]
        pub fn rotate_secret(id) -> OAuthApplication = POST["oauth_applications", id, "rotate_secret"] or 403, 404;

        /// Revokes an access token or a refresh token that an application has.
        #[doc(alias = "revokeToken")]
        pub fn revoke_token(id, token) -> () = POST["oauth_applications", id, "revoke_token"].with("token", token) or 400, 403, 404, 422;

        fn introspect(access_token) -> Introspection =
            POST["oauth_applications", "access_tokens", "verify"]
            .without_version().with("access_token", access_token).verifying() or 400, 404;
    }

    Machines {
        /// Lists the machines, newest first unless an order is set.
        pub fn list() -> Page<Machine>, MachineFilters = GET["machines"] or 400, 403, 422;

        /// Creates a machine. Only this response has the [`secret_key`](Machine::secret_key), besides
        /// [`secret_key`](Self::secret_key).
        pub fn create(machine: NewMachine) -> Machine = POST["machines"].json(&machine) or 400, 403, 422;

        /// Fetches a machine by its ID (`mch_…`).
        pub fn get(id) -> Machine = GET["machines", id] or 400, 403, 404, 422;

        /// Updates a machine.
        pub fn update(id, update: MachineUpdate) -> Machine = PATCH["machines", id].json(&update) or 400, 403, 404, 422;

        /// Deletes a machine.
        pub fn delete(id) -> Machine = DELETE["machines", id] or 400, 403, 404, 422;

        /// Fetches the secret key of a machine.
        #[doc(alias = "getSecretKey")]
        pub fn secret_key(id) -> MachineSecret = GET["machines", id, "secret_key"] or 400, 403, 404;

        /// Replaces the secret key of a machine. The old one works as long as `overlap`, in whole seconds.
        #[doc(alias = "rotateSecretKey")]
        pub fn rotate_secret_key(id, overlap: Duration) -> MachineSecret =
            POST["machines", id, "secret_key", "rotate"].with("previous_token_ttl", whole_seconds(overlap)) or 400, 403, 404, 422;

        /// Lets a machine talk to another one.
        #[doc(alias = "createScope")]
        pub fn create_scope(id, to_machine_id) -> MachineScope =
            POST["machines", id, "scopes"].with("to_machine_id", to_machine_id) or 400, 403, 404, 409, 422;

        /// Stops a machine from talking to another one.
        #[doc(alias = "deleteScope")]
        pub fn delete_scope(id, other_machine_id) -> MachineScope =
            DELETE["machines", id, "scopes", other_machine_id] or 400, 403, 404, 422;
    }
}

impl OAuthApplications<'_> {
    /// Verifies an opaque access token and returns it with its user. In a handler, use
    /// [`RequireAuth<OAuthToken>`](crate::OAuthToken): requests with the same token share one call.
    ///
    /// # Errors
    ///
    /// [`ClerkApiError::InvalidToken`] for an invalid token, and other errors if Clerk cannot be asked.
    #[doc(alias = "idPOAuthAccessToken")]
    pub async fn verify_access_token(&self, access_token: &str) -> Result<OAuthAccessToken, ClerkApiError> {
        match self.introspect(access_token).await? {
            Introspection::Active(token) if !token.revoked && !token.expired => Ok(*token),
            Introspection::Active(_) => Err(ClerkApiError::invalid_token("The token was revoked or has expired")),
            Introspection::Inactive(_) => Err(ClerkApiError::invalid_token("The token is not active")),
        }
    }
}
