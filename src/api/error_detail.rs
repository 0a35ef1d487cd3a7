//! One thing that Clerk found wrong with a call.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient::lenient;

/// One of the errors in Clerk's envelope, `{"errors":[{"code","message","long_message","meta"}]}`.
///
/// The texts are Clerk's, for developers: they can name settings and ids, and are not meant for strangers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// What it is, for programs: `resource_not_found`.
    #[serde(deserialize_with = "lenient")]
    pub code: String,
    /// What it is, in a few words.
    #[serde(deserialize_with = "lenient")]
    pub message: String,
    /// The same in a sentence or two.
    #[serde(deserialize_with = "lenient")]
    pub long_message: Option<String>,
    /// More for programs: `param_name`, `session_id`, …
    #[serde(deserialize_with = "lenient")]
    pub meta: Map<String, Value>,
}
