//! Calls about connections to identity providers of enterprises.

use crate::{
    api::{
        DeletedObject, EnterpriseConnection, EnterpriseProvider, LoginHintMode, Page, SamlConnection, StartedTestRun,
        TestRun, TestRunStatus,
    },
    client::{filters::filters, operation::calls, properties::properties},
};

super::resources::resources! {
    enterprise_connections: EnterpriseConnections, "connections to identity providers of enterprises";
    saml_connections: SamlConnections, "SAML connections by Clerk's earlier API, which is deprecated";
}

filters! {
    /// Which enterprise connections to list.
    EnterpriseConnectionFilters lists EnterpriseConnection {
        /// Only connections of this organization: `org_…`.
        organization_id: text,
        /// Only connections that are active, or only those that are not.
        active: flag,
    }
}

filters! {
    /// Which tests of a connection to list.
    TestRunFilters lists TestRun {
        /// Only tests with this status.
        status: each_word(TestRunStatus),
    }
}

filters! {
    /// Which SAML connections to list.
    SamlConnectionFilters lists SamlConnection {
        /// Only connections with this text in their name or domain.
        search = "query": text,
        /// Sets the order: `name` or `created_at`, with a minus sign before it for a falling one.
        order_by: text,
        /// Only connections of this organization: `org_…`. A minus sign before it excludes them.
        organization_id: each,
    }
}

properties! {
    /// A new enterprise connection.
    ///
    /// ```
    /// use clerk_actix::{api::EnterpriseProvider, client::{NewEnterpriseConnection, SamlSettings}};
    ///
    /// let saml = SamlSettings::new().idp_metadata_url("https://idp.acme.com/metadata");
    /// let acme = NewEnterpriseConnection::new("Acme", EnterpriseProvider::SamlOkta, ["acme.com"]).saml(saml);
    /// # let _ = acme;
    /// ```
    NewEnterpriseConnection {
        /// A connection of this name to this kind of provider, for users of these domains.
        new(name: text, provider: value(EnterpriseProvider), domains: texts);
        /// Sets the organization that users join: `org_…`.
        organization_id: text,
        /// Lets members of the organization link their account.
        allow_organization_account_linking: flag,
        /// Lets users sign in with it.
        active: flag,
        /// Sets the settings of SAML.
        saml: value(SamlSettings),
        /// Sets the settings of OpenID Connect.
        oidc: value(OidcSettings),
        /// Sets the attributes that it sets besides those of every user.
        custom_attributes: list(NewCustomAttribute),
    }
}

properties! {
    /// Changes to an enterprise connection.
    EnterpriseConnectionUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the domains whose users sign in with it.
        domains: texts,
        /// Lets users sign in with it.
        active: flag,
        /// Updates the user at each sign-in.
        sync_user_attributes: flag,
        /// Keeps users from adding other identifiers.
        disable_additional_identifications: flag,
        /// Lets members of the organization link their account.
        allow_organization_account_linking: flag,
        /// Sets the organization that users join: `org_…`.
        organization_id: text,
        /// Sets the settings of SAML.
        saml: value(SamlSettings),
        /// Sets the settings of OpenID Connect.
        oidc: value(OidcSettings),
        /// Sets the attributes that it sets besides those of every user.
        custom_attributes: list(NewCustomAttribute),
    }
}

properties! {
    /// The settings of SAML.
    SamlSettings {
        /// No settings yet.
        new();
        /// Sets the identity provider's entity ID.
        idp_entity_id: text,
        /// Sets the identity provider's sign-in page.
        idp_sso_url: text,
        /// Sets the identity provider's certificate (X.509).
        idp_certificate: text,
        /// Sets the URL of the identity provider's metadata.
        idp_metadata_url: text,
        /// Sets the identity provider's metadata (XML).
        idp_metadata: text,
        /// Sets which attributes of the identity provider become which properties of the user.
        attribute_mapping: value(AttributeMapping),
        /// Lets users of subdomains sign in with it.
        allow_subdomains: flag,
        /// Lets a sign-in begin at the identity provider.
        allow_idp_initiated: flag,
        /// Makes users authenticate each time.
        force_authn: flag,
        /// Sets the hint with which the identity provider recognizes the user.
        login_hint: value(NewLoginHint),
    }
}

properties! {
    /// The settings of OpenID Connect.
    OidcSettings {
        /// No settings yet.
        new();
        /// Sets the client ID.
        client_id: text,
        /// Sets the client's secret.
        client_secret: text,
        /// Sets the URL of the provider's metadata.
        discovery_url: text,
        /// Sets the authorization endpoint.
        auth_url: text,
        /// Sets the token endpoint.
        token_url: text,
        /// Sets the endpoint for information about the user.
        user_info_url: text,
        /// Uses PKCE.
        requires_pkce: flag,
    }
}

properties! {
    /// Which attributes of an identity provider become which properties of a user.
    AttributeMapping {
        /// Clerk's defaults.
        new();
        /// Sets the attribute with the user's ID.
        user_id: text,
        /// Sets the attribute with the email address.
        email_address: text,
        /// Sets the attribute with the first name.
        first_name: text,
        /// Sets the attribute with the last name.
        last_name: text,
    }
}

properties! {
    /// The hint with which an identity provider recognizes a user.
    NewLoginHint {
        /// This kind of hint.
        new(mode: value(LoginHintMode));
        /// Sets the attribute, for a custom one.
        source: text,
    }
}

