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
