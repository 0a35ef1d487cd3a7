//! What a user can sign in with besides email addresses, phone numbers and social accounts.

use super::{Metadata, Verification, resource::resource};

resource! {
    /// A wallet that a user can sign in with.
    #[derive(Clone, Debug)]
    Web3Wallet {
        members {
            /// The ID: `idn_…`.
            id: String,
            /// The address of the wallet.
            web3_wallet: String,
            /// The verification of the wallet: its status and its method.
            verification: Option<Verification>,
        }
        times {
            /// When it was added.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// A passkey that a user can sign in with.
    #[derive(Clone, Debug)]
    Passkey {
        members {
            /// The ID: `idn_…`.
            id: String,
            /// The name that identifies it to its user.
            name: String,
            /// The verification of the passkey: its status and its method.
            verification: Option<Verification>,
        }
        times {
            /// When it was last used.
            last_used_at,
        }
    }
}

resource! {
    /// A user's account with the identity provider of an organization.
    #[derive(Clone, Debug)]
    EnterpriseAccount {
        members {
            /// The ID.
            id: String,
            /// The protocol: `saml` or `oauth`.
            protocol: Option<String>,
            /// The provider: `saml_okta`.
            provider: String,
            /// `true` if the connection is active.
            active: bool,
            /// The account's email address.
            email_address: String,
            /// The first name.
            first_name: Option<String>,
            /// The last name.
            last_name: Option<String>,
            /// The account's ID at the provider.
            provider_user_id: Option<String>,
            /// The ID of the connection.
            enterprise_connection_id: Option<String>,
            /// Metadata that the provider supplies.
            public_metadata: Metadata,
            /// The verification of the account: its status and its method.
            verification: Option<Verification>,
        }
        times {
            /// When the user last signed in with it.
            last_authenticated_at,
        }
    }
}
