//! The credentials of callers other than browsers: API keys, machine-to-machine tokens, and OAuth access tokens.

use std::{fmt, time::SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    JsonObject, Secret,
    lenient::lenient,
    time::{lenient_oauth_time, lenient_time},
};

macro_rules! resource {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
        times by $lenient_time:literal { $($(#[$time_doc:meta])* $time:ident,)* }
        $(secret { $(#[$secret_doc:meta])* $secret:ident })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize, Serialize)]
        #[non_exhaustive]
        pub struct $name {
            /// The ID.
            pub id: String,
            $($(#[$field_doc])* #[serde(default, deserialize_with = "lenient")] pub $field: $type,)*
            /// `true` if it was revoked.
            #[serde(default, deserialize_with = "lenient")]
            pub revoked: bool,
            /// The reason for the revocation.
            #[serde(default, deserialize_with = "lenient")]
            pub revocation_reason: Option<String>,
            /// `true` if it has expired.
            #[serde(default, deserialize_with = "lenient")]
            pub expired: bool,
            /// When it expires; `None` if never.
            #[serde(rename = "expiration", default, with = $lenient_time)]
            #[doc(alias = "expiration")]
            pub expires_at: Option<SystemTime>,
            /// When it was created.
            #[serde(default, with = $lenient_time)]
            pub created_at: Option<SystemTime>,
            /// When it was last updated.
            #[serde(default, with = $lenient_time)]
            pub updated_at: Option<SystemTime>,
            $($(#[$time_doc])* #[serde(default, with = $lenient_time)] pub $time: Option<SystemTime>,)*
            $($(#[$secret_doc])* #[serde(default, deserialize_with = "lenient", skip_serializing)] pub $secret: Option<Secret>,)?
            /// The members that have no field here, as Clerk sent them.
            #[serde(flatten)]
            pub other: JsonObject,
        }

        impl fmt::Debug for $name {
            /// Leaves out claims, which can contain anything.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id)
                    .field("subject", &self.subject)
                    .field("scopes", &self.scopes)
                    .field("revoked", &self.revoked)
                    .field("expired", &self.expired)
                    .finish_non_exhaustive()
            }
        }
    };
}

resource! {
    /// A user's or an organization's API key.
    ApiKey {
        /// The name that its owner gave it.
        name: String,
        /// The owner: `user_…` or `org_…`.
        subject: String,
        /// The scopes that it grants.
        scopes: Vec<String>,
        /// Custom claims.
        claims: Option<Map<String, Value>>,
        /// The user who created it.
        created_by: Option<String>,
        /// A description of its purpose.
        description: Option<String>,
    }
    times by "lenient_time" {
        /// When it was last used.
        last_used_at,
    }
    secret {
        /// The key itself: present only in the response that creates it. It is not serialized.
        secret
    }
}

resource! {
    /// A token with which one machine authenticates to another.
    M2mToken {
        /// The machine that created it: `mch_…`.
        subject: String,
        /// The machines that it is meant for.
        scopes: Vec<String>,
        /// Custom claims.
        claims: Option<Map<String, Value>>,
    }
    times by "lenient_time" {}
    secret {
        /// The token itself: present only in the response that creates it. It is not serialized.
        token
    }
}

resource! {
    /// An access token with which an OAuth application acts for a user.
    OAuthAccessToken {
        /// The application's OAuth client ID.
        client_id: String,
        /// The user's ID: `user_…`.
        subject: String,
        /// The scopes that the user has granted.
        scopes: Vec<String>,
        /// The audience (`aud`), unchanged: a string or a list.
        aud: Option<Value>,
        /// The actor, if the token was issued by token exchange (RFC 8693, section 4.1).
        act: Option<Value>,
    }
    times by "lenient_oauth_time" {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_id_has_to_be_there() {
        let key: ApiKey = serde_json::from_str(
            r#"{"object":"api_key","id":"ak_1","name":7,"subject":"user_1","scopes":["a",1],"claims":[],
                "revoked":"no","expiration":1e300,"created_by":null,"new":{}}"#,
        )
        .unwrap();
        assert_eq!((key.id.as_str(), key.name.as_str(), key.subject.as_str()), ("ak_1", "", "user_1"));
        assert_eq!((key.scopes.len(), key.claims, key.revoked, key.expires_at), (0, None, false, None));
        for broken in ["{}", r#"{"id":7}"#, "[]", "\"ak_1\"", "null"] {
            assert!(serde_json::from_str::<ApiKey>(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        let token: M2mToken = serde_json::from_str(r#"{"id":"mt_1","token":"mt_secret","expiration":1000}"#).unwrap();
        assert_eq!(token.token.as_ref().map(Secret::expose), Some("mt_secret"));
        assert!(!format!("{token:?}").contains("mt_secret"));
        assert_eq!(token.expires_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1)));
    }
}
