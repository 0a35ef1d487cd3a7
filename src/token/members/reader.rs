//! The reading itself: one pass over the text that keeps what is known and checks the rest.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use super::{Found, Known};

/// The members of an object that are known. There are few, so that looking through them is the fastest.
pub(super) type Table = Vec<(Known, Found)>;

pub(super) fn find(known: &Table, name: Known) -> Option<&Found> {
    known.iter().find(|(known, _)| *known == name).map(|(_, found)| found)
}

/// The known members; `None` for `null` and for what is no JSON.
pub(super) fn read(json: &str) -> Option<Table> {
    let mut parser = serde_json::Deserializer::from_str(json);
    // A header is short.
    let known = if json.len() < 200 { 4 } else { 14 };
    let known = parser.deserialize_any(Top { json, known }).ok()?;
    parser.end().ok()?;
    Some(known)
}

/// The text as a whole, or an object in it.
#[derive(Clone, Copy)]
struct Top<'j> {
    json: &'j str,
    /// About how many known members there will be.
    known: usize,
}

impl<'j> Visitor<'j> for Top<'j> {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that is not null")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Table, A::Error> {
        let mut table = Table::with_capacity(self.known);
        while let Some(name) = map.next_key_seed(Name)? {
            let Some(name) = name else {
                map.next_value_seed(Checked)?;
                continue;
            };
            let found = map.next_value_seed(Kept { name, text: self })?;
            // Of several members with one name the last counts, as in a map.
            match table.iter_mut().find(|(earlier, _)| *earlier == name) {
                Some((_, earlier)) => *earlier = found,
                None => table.push((name, found)),
            }
        }
        Ok(table)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, seq: A) -> Result<Table, A::Error> {
        Checked.visit_seq(seq).map(|()| Table::new())
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
struct Name;

impl<'j> DeserializeSeed<'j> for Name {
    type Value = Option<Known>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Known>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
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

impl<'j> Visitor<'j> for Kept<'j> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'j str) -> Result<Found, E> {
        // It is a part of the whole text, since it is borrowed from it.
        let start = text.as_ptr().addr().wrapping_sub(self.text.json.as_ptr().addr());
        match start.checked_add(text.len()).map(|end| start..end) {
            Some(range) if self.text.json.get(range.clone()) == Some(text) => Ok(Found::Text(range)),
            _ => self.visit_str(text),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(Found::Value(text.into()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Found, E> {
        Ok(Found::Value(truth.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Value(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Value(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Value(number.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Value(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, seq: A) -> Result<Found, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Found::Value)
    }

    fn visit_map<A: MapAccess<'j>>(self, map: A) -> Result<Found, A::Error> {
        if self.name == Known::O {
            return Top { known: 5, ..self.text }.visit_map(map).map(Found::Organization);
        }
        Value::deserialize(MapAccessDeserializer::new(map)).map(Found::Value)
    }
}

/// A value that is checked, and not kept. [`serde::de::IgnoredAny`] would let through numbers and escapes that
/// no [`Value`] can hold.
#[derive(Clone, Copy)]
struct Checked;

impl<'j> DeserializeSeed<'j> for Checked {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Checked {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
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
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Name)?.is_some() {
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}
