//! Calls about directories from which enterprises manage their users.

use super::whole_list::WholeList;
use crate::{
    api::{DeletedObject, Directory, GroupRoleMapping, Page},
    client::{operation::calls, properties::properties},
};

super::resources::resources! {
    directories: Directories, "directories from which enterprises manage their users";
    scim_directories: ScimDirectories, "SCIM directories, by the earlier name of directories";
}

properties! {
    /// A new directory.
    NewDirectory {
        /// A directory of this provider, whose users sign in with this connection: `ent_…`.
        new(enterprise_connection_id: text, provider: text);
        /// Sets the name.
        name: text,
        /// Sets the roles that members of groups get.
        group_role_mappings: list(NewGroupRoleMapping),
    }
}

properties! {
    /// Changes to a directory.
    DirectoryUpdate {
        /// An update that changes nothing yet.
        new();
        /// Sets the name.
        name: text,
        /// Puts it in use or out of use.
        enabled: flag,
        /// Sets the provider.
        provider: text,
        /// Sets which attributes of the directory become which properties of the user.
        attribute_mapping: data,
        /// Lets groups give roles.
        group_role_mapping_enabled: flag,
    }
}

properties! {
    /// The role that the members of a directory's group get.
    NewGroupRoleMapping {
        /// This role (`role_…`) for this group, by the directory's own ID.
        new(group_id = "directory_group_id": text, role_id: text);
        /// Sets the rank: of several mappings that apply, the lowest one counts.
        precedence: number,
    }
}

properties! {
    /// The role that the members of a SCIM directory's group get, by the earlier API.
    NewScimGroupRoleMapping {
        /// This role (`role_…`) for this group, by the directory's own ID.
        new(group_id = "scim_group_id": text, role_id: text);
        /// Sets the rank: of several mappings that apply, the lowest one counts.
        precedence: number,
    }
}

properties! {
    /// A group of a directory, and the role that its members get.
    GroupRole {
        /// This role (`role_…`) for this group, by the directory's own ID.
        new(group_id = "directory_group_id": text, role_id: text);
    }
}

properties! {
    /// A group of a SCIM directory, and the role that its members get, by the earlier API.
    ScimGroupRole {
        /// This role (`role_…`) for this group, by the directory's own ID.
        new(group_id = "scim_group_id": text, role_id: text);
    }
}

properties! {
    /// A new SCIM directory, by the earlier API.
    NewScimDirectory {
        /// A directory of this provider, whose users sign in with this connection: `ent_…`.
        new(enterprise_connection_id: text, provider: text);
        /// Sets the name.
        name: text,
        /// Sets the roles that members of groups get.
        group_role_mappings: list(NewScimGroupRoleMapping),
    }
}

calls! {
    Directories {
        /// Lists the directories.
        pub fn list() -> Page<Directory> = GET["directories"] or 403;

        /// Creates a directory. Only this response has the [`api_key`](Directory::api_key), unless it is rotated.
        pub fn create(directory: NewDirectory) -> Directory = POST["directories"].json(&directory) or 400, 403, 422;

        /// Fetches a directory by its ID.
        pub fn get(id) -> Directory = GET["directories", id] or 403, 404;

        /// Updates a directory.
        pub fn update(id, update: DirectoryUpdate) -> Directory = PATCH["directories", id].json(&update) or 400, 403, 404, 422;

        /// Deletes a directory.
        pub fn delete(id) -> DeletedObject = DELETE["directories", id] or 403, 404;

        /// Replaces the key of a directory. The old one is rejected from now on.
        pub fn rotate_api_key(id) -> Directory = POST["directories", id, "rotate_api_key"] or 403, 404;

        /// Lists the roles that members of groups get.
        pub fn group_role_mappings(id) -> Page<GroupRoleMapping>, WholeList =
            GET["directories", id, "group_role_mappings"] or 403, 404;

        /// Gives the members of a group a role.
        pub fn create_group_role_mapping(id, mapping: NewGroupRoleMapping) -> GroupRoleMapping =
            POST["directories", id, "group_role_mappings"].json(&mapping) or 400, 403, 404, 422;

        /// Replaces all roles that members of groups get. The first mapping that applies counts.
        pub fn replace_group_role_mappings(id, mappings: Vec<GroupRole>) -> Page<GroupRoleMapping>, WholeList =
            PUT["directories", id, "group_role_mappings"].with("mappings", mappings) or 400, 403, 404, 422;

        /// Takes the role of a group's members away.
        pub fn delete_group_role_mapping(id, mapping_id) -> DeletedObject =
            DELETE["directories", id, "group_role_mappings", mapping_id] or 400, 403, 404;
    }

    ScimDirectories {
        /// Lists the directories.
        pub fn list() -> Page<Directory> = GET["scim_directories"] or 403;

        /// Creates a directory. Only this response has the [`api_key`](Directory::api_key), unless it is rotated.
        pub fn create(directory: NewScimDirectory) -> Directory = POST["scim_directories"].json(&directory) or 400, 403, 422;

        /// Fetches a directory by its ID.
        pub fn get(id) -> Directory = GET["scim_directories", id] or 403, 404;

        /// Updates a directory.
        pub fn update(id, update: DirectoryUpdate) -> Directory = PATCH["scim_directories", id].json(&update) or 400, 403, 404, 422;

        /// Deletes a directory.
        pub fn delete(id) -> DeletedObject = DELETE["scim_directories", id] or 403, 404;

        /// Replaces the key of a directory. The old one is rejected from now on.
        pub fn rotate_api_key(id) -> Directory = POST["scim_directories", id, "rotate_api_key"] or 403, 404;

        /// Lists the roles that members of groups get.
        pub fn group_role_mappings(id) -> Page<GroupRoleMapping>, WholeList =
            GET["scim_directories", id, "group_role_mappings"] or 403, 404;

        /// Gives the members of a group a role.
        pub fn create_group_role_mapping(id, mapping: NewScimGroupRoleMapping) -> GroupRoleMapping =
            POST["scim_directories", id, "group_role_mappings"].json(&mapping) or 400, 403, 404, 422;

        /// Replaces all roles that members of groups get. The first mapping that applies counts.
        pub fn replace_group_role_mappings(id, mappings: Vec<ScimGroupRole>) -> Page<GroupRoleMapping>, WholeList =
            PUT["scim_directories", id, "group_role_mappings"].with("mappings", mappings) or 400, 403, 404, 422;

        /// Takes the role of a group's members away.
        pub fn delete_group_role_mapping(id, mapping_id) -> DeletedObject =
            DELETE["scim_directories", id, "group_role_mappings", mapping_id] or 400, 403, 404;
    }
}
