//! Calls about users.

use actix_web::http::Method;

use super::{ApiCall, ClerkClient};
use crate::api::{OrganizationMembership, Page, User};

/// The calls about users; see [`ClerkClient::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'c>(pub(super) &'c ClerkClient);

impl Users<'_> {
    /// A user: `user_…`.
    pub fn get(&self, id: &str) -> ApiCall<User> {
        self.0.request(Method::GET, ["users", id])
    }

    /// The organizations that a user belongs to, and as what, the newest membership first.
    pub fn organization_memberships(&self, id: &str) -> ApiCall<Page<OrganizationMembership>> {
        self.0.request(Method::GET, ["users", id, "organization_memberships"])
    }
}
