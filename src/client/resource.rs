//! The names of the Backend API's resources, as labels of metrics.

/// The first segments of all paths of the Backend API in version 2026-05-12, sorted.
pub(crate) const RESOURCES: [&str; 45] = [
    "accountless_applications",
    "actor_tokens",
    "admin_portal_link_tokens",
    "agents",
    "allowlist_identifiers",
    "api_keys",
    "audit_logs",
    "aws_credentials",
    "beta_features",
    "billing",
    "blocklist_identifiers",
    "clients",
    "directories",
    "domains",
    "email_addresses",
    "enterprise_connections",
    "instance",
    "invitations",
    "jwks",
    "jwt_templates",
    "m2m_tokens",
    "machine_tokens",
    "machines",
    "oauth_applications",
    "organization_domains",
    "organization_invitations",
    "organization_memberships",
    "organization_permissions",
    "organization_roles",
    "organizations",
    "phone_numbers",
    "proxy_checks",
    "public",
    "redirect_urls",
    "role_sets",
    "saml_connections",
    "scim_directories",
    "sessions",
    "sign_in_tokens",
    "sign_ups",
    "templates",
    "testing_tokens",
    "users",
    "waitlist_entries",
    "webhooks",
];

/// Returns the label of a path's first segment: `other` for one that this crate does not know, since callers can choose
/// any path.
pub(super) fn label(segment: &str) -> &'static str {
    RESOURCES.binary_search(&segment).map_or("other", |found| RESOURCES[found])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded() {
        assert!(RESOURCES.is_sorted());
        for (segment, expected) in
            [("users", "users"), ("webhooks", "webhooks"), ("accountless_applications", "accountless_applications")]
        {
            assert_eq!(label(segment), expected);
        }
        for made_up in ["", "user", "user_1", "Users", "users/"] {
            assert_eq!(label(made_up), "other");
        }
    }
}
