//! Sets of roles.

use super::words::RoleSetType;
use crate::api::{JsonObject, resource::resource};

resource! {
    /// A set of roles that organizations can have.
    #[derive(Clone, Debug)]
    RoleSet {
        required {
            /// The ID: `roleset_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// The key: `role_set:default`.
            key: String,
            /// What it is for.
            description: Option<String>,
            /// The role of new members.
            default_role: Option<RoleSetItem>,
            /// The role of whoever creates an organization.
            creator_role: Option<RoleSetItem>,
            /// Whether new organizations get it.
            #[serde(rename = "type")]
            #[doc(alias = "type")]
            kind: RoleSetType,
            /// The migration of its organizations to another set.
            role_set_migration: Option<JsonObject>,
        }
        lists {
            /// The roles.
            roles: RoleSetItem,
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
    /// A role in a set.
    #[derive(Clone, Debug)]
    RoleSetItem {
        required {
            /// The ID: `role_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// The key: `org:admin`.
            key: String,
            /// What the role is for.
            description: Option<String>,
            /// The number of members who have it.
            members_count: Option<u64>,
            /// `true` if somebody has it.
            has_members: Option<bool>,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}
