//! Calls about email addresses and phone numbers.

use crate::{
    api::{DeletedObject, EmailAddress, PhoneNumber, VerificationAttempt},
    client::{operation::calls, properties::properties},
};

super::resources::resources! {
    email_addresses: EmailAddresses, "users' email addresses";
    phone_numbers: PhoneNumbers, "users' phone numbers";
}

properties! {
    /// A new email address of a user.
    NewEmailAddress {
        /// An email address of this user (`user_…`).
        new(user_id: text, email_address: text);
        /// Sets whether it counts as verified; by default it does not.
        verified: flag,
        /// Makes it the user's primary email address. It has to be verified.
        primary: flag,
        /// Tells the previous primary email address about the change.
        notify_primary_email_address_changed: flag,
    }
}

properties! {
    /// Changes to an email address.
    EmailAddressUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets whether it counts as verified.
        verified: flag,
        /// Makes it the user's primary email address. It has to be verified.
        primary: flag,
        /// Tells the previous primary email address about the change.
        notify_primary_email_address_changed: flag,
    }
}

properties! {
    /// A new phone number of a user.
    NewPhoneNumber {
        /// A phone number (E.164) of this user (`user_…`).
        new(user_id: text, phone_number: text);
        /// Sets whether it counts as verified; by default it does not.
        verified: flag,
        /// Makes it the user's primary phone number. It has to be verified.
        primary: flag,
        /// Makes it a second factor.
        reserved_for_second_factor: flag,
    }
}

properties! {
    /// Changes to a phone number.
    PhoneNumberUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets whether it counts as verified.
        verified: flag,
        /// Makes it the user's primary phone number. It has to be verified.
        primary: flag,
        /// Makes it a second factor.
        reserved_for_second_factor: flag,
    }
}

calls! {
    EmailAddresses {
        /// Adds an email address to a user.
        #[doc(alias = "createEmailAddress")]
        pub fn create(email_address: NewEmailAddress) -> EmailAddress = POST["email_addresses"].json(&email_address) or 400, 403, 404, 409, 422;

        /// Fetches an email address by its ID (`idn_…`).
        #[doc(alias = "getEmailAddress")]
        pub fn get(id) -> EmailAddress = GET["email_addresses", id] or 400, 403, 404;

        /// Updates an email address.
        #[doc(alias = "updateEmailAddress")]
        pub fn update(id, update: EmailAddressUpdate) -> EmailAddress = PATCH["email_addresses", id].json(&update) or 400, 403, 404, 409;

        /// Deletes an email address.
        #[doc(alias = "deleteEmailAddress")]
        pub fn delete(id) -> DeletedObject = DELETE["email_addresses", id] or 400, 403, 404, 409;

        /// Sends a code to an email address.
        pub fn prepare_verification(id) -> VerificationAttempt = POST["email_addresses", id, "prepare_verification"] or 400, 403, 404;

        /// Verifies an email address with the code that was sent.
        pub fn attempt_verification(id, verification_id, code) -> VerificationAttempt =
            POST["email_addresses", id, "attempt_verification"]
            .with("verification_id", verification_id).with("code", code) or 400, 403, 404;
    }

    PhoneNumbers {
        /// Adds a phone number to a user.
        #[doc(alias = "createPhoneNumber")]
        pub fn create(phone_number: NewPhoneNumber) -> PhoneNumber = POST["phone_numbers"].json(&phone_number) or 400, 403, 404, 422;

        /// Fetches a phone number by its ID (`idn_…`).
        #[doc(alias = "getPhoneNumber")]
        pub fn get(id) -> PhoneNumber = GET["phone_numbers", id] or 400, 403, 404;

        /// Updates a phone number.
        #[doc(alias = "updatePhoneNumber")]
        pub fn update(id, update: PhoneNumberUpdate) -> PhoneNumber = PATCH["phone_numbers", id].json(&update) or 400, 403, 404;

        /// Deletes a phone number.
        #[doc(alias = "deletePhoneNumber")]
        pub fn delete(id) -> DeletedObject = DELETE["phone_numbers", id] or 400, 403, 404;

        /// Sends a code to a phone number.
        pub fn prepare_verification(id) -> VerificationAttempt = POST["phone_numbers", id, "prepare_verification"] or 400, 403, 404, 429;

        /// Verifies a phone number with the code that was sent.
        pub fn attempt_verification(id, verification_id, code) -> VerificationAttempt =
            POST["phone_numbers", id, "attempt_verification"]
            .with("verification_id", verification_id).with("code", code) or 400, 403, 404;
    }
}
