//! [`ClerkClient`] and its calls, resource by resource; and this service's own machine-to-machine token.

mod answer;
mod api_keys;
mod call;
mod clerk_client;
mod error;
mod m2m;
mod m2m_jwt;
mod m2m_token_source;
mod organizations;
mod path;
mod sessions;
mod users;

pub(crate) use self::sessions::session_token;
pub use self::{
    api_keys::{ApiKeyUpdate, ApiKeys, NewApiKey},
    call::ApiCall,
    clerk_client::ClerkClient,
    error::ClerkApiError,
    m2m::{M2mTokenFormat, M2mTokens, NewM2mToken},
    m2m_token_source::M2mTokenSource,
    organizations::Organizations,
    sessions::{Sessions, TokenOptions},
    users::Users,
};
