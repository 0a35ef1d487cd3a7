//! The rules for claims that the settings state.

use crate::{config::Settings, token::ClaimRules};

impl<'c> From<&'c Settings> for ClaimRules<'c> {
    fn from(settings: &'c Settings) -> Self {
        Self {
            authorized_parties: &settings.authorized_parties,
            audience: &settings.audience,
            issuer: &settings.issuer,
            machine_id: settings.machine_id.as_deref(),
            clock_skew: settings.clock_skew,
        }
    }
}
