//! Words that calls send or receive.

use crate::api::word::words;

words! {
    /// The status of a token for one sign-in.
    SignInTokenStatus {
        Pending = "pending",
        Accepted = "accepted",
        Revoked = "revoked",
    }
}

words! {
    /// The status that a new email address or phone number gets.
    IdentificationStatus {
        Verified = "verified",
        Reserved = "reserved",
        Unverified = "unverified",
    }
}

words! {
    /// The kind of a message's template.
    TemplateType {
        Email = "email",
        Sms = "sms",
    }
}

words! {
    /// The template of an invitation's email.
    InvitationTemplate {
        Invitation = "invitation",
        WaitlistInvitation = "waitlist_invitation",
    }
}

words! {
    /// The form of a refreshed session token.
    RefreshFormat {
        Token = "token",
        Cookie = "cookie",
    }
}

words! {
    /// What an identifier in the allowlist or the blocklist is.
    IdentifierType {
        EmailAddress = "email_address",
        PhoneNumber = "phone_number",
        Web3Wallet = "web3_wallet",
    }
}

words! {
    /// The way to sign in that is preferred if a password is required.
    PreferredSignInStrategy {
        Password = "password",
        Otp = "otp",
    }
}

words! {
    /// The identity provider of an enterprise connection.
    EnterpriseProvider {
        SamlCustom = "saml_custom",
        SamlOkta = "saml_okta",
        SamlGoogle = "saml_google",
        SamlMicrosoft = "saml_microsoft",
        OidcCustom = "oidc_custom",
        OidcGithubEnterprise = "oidc_github_enterprise",
        OidcGitlab = "oidc_gitlab",
    }
}

words! {
    /// Which login hint an identity provider gets.
    LoginHintMode {
        EmailAddress = "email_address",
        CustomAttribute = "custom_attribute",
        Off = "off",
    }
}

words! {
    /// The status of a test of an enterprise connection.
    TestRunStatus {
        Pending = "pending",
        Success = "success",
        Failed = "failed",
    }
}

words! {
    /// The kind of a role set.
    RoleSetType {
        Initial = "initial",
        Custom = "custom",
    }
}

words! {
    /// The format of a password digest from another system.
    PasswordHasher {
        Argon2i = "argon2i",
        Argon2id = "argon2id",
        Bcrypt = "bcrypt",
        BcryptSha256Django = "bcrypt_sha256_django",
        LdapSsha = "ldap_ssha",
        Md5 = "md5",
        Md5Phpass = "md5_phpass",
        Pbkdf2Sha1 = "pbkdf2_sha1",
        Pbkdf2Sha256 = "pbkdf2_sha256",
        Pbkdf2Sha256Django = "pbkdf2_sha256_django",
        Pbkdf2Sha512 = "pbkdf2_sha512",
        Pbkdf2Sha512Hex = "pbkdf2_sha512_hex",
        Phpass = "phpass",
        ScryptFirebase = "scrypt_firebase",
        ScryptWerkzeug = "scrypt_werkzeug",
        Sha256 = "sha256",
        Sha512Symfony = "sha512_symfony",
    }
}

words! {
    /// Who pays for a plan.
    PayerType {
        User = "user",
        Organization = "org",
    }
}

words! {
    /// The direction in which a balance is adjusted.
    CreditAction {
        Increase = "increase",
        Decrease = "decrease",
    }
}

words! {
    /// For which periods a price is offered.
    BillingPeriods {
        Month = "month",
        Annual = "annual",
        Both = "both",
    }
}

words! {
    /// Which subscription items a list contains.
    ListedSubscriptionItems {
        Active = "active",
        Ended = "ended",
        PastDue = "past_due",
        Upcoming = "upcoming",
        FreeTrial = "free_trial",
    }
}

words! {
    /// The status of a statement.
    StatementStatus {
        Open = "open",
        Closed = "closed",
    }
}

words! {
    /// The status of a discount on a subscription item.
    DiscountStatus {
        Active = "active",
        Exhausted = "exhausted",
        Removed = "removed",
    }
}

words! {
    /// The status of a sign-up.
    SignUpStatus {
        MissingRequirements = "missing_requirements",
        Complete = "complete",
        Abandoned = "abandoned",
    }
}

words! {
    /// The status of a trusted device.
    TrustedDeviceStatus {
        Active = "active",
        Revoked = "revoked",
    }
}
