//! A JSON object of which few members are looked at: those are found while the text is checked.
//!
//! Few handlers need all claims of a token. To make a map of them takes more time than the rest of reading a token, and
//! many times the memory of their text; so it is made for who asks, and not kept with the token.

mod reader;

use std::{fmt, ops::Range};

use serde_json::{Map, Value};

use self::reader::Table;
use super::footprint::{allocation, owned_by};

/// The members of one object, in its own text.
pub(crate) struct Members {
    json: String,
    known: Table,
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Member<'m> {
    Text(&'m str),
    /// Anything; a text too, where it was written with escapes.
    Value(&'m Value),
}

/// Where a member is.
enum Found {
    Text(Range<usize>),
    Value(Value),
    /// Its own members, of those that are known.
    Organization(Table),
}

/// The members that are looked at in many tokens: of the header, of the claims, and of the claim `o`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Alg,
    Cat,
    Kid,
    Typ,
    Aud,
    Azp,
    Exp,
    Fea,
    Fva,
    Iat,
    Iss,
    Nbf,
    O,
    OrgId,
    OrgPermissions,
    OrgRole,
    OrgSlug,
    Pla,
    Sid,
    Sts,
    Sub,
    V,
    Fpm,
    Id,
    Per,
    Rol,
    Slg,
}

impl Known {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "alg" => Self::Alg,
            "cat" => Self::Cat,
            "kid" => Self::Kid,
            "typ" => Self::Typ,
            "aud" => Self::Aud,
            "azp" => Self::Azp,
            "exp" => Self::Exp,
            "fea" => Self::Fea,
            "fva" => Self::Fva,
            "iat" => Self::Iat,
            "iss" => Self::Iss,
            "nbf" => Self::Nbf,
            "o" => Self::O,
            "org_id" => Self::OrgId,
            "org_permissions" => Self::OrgPermissions,
            "org_role" => Self::OrgRole,
            "org_slug" => Self::OrgSlug,
            "pla" => Self::Pla,
            "sid" => Self::Sid,
            "sts" => Self::Sts,
            "sub" => Self::Sub,
            "v" => Self::V,
            "fpm" => Self::Fpm,
            "id" => Self::Id,
            "per" => Self::Per,
            "rol" => Self::Rol,
            "slg" => Self::Slg,
            _ => return None,
        })
    }
}

impl Members {
    /// Reads the text of an object. Other JSON has no members; `null`, and what is no JSON, is nothing.
    ///
    /// The text is checked in full, and to the same verdict as where a [`Value`] is made of it.
    pub(crate) fn parse(json: Vec<u8>) -> Option<Self> {
        let json = String::from_utf8(json).ok()?;
        let known = reader::read(&json)?;
        Some(Self { json, known })
    }

    /// A member, of those that are known. Others are in the map, and so is `o` as a whole.
    pub(crate) fn get(&self, name: &str) -> Option<Member<'_>> {
        let known = Known::parse(name);
        debug_assert!(known.is_some_and(|name| name != Known::O), "{name} is not looked at in many tokens");
        self.find(&self.known, known?)
    }

    /// A member of the object `o`, of those that are known.
    pub(super) fn of_organization(&self, name: &str) -> Option<Member<'_>> {
        match reader::find(&self.known, Known::O)? {
            Found::Organization(known) => self.find(known, Known::parse(name)?),
            _ => None,
        }
    }

    fn find<'m>(&'m self, known: &'m Table, name: Known) -> Option<Member<'m>> {
        match reader::find(known, name)? {
            Found::Text(range) => Some(Member::Text(self.json.get(range.clone()).unwrap_or_default())),
            Found::Value(value) => Some(Member::Value(value)),
            Found::Organization(_) => None,
        }
    }

    /// All members.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// The same, read again.
    #[cfg(any(test, feature = "internal-bench"))]
    pub(super) fn copied(&self) -> Self {
        let known = reader::read(&self.json).unwrap_or_default();
        Self { json: self.json.clone(), known }
    }

    /// The memory of what this owns, in bytes.
    pub(super) fn footprint(&self) -> usize {
        allocation(self.json.capacity()) + table(&self.known)
    }
}

fn table(known: &Table) -> usize {
    let owned = known.iter().map(|(_, found)| match found {
        Found::Text(_) => 0,
        Found::Value(value) => owned_by(value),
        Found::Organization(known) => table(known),
    });
    allocation(known.capacity() * size_of::<(Known, Found)>()) + owned.sum::<usize>()
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_map().fmt(f)
    }
}

impl<'m> Member<'m> {
    pub(crate) fn as_str(self) -> Option<&'m str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(value) => value.as_str(),
        }
    }

    /// A copy.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Value(value) => value.clone(),
        }
    }
}

impl fmt::Display for Member<'_> {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => self.to_value().fmt(f),
            Self::Value(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
impl From<&Map<String, Value>> for Members {
    fn from(map: &Map<String, Value>) -> Self {
        Self::parse(serde_json::to_vec(map).unwrap()).unwrap()
    }
}

#[cfg(test)]
#[path = "members_tests.rs"]
mod tests;
