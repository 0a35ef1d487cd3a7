//! Log lines: how many of one kind are written, and how much of a stranger's text they quote.

mod hint;
mod log_limit;

pub(crate) use self::{hint::hint, log_limit::LogLimit};
