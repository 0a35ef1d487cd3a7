//! The users of a `LocalClerk`, as a test reads and adds them.

use serde_json::Value;

use super::{
    local_clerk::LocalClerk,
    resources,
    session_events::announce_resource,
    users::{TestUser, UserBuilder},
};

impl LocalClerk {
    /// The users who can sign in, in the order in which they were added or signed up.
    ///
    /// Three are there from the start: `ada@example.com`, `grace@example.com` and `alan@example.com`.
    pub fn users(&self) -> Vec<TestUser> {
        let directory = self.instance.directory();
        directory.users().iter().map(|user| directory.test_user(user)).collect()
    }

    /// Adds a user, who can sign in from now on: on the sign-in page, with Clerk's own components, or with `clerk-js`.
    ///
    /// ```
    /// use clerk_actix::testing::{self, LocalClerk};
    ///
    /// let clerk = LocalClerk::start()?;
    /// let lin = clerk.add_user(testing::user("lin@example.com").membership("org_acme", "org:member"));
    /// let token = clerk.mint(lin.session());
    /// # let _ = token;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there already is a user with this ID or email address.
    #[track_caller]
    #[allow(clippy::panic, reason = "test support: a test that adds a user twice has a mistake")]
    pub fn add_user(&self, user: UserBuilder) -> TestUser {
        let mut directory = self.instance.directory();
        if directory.user(&user.id).is_some() || directory.user_by_email(&user.email).is_some() {
            drop(directory);
            panic!("there already is a user {} or {}", user.id, user.email);
        }
        let now = self.instance.clock.timestamp().as_millis();
        let user = directory.add(user, now);
        announce_resource(&self.instance, "user.created", resources::user(&user));
        directory.test_user(&user)
    }

    /// Creates a ticket that signs this user in once, as `POST /v1/sign_in_tokens` does: for
    /// `signIn.create({ strategy: 'ticket', ticket })`. Returns `None` if there is no such user.
    pub fn sign_in_ticket(&self, user_id: &str) -> Option<String> {
        let mut directory = self.instance.directory();
        directory.user(user_id)?;
        let day = std::time::Duration::from_secs(24 * 60 * 60);
        Some(directory.ticket(user_id, Value::Null, self.instance.clock.timestamp().plus(day)))
    }
}
