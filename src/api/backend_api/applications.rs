//! OAuth applications and machines.

use crate::api::resource::resource;

resource! {
    /// An application that signs users in through yours (OAuth 2.0).
    #[derive(Clone, Debug)]
    OAuthApplication {
        required {
            /// The ID: `oa_…`.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The client ID.
            client_id: String,
            /// The application's page.
            client_uri: Option<String>,
            /// The application's logo.
            client_image_url: Option<String>,
            /// `true` if it registered itself.
            dynamically_registered: bool,
            /// `true` if users are asked for consent.
            consent_screen_enabled: bool,
            /// `true` if it has to use PKCE.
            pkce_required: bool,
            /// `true` if it cannot keep a secret.
            public: bool,
            /// The scopes that it may ask for, separated by spaces.
            scopes: String,
            /// Where users are sent back to.
            redirect_uris: Vec<String>,
            /// Where users are sent back to, by its old name.
            callback_url: String,
            /// The authorization endpoint.
            authorize_url: String,
            /// The token endpoint.
            token_fetch_url: String,
            /// The endpoint for information about the user.
            user_info_url: String,
            /// The metadata of the authorization server.
            discovery_url: String,
            /// The endpoint for information about tokens.
            token_introspection_url: String,
            /// The ID of the instance.
            instance_id: String,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The client's secret: present only in the response that creates or rotates it.
            client_secret,
        }
    }
}

resource! {
    /// A machine: a service that authenticates to others.
    #[derive(Clone, Debug)]
    Machine {
        required {
            /// The ID: `mch_…`.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The ID of the instance.
            instance_id: String,
            /// The lifetime of its tokens in seconds, unless they state one.
            default_token_ttl: Option<u64>,
            /// `true` if it was deleted.
            deleted: bool,
        }
        lists {
            /// The machines that it can talk to.
            scoped_machines: Machine,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The machine secret key: present only in the response that creates it.
            secret_key,
        }
    }
}

resource! {
    /// The secret key of a machine.
    #[derive(Clone, Debug)]
    MachineSecret {
        secrets {
            /// The key: `ak_…`.
            secret,
        }
    }
}

resource! {
    /// The permission of one machine to talk to another.
    #[derive(Clone, Debug)]
    MachineScope {
        members {
            /// The machine that sends tokens: `mch_…`.
            from_machine_id: String,
            /// The machine that accepts them: `mch_…`.
            to_machine_id: String,
            /// `true` if it was deleted.
            deleted: bool,
        }
        times {
            /// When it was created.
            created_at,
        }
    }
}
