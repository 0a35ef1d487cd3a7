//! Lists without pages.

use crate::client::filters::filters;

filters! {
    /// A list that Clerk returns at once, without pages.
    WholeList {}
}
