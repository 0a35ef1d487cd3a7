//! An organization, and who belongs to it.

use serde::Deserialize;

use super::{Metadata, lenient::lenient};

/// An organization. All times are in milliseconds since the Unix epoch; [`system_time`](super::system_time) converts them.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// What it is called.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient")]
    pub slug: Option<String>,
    /// Its logo, or a picture that Clerk has made.
    #[serde(default, deserialize_with = "lenient")]
    pub image_url: Option<String>,
    /// Whether the picture is its own.
    #[serde(default, deserialize_with = "lenient")]
    pub has_image: bool,
    /// How many members it has, where that was asked for.
    #[serde(default, deserialize_with = "lenient")]
    pub members_count: Option<u64>,
    /// How many members it may have; 0 for any number.
    #[serde(default, deserialize_with = "lenient")]
    pub max_allowed_memberships: Option<u64>,
    /// Whether its administrators may delete it.
    #[serde(default, deserialize_with = "lenient")]
    pub admin_delete_enabled: bool,
    /// What browsers can read and only servers can write.
    #[serde(default, deserialize_with = "lenient")]
    pub public_metadata: Metadata,
    /// What only servers can read and write.
    #[serde(default, deserialize_with = "lenient")]
    pub private_metadata: Metadata,
    /// The user who made it.
    #[serde(default, deserialize_with = "lenient")]
    pub created_by: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
}

/// That a user belongs to an organization. All times are in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct OrganizationMembership {
    /// `orgmem_…`
    pub id: String,
    /// The organization.
    pub organization: Organization,
    /// The user's role there, with its prefix: `org:admin`.
    #[serde(default, deserialize_with = "lenient")]
    pub role: String,
    /// What the role may do, system permissions (`org:sys_…`) included.
    #[serde(default, deserialize_with = "lenient")]
    pub permissions: Vec<String>,
    /// What browsers can read and only servers can write.
    #[serde(default, deserialize_with = "lenient")]
    pub public_metadata: Metadata,
    /// What only servers can read and write.
    #[serde(default, deserialize_with = "lenient")]
    pub private_metadata: Metadata,
    /// Who the user is.
    #[serde(default, deserialize_with = "lenient")]
    pub public_user_data: Option<PublicUserData>,
    /// When the user came to belong to it.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
}

/// What an organization's members see of each other.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct PublicUserData {
    /// `user_…`
    pub user_id: String,
    /// The mail address, phone number or user name that they are known by.
    #[serde(default, deserialize_with = "lenient")]
    pub identifier: String,
    /// The first name.
    #[serde(default, deserialize_with = "lenient")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: Option<String>,
    /// A picture.
    #[serde(default, deserialize_with = "lenient")]
    pub image_url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ids_have_to_be_there() {
        let membership: OrganizationMembership = serde_json::from_str(
            r#"{"object":"organization_membership","id":"orgmem_1","role":"org:admin","permissions":["org:posts:read"],
                "organization":{"object":"organization","id":"org_acme","name":"Acme","slug":"acme","max_allowed_memberships":5,
                    "public_metadata":null,"members_count":"many"},
                "public_user_data":{"user_id":"user_ada","identifier":"ada@example.com","first_name":null}}"#,
        )
        .unwrap();
        assert_eq!((membership.role.as_str(), membership.permissions.len()), ("org:admin", 1));
        let organization = membership.organization;
        assert_eq!((organization.slug.as_deref(), organization.members_count), (Some("acme"), None));
        assert_eq!(membership.public_user_data.unwrap().user_id, "user_ada");
        for broken in [r#"{"id":"orgmem_1"}"#, r#"{"id":"orgmem_1","organization":{"name":"Acme"}}"#] {
            assert!(serde_json::from_str::<OrganizationMembership>(broken).is_err(), "{broken}");
        }
    }
}
