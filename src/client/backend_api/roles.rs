//! Calls about roles, permissions and sets of roles.

use crate::{
    api::{DeletedObject, Page, Permission, Role, RoleSet, RoleSetType},
    client::{filters::filters, operation::calls, properties::properties},
};

super::resources::resources! {
    organization_roles: OrganizationRoles, "roles of members of organizations";
    organization_permissions: OrganizationPermissions, "permissions that roles grant";
    role_sets: RoleSets, "sets of roles that organizations can have";
}

filters! {
    /// Which roles to list.
    RoleFilters lists Role {
        /// Only roles with this text in their name, key or ID.
        search = "query": text,
        /// Sets the order: `created_at`, `name` or `key`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which permissions to list.
    PermissionFilters lists Permission {
        /// Only permissions with this text in their name, key or ID.
        search = "query": text,
        /// Sets the order: `created_at`, `name` or `key`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

filters! {
    /// Which role sets to list.
    RoleSetFilters lists RoleSet {
        /// Only sets with this text in their name, key or ID.
        search = "query": text,
        /// Sets the order: `created_at`, `name` or `key`, with a minus sign before it for a falling one.
        order_by: text,
    }
}

properties! {
    /// A new role.
    NewRole {
        /// A role of this name, with this key: `org:editor`.
        new(name: text, key: text);
        /// Sets what the role is for.
        description: text,
        /// Sets the permissions that it grants: `perm_…`.
        permissions: texts,
        /// Adds it to the set of roles of new organizations.
        include_in_initial_role_set: flag,
    }
}

properties! {
    /// Changes to a role.
    RoleUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the key: `org:editor`.
        key: text,
        /// Sets what the role is for.
        description: text,
        /// Replaces the permissions that it grants: `perm_…`.
        permissions: texts,
    }
}

properties! {
    /// A new permission.
    NewPermission {
        /// A permission of this name, with this key: `org:posts:publish`.
        new(name: text, key: text);
        /// Sets what it allows.
        description: text,
    }
}

properties! {
    /// Changes to a permission.
    PermissionUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the key: `org:posts:publish`.
        key: text,
        /// Sets what it allows.
        description: text,
    }
}

properties! {
    /// A new role set.
    NewRoleSet {
        /// A set of this name with these roles (their keys), one of them for new members and one for whoever creates an
        /// organization.
        new(name: text, roles: texts, default_role_key: text, creator_role_key: text);
        /// Sets the key: `role_set:partners`.
        key: text,
        /// Sets what it is for.
        description: text,
        /// Sets whether new organizations get it.
        kind = "type": value(RoleSetType),
    }
}

properties! {
    /// Changes to a role set.
    RoleSetUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Sets the key.
        key: text,
        /// Sets what it is for.
        description: text,
        /// Makes it the set that new organizations get: `initial`.
        kind = "type": value(RoleSetType),
        /// Sets the role of new members.
        default_role_key: text,
        /// Sets the role of whoever creates an organization.
        creator_role_key: text,
    }
}

properties! {
    /// The role set that takes the place of another one.
    RoleSetReplacement {
        /// The set with this key.
        new(role_set_key = "dest_role_set_key": text);
        /// Sets which role takes the place of which, if the new set does not have it: keys to keys.
        reassignment_mappings: data,
    }
}

properties! {
    /// Roles to add to a set.
    RolesToAdd {
        /// The roles with these keys.
        new(role_keys: texts);
        /// Makes one of them the role of new members.
        default_role_key: text,
        /// Makes one of them the role of whoever creates an organization.
        creator_role_key: text,
    }
}

