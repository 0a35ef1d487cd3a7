//! Pages of lists.

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned, de::Error};
use serde_json::Value;

use super::plain_value::PlainValue;

/// One page of a list, in Clerk's order, which is usually newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items on this page: at most 10, unless a limit was set.
    pub data: Vec<T>,
    /// The number of items on all pages together, if Clerk reports it.
    pub total_count: Option<u64>,
}

/// Most lists are `{data, total_count}`; those of machine-to-machine tokens are `{m2m_tokens, total_count}`, and some
/// are plain arrays. An element that cannot be read is an error: silently skipping it would be dangerous, for example
/// when all sessions are to be revoked.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (list, total_count) = match PlainValue::deserialize(deserializer)?.0 {
            Value::Array(list) => (list, None),
            Value::Object(mut page) => {
                let total_count = page.get("total_count").and_then(Value::as_u64);
                let mut take = |name| match page.remove(name) {
                    Some(Value::Array(list)) => Some(list),
                    _ => None,
                };
                let list = take("data").or_else(|| take("m2m_tokens"));
                (list.ok_or_else(|| D::Error::custom("it has no list `data`"))?, total_count)
            }
            _ => return Err(D::Error::custom("it is not a list")),
        };
        let data = list.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        // Drop the cause: it could quote the data.
        Ok(Self { data: data.map_err(|_| D::Error::custom("an element of the list cannot be read"))?, total_count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_all_their_forms() {
        let page = |json: &str| serde_json::from_str::<Page<u8>>(json).ok();
        let of = |data: &[u8], total_count| Some(Page { data: data.to_vec(), total_count });
        for (name, json, expected) in [
            ("a page", r#"{"data":[1,2],"total_count":7}"#, of(&[1, 2], Some(7))),
            ("machine tokens", r#"{"m2m_tokens":[1],"total_count":1}"#, of(&[1], Some(1))),
            ("an empty page", r#"{"data":[],"total_count":0}"#, of(&[], Some(0))),
            ("no count", r#"{"data":[1]}"#, of(&[1], None)),
            ("an invalid count", r#"{"data":[1],"total_count":"many"}"#, of(&[1], None)),
            ("a list", "[1,2]", of(&[1, 2], None)),
            ("no list", r#"{"total_count":1}"#, None),
            ("no list either", r#"{"data":{}}"#, None),
            ("an invalid element", r#"{"data":[1,"2"]}"#, None),
            ("no page at all", "null", None),
            ("a text", "\"a page\"", None),
        ] {
            assert_eq!(page(json), expected, "{name}");
        }
    }
}
