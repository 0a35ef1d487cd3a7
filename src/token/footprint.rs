//! How much memory a verified token takes: what a cache that is bounded in bytes has to count.

use serde_json::{Map, Number, Value};

use super::{Known, Members, Organization, SessionToken};

/// What an allocator adds to a block: its header, and rounding up.
const PER_ALLOCATION: usize = 24;

impl SessionToken {
    /// The token's memory in bytes, with all that it owns, and with its organization whether somebody has asked for that
    /// already or not: an estimate, and rather too high than too low.
    pub(crate) fn footprint(&self) -> usize {
        allocation(size_of::<Self>()) + self.claims.footprint() + organization(&self.claims)
    }
}

/// What the organization of a session takes at the most, of either version.
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

/// What a value owns beside itself.
pub(super) fn owned_by(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        // With `serde_json/arbitrary_precision` it is a text.
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

/// A list that has grown to so many values: by doubling.
fn list(values: usize) -> usize {
    if values == 0 { 0 } else { allocation(values.next_power_of_two().max(4) * size_of::<Value>()) }
}

/// A map is a B-tree: nodes with room for eleven members, half of it unused at the worst, and even one member has a node.
/// Where the application has turned on `serde_json/preserve_order` it takes less.
fn map_nodes(members: usize) -> usize {
    const ROOM: usize = 11;
    let nodes = match members {
        0 => 0,
        1..=ROOM => 1,
        more => 1 + more / (ROOM / 2),
    };
    nodes * allocation((ROOM + 2) * (size_of::<String>() + size_of::<Value>()))
}

/// An allocation of so many bytes; none where there is nothing to hold.
pub(super) fn allocation(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + PER_ALLOCATION }
}
