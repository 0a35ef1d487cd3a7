//! What is left of a deleted resource.

use super::resource::resource;

resource! {
    /// A resource that was deleted: a user, an organization, a domain, a role or a permission.
    #[derive(Clone, Debug, Default)]
    DeletedObject {
        members {
            /// The ID of the resource. Clerk's description of its events does not promise it.
            id: Option<String>,
            /// The type of the resource: `user`.
            object: String,
            /// The organization's name used in URLs.
            slug: Option<String>,
            /// The user's ID in your own system.
            external_id: Option<String>,
            /// Always `true`.
            deleted: bool,
        }
    }
}
