//! The users of a `LocalClerk` instance, and their organization memberships.

use super::session::{SessionBuilder, session};

/// A user who can sign in on `LocalClerk`'s page.
///
/// ```
/// use clerk_actix::testing::LocalClerk;
///
/// let clerk = LocalClerk::start()?;
/// let names: Vec<_> = clerk.users().iter().map(|user| user.name()).collect();
/// assert_eq!(names, ["Ada Lovelace", "Grace Hopper", "Alan Turing"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestUser {
    id: &'static str,
    name: &'static str,
    email: &'static str,
    about: &'static str,
    memberships: Vec<Membership>,
}

/// A user's membership in an organization, with role and permissions.
#[derive(Clone, Debug)]
pub struct Membership {
    pub(super) id: &'static str,
    pub(super) slug: &'static str,
    pub(super) role: &'static str,
    pub(super) permissions: &'static [&'static str],
}

impl Membership {
    /// The organization's ID: `org_…`.
    pub fn org_id(&self) -> &str {
        self.id
    }

    /// The organization's slug.
    pub fn org_slug(&self) -> &str {
        self.slug
    }

    /// The user's role in the organization: `org:admin` or `org:member`.
    pub fn org_role(&self) -> &str {
        self.role
    }

    /// The user's permissions in the organization: `org:FEATURE:PERMISSION`.
    pub fn org_permissions(&self) -> &[&str] {
        self.permissions
    }

    /// Makes the organization of the membership the active one of a session.
    pub(super) fn activate(&self, session: SessionBuilder) -> SessionBuilder {
        session
            .org_id(self.id)
            .org_slug(self.slug)
            .org_role(self.role)
            .org_permissions(self.permissions.iter().copied())
    }
}

impl TestUser {
    /// The user's ID: `user_…`.
    pub fn id(&self) -> &str {
        self.id
    }

    /// First and last name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The email address.
    pub fn email(&self) -> &str {
        self.email
    }

    /// A short description for the sign-in page.
    pub(super) fn about(&self) -> &str {
        self.about
    }

    /// The user's organization memberships. Signing in makes the first organization active.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// Describes a session of this user, with their first organization active.
    pub fn session(&self) -> SessionBuilder {
        let session = session(self.id);
        match self.memberships.first() {
            None => session,
            Some(first) => first.activate(session),
        }
    }
}

/// Returns an administrator, a member, and a user without an organization.
pub(super) fn seeded() -> Vec<TestUser> {
    const ALL: &[&str] = &["org:posts:read", "org:posts:publish"];
    const READ: &[&str] = &["org:posts:read"];
    let acme = |role, permissions| Membership { id: "org_acme", slug: "acme", role, permissions };
    let globex = |role, permissions| Membership { id: "org_globex", slug: "globex", role, permissions };
    vec![
        TestUser {
            id: "user_ada",
            name: "Ada Lovelace",
            email: "ada@example.com",
            about: "Administrator of Acme, member of Globex",
            memberships: vec![acme("org:admin", ALL), globex("org:member", READ)],
        },
        TestUser {
            id: "user_grace",
            name: "Grace Hopper",
            email: "grace@example.com",
            about: "Member of Acme, may read posts",
            memberships: vec![acme("org:member", READ)],
        },
        TestUser {
            id: "user_alan",
            name: "Alan Turing",
            email: "alan@example.com",
            about: "In no organization",
            memberships: Vec::new(),
        },
    ]
}
