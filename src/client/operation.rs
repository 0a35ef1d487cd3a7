//! The form in which calls are declared: one line each, with method, path, parameters and response.

/// Declares the calls of resources.
///
/// ```text
/// calls! {
///     Users {
///         /// Bans a user.
///         pub fn ban(id) -> User = POST["users", id, "ban"] or 402;
///         /// Lists users.
///         pub fn list() -> Page<User>, UserFilters = GET["users"] or 400, 422;
///         /// Creates a user.
///         pub fn create(user: NewUser) -> User = POST["users"].json(&user) or 400, 422;
///     }
/// }
/// ```
///
/// An argument without a type is a `&str`. After the response's type come the optional parameters
/// ([`filters!`](super::filters::filters)), if there are any; after the path, what else belongs to the call; after `or`,
/// the statuses of errors in Clerk's description.
macro_rules! calls {
    ($(
        $resource:ident {
            $(
                $(#[$meta:meta])*
                $vis:vis fn $name:ident($($arg:ident $(: $type:ty)?),* $(,)?) -> $answer:ty $(, $filters:ty)? =
                    $method:ident[$($segment:expr),+ $(,)?]
                    $(.$step:ident($($value:expr),* $(,)?))*
                    $(or $($status:tt),+)?;
            )*
        }
    )+) => {
        $(impl $resource<'_> {
            $(
                $(#[$meta])*
                #[doc = $crate::client::operation::errors!($($($status),+)?)]
                $vis fn $name(
                    &self, $($arg: $crate::client::operation::arg!($($type)?)),*
                ) -> $crate::client::ApiCall<$answer $(, $filters)?> {
                    self.0.call(awc::http::Method::$method, [$($segment),+])$(.$step($($value),*))*
                }
            )*
        })+

        /// The table of the calls in this file.
        #[cfg(feature = "__internal-bench")]
        pub(in crate::client) fn operations() -> Vec<$crate::client::operation::Operation> {
            #[allow(unused_imports, reason = "a call uses `ViaPage` or `ViaAny`, by the type of its answer")]
            use $crate::client::operation::{Operation, Probe, SampleCall, ViaAny, ViaPage};
            vec![$($(Operation {
                name: concat!(stringify!($resource), "::", stringify!($name)),
                statuses: &[$($($status),+)?],
                is_paged: (&Probe::<$answer, $crate::client::operation::filters_of!($($filters)?)>::NEW).is_paged(),
                requests: |client| [false, true].map(|complete| {
                    let resource = $resource(client);
                    let call = resource.$name($($crate::client::operation::arg!(@sample complete $arg $($type)?)),*);
                    SampleCall::of(call, complete)
                }),
                read: $crate::client::operation::read_again::<$answer>,
            },)*)+]
        }
    };
}

/// The type of an argument: a text, unless a type is stated. With `@sample`, a value of it.
macro_rules! arg {
    () => {
        &str
    };
    ($type:ty) => {
        $type
    };
    (@sample $complete:ident $arg:ident) => {
        concat!(stringify!($arg), "_1")
    };
    (@sample $complete:ident $arg:ident $type:ty) => {
        <$type as $crate::client::operation::Sample>::sample($complete)
    };
}

/// The paragraph about errors in the documentation of a call.
macro_rules! errors {
    () => {
        "\n# Errors\n\nThe call returns [`ClerkApiError`](crate::ClerkApiError)."
    };
    ($first:tt $(, $other:tt)*) => {
        concat!(
            "\n# Errors\n\nThe call returns [`ClerkApiError`](crate::ClerkApiError). Clerk's own reasons: ",
            $crate::client::operation::reason!($first)
            $(, "; ", $crate::client::operation::reason!($other))*,
            "."
        )
    };
}

/// Why Clerk responds with a status.
macro_rules! reason {
    (400) => {
        "the values or their combination are not valid (400)"
    };
    (401) => {
        "the secret key is not valid (401)"
    };
    (402) => {
        "the plan of the application does not include this (402)"
    };
    (403) => {
        "this is turned off, or not allowed (403)"
    };
    (404) => {
        "what the call names does not exist ([`NotFound`](crate::ClerkApiError::NotFound), 404)"
    };
    (409) => {
        "it conflicts with something that exists (409)"
    };
    (410) => {
        "it is no longer available (410)"
    };
    (413) => {
        "the file is too large (413)"
    };
    (422) => {
        "a value was rejected (422)"
    };
    (423) => {
        "it is locked (423)"
    };
    (429) => {
        "there were too many attempts (429)"
    };
    (500) => {
        "Clerk failed (500)"
    };
}

pub(crate) use {arg, calls, errors, reason};

#[cfg(feature = "__internal-bench")]
pub use self::table::{Operation, SampleCall};
#[cfg(feature = "__internal-bench")]
pub(crate) use self::table::{Probe, Sample, SampleFilters, ViaAny, ViaPage, filters_of, read_again};

/// The table of calls with samples, for the comparison with Clerk's description.
#[cfg(feature = "__internal-bench")]
mod table {
    use std::{
        marker::PhantomData,
        time::{Duration, SystemTime},
    };

    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::Value;

    use crate::{
        api::{AnyWord, Page},
        backend::Body,
        client::{call::ApiCall, clerk_client::ClerkClient, error::ClerkApiError, paged::Paged, upload::FileUpload},
    };

    /// A declared call, as tests see it.
    #[derive(Debug)]
    #[allow(missing_docs, reason = "only for tests")]
    pub struct Operation {
        pub name: &'static str,
        pub statuses: &'static [u16],
        /// `true` if the call has the methods `limit`, `offset` and `all`.
        pub is_paged: bool,
        /// The call with what is required only, and with everything.
        pub requests: fn(&ClerkClient) -> [Result<SampleCall, ClerkApiError>; 2],
        /// Reads a response and writes it again.
        pub read: fn(&str) -> Result<Value, String>,
    }

    /// A call as it would be sent.
    #[derive(Debug)]
    #[allow(missing_docs, reason = "only for tests")]
    pub struct SampleCall {
        pub method: String,
        pub path: Vec<String>,
        pub has_version: bool,
        pub query: Vec<(String, String)>,
        pub json: Option<Value>,
        pub upload: Option<String>,
    }

    impl SampleCall {
        pub(crate) fn of<T, F: SampleFilters>(call: ApiCall<T, F>, complete: bool) -> Result<Self, ClerkApiError> {
            let call = if complete { F::sampled(call) } else { call };
            let draft = call.into_draft()?;
            let (json, upload) = match draft.body {
                Some(Body::Json(json)) => (Some(json), None),
                Some(Body::Upload(upload)) => (None, Some(upload.content_type().to_owned())),
                None => (None, None),
            };
            let method = draft.method.to_string();
            Ok(Self { method, path: draft.path, has_version: draft.has_version, query: draft.query, json, upload })
        }
    }

    pub(crate) fn read_again<T: DeserializeOwned + Serialize>(json: &str) -> Result<Value, String> {
        let value: T = serde_json::from_str(json).map_err(|error| error.to_string())?;
        serde_json::to_value(&value).map_err(|error| error.to_string())
    }

    /// A value for tests: with what is required only, or with everything.
    pub(crate) trait Sample {
        fn sample(complete: bool) -> Self;
    }

    /// A call with all its optional parameters.
    pub(crate) trait SampleFilters: Sized {
        fn sampled<T>(call: ApiCall<T, Self>) -> ApiCall<T, Self>;
    }

    impl SampleFilters for () {
        fn sampled<T>(call: ApiCall<T>) -> ApiCall<T> {
            call
        }
    }

    macro_rules! samples {
        ($($type:ty = $value:expr;)*) => {
            $(impl Sample for $type {
                fn sample(_: bool) -> Self {
                    $value
                }
            })*
        };
    }

    samples! {
        bool = true;
        u32 = 7;
        u64 = 7;
        &str = "text";
        Duration = Duration::from_secs(60);
        SystemTime = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        FileUpload = FileUpload::new("image/png", "image");
    }

    impl<T: Sample> Sample for Vec<T> {
        fn sample(complete: bool) -> Self {
            vec![T::sample(complete), T::sample(complete)]
        }
    }

    impl<W: AnyWord> Sample for W {
        fn sample(_: bool) -> Self {
            W::from(W::WORDS[0])
        }
    }

    impl<T: Sample> Sample for Option<T> {
        fn sample(complete: bool) -> Self {
            complete.then(|| T::sample(complete))
        }
    }

    impl Sample for &[&str] {
        fn sample(_: bool) -> Self {
            &["one", "two"]
        }
    }

    /// Tells calls with pages from others: method resolution prefers [`ViaPage`] where it applies.
    pub(crate) struct Probe<T, F>(PhantomData<(T, F)>);

    impl<T, F> Probe<T, F> {
        pub(crate) const NEW: Self = Self(PhantomData);
    }

    pub(crate) trait ViaPage {
        fn is_paged(&self) -> bool {
            true
        }
    }

    impl<T, F: Paged<T>> ViaPage for Probe<Page<T>, F> {}

    pub(crate) trait ViaAny {
        fn is_paged(&self) -> bool {
            false
        }
    }

    impl<T, F> ViaAny for &Probe<T, F> {}

    macro_rules! filters_of {
        () => {
            ()
        };
        ($filters:ty) => {
            $filters
        };
    }

    pub(crate) use filters_of;
}
