//! Metadata that calls send.

use crate::client::properties::properties;

properties! {
    /// Metadata of a user, to merge into theirs or to replace it.
    UserMetadata {
        /// No metadata yet: kinds that are not set stay as they are.
        new();
        /// Sets the metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets the metadata that only servers can read and write.
        private_metadata: data,
        /// Sets the metadata that browsers can read and write.
        unsafe_metadata: data,
    }
}

properties! {
    /// Metadata of an organization or a membership, to merge into theirs or to replace it.
    OrganizationMetadata {
        /// No metadata yet: kinds that are not set stay as they are.
        new();
        /// Sets the metadata that browsers can read and only servers can write.
        public_metadata: data,
        /// Sets the metadata that only servers can read and write.
        private_metadata: data,
    }
}
