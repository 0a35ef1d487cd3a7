//! The place where a claim was found.

use serde_json::{Number, Value};

/// The location or value of a member.
#[derive(Clone)]
pub(super) enum Found {
    Nowhere,
    /// A string in the text, from one byte to another.
    Text(u32, u32),
    Number(Number),
    Ages([i32; 2]),
    Value(Box<Value>),
}
