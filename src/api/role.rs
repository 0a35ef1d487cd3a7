//! Roles in organizations, and their permissions.

use super::resource::resource;

resource! {
    /// A role that members of organizations can have.
    #[derive(Clone, Debug)]
    Role {
        required {
            /// The ID: `role_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// The key, with its prefix: `org:admin`.
            key: String,
            /// What the role is for.
            description: Option<String>,
            /// `true` if whoever creates an organization can have it.
            is_creator_eligible: bool,
        }
        lists {
            /// The permissions that it grants.
            permissions: Permission,
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
    /// A permission that a role can grant.
    #[derive(Clone, Debug)]
    Permission {
        required {
            /// The ID: `perm_…`.
            id: String,
        }
        members {
            /// The name, for people.
            name: String,
            /// The key, with its prefix: `org:posts:publish`.
            key: String,
            /// What it allows.
            description: String,
            /// `user` for your own permissions, `system` for Clerk's.
            #[serde(rename = "type")]
            #[doc(alias = "type")]
            kind: String,
        }
        times {
            /// When it was created.
            created_at,
            /// When it was last updated.
            updated_at,
        }
    }
}
