//! The states of resources.

use super::word::words;

words! {
    /// The status of a session.
    SessionStatus {
        Active = "active",
        Pending = "pending",
        Revoked = "revoked",
        Ended = "ended",
        Expired = "expired",
        Removed = "removed",
        Abandoned = "abandoned",
        Replaced = "replaced",
    }
}

words! {
    /// The status of an invitation, to the application or to an organization.
    InvitationStatus {
        Pending = "pending",
        Accepted = "accepted",
        Revoked = "revoked",
        Expired = "expired",
    }
}

words! {
    /// The status of an entry in the waitlist.
    WaitlistStatus {
        Pending = "pending",
        Invited = "invited",
        Rejected = "rejected",
        Completed = "completed",
    }
}

words! {
    /// The status of the verification of an email address, a phone number, an account or a domain.
    VerificationStatus {
        Unverified = "unverified",
        Verified = "verified",
        Failed = "failed",
        Expired = "expired",
        Transferable = "transferable",
    }
}

words! {
    /// The status of a subscription.
    SubscriptionStatus {
        Active = "active",
        PastDue = "past_due",
        Canceled = "canceled",
        Ended = "ended",
        Abandoned = "abandoned",
        Incomplete = "incomplete",
    }
}

words! {
    /// The status of an item of a subscription.
    SubscriptionItemStatus {
        Active = "active",
        PastDue = "past_due",
        Upcoming = "upcoming",
        Canceled = "canceled",
        Ended = "ended",
        Abandoned = "abandoned",
        Expired = "expired",
        Incomplete = "incomplete",
    }
}

words! {
    /// The status of a payment.
    PaymentStatus {
        Pending = "pending",
        Paid = "paid",
        Failed = "failed",
    }
}

words! {
    /// The status of a card or an account that pays.
    PaymentSourceStatus {
        Active = "active",
        Disconnected = "disconnected",
    }
}

words! {
    /// How users with an email address of an organization's domain join the organization.
    EnrollmentMode {
        ManualInvitation = "manual_invitation",
        AutomaticInvitation = "automatic_invitation",
        AutomaticSuggestion = "automatic_suggestion",
        EnterpriseSso = "enterprise_sso",
    }
}
