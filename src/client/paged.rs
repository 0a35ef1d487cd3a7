//! Lists that Clerk returns page by page.

/// A list that Clerk returns page by page: `F` of [`ApiCall`](super::ApiCall). This crate implements it for its own types.
pub trait Paged<T>: sealed::Sealed {
    /// Returns whether Clerk finds the next page by the last element of this one, in this order.
    #[doc(hidden)]
    fn has_cursor(_order_by: Option<&str>) -> bool {
        false
    }

    /// Returns the parameter, and its value, with which the next page begins after this element.
    #[doc(hidden)]
    fn cursor(_last: &T) -> Option<(&'static str, &str)> {
        None
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for () {}
impl<T> Paged<T> for () {}
