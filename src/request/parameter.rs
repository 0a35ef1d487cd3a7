//! The names of Clerk's query parameters.

pub(super) const DEV_BROWSER: &str = "__clerk_db_jwt";
pub(super) const LEGACY_DEV_BROWSER: &str = "__dev_session";
pub(super) const HANDSHAKE: &str = "__clerk_handshake";
pub(super) const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
pub(super) const TICKET: &str = "__clerk_ticket";
pub(super) const HELP: &str = "__clerk_help";
pub(super) const SYNCED: &str = "__clerk_synced";
pub(super) const REDIRECT_URL: &str = "__clerk_redirect_url";
