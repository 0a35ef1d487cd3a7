//! Words of Clerk's API as enums, with a variant for those that this crate does not know.

/// Declares an enum over words. Words that Clerk adds later are `Other`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        ///
        /// It compares with texts, and a word that this crate does not know is `Other`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("The word `", $word, "`.")] $variant,)*
            /// Any other word.
            Other(Box<str>),
        }

        impl $name {
            /// Returns the word as Clerk's API has it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    word => Self::Other(word.into()),
                }
            }
        }

        impl Default for $name {
            /// An empty word: Clerk sent none.
            fn default() -> Self {
                Self::Other(Box::default())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, word: &str) -> bool {
                self.as_str() == word
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, word: &&str) -> bool {
                self.as_str() == *word
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(String::deserialize(deserializer)?.as_str()))
            }
        }

        #[cfg(feature = "__internal-bench")]
        impl crate::api::AnyWord for $name {
            const WORDS: &'static [&'static str] = &[$($word),*];
        }
    };
}

/// The words of an enum, for tests.
#[cfg(feature = "__internal-bench")]
pub(crate) trait AnyWord: for<'w> From<&'w str> {
    const WORDS: &'static [&'static str];
}

pub(crate) use words;
