//! The files of the node's `C:` drive in a rehearsal: the copy, and what differs from it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::drives::{DriveError, Drives, FilePath};
use crate::lang::{Category, Error};
use crate::limits::{
    FILE_BYTES_MAX, FOLDER_DEPTH_MAX, REHEARSED_FILES_BYTES_MAX, REHEARSED_FILES_MAX,
};

/// Files that only grow and that nobody's script is about.
const LOGS: &str = r"C:\Program Files\Microsoft\Exchange Server\V15\Logging\";

/// What became of one file, or of a folder, whose path ends with a backslash and has no bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileChange {
    /// Its path, `C:\…`.
    pub path: String,
    /// What was in it; none if it was not there.
    #[serde(with = "bytes")]
    pub before: Option<Vec<u8>>,
    /// What is in it; none if it is gone.
    #[serde(with = "bytes")]
    pub after: Option<Vec<u8>>,
}

impl FileChange {
    pub(crate) fn inverted(&self) -> FileChange {
        let path = self.path.clone();
        FileChange { path, before: self.after.clone(), after: self.before.clone() }
    }

    fn place(&self) -> FilePath {
        FilePath::new(self.path.get(2..).unwrap_or_default())
    }

    fn is_folder(&self) -> bool {
        self.path.ends_with('\\')
    }

    /// Whether the file is as it was before.
    pub(crate) fn is_as_before(&self, drives: &Drives) -> bool {
        if self.is_folder() {
            let is_there = drives.item(&self.place()).is_ok_and(|item| item.folder);
            return is_there == self.before.is_some();
        }
        drives.read(&self.place()).ok() == self.before
    }

    /// Writes it if the file is as it was before, while nobody else edits.
    pub(crate) fn put_if_as_before(&self, drives: &Drives) -> Result<bool, Error> {
        let (place, before) = (self.place(), self.before.as_deref());
        let Some(bytes) = self.after.as_ref().filter(|_| !self.is_folder()) else {
            return match self.is_as_before(drives) {
                true => self.put(drives).map(|()| true),
                false => Ok(false),
            };
        };
        let is_same = |now: Option<&[u8]>| match now == before {
            true => Ok(()),
            false => Err(Refused::Edited),
        };
        match drives.replace(&place, bytes, is_same) {
            Ok(_) => Ok(true),
            Err(Refused::Edited) => Ok(false),
            Err(Refused::Drive(error)) => Err(error.into()),
        }
    }

    /// Writes it; folders that are missing are made.
    pub(crate) fn put(&self, drives: &Drives) -> Result<(), Error> {
        let place = self.place();
        match &self.after {
            Some(_) if self.is_folder() => Ok(drives.make_folder(&place)?),
            // What somebody else has put there stays.
            None if self.is_folder() => match drives.list(&place) {
                Ok(items) if items.is_empty() => Ok(drives.remove_folder(&place)?),
                Ok(_) | Err(DriveError::NotFound(_)) => Ok(()),
                Err(error) => Err(error.into()),
            },
            Some(bytes) => {
                if self.before.is_none() {
                    drives.append(&place, b"")?;
                }
                Ok(drives.write(&place, bytes)?)
            }
            None => match drives.remove(&place) {
                Err(DriveError::NotFound(_)) => Ok(()),
                other => Ok(other?),
            },
        }
    }
}

/// Why a file was not replaced.
enum Refused {
    Edited,
    Drive(DriveError),
}

impl From<DriveError> for Refused {
    fn from(error: DriveError) -> Refused {
        Refused::Drive(error)
    }
}

mod bytes {
    use super::*;

    pub(super) fn serialize<S: serde::Serializer>(
        bytes: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| STANDARD.decode(text)).transpose().map_err(serde::de::Error::custom)
    }
}

/// The files as they were copied, by path.
#[derive(Debug, Default)]
pub(crate) struct Base(BTreeMap<String, Vec<u8>>);

impl Base {
    /// Copies the drive's files into an empty folder; logs and what no cmdlet reads are left out.
    pub(crate) fn copy(from: &Path, to: &Path) -> Result<Base, Error> {
        make_folder(to)?;
        let mut base = Base::default();
        let mut bytes_left = REHEARSED_FILES_BYTES_MAX;
        for (path, place) in walk(from)? {
            let local = to.join(place.strip_prefix(from).unwrap_or(&place));
            if place.is_dir() {
                make_folder(&local)?;
                if !is_log(&path) {
                    base.0.insert(format!("{path}\\"), Vec::new());
                }
                continue;
            }
            let length = fs::metadata(&place).map_or(0, |it| it.len());
            if is_log(&path) || length > FILE_BYTES_MAX {
                continue;
            }
            bytes_left = bytes_left.checked_sub(length).ok_or_else(too_many)?;
            // A file that goes away while it is looked at was nobody's.
            let Ok(bytes) = fs::read(&place) else { continue };
            fs::write(&local, &bytes).map_err(|error| io(&local, &error))?;
            base.0.insert(path, bytes);
        }
        Ok(base)
    }

