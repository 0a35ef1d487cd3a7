//! The budgets of calls to Clerk.

/// Separate connection pools, so that calls of one budget do not wait for those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    /// Signing keys only: verifying tokens never waits for calls that browsers cause.
    Keys,
    /// API clients do not wait for browsers, nor browsers for API clients.
    MachineTokens,
    /// Calls that handlers make.
    Handlers,
    /// Handshakes and refreshes.
    Browsers,
}
