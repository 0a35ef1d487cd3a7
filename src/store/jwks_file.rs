//! The last signing keys that Clerk has sent, in a file: a server that starts while Clerk is unreachable verifies tokens
//! with them.
//!
//! The keys count from the time at which they were fetched, so the file extends no key's life: `jwks_max_stale` bounds
//! the age of keys from the file as it bounds that of keys in memory.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use serde_json::{Map, Value, json};

use crate::{
    clock::Timestamp,
    config::{ConfigError, FileStatus, JwksFileProblem, Settings},
    token::KeySet,
};

/// Clerk's document has a few kilobytes.
const MAX_SIZE: u64 = 4 << 20;

/// The members that are added to the document (RFC 7517, section 5, allows that).
const FETCHED_AT: &str = "fetched_at";
const INSTANCE: &str = "frontend_api";

/// The file of one instance.
#[derive(Clone, Debug)]
pub(crate) struct JwksFile {
    path: Arc<Path>,
    frontend_api: Arc<str>,
    status: Arc<Mutex<FileStatus>>,
    /// When the keys in the file were fetched. Held while the file is written.
    written: Arc<Mutex<Option<Timestamp>>>,
}

/// The keys in the file, and when Clerk sent them.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) keys: KeySet,
    pub(crate) fetched_at: Timestamp,
}

impl JwksFile {
    /// Reads the file, if there is one, and checks that it can be written.
    ///
    /// A file without usable keys is no error, because the next fetch replaces it.
    pub(crate) fn open(path: &Path, settings: &Settings) -> Result<(Self, Option<Seed>), JwksFileProblem> {
        let file = Self {
            path: path.into(),
            frontend_api: settings.publishable_key.frontend_api().into(),
            status: Arc::default(),
            written: Arc::default(),
        };
        let own = file.probe().map_err(|error| JwksFileProblem::DirectoryNotWritable { kind: error.kind() })?;
        let Some((text, modified)) = read(path, &own)? else { return Ok((file, None)) };
        let seed = parse(&text, &file.frontend_api, modified)?;
        match &seed {
            Some(Seed { keys, fetched_at }) => {
                tracing::info!(path = %path.display(), keys = keys.len(), ?fetched_at, "read signing keys from jwks_file");
            }
            None => tracing::warn!(
                path = %path.display(),
                "jwks_file has no signing keys that can be used, and is ignored: the next keys from Clerk replace it"
            ),
        }
        file.set(if seed.is_some() { FileStatus::Read } else { FileStatus::Damaged });
        Ok((file, seed))
    }

    pub(crate) fn status(&self) -> FileStatus {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, status: FileStatus) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// Keeps the document that Clerk has sent, unless a later one has been kept. Blocks; a failure is logged.
    pub(crate) fn keep(&self, document: &[u8], fetched_at: Timestamp) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_some_and(|earlier| earlier > fetched_at) {
            return;
        }
        *written = Some(fetched_at);
        match self.write(document, fetched_at) {
            Ok(()) => self.set(FileStatus::Written),
            Err(error) => {
                self.set(FileStatus::NotWritten);
                tracing::warn!(
                    path = %self.path.display(), %error,
                    "could not write jwks_file: a server that starts while Clerk is unreachable does not have the latest keys"
                );
            }
        }
    }

    /// Replaces the file in one step, so that nobody reads a half-written one, and a crash leaves the old or the new one.
    fn write(&self, document: &[u8], fetched_at: Timestamp) -> io::Result<()> {
        let document: Value = serde_json::from_slice(document)?;
        let members = Map::from_iter([
            (INSTANCE.to_owned(), json!(*self.frontend_api)),
            (FETCHED_AT.to_owned(), json!(fetched_at.as_seconds())),
            ("keys".to_owned(), document.get("keys").cloned().unwrap_or_default()),
        ]);
        let (mut file, temporary) = self.create_temporary()?;
        let written = file.write_all(Value::Object(members).to_string().as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| fs::rename(&temporary, &self.path)).inspect_err(|_| drop(fs::remove_file(&temporary)))
    }

    /// Shows that files can be written next to this one, and returns what a file of this process looks like.
    fn probe(&self) -> io::Result<fs::Metadata> {
        let (file, temporary) = self.create_temporary()?;
        let metadata = file.metadata();
        fs::remove_file(temporary)?;
        metadata
    }

    /// Creates a file that only this process's user can read, under a name that does not exist yet, in the same
    /// directory.
    fn create_temporary(&self) -> io::Result<(File, PathBuf)> {
        let mut name = self.path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        name.push(format!(".{:016x}.tmp", rand::random::<u64>()));
        let path = self.path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok((options.open(&path)?, path))
    }
}

/// Returns the file's text, and the time of its last change; `None` if there is no file. `own` is a file of this
/// process.
fn read(path: &Path, own: &fs::Metadata) -> Result<Option<(Vec<u8>, SystemTime)>, JwksFileProblem> {
    let unreadable = |error: io::Error| JwksFileProblem::Unreadable { kind: error.kind() };
    // A link leads to a file that somebody else chose, if they made the link.
    if let Ok(link) = fs::symlink_metadata(path)
        && link.is_symlink()
    {
        check_is_ours(&link, own)?;
    }
    // Before it is opened: opening a named pipe would wait for a writer.
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_file() => return Err(JwksFileProblem::NotAFile),
        Ok(_) => {}
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    check_is_private(&metadata, own)?;
    let mut text = Vec::new();
    file.take(MAX_SIZE).read_to_end(&mut text).map_err(unreadable)?;
    Ok(Some((text, metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH))))
}

