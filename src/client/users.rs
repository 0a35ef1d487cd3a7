//! Calls about users.

use awc::http::Method;

use super::{call::ApiCall, clerk_client::ClerkClient};
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

impl Users<'_> {
    /// Fetches a user by their id (`user_…`).
    #[doc(alias = "getUser")]
    pub fn get(&self, id: &str) -> ApiCall<User> {
        self.0.request(Method::GET, ["users", id])
    }

    /// Lists a user's organization memberships, with their roles, newest first.
    #[doc(alias = "getOrganizationMembershipList")]
    pub fn organization_memberships(&self, id: &str) -> ApiCall<Page<OrganizationMembership>> {
        self.0.request(Method::GET, ["users", id, "organization_memberships"])
    }
}
