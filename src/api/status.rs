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
    /// How users with an email address of an organization's domain join the organization.
    EnrollmentMode {
        ManualInvitation = "manual_invitation",
        AutomaticInvitation = "automatic_invitation",
        AutomaticSuggestion = "automatic_suggestion",
        EnterpriseSso = "enterprise_sso",
    }
}
