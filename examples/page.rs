//! The page about MCP, whose code is compiled and run as documentation tests, because it needs the dependencies of the example
//! `mcp`. There is nothing else: a package needs a target besides its examples.

#![cfg(doctest)]

#[doc = include_str!("../docs/mcp.md")]
mod mcp {}