    /// What differs in the copy from what was copied.
    pub(crate) fn differences(&self, copy: &Path) -> Result<Vec<FileChange>, Error> {
        let mut changes = Vec::new();
        let mut seen = BTreeMap::new();
        let mut bytes_left = REHEARSED_FILES_BYTES_MAX.saturating_mul(2);
        for (path, place) in walk(copy)? {
            if place.is_dir() {
                if !is_log(&path) {
                    seen.insert(format!("{path}\\"), Vec::new());
                }
                continue;
            }
            let bytes = fs::read(&place).map_err(|error| io(&place, &error))?;
            bytes_left = bytes_left.checked_sub(bytes.len() as u64).ok_or_else(too_many)?;
            seen.insert(path, bytes);
        }
        for (path, before) in &self.0 {
            let after = seen.remove(path);
            if after.as_ref() != Some(before) {
                let (path, before) = (path.clone(), Some(before.clone()));
                changes.push(FileChange { path, before, after });
            }
        }
        let added = seen.into_iter();
        changes.extend(added.map(|(path, after)| FileChange {
            path,
            before: None,
            after: Some(after),
        }));
        // A folder goes when it is empty; whoever takes back goes the other way round.
        let (mut gone, mut changes): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| change.is_folder() && change.after.is_none());
        gone.reverse();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes.append(&mut gone);
        Ok(changes)
    }
}

fn is_log(path: &str) -> bool {
    format!("{path}\\").to_lowercase().starts_with(&LOGS.to_lowercase())
}

/// Whether it is a draft of a file that is being replaced: `.name.<32 digits>.tmp`.
fn is_draft(name: &str) -> bool {
    let inner = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".tmp"));
    let word = inner.and_then(|inner| inner.rsplit_once('.')).map(|(_, word)| word);
    word.is_some_and(|word| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Removes drafts that a killed node has left behind: at a start nobody writes.
pub(super) fn remove_drafts(root: &Path) {
    let mut waiting = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().take(REHEARSED_FILES_MAX) {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < FOLDER_DEPTH_MAX {
                waiting.push((entry.path(), depth + 1));
            } else if kind.is_file()
                && is_draft(&entry.file_name().to_string_lossy())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), %error, "a draft stays behind");
            }
        }
    }
}

fn make_folder(path: &Path) -> Result<(), Error> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| io(path, &error))
}

/// Folders and plain files below a root, folders before what is in them.
fn walk(root: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = Vec::new();
    let mut waiting = vec![("C:".to_owned(), root.to_owned(), 0)];
    while let Some((shown, folder, depth)) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Half-written drafts of another's write have such names.
            if name.starts_with('.') && name.ends_with(".tmp") || !(kind.is_dir() || kind.is_file())
            {
                continue;
            }
            let path = format!("{shown}\\{name}");
            if kind.is_dir() && depth < FOLDER_DEPTH_MAX {
                waiting.push((path.clone(), entry.path(), depth + 1));
            }
            found.push((path, entry.path()));
            if found.len() > REHEARSED_FILES_MAX {
                return Err(too_many());
            }
        }
    }
    Ok(found)
}

fn too_many() -> Error {
    let message = "The C: drive has more files than can be copied for a rehearsal.";
    Error::new(Category::LimitsExceeded, "DriveTooLarge", message)
        .advice("Remove what is no longer used below the node's data folder, c.")
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("{}: {error}", path.display());
    Error::new(Category::WriteError, "FileAccess", message).exception("IOException")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_go_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a").join("b");
        fs::create_dir_all(&below).unwrap();
        let draft = ".web.config.c24674df3e2547caa03260b9b13fa1a7.tmp";
        for name in [draft, "web.config", ".hidden.tmp", "notes.tmp", ".x.123.tmp"] {
            fs::write(below.join(name), "x").unwrap();
        }
        remove_drafts(folder.path());
        let left = fs::read_dir(&below).unwrap().count();
        assert_eq!((left, below.join(draft).exists()), (4, false));
    }
}
