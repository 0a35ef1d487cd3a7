//! The optional parameters of lists and other calls, as methods of the call.

/// Declares the optional parameters of calls: a type, and a method of [`ApiCall`](super::ApiCall) for each. Of a
/// parameter, the kind says what it takes: `text`, `flag`, `number`, `time` (milliseconds), a `word` of a type, and `each`
/// or `each_word` for those that can be repeated. `lists` names the element of lists that have pages.
macro_rules! filters {
    (
        $(#[$meta:meta])* $name:ident $(lists $item:ty)? {
            $($(#[$filter_meta:meta])* $filter:ident $(= $wire:literal)?: $kind:ident $(($type:ty))?,)*
        }
    ) => {
        $(#[$meta])*
        ///
        /// They are methods of the call.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct $name;

        impl $crate::client::paged::sealed::Sealed for $name {}
        $(impl $crate::client::paged::Paged<$item> for $name {})?

        impl<T> $crate::client::call::ApiCall<T, $name> {
            $($crate::client::filters::filter! {
                $(#[$filter_meta])* $filter [$crate::client::filters::wire!($filter $($wire)?)] $kind $(($type))?
            })*
        }

        #[cfg(feature = "__internal-bench")]
        impl $crate::client::operation::SampleFilters for $name {
            fn sampled<T>(call: $crate::client::ApiCall<T, Self>) -> $crate::client::ApiCall<T, Self> {
                call$(.$filter($crate::client::filters::filter!(@sample $kind $(($type))?)))*
            }
        }
    };
}

/// One method of [`filters!`].
macro_rules! filter {
    (@sample text) => { "text" };
    (@sample each) => { "text" };
    (@sample flag) => { true };
    (@sample number) => { 7 };
    (@sample time) => { std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000) };
    (@sample word($type:ty)) => { <$type as $crate::client::operation::Sample>::sample(true) };
    (@sample each_word($type:ty)) => { <$type as $crate::client::operation::Sample>::sample(true) };
    ($(#[$meta:meta])* $name:ident [$wire:expr] text) => {
        $(#[$meta])*
        pub fn $name(self, value: &str) -> Self {
            self.only($wire, value)
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] each) => {
        $(#[$meta])*
        ///
        /// Repeat it for several values.
        pub fn $name(self, value: &str) -> Self {
            self.query($wire, value)
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] flag) => {
        $(#[$meta])*
        pub fn $name(self, value: bool) -> Self {
            self.only($wire, value)
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] number) => {
        $(#[$meta])*
        pub fn $name(self, value: u64) -> Self {
            self.only($wire, value)
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] time) => {
        $(#[$meta])*
        pub fn $name(self, value: std::time::SystemTime) -> Self {
            self.only($wire, $crate::api::unix_millis(value))
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] word($type:ty)) => {
        $(#[$meta])*
        pub fn $name(self, value: $type) -> Self {
            self.only($wire, value.as_str())
        }
    };
    ($(#[$meta:meta])* $name:ident [$wire:expr] each_word($type:ty)) => {
        $(#[$meta])*
        ///
        /// Repeat it for several values.
        pub fn $name(self, value: $type) -> Self {
            self.query($wire, value.as_str())
        }
    };
}

/// Clerk's name of a parameter or a member: the method's own, unless another one is stated.
macro_rules! wire {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $wire:literal) => {
        $wire
    };
}

pub(crate) use {filter, filters, wire};
