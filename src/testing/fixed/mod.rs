//! The calls of the Backend API for which a `LocalClerk` keeps nothing: each has a fixed answer of the right form.
//!
//! A list has one element. The answer to a call that creates or changes something has the members that were sent, and the
//! next call knows nothing of them.

mod applications;
mod billing;
mod connections;
mod form;
mod instance;
mod organizations;
mod people;

use self::form::Fixed;
pub(super) use self::form::{Form, answer};

/// Returns all calls with a fixed answer.
pub(super) fn calls() -> impl Iterator<Item = Fixed> {
    [
        applications::calls(),
        billing::calls(),
        connections::calls(),
        instance::calls(),
        organizations::calls(),
        people::calls(),
    ]
    .into_iter()
    .flatten()
}
