//! The JSON reader: one pass over the text that keeps the known members and checks the rest.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Number, Value};

use super::{found::Found, name::ClaimName};

/// The location of each known member.
pub(super) type Table = [Found; ClaimName::COUNT];

/// Claims with such a name have a meaning to [`Value`] if the application has turned on `serde_json/raw_value` or
/// `arbitrary_precision`. A user who puts one into their own metadata can make it fail.
const PRIVATE: &str = "$serde_json::private::";

/// Returns the known members; `None` for `null` and for anything that is not JSON.
pub(super) fn read(json: &str) -> Option<Table> {
    read_in(json, Place::Whole).map(|found| found.table)
}

/// Does the same for a JWT's header, and also returns whether it has the parameter `crit`.
pub(super) fn read_header(json: &str) -> Option<(Table, bool)> {
    read_in(json, Place::Header).map(|found| (found.table, found.has_crit))
}

fn read_in(json: &str, place: Place) -> Option<ReadClaims> {
    let table = [const { Found::Nowhere }; ClaimName::COUNT];
    let mut found = ReadClaims { table, has_crit: false, has_private_names: false };
    let mut parser = serde_json::Deserializer::from_str(json);
    Reader { json, found: &mut found, place }.deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    let is_null = json.trim_ascii() == "null";
    let is_refused = || found.has_private_names && serde_json::from_str::<Value>(json).is_err();
    if is_null || is_refused() { None } else { Some(found) }
}

struct ReadClaims {
    table: Table,
    has_crit: bool,
    has_private_names: bool,
}

/// Reads any JSON: keeps the members that are known in this place, and checks everything else.
/// [`serde::de::IgnoredAny`] would accept numbers and escapes that no [`Value`] can hold.
struct Reader<'j, 'f> {
    json: &'j str,
    found: &'f mut ReadClaims,
    place: Place,
}

/// The object that the members belong to.
#[derive(Clone, Copy)]
enum Place {
    Whole,
    /// A JWT's header.
    Header,
    /// The claim `o`.
    O,
    /// Any other object: none of its members is known.
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
        let Self { json, found, place } = self;
        while let Some(name) = map.next_key_seed(NameIn(place))? {
            let place = match name {
                // If several members have one name, the last one counts, as in a map.
                Name::ClaimName(name) => {
                    let kept = map.next_value_seed(Kept { name, json, found: &mut *found })?;
                    found.table[name as usize] = kept;
                    continue;
                }
                Name::O => {
                    for part in ClaimName::IN_O {
                        found.table[part as usize] = Found::Nowhere;
                    }
                    Place::O
                }
                Name::Crit => {
                    found.has_crit = true;
                    Place::Elsewhere
                }
                Name::Private => {
                    found.has_private_names = true;
                    Place::Elsewhere
                }
                Name::Other => Place::Elsewhere,
            };
            map.next_value_seed(Reader { json, found: &mut *found, place })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { json, found, .. } = self;
        while seq.next_element_seed(Reader { json, found: &mut *found, place: Place::Elsewhere })?.is_some() {}
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
    ClaimName(ClaimName),
    O,
    Crit,
    Private,
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
            Place::Whole | Place::Header if name == "o" => return Ok(Name::O),
            Place::Header if name == "crit" => return Ok(Name::Crit),
            Place::Whole | Place::Header => ClaimName::parse(name),
            Place::O => ClaimName::parse_in_o(name),
            Place::Elsewhere => None,
        };
        Ok(match known {
            Some(known) => Name::ClaimName(known),
            None if name.starts_with(PRIVATE) => Name::Private,
            None => Name::Other,
        })
    }
}

/// The value of a known member. None of them is an object, or a list of lists: what is in those is checked, but not kept,
/// because anyone can send a token in which it takes a hundred times the memory of its text.
struct Kept<'j, 'f> {
    name: ClaimName,
    json: &'j str,
    found: &'f mut ReadClaims,
}

impl<'j> DeserializeSeed<'j> for Kept<'j, '_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Kept<'j, '_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'j str) -> Result<Found, E> {
        // `text` is borrowed from `self.json`, so it is a slice of it.
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
        let Self { name, json, found } = self;
        let mut list: Vec<Value> = Vec::new();
        while let Some(value) = seq.next_element_seed(Element { json, found: &mut *found })? {
            list.push(value);
        }
        if let (ClaimName::Fva, [first, second]) = (name, &*list)
            && let (Some(first), Some(second)) = (age(first), age(second))
        {
            return Ok(Found::Ages([first, second]));
        }
        Ok(kept(list.into()))
    }

    fn visit_map<A: MapAccess<'j>>(self, map: A) -> Result<Found, A::Error> {
        Element { json: self.json, found: self.found }.visit_map(map).map(kept)
    }
}

/// An element of a list, or the value itself if it is an object.
struct Element<'j, 'f> {
    json: &'j str,
    found: &'f mut ReadClaims,
}

impl<'j, 'f> Element<'j, 'f> {
    fn checked(self) -> Reader<'j, 'f> {
        Reader { json: self.json, found: self.found, place: Place::Elsewhere }
    }
}

impl<'j> DeserializeSeed<'j> for Element<'j, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Element<'j, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, seq: A) -> Result<Value, A::Error> {
        self.checked().visit_seq(seq).map(|()| Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'j>>(self, map: A) -> Result<Value, A::Error> {
        // With `serde_json/arbitrary_precision`, which an application may turn on, a number is such a map.
        if size_of::<Number>() > 16 {
            return Value::deserialize(MapAccessDeserializer::new(map));
        }
        self.checked().visit_map(map).map(|()| Value::Object(Map::new()))
    }
}

fn kept(value: Value) -> Found {
    Found::Value(value.into())
}

/// Returns an age in minutes, or −1, if it can be stored as an integer without loss: −0 cannot.
fn age(value: &Value) -> Option<i32> {
    let integer = value.as_i64().filter(|integer| *integer < 0 || value.is_u64())?;
    i32::try_from(integer).ok()
}