properties! {
    /// An attribute that a connection sets besides those of every user.
    NewCustomAttribute {
        /// An attribute with this name for people, and this name in the user's metadata.
        new(name: text, key: text);
        /// Sets where single sign-on has it.
        sso_path: text,
        /// Sets where SCIM has it.
        scim_path: text,
        /// Sets where the directory has it.
        directory_path: text,
        /// Lets it have several values.
        multi_valued: flag,
    }
}

properties! {
    /// A new SAML connection, by Clerk's earlier API.
    NewSamlConnection {
        /// A connection of this name to this kind of provider, for users of these domains.
        new(name: text, provider: value(EnterpriseProvider), domains: texts);
        /// Sets the identity provider's entity ID.
        idp_entity_id: text,
        /// Sets the identity provider's sign-in page.
        idp_sso_url: text,
        /// Sets the identity provider's certificate (X.509).
        idp_certificate: text,
        /// Sets the URL of the identity provider's metadata.
        idp_metadata_url: text,
        /// Sets the identity provider's metadata (XML).
        idp_metadata: text,
        /// Sets the organization that users join: `org_…`.
        organization_id: text,
        /// Sets which attributes of the identity provider become which properties of the user.
        attribute_mapping: value(AttributeMapping),
        /// Makes users authenticate each time.
        force_authn: flag,
        /// Sets the hint with which the identity provider recognizes the user.
        login_hint: value(NewLoginHint),
    }
}

properties! {
    /// Changes to a SAML connection, by Clerk's earlier API.
    SamlConnectionUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the domain, by its old name.
        domain: text,
        /// Sets the domains whose users sign in with it.
        domains: texts,
        /// Sets the identity provider's entity ID.
        idp_entity_id: text,
        /// Sets the identity provider's sign-in page.
        idp_sso_url: text,
        /// Sets the identity provider's certificate (X.509).
        idp_certificate: text,
        /// Sets the URL of the identity provider's metadata.
        idp_metadata_url: text,
        /// Sets the identity provider's metadata (XML).
        idp_metadata: text,
        /// Sets the organization that users join: `org_…`.
        organization_id: text,
        /// Sets which attributes of the identity provider become which properties of the user.
        attribute_mapping: value(AttributeMapping),
        /// Lets users sign in with it.
        active: flag,
        /// Updates the user at each sign-in.
        sync_user_attributes: flag,
        /// Lets users of subdomains sign in with it.
        allow_subdomains: flag,
        /// Lets a sign-in begin at the identity provider.
        allow_idp_initiated: flag,
        /// Keeps users from adding other identifiers.
        disable_additional_identifications: flag,
        /// Lets members of the organization link their account.
        allow_organization_account_linking: flag,
        /// Makes users authenticate each time.
        force_authn: flag,
        /// Sets the hint with which the identity provider recognizes the user.
        login_hint: value(NewLoginHint),
        /// Agrees that verified domains of the organization are deleted.
        consent_verified_domains_deletion: flag,
    }
}

calls! {
    EnterpriseConnections {
        /// Lists the connections.
        #[doc(alias = "getEnterpriseConnectionList")]
        pub fn list() -> Page<EnterpriseConnection>, EnterpriseConnectionFilters = GET["enterprise_connections"] or 402, 403, 422;

        /// Creates a connection.
        #[doc(alias = "createEnterpriseConnection")]
        pub fn create(connection: NewEnterpriseConnection) -> EnterpriseConnection =
            POST["enterprise_connections"].json(&connection) or 402, 403, 404, 409, 422;

        /// Fetches a connection by its ID (`ent_…`).
        #[doc(alias = "getEnterpriseConnection")]
        pub fn get(id) -> EnterpriseConnection = GET["enterprise_connections", id] or 402, 403, 404;

        /// Updates a connection.
        #[doc(alias = "updateEnterpriseConnection")]
        pub fn update(id, update: EnterpriseConnectionUpdate) -> EnterpriseConnection =
            PATCH["enterprise_connections", id].json(&update) or 400, 402, 403, 404, 422;

        /// Deletes a connection.
        #[doc(alias = "deleteEnterpriseConnection")]
        pub fn delete(id) -> DeletedObject = DELETE["enterprise_connections", id] or 402, 403, 404;

        /// Lists the tests of a connection.
        pub fn test_runs(id) -> Page<TestRun>, TestRunFilters = GET["enterprise_connections", id, "test_runs"] or 402, 403, 404, 422;

        /// Starts a test of a connection. The response says where to sign in for it.
        pub fn create_test_run(id) -> StartedTestRun = POST["enterprise_connections", id, "test_runs"] or 402, 403, 404;
    }

    SamlConnections {
        /// Lists the connections.
        #[doc(alias = "getSamlConnectionList")]
        pub fn list() -> Page<SamlConnection>, SamlConnectionFilters = GET["saml_connections"] or 402, 403, 422;

        /// Creates a connection.
        #[doc(alias = "createSamlConnection")]
        pub fn create(connection: NewSamlConnection) -> SamlConnection = POST["saml_connections"].json(&connection) or 402, 403, 404, 409, 422;

        /// Fetches a connection by its ID (`samlc_…`).
        #[doc(alias = "getSamlConnection")]
        pub fn get(id) -> SamlConnection = GET["saml_connections", id] or 402, 403, 404;

        /// Updates a connection.
        #[doc(alias = "updateSamlConnection")]
        pub fn update(id, update: SamlConnectionUpdate) -> SamlConnection =
            PATCH["saml_connections", id].json(&update) or 402, 403, 404, 409, 422;

        /// Deletes a connection.
        #[doc(alias = "deleteSamlConnection")]
        pub fn delete(id) -> DeletedObject = DELETE["saml_connections", id] or 402, 403, 404;
    }
}
