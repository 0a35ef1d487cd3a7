//! Calls about an instance: its settings, domains, templates, keys and webhooks.

use super::whole_list::WholeList;
use crate::{
    api::{
        DeletedObject, Domain, EnrollmentMode, Instance, InstanceCommunication, InstanceProtect, InstanceRestrictions,
        InstanceSettings, JsonObject, JwkSet, JwtTemplate, OAuthApplicationSettings, OrganizationSettings, Page,
        PreferredSignInStrategy, ProxyCheck, RedirectUrl, SvixUrl, Template, TemplateType,
    },
    client::{operation::calls, properties::properties},
};

super::resources::resources! {
    instance: InstanceCalls, "the settings of the instance";
    beta_features: BetaFeatures, "settings that are in beta";
    domains: Domains, "the domains of the application";
    proxy_checks: ProxyChecks, "checks of proxies to the Frontend API";
    redirect_urls: RedirectUrls, "URLs that native applications are redirected to";
    webhooks: Webhooks, "Svix, which sends webhooks";
    jwt_templates: JwtTemplates, "templates of JWTs for other services";
    templates: Templates, "templates of emails and text messages. Clerk has deprecated them";
    jwks: Jwks, "the public keys of the instance";
}

properties! {
    /// Changes to the settings of an instance.
    InstanceUpdate {
        /// An update that changes nothing yet.
        new();
        /// Turns test mode on or off: test addresses with fixed codes.
        test_mode: flag,
        /// Turns the check for compromised passwords on or off.
        hibp: flag,
        /// Sets the address for support.
        support_email: text,
        /// Sets the version of clerk-js.
        clerk_js_version: text,
        /// Sets the origin in development.
        development_origin: text,
        /// Sets the origins that may call the Frontend API besides the application's own.
        allowed_origins: texts,
        /// Turns development without third-party cookies on or off, by its old name.
        cookieless_dev: flag,
        /// Turns sessions in URLs on or off, for development.
        url_based_session_syncing: flag,
        /// Sets the way to sign in that is preferred if a password is required.
        preferred_sign_in_strategy_when_password_required: value(PreferredSignInStrategy),
    }
}

properties! {
    /// Changes to who may sign up.
    RestrictionsUpdate {
        /// An update that changes nothing yet.
        new();
        /// Lets only identifiers of the allowlist sign up, or everyone.
        allowlist: flag,
        /// Turns the blocklist on or off.
        blocklist: flag,
        /// Lets everyone sign in whatever the lists say.
        allowlist_blocklist_disabled_on_sign_in: flag,
        /// Rejects addresses such as `ada+1@example.com`.
        block_email_subaddresses: flag,
        /// Rejects addresses of disposable mailboxes.
        block_disposable_email_domains: flag,
    }
}

properties! {
    /// Changes to the protection against abuse.
    ProtectUpdate {
        /// An update that changes nothing yet.
        new();
        /// Turns the rules on or off.
        rules_enabled: flag,
        /// Turns Specter on or off.
        specter_enabled: flag,
    }
}

properties! {
    /// Changes to the settings of OAuth applications.
    OAuthApplicationSettingsUpdate {
        /// An update that changes nothing yet.
        new();
        /// Lets clients register themselves (RFC 7591).
        dynamic_oauth_client_registration: flag,
        /// Sets the scopes of clients that name none.
        default_scopes: texts,
        /// Makes access tokens JWTs.
        oauth_jwt_access_tokens: flag,
        /// Advertises client ID metadata documents.
        client_id_metadata_documents_advertised: flag,
        /// Accepts such clients only if they are registered.
        client_id_metadata_documents_only_allow_pre_registered_clients: flag,
        /// Blocks such clients that nobody has allowed.
        client_id_metadata_documents_block_implicitly_allowed_clients: flag,
    }
}

properties! {
    /// Changes to the settings of organizations.
    OrganizationSettingsUpdate {
        /// An update that changes nothing yet.
        new();
        /// Turns organizations on or off.
        enabled: flag,
        /// Sets the maximum number of members; 0 for no limit.
        max_allowed_memberships: number,
        /// Lets administrators delete their organization.
        admin_delete_enabled: flag,
        /// Turns domains of organizations on or off.
        domains_enabled: flag,
        /// Turns slugs of organizations off.
        slug_disabled: flag,
        /// Sets the ways to join by domain that organizations may choose.
        domains_enrollment_modes: list(EnrollmentMode),
        /// Sets the role of whoever creates an organization: `role_…`.
        creator_role_id: text,
        /// Sets the role of users who join by domain: `role_…`.
        domains_default_role_id: text,
    }
}

properties! {
    /// Changes to settings that are in beta.
    BetaSettingsUpdate {
        /// An update that changes nothing yet.
        new();
        /// Lets only identifiers of the allowlist sign up, or everyone.
        restricted_to_allowlist: flag,
        /// Sets the local part of the sender's address of emails.
        from_email_address: text,
        /// Lets users finish a sign-up in steps.
        progressive_sign_up: flag,
        /// Turns test mode on or off.
        test_mode: flag,
    }
}