calls! {
    OrganizationRoles {
        /// Lists the roles.
        #[doc(alias = "getOrganizationRoleList")]
        pub fn list() -> Page<Role>, RoleFilters = GET["organization_roles"] or 400, 403, 422;

        /// Creates a role.
        #[doc(alias = "createOrganizationRole")]
        pub fn create(role: NewRole) -> Role = POST["organization_roles"].json(&role) or 400, 402, 403, 404, 422;

        /// Fetches a role by its ID (`role_…`).
        #[doc(alias = "getOrganizationRole")]
        pub fn get(id) -> Role = GET["organization_roles", id] or 403, 404;

        /// Updates a role.
        #[doc(alias = "updateOrganizationRole")]
        pub fn update(id, update: RoleUpdate) -> Role = PATCH["organization_roles", id].json(&update) or 400, 403, 404, 422;

        /// Deletes a role that nobody has.
        #[doc(alias = "deleteOrganizationRole")]
        pub fn delete(id) -> DeletedObject = DELETE["organization_roles", id] or 403, 404, 422;

        /// Lets a role grant a permission: `perm_…`.
        #[doc(alias = "assignPermissionToOrganizationRole")]
        pub fn assign_permission(id, permission_id) -> Role =
            POST["organization_roles", id, "permissions", permission_id] or 403, 404, 409;

        /// Takes a permission away from a role.
        #[doc(alias = "removePermissionFromOrganizationRole")]
        pub fn remove_permission(id, permission_id) -> Role =
            DELETE["organization_roles", id, "permissions", permission_id] or 403, 404, 422;
    }

    OrganizationPermissions {
        /// Lists the permissions.
        #[doc(alias = "getOrganizationPermissionList")]
        pub fn list() -> Page<Permission>, PermissionFilters = GET["organization_permissions"] or 422;

        /// Creates a permission.
        #[doc(alias = "createOrganizationPermission")]
        pub fn create(permission: NewPermission) -> Permission = POST["organization_permissions"].json(&permission) or 400, 402, 404, 422;

        /// Fetches a permission by its ID (`perm_…`).
        #[doc(alias = "getOrganizationPermission")]
        pub fn get(id) -> Permission = GET["organization_permissions", id] or 404;

        /// Updates a permission.
        #[doc(alias = "updateOrganizationPermission")]
        pub fn update(id, update: PermissionUpdate) -> Permission =
            PATCH["organization_permissions", id].json(&update) or 400, 403, 404, 422;

        /// Deletes a permission.
        #[doc(alias = "deleteOrganizationPermission")]
        pub fn delete(id) -> DeletedObject = DELETE["organization_permissions", id] or 403, 404;
    }

    RoleSets {
        /// Lists the role sets.
        #[doc(alias = "getRoleSetList")]
        pub fn list() -> Page<RoleSet>, RoleSetFilters = GET["role_sets"] or 400, 403, 422;

        /// Creates a role set.
        #[doc(alias = "createRoleSet")]
        pub fn create(role_set: NewRoleSet) -> RoleSet = POST["role_sets"].json(&role_set) or 400, 402, 403, 404, 422;

        /// Fetches a role set by its key or ID.
        #[doc(alias = "getRoleSet")]
        pub fn get(key_or_id) -> RoleSet = GET["role_sets", key_or_id] or 403, 404;

        /// Updates a role set.
        #[doc(alias = "updateRoleSet")]
        pub fn update(key_or_id, update: RoleSetUpdate) -> RoleSet = PATCH["role_sets", key_or_id].json(&update) or 400, 403, 404, 422;

        /// Replaces a role set by another one in all organizations, and deletes it.
        #[doc(alias = "replaceRoleSet")]
        pub fn replace(key_or_id, replacement: RoleSetReplacement) -> DeletedObject =
            POST["role_sets", key_or_id, "replace"].json(&replacement) or 400, 403, 404, 422;

        /// Adds roles to a set.
        #[doc(alias = "addRolesToRoleSet")]
        pub fn add_roles(key_or_id, roles: RolesToAdd) -> RoleSet = POST["role_sets", key_or_id, "roles"].json(&roles) or 400, 403, 404, 422;

        /// Replaces a role in a set by another one: their keys. Members who have it get the other one.
        #[doc(alias = "replaceRoleInRoleSet")]
        pub fn replace_role(key_or_id, role_key, to_role_key) -> RoleSet =
            POST["role_sets", key_or_id, "roles", "replace"].with("role_key", role_key).with("to_role_key", to_role_key) or 400, 403, 404, 422;
    }
}
