//! An error in a response from Clerk's API.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient::lenient;

/// One of the errors in Clerk's envelope, `{"errors":[{"code","message","long_message","meta"}]}`.
///
/// The texts are written by Clerk for developers: they can name settings and IDs, so do not show them to end users.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The error code, for programs: `resource_not_found`.
    #[serde(deserialize_with = "lenient")]
    pub code: String,
    /// A short description.
    #[serde(deserialize_with = "lenient")]
    pub message: String,
    /// A longer description, a sentence or two.
    #[serde(deserialize_with = "lenient")]
    pub long_message: Option<String>,
    /// Details for programs: `param_name`, `session_id`, …
    #[serde(deserialize_with = "lenient")]
    pub meta: Map<String, Value>,
}
