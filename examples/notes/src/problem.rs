//! What can go wrong in a handler. `pages` shows it as a page, `api` as JSON.

use actix_web::http::StatusCode;
use clerk_actix::{AuthError, ClerkApiError};

use crate::{note::InvalidDraft, store::StoreError};

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Also for a note of another tenant: nobody learns that it exists.
    #[error("there is no such note")]
    NoSuchNote,
    #[error("there is no such page")]
    NoSuchPage,
    /// The path names a team that is not the active one.
    #[error("this team does not exist, or is not yours, or is not active in this browser any more")]
    NoSuchTeam,
    #[error("this account or team has been deleted")]
    Gone,
    #[error("{0}")]
    Invalid(#[from] InvalidDraft),
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("Clerk cannot be reached")]
    Clerk(#[from] ClerkApiError),
    #[error("something went wrong")]
    Store(#[from] StoreError),
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        use actix_web::ResponseError;
        match self {
            Self::NoSuchNote | Self::NoSuchPage | Self::NoSuchTeam => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Auth(error) => error.status_code(),
            Self::Clerk(error) => error.status_code(),
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::NoSuchNote => "note-not-found",
            Self::NoSuchPage => "page-not-found",
            Self::NoSuchTeam => "team-not-found",
            Self::Gone => "account-deleted",
            Self::Invalid(_) => "invalid-note",
            Self::Unreadable(_) => "unreadable-request",
            Self::Auth(error) => error.code(),
            Self::Clerk(_) => "clerk-unavailable",
            Self::Store(_) => "internal-error",
        }
    }

    /// Logs what a response must not tell.
    pub fn log(&self) {
        match self {
            Self::Store(error) => tracing::error!(%error, "a request failed"),
            Self::Clerk(error) => tracing::warn!(%error, "a call to Clerk failed"),
            _ => {}
        }
    }
}
