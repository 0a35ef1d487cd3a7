//! The users of a `LocalClerk` instance as tests see them, and the builder of further users.

use super::{
    roles::Role,
    secret::{Password, random_id},
    session::{SessionBuilder, session},
};

/// The password of the users that a `LocalClerk` starts with, and of others unless they have their own.
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// A user who can sign in with `LocalClerk`.
///
/// ```
/// use clerk_actix::testing::LocalClerk;
///
/// let clerk = LocalClerk::start()?;
/// let names: Vec<_> = clerk.users().iter().map(|user| user.name().to_owned()).collect();
/// assert_eq!(names, ["Ada Lovelace", "Grace Hopper", "Alan Turing"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestUser {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) password: Option<Password>,
    pub(super) memberships: Vec<Membership>,
}

/// A user's membership in an organization, with role and permissions.
#[derive(Clone, Debug)]
pub struct Membership {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) role: &'static Role,
}

impl Membership {
    /// The organization's ID: `org_…`.
    pub fn org_id(&self) -> &str {
        &self.id
    }

    /// The organization's slug.
    pub fn org_slug(&self) -> &str {
        &self.slug
    }

    /// The user's role in the organization: `org:admin` or `org:member`.
    pub fn org_role(&self) -> &str {
        self.role.key
    }

    /// The user's permissions in the organization: `org:FEATURE:PERMISSION`.
    pub fn org_permissions(&self) -> &[&str] {
        self.role.permissions
    }

    /// Makes the organization of the membership the active one of a session.
    pub(super) fn activate(&self, session: SessionBuilder) -> SessionBuilder {
        session
            .org_id(&self.id)
            .org_slug(&self.slug)
            .org_role(self.role.key)
            .org_permissions(self.role.permissions.iter().copied())
    }
}

impl TestUser {
    /// The user's ID: `user_…`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// First and last name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The email address.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The password, for Clerk's own components and `clerk-js`. The plain sign-in page does not ask for it.
    ///
    /// ```
    /// use clerk_actix::testing::LocalClerk;
    ///
    /// let clerk = LocalClerk::start()?;
    /// assert_eq!(clerk.users()[0].password(), Some("correct horse battery staple"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn password(&self) -> Option<&str> {
        self.password.as_ref().map(Password::as_str)
    }

    /// A short description for the sign-in page: `Administrator of Acme, member of Globex`.
    pub(super) fn about(&self) -> String {
        let role = |membership: &Membership| {
            let role = if membership.role.key == "org:admin" { "administrator" } else { "member" };
            format!("{role} of {}", capitalized(&membership.slug))
        };
        match self.memberships.is_empty() {
            true => "In no organization".to_owned(),
            false => capitalized(&self.memberships.iter().map(role).collect::<Vec<_>>().join(", ")),
        }
    }

    /// The user's organization memberships. Signing in makes the first organization active.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// Describes a session of this user, with their first organization active.
    pub fn session(&self) -> SessionBuilder {
        let session = session(&self.id);
        match self.memberships.first() {
            None => session,
            Some(first) => first.activate(session),
        }
    }
}

/// Describes a user with this email address, for [`LocalClerk::add_user`](super::LocalClerk::add_user).
///
/// ```
/// use clerk_actix::testing::{self, LocalClerk};
///
/// let clerk = LocalClerk::start()?;
/// let lin = clerk.add_user(
///     testing::user("lin+clerk_test@example.com").name("Lin Lee").membership("org_initech", "org:admin"),
/// );
/// assert_eq!(lin.memberships()[0].org_slug(), "initech");
/// assert_eq!(clerk.users().len(), 4);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn user(email: impl Into<String>) -> UserBuilder {
    let email = email.into();
    let name = email.split(['@', '+']).next().map(capitalized).unwrap_or_default();
    UserBuilder {
        id: random_id("user_"),
        name,
        email,
        password: Some(Password::new(PASSWORD)),
        memberships: Vec::new(),
    }
}

/// A description of a user, from [`user()`].
#[derive(Clone, Debug)]
#[must_use = "give it to `LocalClerk::add_user`"]
pub struct UserBuilder {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) password: Option<Password>,
    pub(super) memberships: Vec<(String, &'static Role)>,
}

impl UserBuilder {
    /// Sets the ID. Default: random, `user_…`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets first and last name. Default: derived from the email address.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the password. Default: the one of all users.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Password::new(password));
        self
    }

    /// Leaves the password out: the user signs in with a code.
    pub fn without_password(mut self) -> Self {
        self.password = None;
        self
    }

    /// Makes the user a member of an organization, which is created if there is none with this ID. Its slug is then the ID
    /// without `org_`.
    ///
    /// # Panics
    ///
    /// If the role is neither `org:admin` nor `org:member`.
    #[track_caller]
    #[allow(clippy::panic, reason = "test support: a test with such a role has a mistake")]
    pub fn membership(mut self, org_id: impl Into<String>, role: &str) -> Self {
        let Some(role) = Role::by_key(role) else { panic!("{role:?} is not a role: use org:admin or org:member") };
        self.memberships.push((org_id.into(), role));
        self
    }
}

pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
