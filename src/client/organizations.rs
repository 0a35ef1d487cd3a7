//! Calls about organizations.

use awc::http::Method;

use super::{call::ApiCall, clerk_client::ClerkClient};
use crate::api::Organization;

/// Calls about organizations; see [`ClerkClient::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'c>(pub(super) &'c ClerkClient);

impl ClerkClient {
    /// Returns the calls about organizations.
    pub fn organizations(&self) -> Organizations<'_> {
        Organizations(self)
    }
}

impl Organizations<'_> {
    /// Fetches an organization by its id (`org_…`) or slug. Add `.query("include_members_count", true)` to count its
    /// members.
    #[doc(alias = "getOrganization")]
    pub fn get(&self, id_or_slug: &str) -> ApiCall<Organization> {
        self.0.request(Method::GET, ["organizations", id_or_slug])
    }
}
