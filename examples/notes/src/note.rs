//! Notes, and what may become one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whose note it is: the ID of an organization (`org_…`) or of a user (`user_…`). Every query names one, so no query finds
/// another tenant's notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn id(&self) -> &str {
        &self.0
    }
}

/// A note as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    pub id: Uuid,
    pub title: String,
    pub body: String,
    /// The ID of the user who wrote it, or of the organization whose API key did.
    pub author: String,
    /// The author's name, once a webhook has brought it, and until one says that the author was deleted.
    pub author_name: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// A title and a body, as a form or a JSON body has them: not checked yet.
#[derive(Debug, Deserialize)]
pub struct Draft {
    pub title: String,
    #[serde(default)]
    pub body: String,
}

/// A title and a body that may be stored.
#[derive(Debug)]
pub struct Text {
    title: String,
    body: String,
}

/// Why a draft cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDraft {
    #[error("a note needs a title")]
    NoTitle,
    #[error("a title has at most {} characters", Text::MAX_TITLE)]
    TitleTooLong,
    #[error("a note has at most {} characters", Text::MAX_BODY)]
    BodyTooLong,
}

impl Text {
    pub const MAX_TITLE: usize = 200;
    pub const MAX_BODY: usize = 20_000;

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn body(&self) -> &str {
        &self.body
    }
}

impl TryFrom<Draft> for Text {
    type Error = InvalidDraft;

    fn try_from(draft: Draft) -> Result<Self, InvalidDraft> {
        let title = draft.title.trim().to_owned();
        // Browsers send line ends as CR LF.
        let body = draft.body.trim_end().replace("\r\n", "\n");
        if title.is_empty() {
            return Err(InvalidDraft::NoTitle);
        }
        if title.chars().count() > Self::MAX_TITLE {
            return Err(InvalidDraft::TitleTooLong);
        }
        if body.chars().count() > Self::MAX_BODY {
            return Err(InvalidDraft::BodyTooLong);
        }
        Ok(Self { title, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_and_what_may_be_stored() {
        let long = |count: usize| "é".repeat(count);
        for (title, body, expected) in [
            (" Plan ".to_owned(), "one\r\ntwo\n".to_owned(), Ok(("Plan".to_owned(), "one\ntwo".to_owned()))),
            (String::new(), String::new(), Err(InvalidDraft::NoTitle)),
            (" \t".to_owned(), "text".to_owned(), Err(InvalidDraft::NoTitle)),
            (long(200), long(20_000), Ok((long(200), long(20_000)))),
            (long(201), String::new(), Err(InvalidDraft::TitleTooLong)),
            ("Plan".to_owned(), long(20_001), Err(InvalidDraft::BodyTooLong)),
        ] {
            let found = Text::try_from(Draft { title: title.clone(), body });
            assert_eq!(found.map(|text| (text.title, text.body)), expected, "{title}");
        }
    }
}
