//! Calls about organizations, their members, invitations and domains.

use super::{billing::CreditAdjustment, metadata::OrganizationMetadata, whole_list::WholeList};
use crate::{
    api::{
        CreditBalance, CreditLedgerEntry, DeletedObject, EnrollmentMode, InvitationStatus, Organization,
        OrganizationDomain, OrganizationInvitation, OrganizationMembership, Page, Subscription,
    },
    client::{
        filters::filters, operation::calls, organizations::Organizations, properties::properties, upload::FileUpload,
    },
};

super::resources::resources! {
    organization_memberships: OrganizationMemberships, "memberships in all organizations";
    organization_invitations: OrganizationInvitations, "invitations to all organizations";
    organization_domains: OrganizationDomains, "domains of all organizations";
}

filters! {
    /// Which organizations to list.
    OrganizationFilters lists Organization {
        /// Counts the members of each.
        include_members_count: flag,
        /// Tells whether a member is missing a role with which somebody could administer it.
        include_missing_member_with_elevated_permissions: flag,
        /// Only organizations with this text in their ID, name or slug.
        search = "query": text,
        /// Only organizations of this user: `user_…`. A minus sign before it excludes them.
        user_id: each,
        /// Only the organization with this ID: `org_…`. A minus sign before it excludes it.
        organization_id: each,
        /// Sets the order: `name`, `created_at`, `members_count`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which memberships of an organization to list.
    MembershipFilters lists OrganizationMembership {
        /// Sets the order: `created_at`, `email_address`, `first_name`, …, with a minus sign before it for a falling one.
        order_by: text,
        /// Only this user: `user_…`. A minus sign before it excludes the user.
        user_id: each,
        /// Only members with this email address.
        email_address: each,
        /// Only members with this phone number.
        phone_number: each,
        /// Only members with this username.
        username: each,
        /// Only members with this wallet.
        web3_wallet: each,
        /// Only members with this role: `org:admin`.
        role: each,
        /// Only members with this text in an email address, a phone number, a username, a wallet, an ID or a name.
        search = "query": text,
        /// Only members with this text in an email address.
        email_address_search = "email_address_query": text,
        /// Only members with this text in a phone number.
        phone_number_search = "phone_number_query": text,
        /// Only members with this text in the username.
        username_search = "username_query": text,
        /// Only members with this text in their name.
        name_search = "name_query": text,
        /// Only members who were active before this time.
        last_active_at_before: time,
        /// Only members who were active after this time.
        last_active_at_after: time,
        /// Only members who joined before this time.
        created_at_before: time,
        /// Only members who joined after this time.
        created_at_after: time,
    }
}

filters! {
    /// In which order to list memberships.
    MembershipOrder lists OrganizationMembership {
        /// Sets the order: `created_at`, `email_address`, `first_name`, …, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which invitations to an organization to list.
    OrganizationInvitationFilters lists OrganizationInvitation {
        /// Only invitations with this status.
        status: each_word(InvitationStatus),
        /// Only the invitation of this email address.
        email_address: text,
        /// Sets the order: `created_at` or `email_address`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which invitations to organizations to list.
    InstanceInvitationFilters lists OrganizationInvitation {
        /// Only invitations with this status.
        status: word(InvitationStatus),
        /// Only invitations with this text in the email address, the ID, or the organization's ID.
        search = "query": text,
        /// Sets the order: `created_at` or `email_address`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which domains of an organization to list.
    OrganizationDomainFilters lists OrganizationDomain {
        /// Only domains that are verified, or only those that are not.
        verified: flag,
        /// Only domains by which users join in this way.
        enrollment_mode: word(EnrollmentMode),
    }
}

filters! {
    /// Which domains of organizations to list.
    InstanceDomainFilters lists OrganizationDomain {
        /// Only domains of this organization: `org_…`.
        organization_id: text,
        /// Only domains that are verified, or only those that are not.
        verified: flag,
        /// Only domains by which users join in this way.
        enrollment_mode: each_word(EnrollmentMode),
        /// Only domains with this text in their name or ID.
        search = "query": text,
        /// Only this domain.
        domain = "domains": each,
        /// Sets the order: `name` or `created_at`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

properties! {
    /// A new organization.
    ///
    /// ```
    /// use clerk_actix::client::NewOrganization;
    ///
    /// let acme = NewOrganization::new("Acme").created_by("user_ada").max_allowed_memberships(50);
    /// # let _ = acme;
    /// ```
    NewOrganization {
        /// An organization of this name, without members.
        new(name: text);
        /// Sets the user who creates it and becomes its administrator: `user_…`.
        created_by: text,
        /// Sets the metadata that only servers can read and write.
        private_metadata: data,
        /// Sets the metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets the name used in URLs.
        slug: text,
        /// Sets the maximum number of members; 0 for no limit.
        max_allowed_memberships: number,
        /// Sets when it was created, for an organization from another system.
        created_at: time,
        /// Sets its role set.
        role_set_key: text,
    }
}

properties! {
    /// Changes to an organization. Properties that are not set stay as they are.
    OrganizationUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the name used in URLs.
        slug: text,
        /// Sets the maximum number of members; 0 for no limit.
        max_allowed_memberships: number,
        /// Sets whether its administrators may delete it.
        admin_delete_enabled: flag,
        /// Sets when it was created.
        created_at: time,
        /// Sets its role set.
        role_set_key: text,
    }
}

properties! {
    /// A new membership in an organization.
    NewMembership {
        /// A membership of this user (`user_…`) with this role (`org:member`).
        new(user_id: text, role: text);
        /// Sets the metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets the metadata that only servers can read and write.
        private_metadata: data,
    }
}

properties! {
    /// A new invitation to an organization.
    ///
    /// ```
    /// use clerk_actix::client::NewOrganizationInvitation;
    ///
    /// let invitation = NewOrganizationInvitation::new("grace@example.com", "org:member").inviter_user_id("user_ada");
    /// # let _ = invitation;
    /// ```
    NewOrganizationInvitation {
        /// An invitation of this email address, to this role (`org:member`).
        new(email_address: text, role: text);
        /// Sets the user who invites: `user_…`, an administrator of the organization.
        inviter_user_id: text,
        /// Sets the metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets the metadata that only servers can read and write.
        private_metadata: data,
        /// Sets where the user goes after they accepted.
        redirect_url: text,
        /// Sets the number of days until it expires.
        expires_in_days: days,
        /// Sets whether Clerk sends an email; by default it does.
        notify: flag,
    }
}

properties! {
    /// A new domain of an organization.
    NewOrganizationDomain {
        /// This domain: `acme.com`.
        new(name: text);
        /// Sets how users with an email address of the domain join.
        enrollment_mode: value(EnrollmentMode),
        /// Sets whether it counts as verified; by default it does not.
        verified: flag,
    }
}

properties! {
    /// Changes to a domain of an organization.
    OrganizationDomainUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets how users with an email address of the domain join.
        enrollment_mode: value(EnrollmentMode),
        /// Sets whether it counts as verified.
        verified: flag,
    }
}

calls! {
    Organizations {
        /// Lists organizations, newest first unless an order is set.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::{Organization, Page}};
        ///
        /// async fn largest(clerk: &ClerkClient) -> Result<Page<Organization>, ClerkApiError> {
        ///     clerk.organizations().list().include_members_count(true).order_by("-members_count").limit(5).await
        /// }
        /// ```
        #[doc(alias = "getOrganizationList")]
        pub fn list() -> Page<Organization>, OrganizationFilters = GET["organizations"] or 400, 403, 422;

        /// Creates an organization.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Organization, client::NewOrganization};
        ///
        /// async fn found(clerk: &ClerkClient, name: &str, user_id: &str) -> Result<Organization, ClerkApiError> {
        ///     clerk.organizations().create(NewOrganization::new(name).created_by(user_id)).await
        /// }
        /// ```
        #[doc(alias = "createOrganization")]
        pub fn create(organization: NewOrganization) -> Organization = POST["organizations"].json(&organization) or 400, 402, 403, 422;

        /// Updates an organization.
        #[doc(alias = "updateOrganization")]
        pub fn update(id, update: OrganizationUpdate) -> Organization = PATCH["organizations", id].json(&update) or 400, 402, 403, 404, 422;

        /// Deletes an organization, and with it its memberships and invitations.
        #[doc(alias = "deleteOrganization")]
        pub fn delete(id) -> DeletedObject = DELETE["organizations", id] or 404;

        /// Merges metadata into an organization's: members that are not named stay as they are, at any depth, and `null`
        /// removes one. See [`replace_metadata`](Self::replace_metadata).
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Organization, client::OrganizationMetadata};
        /// use serde_json::json;
        ///
        /// async fn set_plan(clerk: &ClerkClient, id: &str, plan: &str) -> Result<Organization, ClerkApiError> {
        ///     let metadata = OrganizationMetadata::new().public_metadata(&json!({ "plan": plan }));
        ///     clerk.organizations().update_metadata(id, metadata).await
        /// }
        /// ```
        #[doc(alias = "updateOrganizationMetadata")]
        pub fn update_metadata(id, metadata: OrganizationMetadata) -> Organization =
            PATCH["organizations", id, "metadata"].json(&metadata) or 400, 404, 422;

        /// Replaces an organization's metadata: what is not in the new metadata is gone. A kind of metadata that is not set
        /// stays as it is. See [`update_metadata`](Self::update_metadata).
        #[doc(alias = "replaceOrganizationMetadata")]
        pub fn replace_metadata(id, metadata: OrganizationMetadata) -> Organization =
            PUT["organizations", id, "metadata"].json(&metadata) or 400, 404, 422;

        /// Uploads an organization's logo, for the user (`user_…`) who did it. It is sent piece by piece.
        #[doc(alias = "updateOrganizationLogo")]
        pub fn set_logo(id, uploader_user_id: Option<&str>, logo: FileUpload) -> Organization =
            PUT["organizations", id, "logo"].upload(logo.field("uploader_user_id", uploader_user_id)) or 400, 403, 404, 413;

        /// Removes an organization's logo. Clerk generates one in its place.
        #[doc(alias = "deleteOrganizationLogo")]
        pub fn delete_logo(id) -> Organization = DELETE["organizations", id, "logo"] or 404;

        /// Fetches an organization's subscription.
        #[doc(alias = "getOrganizationBillingSubscription")]
        pub fn subscription(id) -> Subscription = GET["organizations", id, "billing", "subscription"] or 400, 403, 404, 422;

        /// Fetches an organization's balance of credits.
        pub fn credits(id) -> CreditBalance = GET["organizations", id, "billing", "credits"] or 400, 403, 404, 422;

        /// Adjusts an organization's balance of credits.
        pub fn adjust_credits(id, adjustment: CreditAdjustment) -> CreditLedgerEntry =
            POST["organizations", id, "billing", "credits"].json(&adjustment) or 400, 403, 404, 409, 422;

        /// Lists the members of an organization, newest first unless an order is set.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn administrators(clerk: &ClerkClient, id: &str) -> Result<Vec<String>, ClerkApiError> {
        ///     let members = clerk.organizations().memberships(id).role("org:admin").limit(100).await?;
        ///     Ok(members.data.iter().filter_map(|member| member.user_id()).map(str::to_owned).collect())
        /// }
        /// ```
        #[doc(alias = "getOrganizationMembershipList")]
        pub fn memberships(id) -> Page<OrganizationMembership>, MembershipFilters =
            GET["organizations", id, "memberships"] or 422;

        /// Makes a user a member of an organization.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, client::NewMembership};
        ///
        /// async fn join(clerk: &ClerkClient, id: &str, user_id: &str) -> Result<String, ClerkApiError> {
        ///     let membership = NewMembership::new(user_id, "org:member");
        ///     Ok(clerk.organizations().create_membership(id, membership).await?.role)
        /// }
        /// ```
        #[doc(alias = "createOrganizationMembership")]
        pub fn create_membership(id, membership: NewMembership) -> OrganizationMembership =
            POST["organizations", id, "memberships"].json(&membership) or 400, 403, 404, 422;

        /// Gives a member of an organization another role: `org:admin`.
        #[doc(alias = "updateOrganizationMembership")]
        pub fn update_membership(id, user_id, role) -> OrganizationMembership =
            PATCH["organizations", id, "memberships", user_id].with("role", role) or 404, 422;

        /// Removes a member from an organization.
        #[doc(alias = "deleteOrganizationMembership")]
        pub fn delete_membership(id, user_id) -> OrganizationMembership =
            DELETE["organizations", id, "memberships", user_id] or 404, 422;

        /// Merges metadata into a membership's: members that are not named stay as they are, and `null` removes one.
        #[doc(alias = "updateOrganizationMembershipMetadata")]
        pub fn update_membership_metadata(id, user_id, metadata: OrganizationMetadata) -> OrganizationMembership =
            PATCH["organizations", id, "memberships", user_id, "metadata"].json(&metadata) or 400, 404, 422;

        /// Lists the invitations to an organization, newest first.
        #[doc(alias = "getOrganizationInvitationList")]
        pub fn invitations(id) -> Page<OrganizationInvitation>, OrganizationInvitationFilters =
            GET["organizations", id, "invitations"] or 400, 404, 422;

        /// Invites somebody to an organization.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, client::NewOrganizationInvitation};
        ///
        /// async fn invite(clerk: &ClerkClient, id: &str, email: &str) -> Result<String, ClerkApiError> {
        ///     let invitation = NewOrganizationInvitation::new(email, "org:member").expires_in_days(7);
        ///     Ok(clerk.organizations().create_invitation(id, invitation).await?.id)
        /// }
        /// ```
        #[doc(alias = "createOrganizationInvitation")]
        pub fn create_invitation(id, invitation: NewOrganizationInvitation) -> OrganizationInvitation =
            POST["organizations", id, "invitations"].json(&invitation) or 400, 402, 403, 404, 422;

        /// Invites up to ten people to an organization, or nobody if one of them cannot be invited.
        #[doc(alias = "createOrganizationInvitationBulk")]
        pub fn create_invitations(id, invitations: Vec<NewOrganizationInvitation>)
            -> Page<OrganizationInvitation>, WholeList =
            POST["organizations", id, "invitations", "bulk"].json(&invitations) or 400, 403, 404, 422;

        /// Lists the pending invitations to an organization. Clerk has deprecated this: use
        /// [`invitations`](Self::invitations) with a status.
        pub fn pending_invitations(id) -> Page<OrganizationInvitation> =
            GET["organizations", id, "invitations", "pending"] or 400, 404;

        /// Fetches an invitation to an organization by its ID (`orginv_…`).
        #[doc(alias = "getOrganizationInvitation")]
        pub fn invitation(id, invitation_id) -> OrganizationInvitation =
            GET["organizations", id, "invitations", invitation_id] or 400, 403, 404;

        /// Revokes a pending invitation to an organization, for the administrator (`user_…`) who asked for it.
        #[doc(alias = "revokeOrganizationInvitation")]
        pub fn revoke_invitation(id, invitation_id, requesting_user_id: Option<&str>) -> OrganizationInvitation =
            POST["organizations", id, "invitations", invitation_id, "revoke"]
            .with("requesting_user_id", requesting_user_id) or 400, 403, 404;

        /// Lists the domains of an organization.
        #[doc(alias = "getOrganizationDomainList")]
        pub fn domains(id) -> Page<OrganizationDomain>, OrganizationDomainFilters = GET["organizations", id, "domains"] or 422;

        /// Adds a domain to an organization.
        #[doc(alias = "createOrganizationDomain")]
        pub fn create_domain(id, domain: NewOrganizationDomain) -> OrganizationDomain =
            POST["organizations", id, "domains"].json(&domain) or 400, 403, 404, 422;

        /// Updates a domain of an organization.
        #[doc(alias = "updateOrganizationDomain")]
        pub fn update_domain(id, domain_id, update: OrganizationDomainUpdate) -> OrganizationDomain =
            PATCH["organizations", id, "domains", domain_id].json(&update) or 400, 403, 404, 422;

        /// Deletes a domain of an organization.
        #[doc(alias = "deleteOrganizationDomain")]
        pub fn delete_domain(id, domain_id) -> DeletedObject = DELETE["organizations", id, "domains", domain_id] or 400, 403, 404;

        /// Looks for the DNS record that proves that an organization owns a domain.
        pub fn verify_domain_ownership(id, domain_id) -> OrganizationDomain =
            POST["organizations", id, "domains", domain_id, "verify_ownership"] or 403, 404;
    }

    OrganizationMemberships {
        /// Lists the memberships in all organizations.
        #[doc(alias = "getInstanceOrganizationMembershipList")]
        pub fn list() -> Page<OrganizationMembership>, MembershipOrder = GET["organization_memberships"] or 400, 422;
    }

    OrganizationInvitations {
        /// Lists the invitations to all organizations.
        pub fn list() -> Page<OrganizationInvitation>, InstanceInvitationFilters = GET["organization_invitations"] or 400, 404, 422;
    }

    OrganizationDomains {
        /// Lists the domains of all organizations.
        pub fn list() -> Page<OrganizationDomain>, InstanceDomainFilters = GET["organization_domains"] or 403, 422;
    }
}
