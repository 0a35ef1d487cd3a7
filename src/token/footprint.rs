//! How much memory a verified token takes: what a cache that is bounded in bytes has to count.

use std::mem::size_of;

use serde_json::{Map, Value};

use super::{Organization, SessionToken};

/// What an allocator adds to a block: its header, and rounding up.
const PER_ALLOCATION: usize = 24;

impl SessionToken {
    /// The token's memory in bytes, with all that it owns: an estimate, and rather too high than too low. The claims are
    /// many times the size of their text, so the text alone would not do.
    pub(crate) fn footprint(&self) -> usize {
        let session = &self.session;
        block(size_of::<Self>())
            + block(self.text.0.len())
            + self.verified_by.kid.as_deref().map_or(0, |kid| block(kid.len()))
            + block(session.subject.len())
            + session.organization.as_ref().map_or(0, organization)
            + members(&self.claims)
    }
}

fn organization(organization: &Organization) -> usize {
    let texts = [Some(&organization.id), organization.role.as_ref(), organization.slug.as_ref()];
    let permissions = organization.permissions.as_ref().map_or(0, |all| {
        block(all.capacity() * size_of::<String>()) + all.iter().map(|text| block(text.capacity())).sum::<usize>()
    });
    texts.into_iter().flatten().map(|text| block(text.capacity())).sum::<usize>() + permissions
}

/// A map is a B-tree: nodes with room for eleven members, half of it unused at the worst, and even one member has a node.
/// Where the application has turned on `serde_json/preserve_order` it takes less.
fn members(map: &Map<String, Value>) -> usize {
    const ROOM: usize = 11;
    let nodes = match map.len() {
        0 => 0,
        1..=ROOM => 1,
        more => 1 + more / (ROOM / 2),
    };
    let node = block((ROOM + 2) * (size_of::<String>() + size_of::<Value>()));
    let owned = map.iter().map(|(name, value)| block(name.capacity()) + owned_by(value));
    nodes * node + owned.sum::<usize>()
}

fn owned_by(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => block(text.capacity()),
        Value::Array(list) => block(list.capacity() * size_of::<Value>()) + list.iter().map(owned_by).sum::<usize>(),
        Value::Object(map) => members(map),
    }
}

/// An allocation of so many bytes; none where there is nothing to hold.
fn block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + PER_ALLOCATION }
}
