//! Callers other than browsers: API keys, machine-to-machine tokens, and OAuth access tokens.

use std::{fmt, sync::Arc, time::SystemTime};

use futures_util::Stream;
use serde_json::{Map, Value};

use super::{
    check::{Check, Holder},
    lifetime::{Expired, UntilExpiry},
};
use crate::{api, clock::Timestamp, instance::ClerkConfig, token::Verified};

macro_rules! credential {
    ($(#[$doc:meta])* $name:ident, $resource:ty, $id:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            token: Arc<Verified<$resource>>,
            config: ClerkConfig,
        }

        impl $name {
            pub(crate) fn new(token: Arc<Verified<$resource>>, config: ClerkConfig) -> Self {
                Self { token, config }
            }

            /// Returns the verified token, for a credential of another configuration.
            #[cfg(feature = "testing")]
            pub(crate) fn into_verified(self) -> Arc<Verified<$resource>> {
                self.token
            }

            #[doc = concat!("Its id, which is not secret: `", $id, "`.")]
            pub fn id(&self) -> &str {
                &self.details().id
            }

            /// The scopes it was issued with. Your code has to check them.
            pub fn scopes(&self) -> &[String] {
                &self.details().scopes
            }

            /// Returns whether this is one of its scopes; the match is exact.
            pub fn has_scope(&self, scope: &str) -> bool {
                self.scopes().iter().any(|granted| granted == scope)
            }

            /// Returns whether it passes the check. It can only pass checks for scopes.
            pub fn has(&self, check: &Check) -> bool {
                check.answer(Holder::Machine { scopes: self.scopes() }).is_ok()
            }

            /// When it expires; `None` if never.
            pub fn expires_at(&self) -> Option<SystemTime> {
                self.details().expires_at
            }

            /// Returns a future that resolves when it expires, as [`Session::expired`](crate::Session::expired) does;
            /// never if it has no expiry. An earlier revocation goes unnoticed.
            pub fn expired(&self) -> Expired {
                Expired::of(&self.config, self.details().expires_at.map(Timestamp::from))
            }

            /// Wraps the stream so that it ends when it expires, as
            /// [`Session::until_expiry`](crate::Session::until_expiry) does.
            pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
                self.expired().cut(stream)
            }

            /// All details that Clerk gives about it.
            pub fn details(&self) -> &$resource {
                self.token.resource()
            }

            /// The token itself. It is a credential: pass it only to services that verify it themselves, and never log
            /// it.
            pub fn raw_token(&self) -> &str {
                self.token.expose()
            }
        }

        impl fmt::Debug for $name {
            /// IDs only: claims can contain anything, and the token is a credential.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let subject = &self.details().subject;
                f.debug_struct(stringify!($name)).field("id", &self.id()).field("subject", subject).finish_non_exhaustive()
            }
        }
    };
}

credential! {
    /// A user's or an organization's API key that Clerk has verified.
    ///
    /// Clones are cheap. It serializes to the JSON of Clerk's auth object, without the key itself.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{ApiKey, RequireAuth};
    ///
    /// #[get("/api/export")]
    /// async fn export(key: RequireAuth<ApiKey>) -> impl Responder {
    ///     format!("{} exports by the key {:?}", key.subject(), key.name())
    /// }
    /// ```
    ApiKey, api::ApiKey, "ak_…"
}

credential! {
    /// A machine-to-machine (M2M) token, which identifies another of your services.
    ///
    /// Clones are cheap. It serializes to the JSON of Clerk's auth object, without the token itself.
    ///
    /// ```
    /// use actix_web::{post, Responder};
    /// use clerk_actix::{M2mToken, RequireAuth};
    ///
    /// #[post("/internal/reindex")]
    /// async fn reindex(machine: RequireAuth<M2mToken>) -> impl Responder {
    ///     format!("requested by {}", machine.machine_id())
    /// }
    /// ```
    M2mToken, api::M2mToken, "mt_…"
}

credential! {
    /// An OAuth access token: a user has authorized the OAuth application to act for them, within its scopes.
    ///
    /// Clones are cheap. It serializes to the JSON of Clerk's auth object, without the token itself.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{OAuthToken, RequireAuth};
    ///
    /// #[get("/api/profile")]
    /// async fn profile(app: RequireAuth<OAuthToken>) -> impl Responder {
    ///     format!("{} reads the profile of {}", app.client_id(), app.user_id())
    /// }
    /// ```
    OAuthToken, api::OAuthAccessToken, "oat_…"
}

impl ApiKey {
    /// The name that its owner gave it.
    pub fn name(&self) -> &str {
        &self.details().name
    }

    /// The owner's ID: `user_…` or `org_…`. Never empty.
    pub fn subject(&self) -> &str {
        &self.details().subject
    }

    /// The owner's user ID, if the owner is a user.
    pub fn user_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("user_"))
    }

    /// The owner's organization ID, if the owner is an organization.
    pub fn org_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("org_"))
    }

    /// The custom claims, if it was created with any.
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.details().claims.as_ref()
    }
}

impl M2mToken {
    /// The machine's ID: `mch_…`. Never empty.
    pub fn machine_id(&self) -> &str {
        &self.details().subject
    }

    /// The custom claims, if it was created with any.
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.details().claims.as_ref()
    }
}

impl OAuthToken {
    /// The ID of the user who authorized the application: `user_…`. Never empty.
    pub fn user_id(&self) -> &str {
        &self.details().subject
    }

    /// The application's OAuth client ID.
    pub fn client_id(&self) -> &str {
        &self.details().client_id
    }
}
