//! Estimates of the memory that values take, for caches that are limited in bytes. They err on the high side.

use serde_json::{Map, Value};

/// The allocator's overhead for one block: its header, and rounding up.
const BLOCK: usize = 24;
/// A map's first node, which is as large for one member as for eleven.
const FIRST_NODE: usize = 768;
/// A member's share of the further nodes, which may be half empty.
const MEMBER: usize = 192;

/// Returns the memory that a value owns, besides itself.
pub(crate) fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        // A number owns memory only with `serde_json/arbitrary_precision`, where it is a string.
        Value::Number(_) if size_of::<serde_json::Number>() <= 16 => 0,
        Value::Number(number) => of_block(number.to_string().len()),
        Value::String(text) => of_block(text.len()),
        Value::Array(values) => of_list::<Value>(values.len()) + values.iter().map(of_value).sum::<usize>(),
        Value::Object(map) => of_map(map),
    }
}

/// Returns the memory that a map owns.
pub(crate) fn of_map(map: &Map<String, Value>) -> usize {
    let owned = map.iter().map(|(name, value)| MEMBER + of_block(name.len()) + of_value(value));
    if map.is_empty() { 0 } else { FIRST_NODE + owned.sum::<usize>() }
}

/// Returns the size of a list's block: a list grows by doubling.
pub(crate) fn of_list<T>(items: usize) -> usize {
    if items == 0 { 0 } else { of_block(items.next_power_of_two().max(4) * size_of::<T>()) }
}

/// Returns the size of a block of this many bytes. No bytes need no block.
pub(crate) fn of_block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + BLOCK }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Too low, and a cache takes more memory than its bound; too high, and it holds less than it could.
    #[test]
    fn estimates_are_a_little_more_than_what_is_held() {
        let (one, member) = (size_of::<Value>(), size_of::<(String, Value)>());
        let long = "x".repeat(1_000);
        let members = |name: &str| -> Value { (0..1_000).map(|n| (format!("{name}{n:04}"), json!(n))).collect() };
        for (name, value, held) in [
            ("nothing", json!(null), 0),
            ("a truth", json!(true), 0),
            ("a number", json!(1_700_000_000), 0),
            ("an empty text", json!(""), 0),
            ("an empty list", json!([]), 0),
            ("an empty object", json!({}), 0),
            ("a text", json!(long), 1_000),
            ("one number in a list", json!([1]), one),
            ("numbers", json!(vec![1; 1_000]), 1_000 * one),
            ("texts", json!(vec![&long; 100]), 100 * (one + 1_000)),
            ("one member", json!({ "a": 1 }), member + 1),
            ("a member with a text", json!({ "a": long }), member + 1_001),
            ("many members", members("member"), 1_000 * (member + 10)),
            ("many members with long names", members(&long), 1_000 * (member + 1_004)),
            ("an object in a list", json!([{ "a": [long] }]), 2 * one + member + 1_001),
        ] {
            let estimate = of_value(&value);
            let most = if held == 0 { 0 } else { 4 * held + FIRST_NODE + MEMBER };
            assert!((held..=most).contains(&estimate), "{name}: {estimate} for {held} bytes");
        }
    }
}
