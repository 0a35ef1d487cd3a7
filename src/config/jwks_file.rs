//! The problems of a `jwks_file` that stop a server from starting, and what has become of the file since.

use std::io;

/// A problem with the file that signing keys are kept in.
///
/// Whoever can change the file can sign in as anybody, so a file that others can write is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksFileProblem {
    /// It cannot be read.
    #[error("it cannot be read ({kind}): let the user that runs this server read it, or remove it")]
    #[non_exhaustive]
    Unreadable {
        /// The operating system's error.
        kind: io::ErrorKind,
    },
    /// No file can be written in its directory.
    #[error(
        "no file can be written in its directory ({kind}): create the directory, and let the user that runs this server \
         write in it"
    )]
    #[non_exhaustive]
    DirectoryNotWritable {
        /// The operating system's error.
        kind: io::ErrorKind,
    },
    /// It is a directory or a device.
    #[error("it is not a regular file: choose the path of a file")]
    NotAFile,
    /// Its permissions let others write it.
    #[error("others can write it, and so choose the keys that tokens are verified with: run `chmod go-w` on it")]
    WritableByOthers,
    /// Another user owns it.
    #[error(
        "it belongs to another user, who can choose the keys that tokens are verified with: remove it, or choose a \
         directory that only this server's user can write"
    )]
    OfAnotherUser,
    /// It has the keys of another Clerk instance.
    #[error("it has the keys of another Clerk instance: choose a path of its own for each instance")]
    OfAnotherInstance,
}

/// What has become of the file so far, for the doctor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FileStatus {
    /// There was none, and no keys have been fetched since.
    #[default]
    Absent,
    /// Its keys were read.
    Read,
    /// It has no keys that can be used, and no keys have been fetched since.
    Damaged,
    /// The latest keys are in it.
    Written,
    /// The latest keys could not be written.
    NotWritten,
}
