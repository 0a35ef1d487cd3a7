//! How much memory a verified token takes: what a cache that is bounded in bytes has to count.

use serde_json::{Map, Value};

use super::{Organization, SessionToken};

/// What an allocator adds to a block: its header, and rounding up.
const PER_ALLOCATION: usize = 24;

impl SessionToken {
    /// The token's memory in bytes, with all that it owns, and the map of its claims whether somebody has asked for it
    /// already or not: an estimate, and rather too high than too low. That map is many times the size of its text.
    pub(crate) fn footprint(&self) -> usize {
        let session = &self.session;
        allocation(size_of::<Self>())
            + allocation(self.text.0.len())
            + self.verified_by.kid.as_deref().map_or(0, |kid| allocation(kid.len()))
            + allocation(session.subject.len())
            + session.organization.as_ref().map_or(0, organization)
            + self.claims.footprint()
    }
}

fn organization(organization: &Organization) -> usize {
    let texts = [Some(&organization.id), organization.role.as_ref(), organization.slug.as_ref()];
    let permissions = organization.permissions.as_ref().map_or(0, |all| {
        let texts = all.iter().map(|text| allocation(text.capacity()));
        allocation(all.capacity() * size_of::<String>()) + texts.sum::<usize>()
    });
    texts.into_iter().flatten().map(|text| allocation(text.capacity())).sum::<usize>() + permissions
}

/// What a value owns beside itself.
pub(super) fn owned_by(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
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
pub(super) fn list(values: usize) -> usize {
    if values == 0 { 0 } else { allocation(values.next_power_of_two().max(4) * size_of::<Value>()) }
}

/// A map is a B-tree: nodes with room for eleven members, half of it unused at the worst, and even one member has a node.
/// Where the application has turned on `serde_json/preserve_order` it takes less.
pub(super) fn map_nodes(members: usize) -> usize {
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
