//! The teams of a user, as Clerk knows them. The calls of all users share one limit, so somebody who loads the start page
//! again and again must not use it up.

use std::{sync::Arc, time::Duration};

use clerk_actix::{ClerkApiError, ClerkClient, api::OrganizationMembership};
use moka::future::Cache;

/// How long a user who has joined or left a team may see the teams of before.
const FOR: Duration = Duration::from_secs(10);
const MAX_USERS: u64 = 10_000;

/// The first hundred teams of each user who was here a moment ago.
#[derive(Clone)]
pub struct Teams(Cache<String, Arc<[OrganizationMembership]>>);

impl Default for Teams {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_USERS).time_to_live(FOR).build())
    }
}

impl Teams {
    /// Returns the user's teams: one call to Clerk for all who ask at the same time.
    pub async fn of(
        &self,
        user_id: &str,
        clerk: &ClerkClient,
    ) -> Result<Arc<[OrganizationMembership]>, Arc<ClerkApiError>> {
        let ask = async {
            let page = clerk.users().organization_memberships(user_id).limit(100).await?;
            Ok(page.data.into())
        };
        self.0.try_get_with_by_ref(user_id, ask).await
    }
}
