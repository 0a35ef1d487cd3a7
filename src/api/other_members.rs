//! The members of a resource that this crate has no field for.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The members of a resource that have no field in its type, as Clerk sent them. It dereferences to the JSON object.
/// Its `Debug` shows only their names, since they can hold anything.
///
/// ```
/// let user: clerk_actix::api::User = serde_json::from_str(r#"{"id":"user_ada","favorite_color":"green"}"#)?;
/// assert_eq!(user.other["favorite_color"], "green");
/// assert_eq!(format!("{:?}", user.other), r#"{"favorite_color"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct OtherMembers(Map<String, Value>);

impl OtherMembers {
    /// Returns the JSON object.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }
}

impl Deref for OtherMembers {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for OtherMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
