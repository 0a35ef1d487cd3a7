//! Calls about users.

use super::{
    metadata::UserMetadata,
    user_properties::{EmailAddressReplacement, NewUser, PhoneNumberReplacement, UserUpdate},
};
use crate::{
    api::{
        CredentialVerdict, CreditBalance, CreditLedgerEntry, DeletedObject, EmailAddress, InvitationStatus,
        OrganizationInvitation, Page, PhoneNumber, ProviderAccessToken, Subscription, TrustedDevice, User, UserCount,
        UserId,
    },
    client::{
        backend_api::{billing::CreditAdjustment, whole_list::WholeList},
        call::ApiCall,
        filters::filters,
        operation::calls,
        paged::Paged,
        upload::FileUpload,
        users::Users,
    },
};

filters! {
    /// Which users to list or to count.
    UserFilters {
        /// Only users with this email address.
        email_address: each,
        /// Only users with this phone number.
        phone_number: each,
        /// Only users with this ID in your own system.
        external_id: each,
        /// Only users with this username.
        username: each,
        /// Only users with this wallet.
        web3_wallet: each,
        /// Only users with this ID. A minus sign before it excludes the user.
        user_id: each,
        /// Only members of this organization: `org_…`. A minus sign before it excludes its members.
        organization_id: each,
        /// Only users with this text in an email address, a phone number, a username, a wallet, an ID or a name.
        search = "query": text,
        /// Only users with this text in an email address.
        email_address_search = "email_address_query": text,
        /// Only users with this text in a phone number.
        phone_number_search = "phone_number_query": text,
        /// Only users with this text in the username.
        username_search = "username_query": text,
        /// Only users with this text in their name.
        name_search = "name_query": text,
        /// Only users who are banned, or only those who are not.
        banned: flag,
        /// Only users who were active before this time.
        last_active_at_before: time,
        /// Only users who were active after this time.
        last_active_at_after: time,
        /// The same, by its old name.
        last_active_at_since: time,
        /// Only users who were created before this time.
        created_at_before: time,
        /// Only users who were created after this time.
        created_at_after: time,
        /// Only users who signed in before this time.
        last_sign_in_at_before: time,
        /// Only users who signed in after this time.
        last_sign_in_at_after: time,
        /// Only users with an account at this provider, such as `oauth_google`. It needs `provider_user_id`.
        provider: text,
        /// Only users with this ID at the provider.
        provider_user_id: each,
    }
}

impl Paged<User> for UserFilters {
    /// Clerk takes the last user of a page only in the order of creation.
    fn has_cursor(order_by: Option<&str>) -> bool {
        order_by.is_none_or(|order| order.trim_start_matches(['+', '-']) == "created_at")
    }

    fn cursor(last: &User) -> Option<(&'static str, &str)> {
        Some(("starting_after", &last.id))
    }
}

impl ApiCall<Page<User>, UserFilters> {
    /// Sets the order: `created_at`, `last_sign_in_at`, `email_address`, `first_name`, …, with a minus sign before it for a
    /// falling one.
    pub fn order_by(self, value: &str) -> Self {
        self.only("order_by", value)
    }

    /// Begins the page after this user: `user_…`. It needs the order of creation, and no offset.
    pub fn starting_after(self, user_id: &str) -> Self {
        self.only("starting_after", user_id)
    }
}

filters! {
    /// Which invitations of a user to list.
    UserInvitationFilters lists OrganizationInvitation {
        /// Only invitations with this status.
        status: each_word(InvitationStatus),
    }
}