properties! {
    /// A new domain of a production instance.
    DomainChange {
        /// The page at this URL: `https://example.com`.
        new(home_url: text);
        /// States that the domain belongs to a second application on a shared domain.
        is_secondary: flag,
    }
}

properties! {
    /// Changes to a domain.
    DomainUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the domain: `example.com`.
        name: text,
        /// Sets the URL of the proxy to the Frontend API.
        proxy_url: text,
        /// States that the domain belongs to a second application on a shared domain.
        is_secondary: flag,
    }
}

properties! {
    /// A JWT template.
    JwtTemplateProperties {
        /// A template of this name with these claims, which may contain placeholders such as `{{user.id}}`.
        new(name: text, claims: data);
        /// Sets the lifetime of the tokens, in whole seconds.
        lifetime: seconds,
        /// Sets the tolerance for clocks, in whole seconds.
        allowed_clock_skew: seconds,
        /// Signs the tokens with your own key.
        custom_signing_key: flag,
        /// Sets the algorithm of your own key: `RS256`, `HS256`, …
        signing_algorithm: text,
        /// Sets your own key: a PEM file or a secret.
        signing_key: text,
    }
}

properties! {
    /// A template of emails or text messages.
    TemplateProperties {
        /// No properties yet.
        new();
        /// Sets the name, for people.
        name: text,
        /// Sets the subject, of an email.
        subject: text,
        /// Sets the editable source.
        markup: text,
        /// Sets the content.
        body: text,
        /// Sets whether Clerk sends the message, or your application.
        delivered_by_clerk: flag,
        /// Sets the local part of the sender's address.
        from_email_name: text,
        /// Sets the local part of the address for replies.
        reply_to_email_name: text,
    }
}

properties! {
    /// A template to preview.
    TemplatePreview {
        /// No properties yet.
        new();
        /// Sets the subject, of an email.
        subject: text,
        /// Sets the content.
        body: text,
        /// Sets the local part of the sender's address.
        from_email_name: text,
        /// Sets the local part of the address for replies.
        reply_to_email_name: text,
    }
}

