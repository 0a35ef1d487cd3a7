//! What calls about users send.

use crate::{
    api::{IdentificationStatus, PasswordHasher},
    client::properties::properties,
};

properties! {
    /// A new user.
    ///
    /// ```
    /// use clerk_actix::client::NewUser;
    ///
    /// let ada = NewUser::new().email_address(["ada@example.com"]).first_name("Ada").skip_password_requirement(true);
    /// # let _ = ada;
    /// ```
    NewUser {
        /// A user without properties. Which ones an instance requires depends on its settings.
        new();
        /// Sets the ID in your own system.
        external_id: text,
        /// Sets the first name.
        first_name: text,
        /// Sets the last name.
        last_name: text,
        /// Sets the preferred language (BCP 47).
        locale: text,
        /// Sets the email addresses. They count as verified, unless a status is set. The first one is the primary one.
        email_address: texts,
        /// Sets the status of each email address, in the same order.
        email_address_identification_status: list(IdentificationStatus),
        /// Sets the phone numbers (E.164). They count as verified, unless a status is set.
        phone_number: texts,
        /// Sets the status of each phone number, in the same order.
        phone_number_identification_status: list(IdentificationStatus),
        /// Sets the wallets. They count as verified.
        web3_wallet: texts,
        /// Sets the username.
        username: text,
        /// Sets the password.
        password: text,
        /// Sets the digest of the password, from another system. It needs `password_hasher`.
        password_digest: text,
        /// Sets the format of the digest.
        password_hasher: value(PasswordHasher),
        /// Accepts a password that the instance's rules would reject.
        skip_password_checks: flag,
        /// Accepts a user without a password, even if the instance requires one.
        skip_password_requirement: flag,
        /// Sets the secret of the authenticator app (TOTP).
        totp_secret: text,
        /// Sets the backup codes.
        backup_codes: texts,
        /// Sets metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets metadata that only servers can read and write.
        private_metadata: data,
        /// Sets metadata that browsers can read and write.
        unsafe_metadata: data,
        /// Lets the user delete themselves.
        delete_self_enabled: flag,
        /// Sets when the user accepted the legal documents.
        legal_accepted_at: time,
        /// Accepts a user who has not accepted the legal documents.
        skip_legal_checks: flag,
        /// Accepts a user without what the instance requires.
        skip_user_requirement: flag,
        /// Lets the user create organizations.
        create_organization_enabled: flag,
        /// Sets the number of organizations that the user may create; 0 for no limit.
        create_organizations_limit: number,
        /// Sets when the user was created, for a user from another system.
        created_at: time,
        /// Lets the user sign in on new devices without another factor.
        bypass_client_trust: flag,
        /// Bans the user from the start.
        banned: flag,
        /// Locks the user from the start.
        locked: flag,
    }
}

properties! {
    /// Changes to a user. Properties that are not set stay as they are.
    ///
    /// ```
    /// use clerk_actix::client::UserUpdate;
    ///
    /// let update = UserUpdate::new().first_name("Augusta Ada").member("username", None::<&str>);
    /// # let _ = update;
    /// ```
    UserUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the ID in your own system.
        external_id: text,
        /// Sets the first name.
        first_name: text,
        /// Sets the last name.
        last_name: text,
        /// Sets the preferred language (BCP 47).
        locale: text,
        /// Makes one of the user's verified email addresses the primary one: `idn_…`.
        primary_email_address_id: text,
        /// Tells the previous primary email address about the change.
        notify_primary_email_address_changed: flag,
        /// Makes one of the user's verified phone numbers the primary one: `idn_…`.
        primary_phone_number_id: text,
        /// Makes one of the user's verified wallets the primary one: `idn_…`.
        primary_web3_wallet_id: text,
        /// Sets the username.
        username: text,
        /// Sets the image that was uploaded before.
        profile_image_id: text,
        /// Sets the password.
        password: text,
        /// Sets the digest of the password, from another system. It needs `password_hasher`.
        password_digest: text,
        /// Sets the format of the digest.
        password_hasher: value(PasswordHasher),
        /// Accepts a password that the instance's rules would reject.
        skip_password_checks: flag,
        /// Ends the user's other sessions. It needs `password`.
        sign_out_of_other_sessions: flag,
        /// Sets the secret of the authenticator app (TOTP).
        totp_secret: text,
        /// Sets the backup codes.
        backup_codes: texts,
        /// Lets the user delete themselves.
        delete_self_enabled: flag,
        /// Lets the user create organizations.
        create_organization_enabled: flag,
        /// Sets when the user accepted the legal documents.
        legal_accepted_at: time,
        /// Accepts a user who has not accepted the legal documents.
        skip_legal_checks: flag,
        /// Sets the number of organizations that the user may create; 0 for no limit.
        create_organizations_limit: number,
        /// Sets when the user was created.
        created_at: time,
        /// Lets the user sign in on new devices without another factor.
        bypass_client_trust: flag,
    }
}

properties! {
    /// The email address that takes the place of all others of a user.
    EmailAddressReplacement {
        /// This email address, verified.
        new(email_address: text);
        /// Sets its status.
        identification_status: value(IdentificationStatus),
        /// Tells the previous primary email address about the change.
        notify_primary_email_address_changed: flag,
    }
}

properties! {
    /// The phone number that takes the place of all others of a user.
    PhoneNumberReplacement {
        /// This phone number (E.164), verified.
        new(phone_number: text);
        /// Sets its status.
        identification_status: value(IdentificationStatus),
    }
}
