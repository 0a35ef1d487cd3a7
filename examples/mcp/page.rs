//! The page about MCP, whose code is compiled and run as documentation tests: it needs the dependencies of the MCP server.

#![cfg(doctest)]

#[doc = include_str!("../../docs/mcp.md")]
mod mcp {}
