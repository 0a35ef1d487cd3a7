//! A JSON object of which few members are looked at: those are found while the text is checked, the others when somebody
//! asks.
//!
//! Few handlers need all claims of a token. To make a map of them takes more time than the rest of reading a token, and
//! many times the memory of their text.

mod reader;

use std::{fmt, ops::Range, sync::OnceLock};

use serde_json::{Map, Value};

use self::reader::Table;
use super::footprint::{allocation, owned_by};

/// The members of one object, in its own text.
pub(crate) struct Members {
    json: String,
    known: Table,
    /// What the map takes, in bytes, once it is made.
    weight: usize,
    map: OnceLock<Map<String, Value>>,
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
        let (known, weight) = reader::read(&json)?;
        Some(Self { json, known, weight, map: OnceLock::new() })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Member<'_>> {
        match Known::parse(name) {
            None | Some(Known::O) => self.map().get(name).map(Member::Value),
            Some(name) => self.find(&self.known, name),
        }
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

    /// All members. The map is made once.
    pub(crate) fn map(&self) -> &Map<String, Value> {
        self.map.get_or_init(|| serde_json::from_str(&self.json).unwrap_or_default())
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.map();
        self.map.into_inner().unwrap_or_default()
    }

    /// The same, read again.
    #[cfg(any(test, feature = "internal-bench"))]
    pub(super) fn copied(&self) -> Self {
        let known = reader::read(&self.json).map(|(known, _)| known).unwrap_or_default();
        Self { json: self.json.clone(), known, weight: self.weight, map: OnceLock::new() }
    }

    /// The memory of what this owns, in bytes, and of the map whether it is made already or not: anybody who asks makes it.
    pub(super) fn footprint(&self) -> usize {
        self.footprint_as_read() + self.weight
    }

    /// The same where nobody ever asks for the map.
    pub(super) fn footprint_as_read(&self) -> usize {
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
        self.map().fmt(f)
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
