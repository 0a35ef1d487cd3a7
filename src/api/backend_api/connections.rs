//! Connections to identity providers of enterprises, and their directories.

use super::words::{LoginHintMode, TestRunStatus};
use crate::api::{JsonObject, Role, resource::resource};

resource! {
    /// A connection to the identity provider of an enterprise.
    #[derive(Clone, Debug)]
    EnterpriseConnection {
        required {
            /// The ID: `ent_…`.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The provider: `saml_okta`.
            provider: String,
            /// The logo of the provider.
            logo_public_url: Option<String>,
            /// `true` if users can sign in with it.
            active: bool,
            /// The domains whose users sign in with it.
            domains: Vec<String>,
            /// The organization that users join: `org_…`.
            organization_id: Option<String>,
            /// `true` if each sign-in updates the user.
            sync_user_attributes: bool,
            /// `true` if users cannot add other identifiers.
            disable_additional_identifications: bool,
            /// `true` if members of the organization can link their account.
            allow_organization_account_linking: bool,
            /// The settings of SAML.
            saml_connection: Option<EnterpriseSaml>,
            /// The settings of OpenID Connect.
            oauth_config: Option<EnterpriseOidc>,
        }
        lists {
            /// The attributes that it sets besides those of every user.
            custom_attributes: CustomAttribute,
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
    /// The settings of SAML in an enterprise connection.
    #[derive(Clone, Debug)]
    EnterpriseSaml {
        members {
            /// The ID: `samlc_…`.
            id: String,
            /// The name.
            name: String,
            /// The identity provider's entity ID.
            idp_entity_id: Option<String>,
            /// The identity provider's sign-in page.
            idp_sso_url: Option<String>,
            /// The identity provider's metadata.
            idp_metadata_url: Option<String>,
            /// Where the identity provider sends its responses.
            acs_url: Option<String>,
            /// Clerk's entity ID.
            sp_entity_id: Option<String>,
            /// Clerk's metadata.
            sp_metadata_url: Option<String>,
            /// `true` if users can sign in with it.
            active: bool,
            /// `true` if a sign-in can begin at the identity provider.
            allow_idp_initiated: bool,
            /// `true` if users of subdomains can sign in with it.
            allow_subdomains: bool,
            /// `true` if users have to authenticate each time.
            force_authn: bool,
            /// The hint with which the identity provider recognizes the user.
            login_hint: Option<LoginHint>,
        }
    }
}

resource! {
    /// The settings of OpenID Connect in an enterprise connection.
    #[derive(Clone, Debug)]
    EnterpriseOidc {
        members {
            /// The ID.
            id: String,
            /// The name.
            name: String,
            /// The key of the provider.
            provider_key: String,
            /// The client ID.
            client_id: Option<String>,
            /// The provider's metadata.
            discovery_url: Option<String>,
            /// The authorization endpoint.
            auth_url: Option<String>,
            /// The token endpoint.
            token_url: Option<String>,
            /// The endpoint for information about the user.
            user_info_url: Option<String>,
            /// `true` if the provider requires PKCE.
            requires_pkce: bool,
            /// The logo of the provider.
            logo_public_url: Option<String>,
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
    /// The hint with which an identity provider recognizes a user.
    #[derive(Clone, Debug)]
    LoginHint {
        members {
            /// What is sent.
            mode: LoginHintMode,
            /// The attribute, if it is a custom one.
            source: Option<String>,
        }
    }
}

resource! {
    /// An attribute that a connection or a directory sets besides those of every user.
    #[derive(Clone, Debug)]
    CustomAttribute {
        members {
            /// The name, for people.
            name: String,
            /// The name in the user's metadata.
            key: String,
            /// Where single sign-on has it.
            sso_path: Option<String>,
            /// Where SCIM has it.
            scim_path: Option<String>,
            /// Where the directory has it.
            directory_path: Option<String>,
            /// `true` if it can have several values.
            multi_valued: bool,
        }
    }
}

resource! {
    /// A test of an enterprise connection.
    #[derive(Clone, Debug)]
    TestRun {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The status.
            status: TestRunStatus,
            /// `saml` or `oauth`.
            connection_type: String,
            /// The user as the provider described them.
            parsed_user_info: Option<JsonObject>,
            /// What happened, step by step.
            logs: Vec<JsonObject>,
            /// The messages of SAML.
            saml: Option<JsonObject>,
            /// The tokens of OpenID Connect.
            oauth: Option<JsonObject>,
        }
        times {
            /// When it was created.
            created_at,
        }
    }
}

resource! {
    /// A test that was started.
    #[derive(Clone, Debug)]
    StartedTestRun {
        members {
            /// Where to sign in for the test.
            url: String,
        }
    }
}

resource! {
    /// A SAML connection, by Clerk's earlier API. [`EnterpriseConnection`] takes its place.
    #[derive(Clone, Debug)]
    SamlConnection {
        required {
            /// The ID: `samlc_…`.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The domains whose users sign in with it.
            domains: Vec<String>,
            /// The identity provider's entity ID.
            idp_entity_id: Option<String>,
            /// The identity provider's sign-in page.
            idp_sso_url: Option<String>,
            /// The identity provider's certificate.
            idp_certificate: Option<String>,
            /// The identity provider's metadata.
            idp_metadata_url: Option<String>,
            /// Where the identity provider sends its responses.
            acs_url: String,
            /// Clerk's entity ID.
            sp_entity_id: String,
            /// Clerk's metadata.
            sp_metadata_url: String,
            /// The organization that users join: `org_…`.
            organization_id: Option<String>,
            /// Which attributes of the identity provider become which properties of the user.
            attribute_mapping: JsonObject,
            /// `true` if users can sign in with it.
            active: bool,
            /// The provider: `saml_okta`.
            provider: String,
            /// The number of users who have signed in with it.
            user_count: Option<u64>,
            /// `true` if each sign-in updates the user.
            sync_user_attributes: bool,
            /// The hint with which the identity provider recognizes the user.
            login_hint: Option<LoginHint>,
            /// The connection by the new API: `ent_…`.
            enterprise_connection_id: Option<String>,
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
    /// A directory from which an enterprise manages its users (SCIM).
    #[derive(Clone, Debug)]
    Directory {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The connection with which its users sign in: `ent_…`.
            enterprise_connection_id: Option<String>,
            /// The URL for the enterprise's directory.
            endpoint_url: String,
            /// The provider.
            provider: String,
            /// `true` if it is in use.
            enabled: bool,
            /// `true` if groups give roles.
            group_role_mapping_enabled: bool,
            /// Which attributes of the directory become which properties of the user.
            attribute_mapping: JsonObject,
        }
        lists {
            /// The attributes that it sets besides those of every user.
            custom_attributes: CustomAttribute,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
        secrets {
            /// The key for the enterprise's directory: present only in the response that creates or rotates it.
            api_key,
        }
    }
}

resource! {
    /// The role that the members of a directory's group get.
    #[derive(Clone, Debug)]
    GroupRoleMapping {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The directory.
            directory_id: String,
            /// The group, by the directory's own ID.
            directory_group_id: String,
            /// The group's name.
            directory_group_display_name: String,
            /// The role.
            role: Option<Role>,
            /// The rank: of several mappings that apply, the lowest one counts.
            precedence: Option<i64>,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}
