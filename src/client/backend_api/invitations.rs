//! Calls about invitations to the application, the waitlist, and who may sign up.

use super::whole_list::WholeList;
use crate::{
    api::{
        DeletedObject, Invitation, InvitationStatus, InvitationTemplate, ListedIdentifier, Page, WaitlistEntry,
        WaitlistStatus,
    },
    client::{filters::filters, operation::calls, properties::properties},
};

super::resources::resources! {
    invitations: Invitations, "invitations to the application";
    waitlist_entries: WaitlistEntries, "the waitlist";
    allowlist_identifiers: AllowlistIdentifiers, "the allowlist: who may sign up";
    blocklist_identifiers: BlocklistIdentifiers, "the blocklist: who may not sign up";
}

filters! {
    /// Which invitations to list.
    InvitationFilters lists Invitation {
        /// Only invitations with this status.
        status: word(InvitationStatus),
        /// Only invitations with this text in the email address or the ID.
        search = "query": text,
        /// Sets the order: `created_at`, `email_address`, …, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which entries of the waitlist to list.
    WaitlistFilters lists WaitlistEntry {
        /// Only entries with this text in the email address or the ID.
        search = "query": text,
        /// Only entries with this status.
        status: word(WaitlistStatus),
        /// Sets the order: `created_at`, `email_address`, …, with a minus sign before it for a falling one.
        order_by: text,
    }
}

properties! {
    /// A new invitation to the application.
    ///
    /// ```
    /// use clerk_actix::client::NewInvitation;
    ///
    /// let invitation = NewInvitation::new("grace@example.com").redirect_url("https://app.example.com/welcome");
    /// # let _ = invitation;
    /// ```
    NewInvitation {
        /// An invitation of this email address.
        new(email_address: text);
        /// Sets the public metadata that the user gets.
        public_metadata: data,
        /// Sets where the user goes after they accepted.
        redirect_url: text,
        /// Sets whether Clerk sends an email; by default it does.
        notify: flag,
        /// Accepts an email address that was invited before, or that a user has.
        ignore_existing: flag,
        /// Sets the number of days until it expires; by default 30.
        expires_in_days: days,
        /// Sets the template of the email.
        template_slug: value(InvitationTemplate),
    }
}

properties! {
    /// A new entry in the waitlist.
    NewWaitlistEntry {
        /// An entry of this email address.
        new(email_address: text);
        /// Sets whether Clerk sends an email; by default it does.
        notify: flag,
    }
}

calls! {
    Invitations {
        /// Lists invitations, newest first unless an order is set.
        #[doc(alias = "getInvitationList")]
        pub fn list() -> Page<Invitation>, InvitationFilters = GET["invitations"].only("paginated", true);

        /// Invites somebody to the application.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Invitation, client::NewInvitation};
        ///
        /// async fn invite(clerk: &ClerkClient, email: &str) -> Result<Invitation, ClerkApiError> {
        ///     clerk.invitations().create(NewInvitation::new(email).ignore_existing(true)).await
        /// }
        /// ```
        #[doc(alias = "createInvitation")]
        pub fn create(invitation: NewInvitation) -> Invitation = POST["invitations"].json(&invitation) or 400, 422;

        /// Invites up to ten people to the application.
        #[doc(alias = "createInvitationBulk")]
        pub fn create_bulk(invitations: Vec<NewInvitation>) -> Page<Invitation>, WholeList =
            POST["invitations", "bulk"].json(&invitations) or 400, 422;

        /// Revokes an invitation that nobody has accepted.
        #[doc(alias = "revokeInvitation")]
        pub fn revoke(id) -> Invitation = POST["invitations", id, "revoke"] or 400, 404;
    }

    WaitlistEntries {
        /// Lists the entries of the waitlist.
        pub fn list() -> Page<WaitlistEntry>, WaitlistFilters = GET["waitlist_entries"];

        /// Adds an email address to the waitlist.
        pub fn create(entry: NewWaitlistEntry) -> WaitlistEntry = POST["waitlist_entries"].json(&entry) or 400, 422;

        /// Adds up to 50 email addresses to the waitlist.
        #[doc(alias = "createBulk")]
        pub fn create_bulk(entries: Vec<NewWaitlistEntry>) -> Page<WaitlistEntry>, WholeList =
            POST["waitlist_entries", "bulk"].json(&entries) or 400, 422;

        /// Deletes an entry of the waitlist.
        pub fn delete(id) -> DeletedObject = DELETE["waitlist_entries", id] or 400, 404, 409, 422;

        /// Invites somebody on the waitlist, even somebody who was invited before if `ignore_existing` is `true`.
        pub fn invite(id, ignore_existing: bool) -> WaitlistEntry =
            POST["waitlist_entries", id, "invite"].with("ignore_existing", ignore_existing) or 400, 404, 409, 422;

        /// Rejects somebody on the waitlist.
        pub fn reject(id) -> WaitlistEntry = POST["waitlist_entries", id, "reject"] or 400, 404, 409, 422;
    }

    AllowlistIdentifiers {
        /// Lists the identifiers that may sign up.
        #[doc(alias = "getAllowlistIdentifierList")]
        pub fn list() -> Page<ListedIdentifier> = GET["allowlist_identifiers"].only("paginated", true) or 402;

        /// Adds an email address, a phone number, a wallet, or the addresses of a domain (`*@example.com`). Sends an
        /// invitation if `notify` is `true`.
        #[doc(alias = "createAllowlistIdentifier")]
        pub fn create(identifier, notify: bool) -> ListedIdentifier =
            POST["allowlist_identifiers"].with("identifier", identifier).with("notify", notify) or 400, 402, 422;

        /// Deletes an identifier from the list.
        #[doc(alias = "deleteAllowlistIdentifier")]
        pub fn delete(id) -> DeletedObject = DELETE["allowlist_identifiers", id] or 402, 404;
    }

    BlocklistIdentifiers {
        /// Lists the identifiers that may not sign up.
        #[doc(alias = "getBlocklistIdentifierList")]
        pub fn list() -> Page<ListedIdentifier>, WholeList = GET["blocklist_identifiers"] or 402;

        /// Adds an email address, a phone number, a wallet, or the addresses of a domain (`*@example.com`).
        #[doc(alias = "createBlocklistIdentifier")]
        pub fn create(identifier) -> ListedIdentifier = POST["blocklist_identifiers"].with("identifier", identifier) or 400, 402, 422;

        /// Deletes an identifier from the list.
        #[doc(alias = "deleteBlocklistIdentifier")]
        pub fn delete(id) -> DeletedObject = DELETE["blocklist_identifiers", id] or 402, 404;
    }
}
