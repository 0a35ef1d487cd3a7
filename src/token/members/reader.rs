//! The reading itself: one pass over the text that keeps what is known and checks the rest.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Number, Value};

use super::{Found, Known};

/// Where each known member is.
pub(super) type Table = [Found; Known::COUNT];

/// The known members; `None` for `null` and for what is no JSON.
pub(super) fn read(json: &str) -> Option<Table> {
    let mut table = [const { Found::Nowhere }; Known::COUNT];
    let mut parser = serde_json::Deserializer::from_str(json);
    Reader { json, table: &mut table, place: Place::Whole }.deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    let is_null = json.trim_ascii() == "null";
    (!is_null).then_some(table)
}

/// Reads any JSON: keeps the members that are known in this place, and checks all else. [`serde::de::IgnoredAny`] would let
/// through numbers and escapes that no [`Value`] can hold.
struct Reader<'j, 't> {
    json: &'j str,
    table: &'t mut Table,
    place: Place,
}

/// Of what the members are.
#[derive(Clone, Copy)]
enum Place {
    Whole,
    /// The claim `o`.
    O,
    /// All others, of which no member is known.
    Elsewhere,
}

impl<'j> DeserializeSeed<'j> for Reader<'j, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Reader<'j, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { json, table, place } = self;
        while let Some(name) = map.next_key_seed(NameIn(place))? {
            match name {
                // Of several members with one name the last counts, as in a map.
                Name::Known(name) => table[name as usize] = map.next_value_seed(Kept { json })?,
                Name::O => {
                    for part in Known::IN_O {
                        table[part as usize] = Found::Nowhere;
                    }
                    map.next_value_seed(Reader { json, table: &mut *table, place: Place::O })?;
                }
                Name::Other => map.next_value_seed(Reader { json, table: &mut *table, place: Place::Elsewhere })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { json, table, .. } = self;
        while seq.next_element_seed(Reader { json, table: &mut *table, place: Place::Elsewhere })?.is_some() {}
        Ok(())
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
}

/// The name of a member in that place.
struct NameIn(Place);

enum Name {
    Known(Known),
    O,
    Other,
}

impl<'j> DeserializeSeed<'j> for NameIn {
    type Value = Name;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameIn {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let known = match self.0 {
            Place::Whole if name == "o" => return Ok(Name::O),
            Place::Whole => Known::parse(name),
            Place::O => Known::parse_in_o(name),
            Place::Elsewhere => None,
        };
        Ok(known.map_or(Name::Other, Name::Known))
    }
}

/// The value of a member that is known.
struct Kept<'j> {
    json: &'j str,
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
        let start = text.as_ptr().addr().wrapping_sub(self.json.as_ptr().addr());
        let end = start.saturating_add(text.len());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(from), Ok(to)) if self.json.get(start..end) == Some(text) => Ok(Found::Text(from, to)),
            _ => self.visit_str(text),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(kept(text.into()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Found, E> {
        Ok(kept(truth.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        Ok(Number::from_f64(number).map_or_else(|| kept(Value::Null), Found::Number))
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(kept(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<Found, A::Error> {
        let start: [Option<Value>; 3] = [seq.next_element()?, seq.next_element()?, seq.next_element()?];
        let integer = |value: &Value| value.as_i64().and_then(|integer| i32::try_from(integer).ok());
        if let [Some(first), Some(second), None] = &start
            && let (Some(first), Some(second)) = (integer(first), integer(second))
        {
            return Ok(Found::Integers([first, second]));
        }
        let mut list: Vec<Value> = start.into_iter().flatten().collect();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(kept(list.into()))
    }

    fn visit_map<A: MapAccess<'j>>(self, map: A) -> Result<Found, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(kept)
    }
}

fn kept(value: Value) -> Found {
    Found::Value(value.into())
}
