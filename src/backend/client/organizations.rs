//! Calls about organizations.

use actix_web::http::Method;

use super::{ApiCall, ClerkClient};
use crate::api::Organization;

/// The calls about organizations; see [`ClerkClient::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'c>(pub(super) &'c ClerkClient);

impl Organizations<'_> {
    /// An organization, by its id (`org_…`) or its slug. `.query("include_members_count", true)` has its members counted.
    pub fn get(&self, id_or_slug: &str) -> ApiCall<Organization> {
        self.0.request(Method::GET, ["organizations", id_or_slug])
    }
}
