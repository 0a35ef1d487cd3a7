//! What calls send: builders of JSON objects.

use std::{fmt, time::SystemTime};

use serde::{Serialize, Serializer, ser::Error};
use serde_json::{Map, Value};

use crate::api::rfc3339;

/// The members of a JSON object that is being built.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Properties {
    members: Map<String, Value>,
    /// `true` if a value could not be written as JSON. The call then fails.
    is_invalid: bool,
}

impl Properties {
    pub(super) fn set(&mut self, name: &str, value: impl Serialize) {
        match serde_json::to_value(value) {
            Ok(value) => drop(self.members.insert(name.to_owned(), value)),
            Err(_) => self.is_invalid = true,
        }
    }

    pub(super) fn set_time(&mut self, name: &str, time: SystemTime) {
        self.set(name, rfc3339(time));
    }

    pub(super) fn set_list(&mut self, name: &str, list: impl IntoIterator<Item = impl Into<String>>) {
        self.set(name, list.into_iter().map(Into::into).collect::<Vec<String>>());
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.is_invalid {
            true => Err(S::Error::custom("a value cannot be written as JSON")),
            false => self.members.serialize(serializer),
        }
    }
}

impl fmt::Debug for Properties {
    /// Shows only the names: the values can be passwords, metadata, or about people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

/// Declares what a call sends: a type, its constructor with what Clerk requires, and a method for each optional member.
/// The kind of a member says what it takes: `text`, `flag`, `number`, `signed`, `time` (RFC 3339), `seconds`, `days`,
/// `texts`, `data` (anything that serializes), a `value` of a type, or a `list` of a type.
macro_rules! properties {
    (
        $(#[$meta:meta])* $name:ident {
            $(#[$new_meta:meta])*
            new($($required:ident $(= $required_wire:literal)?: $required_kind:ident $(($required_type:ty))?),* $(,)?);
            $($(#[$member_meta:meta])* $member:ident $(= $wire:literal)?: $kind:ident $(($type:ty))?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name($crate::client::properties::Properties);

        impl $name {
            $crate::client::properties::constructor! {
                $(#[$new_meta])*
                [$($required ($crate::client::filters::wire!($required $($required_wire)?)) $required_kind $(($required_type))?,)*]
            }

            $($crate::client::properties::property! {
                $(#[$member_meta])*
                $member ($crate::client::filters::wire!($member $($wire)?)) $kind $(($type))?
            })*

            /// Sets any other member by Clerk's name, such as one that has no method here yet. `None` or
            /// [`Value::Null`](serde_json::Value::Null) removes what Clerk has stored, if it allows that.
            pub fn member(mut self, name: &str, value: impl serde::Serialize) -> Self {
                self.0.set(name, value);
                self
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        #[cfg(feature = "__internal-bench")]
        impl $crate::client::operation::Sample for $name {
            fn sample(complete: bool) -> Self {
                let required = Self::new($($crate::client::properties::sample!(complete $required_kind $(($required_type))?)),*);
                if !complete {
                    return required;
                }
                required$(.$member($crate::client::properties::sample!(complete $kind $(($type))?)))*
            }
        }
    };
}

/// The constructor of [`properties!`], and a `Default` if it takes nothing.
macro_rules! constructor {
    ($(#[$meta:meta])* []) => {
        $(#[$meta])*
        #[allow(clippy::new_without_default, reason = "what is empty may mean that nothing is changed")]
        pub fn new() -> Self {
            Self($crate::client::properties::Properties::default())
        }
    };
    ($(#[$meta:meta])* [$($name:ident ($wire:expr) $kind:ident $(($type:ty))?,)+]) => {
        $(#[$meta])*
        pub fn new($($name: $crate::client::properties::taken!($kind $(($type))?)),+) -> Self {
            let mut properties = $crate::client::properties::Properties::default();
            $($crate::client::properties::put!(properties, $wire, $name, $kind);)+
            Self(properties)
        }
    };
}

/// One method of [`properties!`].
macro_rules! property {
    ($(#[$meta:meta])* $name:ident ($wire:expr) $kind:ident $(($type:ty))?) => {
        $(#[$meta])*
        pub fn $name(mut self, value: $crate::client::properties::taken!($kind $(($type))?)) -> Self {
            $crate::client::properties::put!(self.0, $wire, value, $kind);
            self
        }
    };
}

/// The type that a kind of member takes.
macro_rules! taken {
    (text) => { impl Into<String> };
    (flag) => { bool };
    (number) => { u64 };
    (signed) => { i64 };
    (time) => { std::time::SystemTime };
    (seconds) => { std::time::Duration };
    (days) => { u32 };
    (texts) => { impl IntoIterator<Item = impl Into<String>> };
    (data) => { &impl serde::Serialize };
    (value($type:ty)) => { $type };
    (list($type:ty)) => { impl IntoIterator<Item = $type> };
}

/// Puts a value of a kind into the properties.
macro_rules! put {
    ($properties:expr, $wire:expr, $value:ident, text) => {
        $properties.set($wire, Into::<String>::into($value))
    };
    ($properties:expr, $wire:expr, $value:ident, time) => {
        $properties.set_time($wire, $value)
    };
    ($properties:expr, $wire:expr, $value:ident, seconds) => {
        $properties.set($wire, $crate::client::whole_seconds($value))
    };
    ($properties:expr, $wire:expr, $value:ident, texts) => {
        $properties.set_list($wire, $value)
    };
    ($properties:expr, $wire:expr, $value:ident, list) => {
        $properties.set($wire, $value.into_iter().collect::<Vec<_>>())
    };
    ($properties:expr, $wire:expr, $value:ident, $kind:ident) => {
        $properties.set($wire, $value)
    };
}

/// A value of a kind, for tests.
#[cfg(feature = "__internal-bench")]
macro_rules! sample {
    ($complete:ident text) => { "text" };
    ($complete:ident flag) => { true };
    ($complete:ident number) => { 7 };
    ($complete:ident signed) => { 7 };
    ($complete:ident time) => { std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000) };
    ($complete:ident seconds) => { std::time::Duration::from_secs(60) };
    ($complete:ident days) => { 7 };
    ($complete:ident texts) => { ["one", "two"] };
    ($complete:ident data) => { &serde_json::json!({ "a": [1, null] }) };
    ($complete:ident value($type:ty)) => { <$type as $crate::client::operation::Sample>::sample($complete) };
    ($complete:ident list($type:ty)) => { [<$type as $crate::client::operation::Sample>::sample($complete)] };
}

#[cfg(feature = "__internal-bench")]
pub(crate) use sample;
pub(crate) use {constructor, properties, property, put, taken};
