//! The people of a `LocalClerk` instance.

use super::SessionBuilder;
use crate::Session;

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

/// That a user belongs to an organization, and what they may do there.
#[derive(Clone, Debug)]
pub struct Membership {
    pub(super) id: &'static str,
    pub(super) slug: &'static str,
    pub(super) role: &'static str,
    pub(super) permissions: &'static [&'static str],
}

impl Membership {
    /// The organization: `org_…`
    pub fn organization_id(&self) -> &str {
        self.id
    }

    /// The organization's slug.
    pub fn slug(&self) -> &str {
        self.slug
    }

    /// `org:admin`, `org:member`
    pub fn role(&self) -> &str {
        self.role
    }
}

impl TestUser {
    /// `user_…`
    pub fn id(&self) -> &str {
        self.id
    }

    /// First and last name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The mail address.
    pub fn email(&self) -> &str {
        self.email
    }

    /// What is worth knowing about them in a test.
    pub(super) fn about(&self) -> &str {
        self.about
    }

    /// The organizations that they belong to; signing in makes the first one active.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// A session of theirs, in their first organization.
    pub fn session(&self) -> SessionBuilder {
        let session = Session::builder(self.id);
        match self.memberships.first() {
            None => session,
            Some(first) => session
                .organization(first.id)
                .slug(first.slug)
                .role(first.role)
                .permissions(first.permissions.iter().copied()),
        }
    }
}

/// An administrator, a member, and somebody without an organization.
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
