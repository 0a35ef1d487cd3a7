//! The reading itself: one pass over the text that keeps what is known and checks the rest.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use super::{Found, Known};
use crate::token::footprint::{allocation, list, map_nodes, owned_by};

/// The members of an object that are known. There are few, so that looking through them is the fastest.
pub(super) type Table = Vec<(Known, Found)>;

pub(super) fn find(known: &Table, name: Known) -> Option<&Found> {
    known.iter().find(|(known, _)| *known == name).map(|(_, found)| found)
}

/// The known members, and what a map of all of them takes in bytes; `None` for `null` and for what is no JSON.
pub(super) fn read(json: &str) -> Option<(Table, usize)> {
    let weight = Cell::new(0);
    let mut parser = serde_json::Deserializer::from_str(json);
    // A header is short.
    let known = if json.len() < 200 { 4 } else { 14 };
    let known = parser.deserialize_any(Top { json, weight: &weight, known }).ok()?;
    parser.end().ok()?;
    Some((known, weight.get()))
}

fn add(weight: &Cell<usize>, bytes: usize) {
    weight.set(weight.get().saturating_add(bytes));
}

/// The text as a whole, or an object in it.
#[derive(Clone, Copy)]
struct Top<'j> {
    json: &'j str,
    weight: &'j Cell<usize>,
    /// About how many known members there will be.
    known: usize,
}

impl<'j> Visitor<'j> for Top<'j> {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that is not null")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Table, A::Error> {
        let (mut table, mut members) = (Table::with_capacity(self.known), 0);
        while let Some(name) = map.next_key_seed(Name(self.weight))? {
            members += 1;
            let Some(name) = name else {
                map.next_value_seed(Checked(self.weight))?;
                continue;
            };
            let found = map.next_value_seed(Kept { name, text: self })?;
            // Of several members with one name the last counts, as in a map.
            match table.iter_mut().find(|(earlier, _)| *earlier == name) {
                Some((_, earlier)) => *earlier = found,
                None => table.push((name, found)),
            }
        }
        add(self.weight, map_nodes(members));
        Ok(table)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, seq: A) -> Result<Table, A::Error> {
        Checked(self.weight).visit_seq(seq).map(|()| Table::new())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Table, E> {
        Ok(Table::new())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Table, E> {
        Ok(Table::new())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Table, E> {
        Ok(Table::new())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Table, E> {
        Ok(Table::new())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Table, E> {
        Ok(Table::new())
    }
}

/// The name of a member: one that is known, or any other.
struct Name<'j>(&'j Cell<usize>);

impl<'j> DeserializeSeed<'j> for Name<'_> {
    type Value = Option<Known>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<Known>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        add(self.0, allocation(name.len()));
        Ok(Known::parse(name))
    }
}

/// The value of a member that is known.
struct Kept<'j> {
    name: Known,
    text: Top<'j>,
}

impl<'j> DeserializeSeed<'j> for Kept<'j> {
    type Value = Found;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Kept<'_> {
    fn value(self, value: Value) -> Found {
        add(self.text.weight, owned_by(&value));
        Found::Value(value)
    }
}

impl<'j> Visitor<'j> for Kept<'j> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'j str) -> Result<Found, E> {
        // It is a part of the whole text, since it is borrowed from it.
        let start = text.as_ptr().addr().wrapping_sub(self.text.json.as_ptr().addr());
        match start.checked_add(text.len()).map(|end| start..end) {
            Some(range) if self.text.json.get(range.clone()) == Some(text) => {
                add(self.text.weight, allocation(text.len()));
                Ok(Found::Text(range))
            }
            _ => self.visit_str(text),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(self.value(text.into()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Found, E> {
        Ok(self.value(truth.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(self.value(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(self.value(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        Ok(self.value(number.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(self.value(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, seq: A) -> Result<Found, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(|value| self.value(value))
    }

    fn visit_map<A: MapAccess<'j>>(self, map: A) -> Result<Found, A::Error> {
        if self.name == Known::O {
            return Top { known: 5, ..self.text }.visit_map(map).map(Found::Organization);
        }
        Value::deserialize(MapAccessDeserializer::new(map)).map(|value| self.value(value))
    }
}

/// A value that is checked and weighed, and not kept. [`serde::de::IgnoredAny`] would let through numbers and escapes that
/// no [`Value`] can hold.
#[derive(Clone, Copy)]
struct Checked<'j>(&'j Cell<usize>);

impl<'j> DeserializeSeed<'j> for Checked<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Checked<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        add(self.0, allocation(text.len()));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut elements = 0;
        while seq.next_element_seed(self)?.is_some() {
            elements += 1;
        }
        add(self.0, list(elements));
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = 0;
        while map.next_key_seed(Name(self.0))?.is_some() {
            map.next_value_seed(self)?;
            members += 1;
        }
        add(self.0, map_nodes(members));
        Ok(())
    }
}
