//! Callers that are no browsers, as a handler sees them: API keys, machine-to-machine tokens, OAuth access tokens.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::Stream;
use serde_json::{Map, Value};

use super::{Expired, UntilExpiry};
use crate::{api, clock::Timestamp, config::ClerkConfig, token::Verified};

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

            #[doc = concat!("Its id, which is no secret: `", $id, "`.")]
            pub fn id(&self) -> &str {
                &self.details().id
            }

            /// What it may be used for, as it was made. Nothing checks them but you.
            pub fn scopes(&self) -> &[String] {
                &self.details().scopes
            }

            /// Whether this scope is one of them, to the letter.
            pub fn has_scope(&self, scope: &str) -> bool {
                self.scopes().iter().any(|granted| granted == scope)
            }

            /// When its time is up; `None` if never.
            pub fn expires_at(&self) -> Option<SystemTime> {
                let millis = u64::try_from(self.details().expiration?).unwrap_or_default();
                UNIX_EPOCH.checked_add(Duration::from_millis(millis))
            }

            /// Ready when its time is up, as [`Session::expired`](crate::Session::expired) is; never where it has no end. That
            /// it is revoked before, a connection does not learn.
            pub fn expired(&self) -> Expired {
                Expired::of(&self.config, self.details().expiration.map(Timestamp::from_millis))
            }

            /// The stream, cut off when its time is up, as by [`Session::until_expiry`](crate::Session::until_expiry).
            pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
                self.expired().cut(stream)
            }

            /// All that is known of it.
            pub fn details(&self) -> &$resource {
                self.token.resource()
            }

            /// The token itself. It is a credential: hand it to services that verify it themselves; never log it.
            pub fn token(&self) -> &str {
                self.token.expose()
            }
        }

        impl fmt::Debug for $name {
            /// Ids only: claims can hold whatever their owner puts there, and the token is a credential.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let subject = &self.details().subject;
                f.debug_struct(stringify!($name)).field("id", &self.id()).field("subject", subject).finish_non_exhaustive()
            }
        }
    };
}

credential! {
    /// A user's or an organization's API key, which Clerk has vouched for.
    ///
    /// A clone is cheap. It serializes to the JSON of Clerk's auth object; the key itself is not in it.
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
    /// A machine-to-machine token: another service of your own, by its own name.
    ///
    /// A clone is cheap. It serializes to the JSON of Clerk's auth object; the token itself is not in it.
    ///
    /// ```
    /// use actix_web::{post, Responder};
    /// use clerk_actix::{M2mToken, RequireAuth};
    ///
    /// #[post("/internal/reindex")]
    /// async fn reindex(machine: RequireAuth<M2mToken>) -> impl Responder {
    ///     format!("asked for by {}", machine.machine_id())
    /// }
    /// ```
    M2mToken, api::M2mToken, "mt_…"
}

credential! {
    /// A token that a user has given to an OAuth application: it acts for them, within its scopes.
    ///
    /// A clone is cheap. It serializes to the JSON of Clerk's auth object; the token itself is not in it.
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
    /// What its owner calls it.
    pub fn name(&self) -> &str {
        &self.details().name
    }

    /// Whose it is: `user_…` or `org_…`. Never empty.
    pub fn subject(&self) -> &str {
        &self.details().subject
    }

    /// The user whose it is, if it is a user's.
    pub fn user_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("user_"))
    }

    /// The organization whose it is, if it is an organization's.
    pub fn org_id(&self) -> Option<&str> {
        Some(self.subject()).filter(|subject| subject.starts_with("org_"))
    }

    /// Claims of your own, if it was made with some.
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.details().claims.as_ref()
    }
}

impl M2mToken {
    /// The machine: `mch_…`. Never empty.
    pub fn machine_id(&self) -> &str {
        &self.details().subject
    }

    /// Claims of your own, if it was made with some.
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.details().claims.as_ref()
    }
}

impl OAuthToken {
    /// The user who has given it: `user_…`. Never empty.
    pub fn user_id(&self) -> &str {
        &self.details().subject
    }

    /// The application that it was given to: its OAuth client id.
    pub fn client_id(&self) -> &str {
        &self.details().client_id
    }
}
