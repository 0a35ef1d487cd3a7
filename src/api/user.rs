//! A user, and how they can be reached.

use serde::Deserialize;

use super::{
    Metadata,
    lenient::{lenient, lenient_list},
};

/// A user. All times are in milliseconds since the Unix epoch; [`system_time`](super::system_time) converts them.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// `user_…`
    pub id: String,
    /// The user's name in this application, where it has such names.
    #[serde(default, deserialize_with = "lenient")]
    pub username: Option<String>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: Option<String>,
    /// A picture: the user's own, or one that Clerk has made.
    #[serde(default, deserialize_with = "lenient")]
    pub image_url: Option<String>,
    /// Whether the picture is the user's own.
    #[serde(default, deserialize_with = "lenient")]
    pub has_image: bool,
    /// Which of the mail addresses is the primary one; see [`primary_email_address`](Self::primary_email_address).
    #[serde(default, deserialize_with = "lenient")]
    pub primary_email_address_id: Option<String>,
    /// Which of the phone numbers is the primary one; see [`primary_phone_number`](Self::primary_phone_number).
    #[serde(default, deserialize_with = "lenient")]
    pub primary_phone_number_id: Option<String>,
    /// The mail addresses, verified or not.
    #[serde(default, deserialize_with = "lenient_list")]
    pub email_addresses: Vec<EmailAddress>,
    /// The phone numbers, verified or not.
    #[serde(default, deserialize_with = "lenient_list")]
    pub phone_numbers: Vec<PhoneNumber>,
    /// Accounts elsewhere that the user can sign in with.
    #[serde(default, deserialize_with = "lenient_list")]
    pub external_accounts: Vec<ExternalAccount>,
    /// What browsers can read and only servers can write.
    #[serde(default, deserialize_with = "lenient")]
    pub public_metadata: Metadata,
    /// What only servers can read and write.
    #[serde(default, deserialize_with = "lenient")]
    pub private_metadata: Metadata,
    /// What browsers can read and write: nothing to rely on.
    #[serde(default, deserialize_with = "lenient")]
    pub unsafe_metadata: Metadata,
    /// The user's id in a system of your own.
    #[serde(default, deserialize_with = "lenient")]
    pub external_id: Option<String>,
    /// Whether the user has a password.
    #[serde(default, deserialize_with = "lenient")]
    pub password_enabled: bool,
    /// Whether the user has a second factor.
    #[serde(default, deserialize_with = "lenient")]
    pub two_factor_enabled: bool,
    /// Whether the user is kept out.
    #[serde(default, deserialize_with = "lenient")]
    pub banned: bool,
    /// Whether the user is kept out for a while, after too many attempts to sign in.
    #[serde(default, deserialize_with = "lenient")]
    pub locked: bool,
    /// The language that the user prefers (BCP 47).
    #[serde(default, deserialize_with = "lenient")]
    pub locale: Option<String>,
    /// When the user last signed in.
    #[serde(default, deserialize_with = "lenient")]
    pub last_sign_in_at: Option<i64>,
    /// When the user was last seen, to the day.
    #[serde(default, deserialize_with = "lenient")]
    pub last_active_at: Option<i64>,
    /// When the user was made.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// When the user was last changed.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
}

impl User {
    /// The mail address to write to. Whether it was verified, [`EmailAddress::is_verified`] says.
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_deref().filter(|id| !id.is_empty())?;
        self.email_addresses.iter().find(|address| address.id == id)
    }

    /// The phone number to call. Whether it was verified, [`PhoneNumber::is_verified`] says.
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let id = self.primary_phone_number_id.as_deref().filter(|id| !id.is_empty())?;
        self.phone_numbers.iter().find(|number| number.id == id)
    }

    /// First and last name, or the one that there is.
    pub fn full_name(&self) -> Option<String> {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let names: Vec<&str> = names.into_iter().flatten().filter(|name| !name.is_empty()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

/// A mail address of a user's.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct EmailAddress {
    /// `idn_…`
    #[serde(default, deserialize_with = "lenient")]
    pub id: String,
    /// The address.
    pub email_address: String,
    /// Whether and how it was found to be theirs.
    #[serde(default, deserialize_with = "lenient")]
    pub verification: Option<Verification>,
}

impl EmailAddress {
    /// Whether the user has shown that it is theirs.
    pub fn is_verified(&self) -> bool {
        is_verified(&self.verification)
    }
}

/// A phone number of a user's.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct PhoneNumber {
    /// `idn_…`
    #[serde(default, deserialize_with = "lenient")]
    pub id: String,
    /// The number, in E.164 form.
    pub phone_number: String,
    /// Whether it is a second factor of theirs.
    #[serde(default, deserialize_with = "lenient")]
    pub reserved_for_second_factor: bool,
    /// Whether and how it was found to be theirs.
    #[serde(default, deserialize_with = "lenient")]
    pub verification: Option<Verification>,
}

