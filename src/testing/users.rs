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
    session: SessionBuilder,
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

    /// The session that signing in as this user starts.
    pub fn session(&self) -> SessionBuilder {
        self.session.clone()
    }
}

/// An administrator, a member, and somebody without an organization.
pub(super) fn seeded() -> Vec<TestUser> {
    let acme = |user: &str| Session::builder(user).organization("org_acme").slug("acme");
    vec![
        TestUser {
            id: "user_ada",
            name: "Ada Lovelace",
            email: "ada@example.com",
            about: "Administrator of Acme, may publish posts",
            session: acme("user_ada").role("org:admin").permissions(["org:posts:read", "org:posts:publish"]),
        },
        TestUser {
            id: "user_grace",
            name: "Grace Hopper",
            email: "grace@example.com",
            about: "Member of Acme, may read posts",
            session: acme("user_grace").role("org:member").permissions(["org:posts:read"]),
        },
        TestUser {
            id: "user_alan",
            name: "Alan Turing",
            email: "alan@example.com",
            about: "In no organization",
            session: Session::builder("user_alan"),
        },
    ]
}
