//! Calls about organizations.

use actix_web::http::Method;

use super::{ApiCall, ClerkClient};
use crate::api::Organization;

/// Calls about organizations; see [`ClerkClient::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'c>(pub(super) &'c ClerkClient);

impl Organizations<'_> {
    /// Fetches an organization by its id (`org_…`) or slug. Add `.query("include_members_count", true)` to count its
    /// members.
    pub fn get(&self, id_or_slug: &str) -> ApiCall<Organization> {
        self.0.request(Method::GET, ["organizations", id_or_slug])
    }
}