impl PhoneNumber {
    /// Whether the user has shown that it is theirs.
    pub fn is_verified(&self) -> bool {
        is_verified(&self.verification)
    }
}

/// An account elsewhere that a user signs in with.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ExternalAccount {
    /// Its id at Clerk.
    pub id: String,
    /// Where it is: `oauth_google`.
    #[serde(default, deserialize_with = "lenient")]
    pub provider: String,
    /// Its id there.
    #[serde(default, deserialize_with = "lenient")]
    pub provider_user_id: Option<String>,
    /// Its mail address there.
    #[serde(default, deserialize_with = "lenient")]
    pub email_address: Option<String>,
    /// Its name there.
    #[serde(default, deserialize_with = "lenient")]
    pub username: Option<String>,
    /// Whether and how it was found to be theirs.
    #[serde(default, deserialize_with = "lenient")]
    pub verification: Option<Verification>,
}

/// Whether and how something was found to be a user's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Verification {
    /// `verified`, `unverified`, `expired`, `failed`, …
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// By which means: `email_code`, `from_oauth_google`, …
    #[serde(deserialize_with = "lenient")]
    pub strategy: Option<String>,
    /// How often it was tried.
    #[serde(deserialize_with = "lenient")]
    pub attempts: Option<u32>,
    /// Until when it can be done, in milliseconds since the Unix epoch.
    #[serde(deserialize_with = "lenient")]
    pub expire_at: Option<i64>,
}

fn is_verified(verification: &Option<Verification>) -> bool {
    verification.as_ref().is_some_and(|verification| verification.status == "verified")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: &str) -> User {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_user_as_clerk_sends_one() {
        let ada = user(
            r#"{"object":"user","id":"user_ada","username":null,"first_name":"Ada","last_name":"Lovelace",
                "primary_email_address_id":"idn_2","primary_phone_number_id":null,
                "email_addresses":[
                    {"object":"email_address","id":"idn_1","email_address":"old@example.com","verification":null},
                    {"object":"email_address","id":"idn_2","email_address":"ada@example.com","linked_to":[],
                     "verification":{"object":"verification_ticket","status":"verified","strategy":"ticket","attempts":null}}],
                "phone_numbers":[],"public_metadata":{"plan":"pro"},"banned":false,"created_at":1700000000000}"#,
        );
        assert_eq!(ada.full_name().as_deref(), Some("Ada Lovelace"));
        let address = ada.primary_email_address().unwrap();
        assert_eq!((address.email_address.as_str(), address.is_verified()), ("ada@example.com", true));
        assert!(!ada.email_addresses[0].is_verified());
        assert!(ada.primary_phone_number().is_none());
        assert_eq!(ada.public_metadata["plan"], "pro");
        assert_eq!(ada.created_at, Some(1_700_000_000_000));
    }

    #[test]
    fn members_of_an_unexpected_form_spoil_nothing() {
        for (name, json) in [
            ("the id alone", r#"{"id":"user_1"}"#),
            (
                "nulls",
                r#"{"id":"user_1","first_name":null,"email_addresses":null,"public_metadata":null,"banned":null}"#,
            ),
            (
                "other types",
                r#"{"id":"user_1","first_name":7,"email_addresses":{},"public_metadata":[],"banned":"no","created_at":"today",
                    "primary_email_address_id":[],"phone_numbers":7,"external_accounts":[7]}"#,
            ),
        ] {
            let user = user(json);
            assert_eq!(
                (user.id.as_str(), user.full_name(), user.banned, user.created_at),
                ("user_1", None, false, None),
                "{name}"
            );
            assert!(user.primary_email_address().is_none() && user.email_addresses.is_empty(), "{name}");
        }
        let one_of_two = user(
            r#"{"id":"user_1","primary_email_address_id":"idn_2","email_addresses":[
                {"id":7},{"id":"idn_2","email_address":"b@example.com","verification":{"status":7}}]}"#,
        );
        assert_eq!(one_of_two.email_addresses.len(), 1);
        assert!(!one_of_two.primary_email_address().unwrap().is_verified());
        for broken in ["{}", r#"{"id":null}"#, "[]", "null"] {
            assert!(serde_json::from_str::<User>(broken).is_err(), "{broken}");
        }
    }
}
