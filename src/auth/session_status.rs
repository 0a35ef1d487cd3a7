//! The status of a session.

/// The status of a session (`sts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionStatus {
    /// The user is signed in.
    Active,
    /// The user has tasks to complete first, such as choosing an organization.
    Pending,
}
