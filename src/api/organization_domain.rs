//! The domains by which users join an organization.

use super::{EnrollmentMode, PublicOrganizationData, VerificationStatus, resource::resource};

resource! {
    /// A domain of an organization.
    #[derive(Clone, Debug)]
    OrganizationDomain {
        required {
            /// The ID: `orgdmn_…`.
            id: String,
        }
        members {
            /// The organization's ID: `org_…`.
            organization_id: String,
            /// The domain: `acme.com`.
            name: String,
            /// How users with an email address of the domain join.
            enrollment_mode: EnrollmentMode,
            /// The email address by which the affiliation was verified.
            affiliation_email_address: Option<String>,
            /// The verification that the organization belongs to the domain.
            affiliation_verification: Option<DomainVerification>,
            /// The verification that the organization owns the domain.
            ownership_verification: Option<DomainVerification>,
            /// The verification of the domain, of whichever kind.
            verification: Option<DomainVerification>,
            /// The number of invitations that are pending.
            total_pending_invitations: Option<u64>,
            /// The number of suggestions that are pending.
            total_pending_suggestions: Option<u64>,
            /// The public profile of the organization.
            public_organization_data: Option<PublicOrganizationData>,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}

resource! {
    /// The verification of a domain.
    #[derive(Clone, Debug)]
    DomainVerification {
        members {
            /// The status.
            status: VerificationStatus,
            /// The method: `affiliation_email_code`, `dns_record`, …
            strategy: String,
            /// The number of attempts.
            attempts: Option<u32>,
        }
        times {
            /// The deadline for the verification.
            #[serde(rename = "expire_at")]
            #[doc(alias = "expire_at")]
            expires_at,
            /// When the domain was verified.
            verified_at,
        }
    }
}
