//! A resource as a struct: all members but the required ones may be missing or have an unexpected form.

/// Declares a resource. `required` members must be there; of `lists`, elements that do not fit are left out; `times` are
/// numbers of milliseconds; `secrets` are neither printed nor serialized.
macro_rules! resource {
    (
        $(#[$meta:meta])* $name:ident {
            $(required { $($(#[$required_meta:meta])* $required:ident: $required_type:ty,)* })?
            $(members { $($(#[$member_meta:meta])* $member:ident: $type:ty,)* })?
            $(lists { $($(#[$list_meta:meta])* $list:ident: $element:ty,)* })?
            $(times { $($(#[$time_meta:meta])* $time:ident,)* })?
            $(secrets { $($(#[$secret_meta:meta])* $secret:ident,)* })?
        }
    ) => {
        $(#[$meta])*
        #[derive(serde::Deserialize, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $($($(#[$required_meta])* pub $required: $required_type,)*)?
            $($(
                $(#[$member_meta])*
                #[serde(default, deserialize_with = "crate::api::lenient::lenient")]
                pub $member: $type,
            )*)?
            $($(
                $(#[$list_meta])*
                #[serde(default, deserialize_with = "crate::api::lenient::lenient_list")]
                pub $list: Vec<$element>,
            )*)?
            $($(
                $(#[$time_meta])*
                #[serde(default, with = "crate::api::time::lenient_time")]
                pub $time: Option<std::time::SystemTime>,
            )*)?
            $($(
                $(#[$secret_meta])*
                #[serde(default, deserialize_with = "crate::api::lenient::lenient", skip_serializing)]
                pub $secret: Option<crate::api::Secret>,
            )*)?
            /// The members that have no field here, as Clerk sent them.
            #[serde(flatten)]
            pub other: crate::api::JsonObject,
        }
    };
}

pub(crate) use resource;
