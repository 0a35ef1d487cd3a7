//! Calls about users.

use super::{clerk_client::ClerkClient, operation::calls};
use crate::api::{OrganizationMembership, Page, User};

/// Calls about users; see [`ClerkClient::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'c>(pub(super) &'c ClerkClient);

impl ClerkClient {
    /// Returns the calls about users.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }
}

calls! {
    Users {
        /// Fetches a user by their ID (`user_…`).
        #[doc(alias = "getUser")]
        pub fn get(id) -> User = GET["users", id] or 400, 404;

        /// Lists a user's organization memberships, with their roles, newest first.
        #[doc(alias = "getOrganizationMembershipList")]
        pub fn organization_memberships(id) -> Page<OrganizationMembership> =
            GET["users", id, "organization_memberships"] or 403;
    }
}
