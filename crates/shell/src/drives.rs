//! The mapped drives of a node: `C:`, `HKLM:` and `Cert:`.
//!
//! Owns the grammar of their paths and the file access below the root of `C:`: names compared
//! without case, no way out by `..` or a symbolic link, files replaced as a whole. Does not read
//! registry values or certificates (those are rows of the store, see `cmdlet/item_property` and
//! `cmdlet/child_item`). Read next: `cmdlet/content`.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::limits;

/// The folders that stand behind the node's drives.
#[derive(Debug, Clone)]
pub struct Drives {
    /// The root of `C:`.
    pub c: PathBuf,
}

/// A path on one of the mapped drives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrivePath {
    /// Below `C:`.
    File(FilePath),
    /// Below `HKEY_LOCAL_MACHINE`: the key, without a leading or trailing backslash.
    Registry(String),
    /// Below `Cert:\`: the parts after the drive, such as `LocalMachine`, `My`, a thumbprint.
    Certificates(Vec<String>),
}

/// A path below `C:`, with `.` and `..` already taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    parts: Vec<String>,
}

/// A file or folder found on `C:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The path as it is spelled on the disk.
    pub path: FilePath,
    /// Whether it is a folder.
    pub folder: bool,
    /// Size in bytes; 0 for a folder.
    pub bytes: u64,
    /// When it was last written, in milliseconds UTC.
    pub written_ms: i64,
}

/// Why a path on `C:` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// Nothing of that name is there.
    #[error("Cannot find path '{0}' because it does not exist.")]
    NotFound(String),
    /// The folder a file should go into is not there.
    #[error("Could not find a part of the path '{0}'.")]
    NoFolder(String),
    /// The path leads out of the drive or onto something that is not a plain file.
    #[error("Access to the path '{path}' is denied: {why}.")]
    Denied {
        /// The path as given.
        path: String,
        /// What stands in the way.
        why: String,
    },
    /// The name has characters that no Windows file name has.
    #[error("The given path's format is not supported: '{0}'.")]
    Illegal(String),
    /// The file is larger than a cmdlet reads or writes.
    #[error("The file '{path}' is larger than {max} bytes, the most a cmdlet reads or writes.")]
    TooLarge {
        /// The path as given.
        path: String,
        /// The bound.
        max: u64,
    },
    /// The operating system refused.
    #[error("'{path}': {error}")]
    Io {
        /// The path as given.
        path: String,
        /// What it said.
        error: std::io::Error,
    },
}

impl DriveError {
    /// The path as given.
    pub fn path(&self) -> &str {
        match self {
            DriveError::NotFound(path) | DriveError::NoFolder(path) | DriveError::Illegal(path) => {
                path
            }
            DriveError::Denied { path, .. }
            | DriveError::TooLarge { path, .. }
            | DriveError::Io { path, .. } => path,
        }
    }
}

impl DrivePath {
    /// Reads a path; `None` if it is on none of the mapped drives.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (provider, rest) = match text.find("::") {
            Some(at) => (text.get(..at)?, text.get(at + 2..)?),
            None => ("", text),
        };
        let provider = provider.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
        match provider.as_str() {
            "" => Self::parse_drive(rest),
            "filesystem" => Self::parse_drive(rest).filter(|path| matches!(path, Self::File(_))),
            "registry" => {
                let rest = strip_prefix_any_case(rest, "HKEY_LOCAL_MACHINE")
                    .or_else(|| strip_prefix_any_case(rest, "HKLM"))?;
                Some(Self::Registry(tidy_key(rest)))
            }
            "certificate" => Some(Self::Certificates(split(rest))),
            _ => None,
        }
    }

    fn parse_drive(text: &str) -> Option<Self> {
        let (drive, rest) = text.split_once(':')?;
        match drive.to_ascii_lowercase().as_str() {
            "c" => Some(Self::File(FilePath::new(rest))),
            "hklm" => Some(Self::Registry(tidy_key(rest))),
            "cert" => Some(Self::Certificates(split(rest))),
            _ => None,
        }
    }
}

