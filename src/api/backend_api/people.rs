//! Users' clients, credentials and sign-ups.

use super::words::{IdentifierType, SignUpStatus, TrustedDeviceStatus};
use crate::api::{JsonObject, Metadata, Session, VerificationStatus, resource::resource};

resource! {
    /// A browser or device, with the sessions in it.
    #[derive(Clone, Debug)]
    Client {
        required {
            /// The ID: `client_…`.
            id: String,
        }
        members {
            /// The IDs of its sessions.
            session_ids: Vec<String>,
            /// The sign-in that is not finished.
            sign_in_id: Option<String>,
            /// The sign-up that is not finished.
            sign_up_id: Option<String>,
            /// The session that was active last.
            last_active_session_id: Option<String>,
            /// The method of the latest sign-in: `password`, `oauth_google`, …
            last_authentication_strategy: Option<String>,
        }
        lists {
            /// Its sessions.
            sessions: Session,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// A sign-up, finished or not.
    #[derive(Clone, Debug)]
    SignUp {
        required {
            /// The ID: `sua_…`.
            id: String,
        }
        members {
            /// The status.
            status: SignUpStatus,
            /// What a user has to give.
            required_fields: Vec<String>,
            /// What a user may give.
            optional_fields: Vec<String>,
            /// What is missing.
            missing_fields: Vec<String>,
            /// What has to be verified.
            unverified_fields: Vec<String>,
            /// The state of each verification.
            verifications: JsonObject,
            /// The username.
            username: Option<String>,
            /// The email address.
            email_address: Option<String>,
            /// The phone number.
            phone_number: Option<String>,
            /// The wallet.
            web3_wallet: Option<String>,
            /// `true` if a password was given.
            password_enabled: bool,
            /// The first name.
            first_name: Option<String>,
            /// The last name.
            last_name: Option<String>,
            /// Metadata that browsers can read and write: do not rely on it.
            unsafe_metadata: Metadata,
            /// Metadata that browsers can read and only servers can write.
            public_metadata: Metadata,
            /// `true` if your application has to do something before the sign-up is complete.
            custom_action: bool,
            /// The user's ID in your own system.
            external_id: Option<String>,
            /// The session, once the sign-up is complete.
            created_session_id: Option<String>,
            /// The user, once the sign-up is complete.
            created_user_id: Option<String>,
            /// The preferred language (BCP 47).
            locale: Option<String>,
        }
        times {
            /// When it ends if nothing happens.
            abandon_at,
            /// When the user accepted the legal documents.
            legal_accepted_at,
        }
    }
}

resource! {
    /// A verification that was started: of an email address or a phone number.
    #[derive(Clone, Debug)]
    VerificationAttempt {
        members {
            /// The ID, which the attempt to verify needs.
            id: String,
            /// The status.
            status: VerificationStatus,
            /// The method: `email_code` or `phone_code`.
            strategy: String,
            /// The number of attempts.
            attempts: Option<u32>,
            /// How the code was sent.
            channel: Option<String>,
        }
        times {
            /// The deadline.
            #[serde(rename = "expire_at")]
            #[doc(alias = "expire_at")]
            expires_at,
        }
    }
}

resource! {
    /// A device that a user trusts.
    #[derive(Clone, Debug)]
    TrustedDevice {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The platform: `ios` or `android`.
            platform: String,
            /// The application: its bundle ID or package name.
            app_identifier: String,
            /// The name.
            name: Option<String>,
            /// The algorithm of its key: `ES256`.
            algorithm: String,
            /// The status.
            status: TrustedDeviceStatus,
        }
        times {
            /// When it was last used.
            last_used_at,
            /// When it was revoked.
            revoked_at,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// A number of users.
    #[derive(Clone, Debug)]
    UserCount {
        members {
            /// The number.
            total_count: Option<u64>,
        }
    }
}

resource! {
    /// Whether a password or a one-time code is the user's.
    #[derive(Clone, Debug)]
    CredentialVerdict {
        members {
            /// `true` if it is.
            verified: bool,
            /// Of a one-time code: `totp` or `backup_code`.
            code_type: Option<String>,
        }
    }
}

resource! {
    /// The user whose credentials were removed.
    #[derive(Clone, Debug)]
    UserId {
        members {
            /// The user: `user_…`.
            user_id: String,
        }
    }
}

resource! {
    /// A user's token for the API of a provider, such as Google.
    #[derive(Clone, Debug)]
    ProviderAccessToken {
        members {
            /// The account at Clerk: `eac_…`.
            external_account_id: String,
            /// The user's ID at the provider.
            provider_user_id: String,
            /// The provider: `oauth_google`.
            provider: String,
            /// Metadata of the account.
            public_metadata: Metadata,
            /// The label of the account.
            label: Option<String>,
            /// What the token may be used for.
            scopes: Vec<String>,
        }
        times {
            /// When it expires; `None` if Clerk does not know.
            expires_at,
        }
        secrets {
            /// The access token.
            token,
            /// The ID token, of an OpenID Connect provider.
            id_token,
            /// The secret of an OAuth 1.0 token.
            token_secret,
        }
    }
}

resource! {
    /// The new token of a session, or the cookies that hold it.
    #[derive(Clone, Debug)]
    RefreshedSession {
        members {
            /// `token` or `cookies`.
            object: String,
        }
        secrets {
            /// The token, if it was asked for.
            jwt,
        }
    }
}

impl RefreshedSession {
    /// Returns the cookies, as values of `Set-Cookie`, if they were asked for. They hold the session's token.
    pub fn cookies(&self) -> Vec<&str> {
        let cookies = self.other.get("cookies").and_then(serde_json::Value::as_array);
        cookies.into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
    }
}

resource! {
    /// An identifier that may sign up or sign in, or may not.
    #[derive(Clone, Debug)]
    ListedIdentifier {
        members {
            /// The ID: `alid_…` or `blid_…`.
            id: String,
            /// The email address, phone number or wallet. `*@example.com` stands for all addresses of a domain.
            identifier: String,
            /// The kind of the identifier.
            identifier_type: IdentifierType,
            /// The invitation, if one was sent.
            invitation_id: Option<String>,
            /// The ID of the instance.
            instance_id: Option<String>,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}
