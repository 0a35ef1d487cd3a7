//! The settings of a `LocalClerk` that it has from its start.

use std::{io, path::PathBuf};

use super::{local_clerk::LocalClerk, users::UserBuilder};
use crate::keys::InstanceType;

/// The settings of a [`LocalClerk`]: from [`LocalClerk::builder`].
#[derive(Clone, Debug)]
#[must_use = "call `start`"]
pub struct LocalClerkBuilder {
    instance_type: InstanceType,
    npm_folder: Option<PathBuf>,
    users: Vec<UserBuilder>,
}

impl LocalClerk {
    /// Returns a builder, for what [`start`](Self::start) does not set.
    ///
    /// ```
    /// use clerk_actix::testing::{self, LocalClerk};
    ///
    /// let clerk = LocalClerk::builder()
    ///     .user(testing::user("lin@example.com").name("Lin Lee"))
    ///     .npm_folder("tests/browser/node_modules")
    ///     .start()?;
    /// assert_eq!(clerk.users()[3].name(), "Lin Lee");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn builder() -> LocalClerkBuilder {
        LocalClerkBuilder { instance_type: InstanceType::Development, npm_folder: None, users: Vec::new() }
    }
}

impl LocalClerkBuilder {
    /// Makes it a production instance, as [`LocalClerk::start_production`] does.
    pub fn production(mut self) -> Self {
        self.instance_type = InstanceType::Production;
        self
    }

    /// Serves Clerk's own JavaScript from this folder, a `node_modules`.
    ///
    /// The `dist` folders of `@clerk/clerk-js` and `@clerk/ui` are under `/npm/@clerk/clerk-js@ANY/dist/…` and
    /// `/npm/@clerk/ui@ANY/dist/…`, whatever version is asked for.
    ///
    /// Without a folder, or if it does not exist, these paths answer with 404.
    pub fn npm_folder(mut self, node_modules: impl Into<PathBuf>) -> Self {
        self.npm_folder = Some(node_modules.into());
        self
    }

    /// Adds a user, as [`LocalClerk::add_user`] does later.
    pub fn user(mut self, user: UserBuilder) -> Self {
        self.users.push(user);
        self
    }

    /// Starts the instance on a free loopback port.
    ///
    /// # Errors
    ///
    /// As [`LocalClerk::start`].
    ///
    /// # Panics
    ///
    /// If two users have the same ID or email address.
    pub fn start(self) -> io::Result<LocalClerk> {
        let clerk = LocalClerk::start_as(self.instance_type, self.npm_folder)?;
        for user in self.users {
            clerk.add_user(user);
        }
        Ok(clerk)
    }
}
