//! The tokens of callers that are no browsers: API keys, machine-to-machine tokens, OAuth access tokens.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Secret, lenient::lenient};

macro_rules! resource {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            /// Its id.
            pub id: String,
            $($(#[$field_doc])* #[serde(default, deserialize_with = "lenient")] pub $field: $type,)*
            /// Whether it was revoked.
            #[serde(default, deserialize_with = "lenient")]
            pub revoked: bool,
            /// Why it was revoked.
            #[serde(default, deserialize_with = "lenient")]
            pub revocation_reason: Option<String>,
            /// Whether its time is up.
            #[serde(default, deserialize_with = "lenient")]
            pub expired: bool,
            /// When its time is up, in milliseconds since the Unix epoch; `None` if never.
            #[serde(default, deserialize_with = "lenient")]
            pub expiration: Option<i64>,
            /// When it was made, in milliseconds since the Unix epoch.
            #[serde(default, deserialize_with = "lenient")]
            pub created_at: Option<i64>,
            /// When it was last changed, in milliseconds since the Unix epoch.
            #[serde(default, deserialize_with = "lenient")]
            pub updated_at: Option<i64>,
        }

        impl fmt::Debug for $name {
            /// Without claims, which can hold whatever their owner puts there.
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

        impl $name {
            /// When its time is up; `None` if never.
            pub fn expires_at(&self) -> Option<SystemTime> {
                let millis = u64::try_from(self.expiration?).unwrap_or_default();
                UNIX_EPOCH.checked_add(Duration::from_millis(millis))
            }
        }
    };
}

resource! {
    /// An API key of a user's or an organization's.
    ApiKey {
        /// What its owner calls it.
        name: String,
        /// Whose it is: `user_…` or `org_…`.
        subject: String,
        /// What it may be used for.
        scopes: Vec<String>,
        /// Claims of your own.
        claims: Option<Map<String, Value>>,
        /// The user who made it.
        created_by: Option<String>,
        /// What it is for, in words.
        description: Option<String>,
        /// When it was last used, in milliseconds since the Unix epoch.
        last_used_at: Option<i64>,
        /// The key itself: only in the answer that makes it.
        secret: Option<Secret>,
    }
}

resource! {
    /// A token that one machine shows to another.
    M2mToken {
        /// The machine that it was made by: `mch_…`.
        subject: String,
        /// The machines that it is for.
        scopes: Vec<String>,
        /// Claims of your own.
        claims: Option<Map<String, Value>>,
        /// The token itself: only in the answer that makes it.
        token: Option<Secret>,
    }
}

resource! {
    /// An access token that a user has given to an OAuth application.
    OAuthAccessToken {
        /// The application: its OAuth client id.
        client_id: String,
        /// The user: `user_…`.
        subject: String,
        /// What the user has agreed to.
        scopes: Vec<String>,
        /// Whom it was made for (`aud`), as it came: a text or a list.
        aud: Option<Value>,
        /// Who acts for the user, in a token by token exchange (RFC 8693, section 4.1).
        act: Option<Value>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_has_to_be_there() {
        let key: ApiKey = serde_json::from_str(
            r#"{"object":"api_key","id":"ak_1","name":7,"subject":"user_1","scopes":["a",1],"claims":[],
                "revoked":"no","expiration":1e300,"created_by":null,"new":{}}"#,
        )
        .unwrap();
        assert_eq!((key.id.as_str(), key.name.as_str(), key.subject.as_str()), ("ak_1", "", "user_1"));
        assert_eq!((key.scopes.len(), key.claims, key.revoked, key.expiration), (0, None, false, None));
        for broken in ["{}", r#"{"id":7}"#, "[]", "\"ak_1\"", "null"] {
            assert!(serde_json::from_str::<ApiKey>(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        let token: M2mToken = serde_json::from_str(r#"{"id":"mt_1","token":"mt_secret","expiration":1000}"#).unwrap();
        assert_eq!(token.token.as_ref().map(Secret::expose), Some("mt_secret"));
        assert!(!format!("{token:?}").contains("mt_secret"));
        assert_eq!(token.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(1)));
    }
}
