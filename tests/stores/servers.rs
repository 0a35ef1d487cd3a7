//! One server of several that share their revocations.

use actix_test::TestServer;
use clerk_actix::{
    ClerkConfig, Revocations,
    stores::{RevocationStore, SharedRevocations, WhenUnreachable},
    testing::{self, LocalClerk, SessionBuilder},
};

use crate::support::{self, Answer, get};

pub struct Server {
    pub revocations: Revocations,
    pub config: ClerkConfig,
    pub http: TestServer,
}

impl Server {
    pub async fn start(clerk: &LocalClerk, store: impl RevocationStore, when: WhenUnreachable) -> Self {
        let shared = SharedRevocations::new(store).when_unreachable(when);
        Self::of(clerk, shared.start().await.unwrap())
    }

    pub fn of(clerk: &LocalClerk, revocations: Revocations) -> Self {
        let config = clerk.config_builder().revocations(revocations.clone()).build().unwrap();
        Self { revocations, http: support::server(config.clone()), config }
    }

    pub async fn get(&self, token: &str) -> Answer {
        get(&self.http, "/require", token).await
    }

    /// Returns the status of a request, with the code of its rejection.
    pub async fn says(&self, token: &str) -> String {
        let answer = self.get(token).await;
        match answer.reason() {
            Some(reason) => format!("{} {reason}", answer.status),
            None => answer.status.to_string(),
        }
    }
}

/// A token of this user's only session.
pub fn token(clerk: &LocalClerk, user: &str) -> String {
    clerk.mint(session(user))
}

pub fn session(user: &str) -> SessionBuilder {
    testing::session(user).session_id(format!("sess_of_{user}"))
}
