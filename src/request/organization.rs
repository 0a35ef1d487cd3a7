//! Organization sync (PROTOCOL section 11): the URL determines which organization should be active.

use super::{facts::RequestFacts, public_url::path_in_application, visit::Visit};
use crate::token::SessionToken;

/// The organization or personal account that a URL asks to be active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Id(String),
    Slug(String),
    PersonalAccount,
}

/// Returns the target of a URL. Patterns of organizations take precedence over those of personal accounts.
pub(super) fn target<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Target> {
    let patterns = &visit.settings.organization_patterns;
    if patterns.organization.is_empty() && patterns.personal_account.is_empty() {
        return None;
    }
    let path = path_in_application(visit.url(), visit.settings);
    let parameters = patterns.organization.matches(path);
    let organization = parameters.and_then(|parameters| match (parameters.id(), parameters.slug()) {
        (Some(id), _) => Some(Target::Id(id.to_owned())),
        (None, Some(slug)) => Some(Target::Slug(slug.to_owned())),
        (None, None) => None,
    });
    organization.or_else(|| patterns.personal_account.matches(path).map(|_| Target::PersonalAccount))
}

impl Target {
    /// Returns whether the target is already active in this session.
    pub(super) fn is_active_in(&self, token: &SessionToken) -> bool {
        let active = token.organization();
        match self {
            Self::Id(id) => active.is_some_and(|organization| organization.id == *id),
            Self::Slug(slug) => active.is_some_and(|organization| organization.slug.as_ref() == Some(slug)),
            Self::PersonalAccount => active.is_none(),
        }
    }
}
