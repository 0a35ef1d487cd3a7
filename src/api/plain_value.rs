//! Any JSON, without the member names that have a meaning of their own.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// A [`Value`] that any JSON can be read into.
///
/// If an application turns on `serde_json/raw_value`, an object with the member `$serde_json::private::RawValue` is not
/// read as an object, and can make the whole text fail. Users choose the members of their `unsafe_metadata`, so one could
/// keep the application from reading anything about them, such as the event that they are banned.
pub(crate) struct PlainValue(pub(crate) Value);

/// With `arbitrary_precision`, every number is read as an object with this member.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for PlainValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(PlainValue(element)) = list.next_element()? {
            found.push(element);
        }
        Ok(found.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some((name, PlainValue(value))) = map.next_entry()? {
            found.insert(name, value);
        }
        Ok(number(&found).map_or(Value::Object(found), Value::Number))
    }
}

fn number(members: &Map<String, Value>) -> Option<Number> {
    let text = members.get(NUMBER).filter(|_| members.len() == 1)?.as_str()?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_name_has_a_meaning() {
        for json in [
            r#"[null,true,-1,18446744073709551615,0.1,"é😀",{"a":{"b":[]}},{}]"#,
            r#"{"$serde_json::private::RawValue":"no json"}"#,
            r#"{"$serde_json::private::RawValue":5}"#,
            r#"[{"x":{"$serde_json::private::RawValue":"[1]","y":1}}]"#,
            r#"{"$serde_json::private::Number":"no number"}"#,
        ] {
            let PlainValue(read) = serde_json::from_str(json).unwrap();
            assert_eq!(read.to_string(), json);
            let PlainValue(again) = serde_json::from_value(read).unwrap();
            assert_eq!(again.to_string(), json);
        }
        let PlainValue(number) = serde_json::from_str(r#"{"$serde_json::private::Number":"1.5"}"#).unwrap();
        assert_eq!(number, Value::from(1.5), "as with arbitrary_precision");
    }
}
