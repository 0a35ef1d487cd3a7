//! The calls of the Backend API with which a `LocalClerk` changes: users, organizations, memberships, invitations and tokens.

mod invitations;
mod organizations;
mod parts;
mod store;
mod tokens;
mod users;

use self::parts::Call;
pub(super) use self::{
    organizations::{memberships_of_user, organization},
    store::Records,
    tokens::sign_in_token,
    users::{count, list, user},
};

/// Returns the calls that have no endpoint of their own.
pub(super) fn calls() -> impl Iterator<Item = Call> {
    [users::calls(), organizations::calls(), invitations::calls(), tokens::calls()].into_iter().flatten()
}