impl FilePath {
    /// A path from its text after `C:`.
    pub fn new(rest: &str) -> Self {
        let mut parts: Vec<String> = Vec::new();
        for part in split(rest) {
            if part == ".." {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        Self { parts }
    }

    /// The path one level below.
    pub fn join(&self, name: &str) -> Self {
        let mut parts = self.parts.clone();
        parts.push(name.to_owned());
        Self { parts }
    }

    /// The folder above, and the last name; `None` at the root.
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let (name, above) = self.parts.split_last()?;
        Some((Self { parts: above.to_vec() }, name))
    }

    /// The last name; `C:\` at the root.
    pub fn name(&self) -> &str {
        self.parts.last().map_or("C:\\", String::as_str)
    }
}

impl std::fmt::Display for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "C:\\{}", self.parts.join("\\"))
    }
}

impl Drives {
    /// The file or folder at a path.
    pub fn item(&self, path: &FilePath) -> Result<Item, DriveError> {
        let (spelled, place) = self.walk(path)?;
        describe(spelled, &place)
    }

    /// The items a path with `*` and `?` in its last part stands for; without them, itself.
    pub fn matching(&self, path: &FilePath) -> Result<Vec<Item>, DriveError> {
        match path.split_last() {
            Some((folder, pattern)) if pattern.contains(['*', '?']) => {
                let items = self.list(&folder)?;
                let matches = |item: &Item| wildcard(pattern, item.path.name());
                Ok(items.into_iter().filter(matches).collect())
            }
            _ => Ok(vec![self.item(path)?]),
        }
    }

