//! Clerk's resources, as its Backend API sends them.
//!
//! Members that are not needed to make sense of a resource may be missing or of an unexpected form without spoiling the
//! rest: Clerk adds and changes them. New members may come with any version.

mod lenient;
mod machine;
mod secret;

pub use self::{
    machine::{ApiKey, M2mToken, OAuthAccessToken},
    secret::Secret,
};