calls! {
    InstanceCalls {
        /// Fetches the instance.
        pub fn get() -> Instance = GET["instance"];

        /// Updates the settings of the instance.
        pub fn update(update: InstanceUpdate) -> () = PATCH["instance"].json(&update) or 422;

        /// Updates who may sign up.
        #[doc(alias = "updateRestrictions")]
        pub fn update_restrictions(update: RestrictionsUpdate) -> InstanceRestrictions =
            PATCH["instance", "restrictions"].json(&update) or 402, 422;

        /// Fetches the protection against abuse.
        pub fn protect() -> InstanceProtect = GET["instance", "protect"];

        /// Updates the protection against abuse.
        pub fn update_protect(update: ProtectUpdate) -> InstanceProtect = PATCH["instance", "protect"].json(&update) or 422;

        /// Fetches where messages are sent.
        pub fn communication() -> InstanceCommunication = GET["instance", "communication"];

        /// Sets the countries whose phone numbers get no messages (ISO 3166-1 alpha-2).
        pub fn update_communication(blocked_country_codes: &[&str]) -> InstanceCommunication =
            PATCH["instance", "communication"].with("blocked_country_codes", blocked_country_codes) or 422;

        /// Fetches the settings of OAuth applications.
        pub fn oauth_application_settings() -> OAuthApplicationSettings =
            GET["instance", "oauth_application_settings"];

        /// Updates the settings of OAuth applications.
        pub fn update_oauth_application_settings(update: OAuthApplicationSettingsUpdate) -> OAuthApplicationSettings =
            PATCH["instance", "oauth_application_settings"].json(&update) or 422;

        /// Moves a production instance to another domain. DNS records and integrations have to be changed too.
        pub fn change_domain(change: DomainChange) -> () = POST["instance", "change_domain"].json(&change) or 400, 422;

        /// Fetches the settings of organizations.
        #[doc(alias = "getOrganizationSettings")]
        pub fn organization_settings() -> OrganizationSettings = GET["instance", "organization_settings"] or 402, 404, 422;

        /// Updates the settings of organizations.
        #[doc(alias = "updateOrganizationSettings")]
        pub fn update_organization_settings(update: OrganizationSettingsUpdate) -> OrganizationSettings =
            PATCH["instance", "organization_settings"].json(&update) or 400, 402, 403, 404, 422;
    }

    BetaFeatures {
        /// Updates settings that are in beta.
        pub fn update_instance_settings(update: BetaSettingsUpdate) -> InstanceSettings =
            PATCH["beta_features", "instance_settings"].json(&update) or 402, 422;

        /// Moves a production instance to another domain. Clerk has deprecated this: use
        /// [`change_domain`](InstanceCalls::change_domain).
        #[doc(alias = "changeDomain")]
        pub fn change_domain(change: DomainChange) -> () = PUT["beta_features", "domain"].json(&change) or 400, 422;
    }

    Domains {
        /// Lists the domains of the application.
        pub fn list() -> Page<Domain>, WholeList = GET["domains"];

        /// Adds a satellite domain: `example.org`. `proxy_url` is the URL of the proxy to the Frontend API.
        pub fn add(name, proxy_url: Option<&str>) -> Domain =
            POST["domains"].with("name", name).with("is_satellite", true).with_some("proxy_url", proxy_url) or 400, 402, 422;

        /// Updates a domain.
        pub fn update(id, update: DomainUpdate) -> Domain = PATCH["domains", id].json(&update) or 400, 404, 422;

        /// Deletes a satellite domain.
        pub fn delete(id) -> DeletedObject = DELETE["domains", id] or 403, 404;
    }

    ProxyChecks {
        /// Checks a proxy to the Frontend API, so that it can be set for the domain (`dmn_…`).
        pub fn verify(domain_id, proxy_url) -> ProxyCheck =
            POST["proxy_checks"].with("domain_id", domain_id).with("proxy_url", proxy_url) or 400, 422;
    }

    RedirectUrls {
        /// Lists the URLs.
        #[doc(alias = "getRedirectUrlList")]
        pub fn list() -> Page<RedirectUrl> = GET["redirect_urls"].only("paginated", true);

        /// Adds a URL, such as `myapp://sign-in`.
        #[doc(alias = "createRedirectUrl")]
        pub fn create(url) -> RedirectUrl = POST["redirect_urls"].with("url", url) or 400, 422;

        /// Fetches a URL by its ID (`ru_…`).
        #[doc(alias = "getRedirectUrl")]
        pub fn get(id) -> RedirectUrl = GET["redirect_urls", id] or 404;

        /// Deletes a URL.
        #[doc(alias = "deleteRedirectUrl")]
        pub fn delete(id) -> DeletedObject = DELETE["redirect_urls", id] or 404;
    }

    Webhooks {
        /// Connects the instance to Svix.
        #[doc(alias = "createSvixApp")]
        pub fn create_svix_app() -> SvixUrl = POST["webhooks", "svix"] or 400;

        /// Disconnects the instance from Svix, and with it all endpoints.
        #[doc(alias = "deleteSvixApp")]
        pub fn delete_svix_app() -> () = DELETE["webhooks", "svix"] or 400;

        /// Returns the URL of the dashboard of Svix.
        #[doc(alias = "generateSvixAuthURL")]
        pub fn svix_url() -> SvixUrl = POST["webhooks", "svix_url"] or 400;
    }

    JwtTemplates {
        /// Lists the templates.
        pub fn list() -> Page<JwtTemplate> = GET["jwt_templates"].only("paginated", true);

        /// Creates a template.
        pub fn create(template: JwtTemplateProperties) -> JwtTemplate = POST["jwt_templates"].json(&template) or 400, 402, 422;

        /// Fetches a template by its ID (`jtmp_…`).
        pub fn get(id) -> JwtTemplate = GET["jwt_templates", id] or 404;

        /// Replaces a template.
        pub fn update(id, template: JwtTemplateProperties) -> JwtTemplate = PATCH["jwt_templates", id].json(&template) or 400, 402, 422;

        /// Deletes a template.
        pub fn delete(id) -> DeletedObject = DELETE["jwt_templates", id] or 403, 404;
    }

    Templates {
        /// Lists the templates.
        pub fn list(kind: TemplateType) -> Page<Template> = GET["templates", kind.as_str()].only("paginated", true) or 400, 422;

        /// Fetches a template by its name for programs: `verification_code`.
        pub fn get(kind: TemplateType, slug) -> Template = GET["templates", kind.as_str(), slug] or 400, 404;

        /// Creates or replaces a template.
        pub fn upsert(kind: TemplateType, slug, template: TemplateProperties) -> Template =
            PUT["templates", kind.as_str(), slug].json(&template) or 400, 402, 403, 404, 422, 423, 429;

        /// Restores Clerk's own template.
        pub fn revert(kind: TemplateType, slug) -> Template = POST["templates", kind.as_str(), slug, "revert"] or 400, 402, 404;

        /// Returns a message made from a template.
        pub fn preview(kind: TemplateType, slug, template: TemplatePreview) -> JsonObject =
            POST["templates", kind.as_str(), slug, "preview"].json(&template) or 400, 404, 422;

        /// Sets whether Clerk sends the messages of a template, or your application.
        pub fn toggle_delivery(kind: TemplateType, slug, delivered_by_clerk: bool) -> Template =
            POST["templates", kind.as_str(), slug, "toggle_delivery"].with("delivered_by_clerk", delivered_by_clerk) or 400, 404, 423, 429;
    }

    Jwks {
        /// Fetches the public keys of the instance. The middleware does this by itself.
        #[doc(alias = "getJwks")]
        pub fn get() -> JwkSet = GET["jwks"];
    }
}
