//! The claims of a JWT, or the parameters of its header: a JSON object that is checked in one pass, and of which only
//! the members that rules read are kept.
//!
//! Few handlers need all claims of a token. Building a map of them takes longer than the rest of reading a token, and
//! the map takes many times the memory of their text. So the map is built on request, and not stored with the token.

mod found;
mod name;
mod reader;

use std::fmt;

use serde_json::{Map, Number, Value};

pub(crate) use self::name::ClaimName;
use self::{found::Found, reader::Table};
use super::memory;

/// The members of one object, within its text.
#[derive(Clone)]
pub(crate) struct Claims {
    /// The object, after whatever its owner wants to store in the same allocation: for claims, the token.
    text: String,
    /// The offset at which the object starts.
    start: usize,
    table: Table,
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Claim<'m> {
    Text(&'m str),
    Number(&'m Number),
    /// The claim `fva` in its usual form: a list of two small integers. As a [`Value`], it would add 160 bytes to the
    /// 2,135 of a cached token (`benches/memory.rs`), and parsing the claims would take as long.
    Ages([i32; 2]),
    /// Anything else, and strings that were written with escapes.
    Value(&'m Value),
}

impl Claims {
    /// Reads the object that starts at byte `start` of `text`. JSON other than an object has no members. Returns `None`
    /// for `null` and for anything that is not JSON.
    ///
    /// The whole object is checked, with the same verdict as deserializing it to a [`Value`].
    pub(crate) fn parse(text: Vec<u8>, start: usize) -> Option<Self> {
        let text = String::from_utf8(text).ok()?;
        let table = reader::read(text.get(start..)?)?;
        Some(Self { text, start, table })
    }

    /// Reads the header of a JWT. Also returns whether it has the parameter `crit`, whatever its value.
    pub(super) fn parse_header(text: Vec<u8>) -> Option<(Self, bool)> {
        let text = String::from_utf8(text).ok()?;
        let (table, has_crit) = reader::read_header(&text)?;
        Some((Self { text, start: 0, table }, has_crit))
    }

    /// Returns the part of the text before the object.
    pub(super) fn prefix(&self) -> &str {
        self.text.get(..self.start).unwrap_or_default()
    }

    pub(super) fn prefix_bytes(&self) -> &[u8] {
        self.text.as_bytes().get(..self.start).unwrap_or_default()
    }

    fn json(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Returns a known member. All other members are only in the map.
    pub(crate) fn get(&self, name: ClaimName) -> Option<Claim<'_>> {
        Some(match &self.table[name as usize] {
            Found::Nowhere => return None,
            Found::Text(start, end) => Claim::Text(self.json().get(*start as usize..*end as usize).unwrap_or_default()),
            Found::Number(number) => Claim::Number(number),
            Found::Ages(ages) => Claim::Ages(*ages),
            Found::Value(value) => Claim::Value(value),
        })
    }

    /// Returns all members.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        serde_json::from_str(self.json()).unwrap_or_default()
    }

    /// Reads the same object again, after another prefix.
    #[cfg(any(test, feature = "__internal-bench"))]
    pub(super) fn behind(&self, prefix: &str) -> Option<Self> {
        Self::parse([prefix, self.json()].concat().into_bytes(), prefix.len())
    }

    /// Returns the memory that this owns, in bytes.
    pub(super) fn footprint(&self) -> usize {
        let values = self.table.iter().map(|found| match found {
            Found::Value(value) => memory::of_block(size_of::<Value>()) + memory::of_value(value),
            _ => 0,
        });
        memory::of_block(self.text.capacity()) + values.sum::<usize>()
    }
}

impl fmt::Debug for Claims {
    /// Leaves out the text before the object, which may be a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_map().fmt(f)
    }
}

impl<'m> Claim<'m> {
    pub(crate) fn as_str(self) -> Option<&'m str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(value) => value.as_str(),
            Self::Number(_) | Self::Ages(_) => None,
        }
    }

    pub(crate) fn as_f64(self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            Self::Value(value) => value.as_f64(),
            Self::Text(_) | Self::Ages(_) => None,
        }
    }

    /// Returns both elements of a list of two numbers.
    pub(crate) fn as_two_numbers(self) -> Option<[Number; 2]> {
        match self {
            Self::Ages(ages) => Some(ages.map(Number::from)),
            Self::Value(Value::Array(list)) => match list.as_slice() {
                [Value::Number(first), Value::Number(second)] => Some([first.clone(), second.clone()]),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Ages(ages) => ages.to_vec().into(),
            Self::Value(value) => value.clone(),
        }
    }
}

impl fmt::Display for Claim<'_> {
    /// Prints the member as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

#[cfg(test)]
impl From<&Map<String, Value>> for Claims {
    fn from(map: &Map<String, Value>) -> Self {
        Self::parse(serde_json::to_vec(map).unwrap(), 0).unwrap()
    }
}

#[cfg(test)]
mod tests;