    /// What a folder holds, by name, folders first.
    pub fn list(&self, path: &FilePath) -> Result<Vec<Item>, DriveError> {
        let (spelled, place) = self.walk(path)?;
        let io = |error| DriveError::Io { path: path.to_string(), error };
        let mut items = Vec::new();
        for entry in fs::read_dir(&place).map_err(io)?.take(limits::FOLDER_ITEMS_MAX) {
            let entry = entry.map_err(io)?;
            let kind = entry.file_type().map_err(io)?;
            if kind.is_dir() || kind.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                items.push(describe(spelled.join(&name), &entry.path())?);
            }
        }
        items.sort_by_key(|item| (!item.folder, item.path.name().to_lowercase()));
        Ok(items)
    }

    /// The bytes of a file.
    pub fn read(&self, path: &FilePath) -> Result<Vec<u8>, DriveError> {
        let (_, place) = self.walk(path)?;
        let io = |error| DriveError::Io { path: path.to_string(), error };
        let file = fs::File::open(&place).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(denied(path, "it is a folder"));
        }
        let mut bytes = Vec::new();
        file.take(limits::FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > limits::FILE_BYTES_MAX {
            return Err(too_large(path));
        }
        Ok(bytes)
    }

    /// Replaces a file as a whole: a reader sees the old bytes or the new ones.
    pub fn write(&self, path: &FilePath, bytes: &[u8]) -> Result<(), DriveError> {
        if bytes.len() as u64 > limits::FILE_BYTES_MAX {
            return Err(too_large(path));
        }
        let place = self.place_for_writing(path)?;
        let io = |error| DriveError::Io { path: path.to_string(), error };
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let draft = place.with_file_name(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
        let write = || -> std::io::Result<()> {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&draft)?;
            file.write_all(bytes)?;
            if let Ok(old) = fs::metadata(&place) {
                file.set_permissions(old.permissions())?;
            }
            file.sync_all()?;
            fs::rename(&draft, &place)
        };
        write().map_err(|error| {
            // The draft is ours alone; if it cannot be removed the first error says more.
            let _ = fs::remove_file(&draft);
            io(error)
        })
    }

    /// Replaces a file by what `edit` makes of it. Edits wait for each other: none is lost.
    ///
    /// # Errors
    /// The drive's, or `edit`'s; then the file stays as it was.
    pub fn edit<E: From<DriveError>>(
        &self,
        path: &FilePath,
        edit: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let _lock = self.lock(path)?;
        let edited = edit(&self.read(path)?)?;
        Ok(self.write(path, &edited)?)
    }

    /// Waits until nobody edits. Held until it is closed; of the folder, since files are replaced.
    fn lock(&self, path: &FilePath) -> Result<fs::File, DriveError> {
        let io = |error| DriveError::Io { path: path.to_string(), error };
        let lock = fs::File::open(&self.c).map_err(io)?;
        lock.lock().map_err(io)?;
        Ok(lock)
    }

    /// Replaces a file as a whole, and makes the folders that are not there: nobody else makes any.
    pub fn write_in_folder(&self, path: &FilePath, bytes: &[u8]) -> Result<(), DriveError> {
        if let Some((folder, _)) = path.split_last() {
            self.make_folders(&folder)?;
        }
        self.write(path, bytes)
    }

    /// The same, for a file that others may edit, too.
    /// Waits for edits, and lets `check` look at what is there before; that is returned.
    ///
    /// # Errors
    /// The drive's, or `check`'s; then the file stays as it was.
    pub fn replace<E: From<DriveError>>(
        &self,
        path: &FilePath,
        bytes: &[u8],
        check: impl FnOnce(Option<&[u8]>) -> Result<(), E>,
    ) -> Result<Option<Vec<u8>>, E> {
        let _lock = self.lock(path)?;
        let before = match self.read(path) {
            Ok(before) => Some(before),
            Err(DriveError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        check(before.as_deref())?;
        self.write_in_folder(path, bytes)?;
        Ok(before)
    }

    /// Removes a file; a folder stays.
    pub fn remove(&self, path: &FilePath) -> Result<(), DriveError> {
        let (_, place) = self.walk(path)?;
        let io = |error| DriveError::Io { path: path.to_string(), error };
        if !fs::symlink_metadata(&place).map_err(io)?.is_file() {
            return Err(denied(path, "it is a folder"));
        }
        fs::remove_file(&place).map_err(io)
    }

    /// Makes a folder, and those above it that are not there.
    pub fn make_folder(&self, path: &FilePath) -> Result<(), DriveError> {
        let _lock = self.lock(path)?;
        self.make_folders(path)
    }

    /// Removes a folder with everything in it.
    pub fn remove_folder(&self, path: &FilePath) -> Result<(), DriveError> {
        let (_, place) = self.walk(path)?;
        if path.parts.is_empty() {
            return Err(denied(path, "it is the drive"));
        }
        let _lock = self.lock(path)?;
        fs::remove_dir_all(place).map_err(|error| DriveError::Io { path: path.to_string(), error })
    }

    /// Appends to a file; it and its folders are made if they are not there.
    pub fn append(&self, path: &FilePath, bytes: &[u8]) -> Result<(), DriveError> {
        let io = |error| DriveError::Io { path: path.to_string(), error };
        if let Some((folder, _)) = path.split_last() {
            self.make_folders(&folder)?;
        }
        let place = self.place_for_writing(path)?;
        let mut file = fs::OpenOptions::new().append(true).create(true).open(place).map_err(io)?;
        let max = limits::APPENDED_FILE_BYTES_MAX;
        if file.metadata().map_err(io)?.len().saturating_add(bytes.len() as u64) > max {
            return Err(DriveError::TooLarge { path: path.to_string(), max });
        }
        file.write_all(bytes).map_err(io)
    }

    /// Makes the folders of a path that are not there.
    fn make_folders(&self, path: &FilePath) -> Result<(), DriveError> {
        if path.parts.len() > limits::FOLDER_DEPTH_MAX {
            return Err(denied(path, "it is too deep"));
        }
        let mut reached = FilePath { parts: Vec::new() };
        for name in &path.parts {
            let (_, above) = self.walk(&reached)?;
            reached = reached.join(name);
            match self.walk(&reached) {
                Err(DriveError::NotFound(_)) => {
                    let io = |error| DriveError::Io { path: path.to_string(), error };
                    fs::create_dir(above.join(name)).map_err(io)?;
                }
                other => other.map(|_| ())?,
            }
        }
        Ok(())
    }

    /// Where a file is, or would be made if its folder is there.
    fn place_for_writing(&self, path: &FilePath) -> Result<PathBuf, DriveError> {
        let Some((folder, name)) = path.split_last() else {
            return Err(denied(path, "it is a folder"));
        };
        check_name(path, name)?;
        match self.walk(path) {
            Ok((_, place)) if place.is_file() => Ok(place),
            Ok(_) => Err(denied(path, "it is a folder")),
            Err(DriveError::NotFound(_)) => match self.walk(&folder) {
                Ok((_, place)) if place.is_dir() => Ok(place.join(name)),
                Ok(_) | Err(DriveError::NotFound(_)) => Err(DriveError::NoFolder(path.to_string())),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Goes down from the root part by part; a symbolic link ends the way.
    fn walk(&self, path: &FilePath) -> Result<(FilePath, PathBuf), DriveError> {
        let mut spelled = FilePath { parts: Vec::new() };
        let mut place = self.c.clone();
        for part in &path.parts {
            check_name(path, part)?;
            let name = find(&place, part).ok_or_else(|| DriveError::NotFound(path.to_string()))?;
            place.push(&name);
            let kind = fs::symlink_metadata(&place)
                .map_err(|error| DriveError::Io { path: path.to_string(), error })?
                .file_type();
            if !kind.is_dir() && !kind.is_file() {
                return Err(denied(path, "it is neither a file nor a folder"));
            }
            spelled.parts.push(name);
        }
        Ok((spelled, place))
    }
}

/// The name in a folder that equals `part`: as written first, then without case.
fn find(folder: &Path, part: &str) -> Option<String> {
    if fs::symlink_metadata(folder.join(part)).is_ok() {
        return Some(part.to_owned());
    }
    let wanted = part.to_lowercase();
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.to_lowercase() == wanted)
        .collect();
    names.sort();
    names.into_iter().next()
}

fn describe(path: FilePath, place: &Path) -> Result<Item, DriveError> {
    let data =
        fs::metadata(place).map_err(|error| DriveError::Io { path: path.to_string(), error })?;
    let written_ms = data
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|age| i64::try_from(age.as_millis()).ok())
        .unwrap_or_default();
    let folder = data.is_dir();
    Ok(Item { path, folder, bytes: if folder { 0 } else { data.len() }, written_ms })
}

/// Windows takes none of these in a file name; `:` would name a stream beside the file.
fn check_name(path: &FilePath, name: &str) -> Result<(), DriveError> {
    let illegal = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    if name.contains(illegal) || name.len() > limits::FILE_NAME_BYTES_MAX {
        return Err(DriveError::Illegal(path.to_string()));
    }
    Ok(())
}

fn denied(path: &FilePath, why: &str) -> DriveError {
    DriveError::Denied { path: path.to_string(), why: why.to_owned() }
}

fn too_large(path: &FilePath) -> DriveError {
    DriveError::TooLarge { path: path.to_string(), max: limits::FILE_BYTES_MAX }
}

fn split(text: &str) -> Vec<String> {
    // Windows drops blanks and dots at the end of a name, but `..` is the folder above.
    let clean = |part: &str| match part {
        ".." => part.to_owned(),
        _ => part.trim_end_matches([' ', '.']).to_owned(),
    };
    text.split(['\\', '/']).map(clean).filter(|part| !part.is_empty()).collect()
}

fn tidy_key(text: &str) -> String {
    split(text).join("\\")
}

fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..))?
}

/// Whether a name matches a pattern of `*` and `?`, without case.
pub fn wildcard(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
#[path = "drives_tests.rs"]
mod tests;
