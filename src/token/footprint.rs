//! An estimate of a verified token's memory, for caches that are limited in bytes.

use serde_json::{Map, Number, Value};

use super::{Known, Members, Organization, SessionToken};

/// The allocator's overhead per block: its header, and rounding up.
const PER_ALLOCATION: usize = 24;

impl SessionToken {
    /// Returns an estimate of the token's memory in bytes, with everything that it owns. The organization counts even
    /// if it has not been parsed yet. The estimate errs on the high side.
    pub(crate) fn footprint(&self) -> usize {
        allocation(size_of::<Self>()) + self.claims.footprint() + organization(&self.claims)
    }
}

/// The most memory that the organization of a session takes, in either claim version.
fn organization(claims: &Members) -> usize {
    let of_version_2 = [Known::OId, Known::ORol, Known::OSlg];
    let of_version_1 = [Known::OrgId, Known::OrgRole, Known::OrgSlug];
    let texts = of_version_2.into_iter().chain(of_version_1).filter_map(|name| claims.get(name)?.as_str());
    let texts = texts.map(|text| allocation("org:".len() + text.len()));
    let (count, longest) = Organization::permissions_bound(claims);
    let permissions = if count == 0 { 0 } else { list_of_texts(count) + count * allocation(longest) };
    texts.sum::<usize>() + permissions
}

fn list_of_texts(texts: usize) -> usize {
    allocation(texts.next_power_of_two().max(4) * size_of::<String>())
}

/// Returns the memory that a value owns besides itself.
pub(super) fn owned_by(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        // With `serde_json/arbitrary_precision`, a number is a string.
        Value::Number(number) if size_of::<Number>() > size_of::<(u64, u64)>() => allocation(number.to_string().len()),
        Value::Number(_) => 0,
        Value::String(text) => allocation(text.len()),
        Value::Array(values) => list(values.len()) + values.iter().map(owned_by).sum::<usize>(),
        Value::Object(map) => members(map),
    }
}

fn members(map: &Map<String, Value>) -> usize {
    let owned = map.iter().map(|(name, value)| allocation(name.len()) + owned_by(value));
    map_nodes(map.len()) + owned.sum::<usize>()
}

/// Returns the size of a list with this many values, which has grown by doubling.
fn list(values: usize) -> usize {
    if values == 0 { 0 } else { allocation(values.next_power_of_two().max(4) * size_of::<Value>()) }
}

/// Returns the size of a map's B-tree nodes: each has room for eleven members, at worst half of them unused, and even
/// one member needs a node. With `serde_json/preserve_order`, a map takes less.
fn map_nodes(members: usize) -> usize {
    const ROOM: usize = 11;
    let nodes = match members {
        0 => 0,
        1..=ROOM => 1,
        more => 1 + more / (ROOM / 2),
    };
    nodes * allocation((ROOM + 2) * (size_of::<String>() + size_of::<Value>()))
}

/// Returns the size of an allocation of this many bytes. Zero bytes need no allocation.
pub(super) fn allocation(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + PER_ALLOCATION }
}