/// Checks that nobody but this process's user and root can have written the file.
#[cfg(unix)]
fn check_is_private(file: &fs::Metadata, own: &fs::Metadata) -> Result<(), JwksFileProblem> {
    use std::os::unix::fs::MetadataExt;
    check_owner(file.uid(), own.uid(), file.mode())
}

/// Checks that the link was made by this process's user or by root. A link's mode has no meaning.
#[cfg(unix)]
fn check_is_ours(link: &fs::Metadata, own: &fs::Metadata) -> Result<(), JwksFileProblem> {
    use std::os::unix::fs::MetadataExt;
    check_owner(link.uid(), own.uid(), 0)
}

#[cfg(unix)]
fn check_owner(owner: u32, own: u32, mode: u32) -> Result<(), JwksFileProblem> {
    const ROOT: u32 = 0;
    if owner != own && owner != ROOT {
        return Err(JwksFileProblem::OfAnotherUser);
    }
    if mode & 0o022 != 0 { Err(JwksFileProblem::WritableByOthers) } else { Ok(()) }
}

#[cfg(not(unix))]
fn check_is_private(_: &fs::Metadata, _: &fs::Metadata) -> Result<(), JwksFileProblem> {
    Ok(())
}

#[cfg(not(unix))]
fn check_is_ours(_: &fs::Metadata, _: &fs::Metadata) -> Result<(), JwksFileProblem> {
    Ok(())
}

/// Reads the keys of this instance. Returns `None` if there are none. A document that was not written by this crate has
/// neither an instance nor a time: it counts as this instance's, and from its last change on.
fn parse(text: &[u8], frontend_api: &str, modified: SystemTime) -> Result<Option<Seed>, JwksFileProblem> {
    let document: Value = serde_json::from_slice(text).unwrap_or_default();
    if document.get(INSTANCE).is_some_and(|instance| instance != frontend_api) {
        return Err(JwksFileProblem::OfAnotherInstance);
    }
    let fetched_at = match document.get(FETCHED_AT) {
        None => Some(Timestamp::from(modified)),
        Some(time) => time.as_f64().map(Timestamp::from_numeric_date),
    };
    let keys = KeySet::parse(text);
    Ok(keys.zip(fetched_at).map(|(keys, fetched_at)| Seed { keys, fetched_at }))
}

/// Opens the file that the settings name, if they name one.
pub(crate) fn open(settings: &Settings) -> Result<(Option<JwksFile>, Option<Seed>), ConfigError> {
    let Some(path) = &settings.jwks_file else { return Ok((None, None)) };
    match JwksFile::open(path, settings) {
        Ok((file, seed)) => Ok((Some(file), seed)),
        Err(problem) => Err(ConfigError::of_jwks_file(path, problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is removed with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("clerk-actix-{:016x}", rand::random::<u64>()));
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_latest_document_stays() {
        let folder = Folder::new();
        let path = folder.0.join("keys.json");
        let file = JwksFile {
            path: path.as_path().into(),
            frontend_api: "clerk.example.com".into(),
            status: Arc::default(),
            written: Arc::default(),
        };
        let at = |seconds: i32| Timestamp::from_numeric_date(f64::from(seconds));
        for (name, document, fetched_at, expected) in [
            ("the first", "a", 10, "a"),
            ("a later one", "b", 11, "b"),
            ("an earlier one", "c", 10, "b"),
            ("one of the same time", "d", 11, "d"),
        ] {
            file.keep(json!({ "keys": [document] }).to_string().as_bytes(), at(fetched_at));
            let kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(kept["keys"], json!([expected]), "{name}");
            assert_eq!(file.status(), FileStatus::Written, "{name}");
        }
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_there_in_place_of_a_file() {
        let folder = Folder::new();
        fs::write(folder.0.join("file"), "{}").unwrap();
        let own = fs::metadata(folder.0.join("file")).unwrap();
        let read = |path: &str| read(&folder.0.join(path), &own).map(|read| read.map(|(text, _)| text));
        assert_eq!(read("missing"), Ok(None));
        assert_eq!(read("file"), Ok(Some(b"{}".to_vec())));
        assert_eq!(read("."), Err(JwksFileProblem::NotAFile));
        assert!(matches!(read("file/below"), Err(JwksFileProblem::Unreadable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn owners_and_modes() {
        for (name, owner, own, mode, expected) in [
            ("this user's", 1000, 1000, 0o600, Ok(())),
            ("this user's, that others read", 1000, 1000, 0o644, Ok(())),
            ("root's", 0, 1000, 0o644, Ok(())),
            ("root's, for root", 0, 0, 0o600, Ok(())),
            ("another user's", 1001, 1000, 0o600, Err(JwksFileProblem::OfAnotherUser)),
            ("another user's, for root", 1001, 0, 0o600, Err(JwksFileProblem::OfAnotherUser)),
            ("its group's too", 1000, 1000, 0o620, Err(JwksFileProblem::WritableByOthers)),
            ("everybody's", 1000, 1000, 0o602, Err(JwksFileProblem::WritableByOthers)),
            ("root's and everybody's", 0, 1000, 0o666, Err(JwksFileProblem::WritableByOthers)),
        ] {
            assert_eq!(check_owner(owner, own, mode), expected, "{name}");
        }
    }
}
