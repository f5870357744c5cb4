//! What a connection has seen of the files on `C:`: whoever writes back what they read must not
//! undo what somebody else wrote meanwhile without either of them noticing.
//!
//! Owns that memory. A file that the connection has not read may be replaced: then nobody can have
//! meant to keep what is in it. Read next: `cmdlet/content`.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use crate::drives::FilePath;
use crate::lang::{Category, Error};
use crate::limits::FILES_SEEN_MAX;

/// Files by path in lower case, and the mark of the bytes that were read or written last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<HashMap<String, u64>>>);

impl Seen {
    /// The connection knows these bytes now.
    pub(crate) fn saw(&self, path: &FilePath, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= FILES_SEEN_MAX {
            seen.clear();
        }
        seen.insert(key(path), mark(bytes));
    }

    /// The connection has made or removed the file by a cmdlet that does not read it.
    pub(crate) fn forget(&self, path: &FilePath) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(path));
    }

    /// What is there is what the connection knows, or it knows nothing of it.
    ///
    /// # Errors
    /// Somebody else has changed the file, or removed it, since it was read.
    pub(crate) fn check(&self, path: &FilePath, now: Option<&[u8]>) -> Result<(), Error> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = seen.get(&key(path)) else { return Ok(()) };
        let what = match now {
            Some(bytes) if mark(bytes) == *known => return Ok(()),
            Some(_) => "changed",
            None => "removed",
        };
        let message = format!(
            "{path} was {what} by somebody else since this shell read it. Nothing was written."
        );
        Err(Error::new(Category::ResourceBusy, "FileChanged", message)
            .target(path.to_string())
            .exception("IOException")
            .advice(
                "Read the file again and repeat the edit on what is in it now. Set-Content -Force \
                 replaces it whatever is in it.",
            ))
    }

    /// The connection has changed what is there into something else: it knows that, unless it did
    /// not know what was there.
    pub(crate) fn changed(&self, path: &FilePath, before: &[u8], after: &[u8]) {
        if self.check(path, Some(before)).is_ok() {
            self.saw(path, after);
        }
    }
}

fn key(path: &FilePath) -> String {
    path.to_string().to_lowercase()
}

fn mark(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
