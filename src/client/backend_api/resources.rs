//! The form in which resources are declared.

/// Declares resources: a type for the calls about each, and the method of [`ClerkClient`](super::ClerkClient) that returns
/// it.
macro_rules! resources {
    ($($accessor:ident: $resource:ident, $what:literal;)*) => {
        $(
            #[doc = concat!(
                "Calls about ", $what, "; see [`ClerkClient::", stringify!($accessor),
                "`](crate::ClerkClient::", stringify!($accessor), ").",
            )]
            #[derive(Clone, Copy, Debug)]
            pub struct $resource<'c>(&'c $crate::client::ClerkClient);

            impl $crate::client::ClerkClient {
                #[doc = concat!("Returns the calls about ", $what, ".")]
                pub fn $accessor(&self) -> $resource<'_> {
                    $resource(self)
                }
            }
        )*
    };
}

pub(super) use resources;
