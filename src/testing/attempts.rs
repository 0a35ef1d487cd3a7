//! The sign-ins and sign-ups of `LocalClerk` that have begun in a browser and are not complete.

use super::secret::Password;

/// A sign-in between the identifier and the proof.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) id: String,
    /// The email address as it was entered, and the user with it.
    pub(super) identified: Option<(String, String)>,
    /// What a code was asked for: `email_code` or `reset_password_email_code`.
    pub(super) code_sent: Option<&'static str>,
    /// Whether the user has forgotten the password, and may set a new one.
    pub(super) needs_new_password: bool,
    /// In milliseconds.
    pub(super) began: i64,
}

/// A sign-up between the first form and the verification of the email address.
#[derive(Clone, Debug, Default)]
pub(super) struct SignUp {
    pub(super) id: String,
    pub(super) email: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) code_sent: bool,
    pub(super) email_verified: bool,
    /// In milliseconds.
    pub(super) began: i64,
}

impl SignUp {
    /// Returns the required fields that were not sent yet.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let fields = [("email_address", self.email.is_none()), ("password", self.password.is_none())];
        fields.into_iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| name).collect()
    }
}
