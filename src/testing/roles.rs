//! The roles that members of `LocalClerk`'s organizations can have, with their permissions.

/// A role, as the settings of an instance define it.
#[derive(Debug)]
pub(super) struct Role {
    /// `org:admin`
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// The permissions that session tokens contain.
    pub(super) permissions: &'static [&'static str],
    /// The permissions that Clerk's components look at, and that no session token contains.
    pub(super) system_permissions: &'static [&'static str],
}

/// The role of a user who creates an organization.
pub(super) const ADMIN: &Role = &Role {
    key: "org:admin",
    name: "Admin",
    description: "Manages the organization and its members",
    permissions: &["org:posts:read", "org:posts:publish"],
    system_permissions: &[
        "org:sys_profile:manage",
        "org:sys_profile:delete",
        "org:sys_memberships:read",
        "org:sys_memberships:manage",
        "org:sys_domains:read",
        "org:sys_domains:manage",
    ],
};

pub(super) const MEMBER: &Role = &Role {
    key: "org:member",
    name: "Member",
    description: "Uses the organization",
    permissions: &["org:posts:read"],
    system_permissions: &["org:sys_memberships:read"],
};

pub(super) const ALL: [&Role; 2] = [ADMIN, MEMBER];

impl Role {
    pub(super) fn by_key(key: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|role| role.key == key)
    }

    /// Returns the permissions of a membership as Clerk's APIs list them.
    pub(super) fn all_permissions(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.system_permissions.iter().chain(self.permissions).copied()
    }

    pub(super) fn may(&self, permission: &str) -> bool {
        self.all_permissions().any(|granted| granted == permission)
    }
}
