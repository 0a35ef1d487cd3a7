//! An instance: its settings, its domains, and what it sends.

use serde_json::Value;

use super::words::TemplateType;
use crate::api::{EnrollmentMode, JsonObject, resource::resource};

resource! {
    /// A Clerk instance.
    #[derive(Clone, Debug)]
    Instance {
        required {
            /// The ID: `ins_…`.
            id: String,
        }
        members {
            /// `development`, `staging` or `production`.
            environment_type: String,
            /// The origins that may call the Frontend API besides the application's own.
            allowed_origins: Vec<String>,
            /// The workspace that it belongs to.
            workspace_id: Option<String>,
        }
    }
}

resource! {
    /// Who may sign up.
    #[derive(Clone, Debug)]
    InstanceRestrictions {
        members {
            /// `true` if only identifiers of the allowlist may sign up.
            allowlist: bool,
            /// `true` if identifiers of the blocklist may not sign up.
            blocklist: bool,
            /// `true` if the lists do not apply to sign-ins.
            allowlist_blocklist_disabled_on_sign_in: bool,
            /// `true` if addresses such as `ada+1@example.com` may not sign up.
            block_email_subaddresses: bool,
            /// `true` if addresses of disposable mailboxes may not sign up.
            block_disposable_email_domains: bool,
        }
    }
}

resource! {
    /// The protection against abuse.
    #[derive(Clone, Debug)]
    InstanceProtect {
        members {
            /// `true` if rules are applied.
            rules_enabled: bool,
            /// `true` if Specter is on.
            specter_enabled: bool,
            /// `true` if checks are bypassed.
            checks_bypassed: bool,
        }
    }
}

resource! {
    /// Where messages are sent.
    #[derive(Clone, Debug)]
    InstanceCommunication {
        members {
            /// The countries whose phone numbers get no messages (ISO 3166-1 alpha-2).
            blocked_country_codes: Vec<String>,
        }
    }
}

resource! {
    /// The settings of OAuth applications.
    #[derive(Clone, Debug)]
    OAuthApplicationSettings {
        members {
            /// `true` if clients may register themselves (RFC 7591).
            dynamic_oauth_client_registration: bool,
            /// The scopes of clients that name none.
            default_scopes: Option<Vec<String>>,
            /// `true` if access tokens are JWTs.
            oauth_jwt_access_tokens: bool,
            /// `true` if client ID metadata documents are advertised.
            client_id_metadata_documents_advertised: bool,
            /// `true` if such clients have to be registered first.
            client_id_metadata_documents_only_allow_pre_registered_clients: bool,
            /// `true` if such clients that nobody has allowed are blocked.
            client_id_metadata_documents_block_implicitly_allowed_clients: bool,
        }
    }
}

resource! {
    /// The settings of organizations.
    #[derive(Clone, Debug)]
    OrganizationSettings {
        members {
            /// `true` if the instance has organizations.
            enabled: bool,
            /// The maximum number of members.
            max_allowed_memberships: Option<u64>,
            /// The maximum number of roles.
            max_allowed_roles: Option<u64>,
            /// The maximum number of role sets.
            max_role_sets_allowed: Option<u64>,
            /// The maximum number of domains.
            max_allowed_domains: Option<u64>,
            /// The maximum number of permissions.
            max_allowed_permissions: Option<u64>,
            /// The role of whoever creates an organization.
            creator_role: String,
            /// `true` if administrators may delete their organization.
            admin_delete_enabled: bool,
            /// `true` if organizations have domains.
            domains_enabled: bool,
            /// `true` if organizations have no slugs.
            slug_disabled: bool,
            /// The ways to join by domain that organizations may choose.
            domains_enrollment_modes: Vec<EnrollmentMode>,
            /// The role of users who join by domain.
            domains_default_role: String,
            /// The role set of new organizations.
            initial_role_set_key: Option<String>,
        }
    }
}