calls! {
    Users {
        /// Lists users, newest first unless an order is set. The methods of the call choose among them; its
        /// [`all`](crate::client::ApiCall::all) returns every page.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn banned(clerk: &ClerkClient) -> Result<Vec<String>, ClerkApiError> {
        ///     let mut users = clerk.users().list().banned(true).all();
        ///     let mut ids = Vec::new();
        ///     while let Some(user) = users.next().await {
        ///         ids.push(user?.id);
        ///     }
        ///     Ok(ids)
        /// }
        /// ```
        #[doc(alias = "getUserList")]
        pub fn list() -> Page<User>, UserFilters = GET["users"] or 400, 422;

        /// Counts users.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn members(clerk: &ClerkClient, organization: &str) -> Result<Option<u64>, ClerkApiError> {
        ///     Ok(clerk.users().count().organization_id(organization).await?.total_count)
        /// }
        /// ```
        #[doc(alias = "getCount")]
        pub fn count() -> UserCount, UserFilters = GET["users", "count"] or 422;

        /// Creates a user.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::User, client::NewUser};
        ///
        /// async fn import(clerk: &ClerkClient, id: &str, email: &str) -> Result<User, ClerkApiError> {
        ///     let user = NewUser::new().external_id(id).email_address([email]).skip_password_requirement(true);
        ///     clerk.users().create(user).await
        /// }
        /// ```
        #[doc(alias = "createUser")]
        pub fn create(user: NewUser) -> User = POST["users"].json(&user) or 400, 402, 403, 422;

        /// Updates a user.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::User, client::UserUpdate};
        ///
        /// async fn rename(clerk: &ClerkClient, id: &str, name: &str) -> Result<User, ClerkApiError> {
        ///     clerk.users().update(id, UserUpdate::new().first_name(name)).await
        /// }
        /// ```
        #[doc(alias = "updateUser")]
        pub fn update(id, update: UserUpdate) -> User = PATCH["users", id].json(&update) or 400, 404, 409, 422;

        /// Deletes a user.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn forget(clerk: &ClerkClient, id: &str) -> Result<(), ClerkApiError> {
        ///     match clerk.users().delete(id).await {
        ///         Ok(_) | Err(ClerkApiError::NotFound(_)) => Ok(()),
        ///         Err(error) => Err(error),
        ///     }
        /// }
        /// ```
        #[doc(alias = "deleteUser")]
        pub fn delete(id) -> DeletedObject = DELETE["users", id] or 400, 404;

        /// Bans a user: ends all sessions and rejects new ones. Session tokens already issued are valid until they expire.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient};
        ///
        /// async fn ban(clerk: &ClerkClient, id: &str) -> Result<bool, ClerkApiError> {
        ///     Ok(clerk.users().ban(id).await?.banned)
        /// }
        /// ```
        #[doc(alias = "banUser")]
        pub fn ban(id) -> User = POST["users", id, "ban"] or 402;

        /// Lets a banned user sign in again.
        #[doc(alias = "unbanUser")]
        pub fn unban(id) -> User = POST["users", id, "unban"] or 402;

        /// Bans several users at once.
        pub fn ban_all(ids: &[&str]) -> Page<User>, WholeList = POST["users", "ban"].with("user_ids", ids) or 400, 402;

        /// Lets several banned users sign in again.
        pub fn unban_all(ids: &[&str]) -> Page<User>, WholeList = POST["users", "unban"].with("user_ids", ids) or 400, 402;

        /// Locks a user out: no sign-in until the lock expires or is removed.
        #[doc(alias = "lockUser")]
        pub fn lock(id) -> User = POST["users", id, "lock"] or 403;

        /// Removes the lock of a user.
        #[doc(alias = "unlockUser")]
        pub fn unlock(id) -> User = POST["users", id, "unlock"] or 403;

        /// Uploads a user's image. It is sent piece by piece.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::User, client::FileUpload};
        ///
        /// async fn set_image(clerk: &ClerkClient, id: &str, png: Vec<u8>) -> Result<User, ClerkApiError> {
        ///     clerk.users().set_profile_image(id, FileUpload::new("image/png", png)).await
        /// }
        /// ```
        #[doc(alias = "updateUserProfileImage")]
        pub fn set_profile_image(id, image: FileUpload) -> User = POST["users", id, "profile_image"].upload(image) or 400, 404;

        /// Removes a user's image. Clerk generates one in its place.
        #[doc(alias = "deleteUserProfileImage")]
        pub fn delete_profile_image(id) -> User = DELETE["users", id, "profile_image"] or 404;

        /// Merges metadata into a user's: members that are not named stay as they are, at any depth, and `null` removes
        /// one. See [`replace_metadata`](Self::replace_metadata).
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::User, client::UserMetadata};
        ///
        /// #[derive(serde::Serialize)]
        /// struct Billing {
        ///     customer: String,
        /// }
        ///
        /// async fn set_customer(clerk: &ClerkClient, id: &str, customer: String) -> Result<User, ClerkApiError> {
        ///     clerk.users().update_metadata(id, UserMetadata::new().private_metadata(&Billing { customer })).await
        /// }
        /// ```
        #[doc(alias = "updateUserMetadata")]
        pub fn update_metadata(id, metadata: UserMetadata) -> User = PATCH["users", id, "metadata"].json(&metadata) or 400, 404, 422;

        /// Replaces a user's metadata: what is not in the new metadata is gone. A kind of metadata that is not set stays as
        /// it is. See [`update_metadata`](Self::update_metadata).
        #[doc(alias = "replaceUserMetadata")]
        pub fn replace_metadata(id, metadata: UserMetadata) -> User = PUT["users", id, "metadata"].json(&metadata) or 400, 404, 422;

        /// Fetches a user's subscription.
        #[doc(alias = "getUserBillingSubscription")]
        pub fn subscription(id) -> Subscription = GET["users", id, "billing", "subscription"] or 400, 403, 404, 422;

        /// Fetches a user's balance of credits.
        pub fn credits(id) -> CreditBalance = GET["users", id, "billing", "credits"] or 400, 403, 404, 422;

        /// Adjusts a user's balance of credits.
        pub fn adjust_credits(id, adjustment: CreditAdjustment) -> CreditLedgerEntry =
            POST["users", id, "billing", "credits"].json(&adjustment) or 400, 403, 404, 409, 422;

        /// Lists a user's tokens for the API of a provider, such as `google`. Clerk renews them.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::Secret};
        ///
        /// async fn google_token(clerk: &ClerkClient, id: &str) -> Result<Option<Secret>, ClerkApiError> {
        ///     let tokens = clerk.users().oauth_access_tokens(id, "google").await?;
        ///     Ok(tokens.data.into_iter().find_map(|token| token.token))
        /// }
        /// ```
        #[doc(alias = "getUserOauthAccessToken")]
        pub fn oauth_access_tokens(id, provider) -> Page<ProviderAccessToken> =
            GET["users", id, "oauth_access_tokens", provider].only("paginated", true) or 400, 404, 422;

        /// Lists a user's invitations to organizations.
        #[doc(alias = "getOrganizationInvitationList")]
        pub fn organization_invitations(id) -> Page<OrganizationInvitation>, UserInvitationFilters =
            GET["users", id, "organization_invitations"] or 400, 403, 404;

        /// Removes a user's password, and ends their other sessions if `sign_out` is `true`.
        #[doc(alias = "removePassword")]
        pub fn remove_password(id, sign_out: bool) -> User =
            POST["users", id, "remove_password"].with("sign_out_of_other_sessions", sign_out) or 400, 403, 404;

        /// Verifies a user's password. A wrong one is an error: Clerk responds with 422.
        #[doc(alias = "verifyPassword")]
        pub fn verify_password(id, password) -> CredentialVerdict =
            POST["users", id, "verify_password"].with("password", password) or 400, 404, 422;

        /// Verifies a code of a user's authenticator app, or a backup code, which is then used up. A wrong one is an
        /// error: Clerk responds with 422.
        #[doc(alias = "verifyTOTP")]
        pub fn verify_totp(id, code) -> CredentialVerdict = POST["users", id, "verify_totp"].with("code", code) or 400, 404, 422;

        /// Turns off all second factors of a user.
        #[doc(alias = "disableUserMFA")]
        pub fn disable_mfa(id) -> UserId = DELETE["users", id, "mfa"] or 404;

        /// Deletes a user's backup codes.
        #[doc(alias = "deleteUserBackupCodes")]
        pub fn delete_backup_codes(id) -> UserId = DELETE["users", id, "backup_code"] or 404;

        /// Deletes the secret of a user's authenticator app.
        #[doc(alias = "deleteUserTOTP")]
        pub fn delete_totp(id) -> UserId = DELETE["users", id, "totp"] or 404;

        /// Deletes one of a user's passkeys: `idn_…`.
        #[doc(alias = "deleteUserPasskey")]
        pub fn delete_passkey(id, passkey_id) -> DeletedObject = DELETE["users", id, "passkeys", passkey_id] or 403, 404;

        /// Deletes one of a user's wallets: `idn_…`.
        pub fn delete_web3_wallet(id, wallet_id) -> DeletedObject = DELETE["users", id, "web3_wallets", wallet_id] or 400, 403, 404;

        /// Deletes one of a user's accounts at other providers: `eac_…`.
        #[doc(alias = "deleteUserExternalAccount")]
        pub fn delete_external_account(id, account_id) -> DeletedObject =
            DELETE["users", id, "external_accounts", account_id] or 400, 403, 404;

        /// Lists the devices that a user trusts.
        pub fn trusted_devices(id) -> Page<TrustedDevice>, WholeList = GET["users", id, "trusted_devices"] or 403, 404;

        /// Stops trusting one of a user's devices.
        pub fn revoke_trusted_device(id, device_id) -> TrustedDevice =
            DELETE["users", id, "trusted_devices", device_id] or 403, 404;

        /// Marks a user's password as compromised: at the next sign-in they have to choose another one. Ends their
        /// sessions if `revoke_all_sessions` is `true`.
        #[doc(alias = "setPasswordCompromised")]
        pub fn set_password_compromised(id, revoke_all_sessions: bool) -> User =
            POST["users", id, "password", "set_compromised"].with("revoke_all_sessions", revoke_all_sessions) or 400, 403, 404, 422;

        /// Takes the mark of a compromised password away.
        #[doc(alias = "unsetPasswordCompromised")]
        pub fn unset_password_compromised(id) -> User = POST["users", id, "password", "unset_compromised"] or 400, 403, 404, 422;

        /// Replaces all email addresses of a user.
        #[doc(alias = "replaceUserEmailAddress")]
        pub fn replace_email_address(id, email_address: EmailAddressReplacement) -> EmailAddress =
            PUT["users", id, "email_address"].json(&email_address) or 400, 403, 404, 422;

        /// Replaces all phone numbers of a user.
        #[doc(alias = "replaceUserPhoneNumber")]
        pub fn replace_phone_number(id, phone_number: PhoneNumberReplacement) -> PhoneNumber =
            PUT["users", id, "phone_number"].json(&phone_number) or 400, 403, 404, 422;
    }
}
