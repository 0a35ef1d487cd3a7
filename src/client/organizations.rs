//! Calls about organizations.

use super::{clerk_client::ClerkClient, filters::filters, operation::calls};
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

filters! {
    /// What else to tell about an organization.
    OrganizationDetails {
        /// Counts its members.
        include_members_count: flag,
        /// Tells whether a member is missing a role with which somebody could administer it.
        include_missing_member_with_elevated_permissions: flag,
    }
}

calls! {
    Organizations {
        /// Fetches an organization by its ID (`org_…`) or slug.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn size(clerk: &ClerkClient, slug: &str) -> Result<Option<u64>, ClerkApiError> {
        ///     Ok(clerk.organizations().get(slug).include_members_count(true).await?.members_count)
        /// }
        /// ```
        #[doc(alias = "getOrganization")]
        pub fn get(id_or_slug) -> Organization, OrganizationDetails = GET["organizations", id_or_slug] or 403, 404;
    }
}