resource! {
    /// The beta settings of an instance.
    #[derive(Clone, Debug)]
    InstanceSettings {
        members {
            /// The ID of the instance.
            id: String,
            /// `true` if only identifiers of the allowlist may sign up.
            restricted_to_allowlist: bool,
            /// The local part of the sender's address of emails.
            from_email_address: String,
            /// `true` if users can finish a sign-up in steps.
            progressive_sign_up: bool,
            /// `true` if emails are sent from a domain of Clerk's.
            enhanced_email_deliverability: bool,
        }
    }
}

resource! {
    /// A domain of the application.
    #[derive(Clone, Debug)]
    Domain {
        required {
            /// The ID: `dmn_…`.
            id: String,
        }
        members {
            /// The domain: `example.com`.
            name: String,
            /// `true` for a satellite domain.
            is_satellite: bool,
            /// The URL of the Frontend API.
            frontend_api_url: String,
            /// The URL of the account portal.
            accounts_portal_url: Option<String>,
            /// The URL of the proxy to the Frontend API.
            proxy_url: Option<String>,
            /// The origin in development.
            development_origin: String,
        }
        lists {
            /// The DNS records that it needs.
            cname_targets: CnameTarget,
        }
    }
}

resource! {
    /// A DNS record that a domain needs.
    #[derive(Clone, Debug)]
    CnameTarget {
        members {
            /// The name: `clerk.example.com`.
            host: String,
            /// The target.
            value: String,
            /// `true` if the domain does not work without it.
            required: bool,
        }
    }
}

resource! {
    /// The result of a check of a proxy.
    #[derive(Clone, Debug)]
    ProxyCheck {
        required {
            /// The ID.
            id: String,
        }
        members {
            /// The domain: `dmn_…`.
            domain_id: String,
            /// The URL of the proxy.
            proxy_url: String,
            /// `true` if the proxy works.
            successful: bool,
        }
        times {
            /// When it was last checked.
            last_run_at,
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// A URL that native applications are redirected to.
    #[derive(Clone, Debug)]
    RedirectUrl {
        required {
            /// The ID: `ru_…`.
            id: String,
        }
        members {
            /// The URL.
            url: String,
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
    /// The address of the dashboard of Svix, which sends webhooks.
    #[derive(Clone, Debug)]
    SvixUrl {
        secrets {
            /// The URL, which signs you in.
            svix_url,
        }
    }
}

resource! {
    /// A template of JWTs for other services.
    #[derive(Clone, Debug)]
    JwtTemplate {
        required {
            /// The ID: `jtmp_…`.
            id: String,
        }
        members {
            /// The name.
            name: String,
            /// The claims, with placeholders.
            claims: JsonObject,
            /// The lifetime in seconds.
            lifetime: Option<u64>,
            /// The tolerance for clocks, in seconds.
            allowed_clock_skew: Option<u64>,
            /// `true` if the tokens are signed with your own key.
            custom_signing_key: bool,
            /// The algorithm: `RS256`.
            signing_algorithm: String,
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
    /// A template of emails or text messages.
    #[derive(Clone, Debug)]
    Template {
        members {
            /// The ID.
            id: String,
            /// `email` or `sms`.
            template_type: TemplateType,
            /// The name, for people.
            name: String,
            /// The name for programs: `verification_code`.
            slug: String,
            /// The subject, of an email.
            subject: Option<String>,
            /// The editable source.
            markup: String,
            /// The content.
            body: String,
            /// The variables that it may contain.
            available_variables: Vec<String>,
            /// The variables that it has to contain.
            required_variables: Vec<String>,
            /// The local part of the sender's address.
            from_email_name: Option<String>,
            /// The local part of the address for replies.
            reply_to_email_name: Option<String>,
            /// `false` if your application has to send the message.
            delivered_by_clerk: bool,
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
    /// The public keys of an instance (RFC 7517).
    #[derive(Clone, Debug)]
    JwkSet {
        members {
            /// The keys.
            keys: Vec<Value>,
        }
    }
}
