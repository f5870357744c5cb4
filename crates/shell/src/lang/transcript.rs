//! A copy of what the shell shows: in a file of the client's, or in memory until it goes to a file
//! of the node's.

use std::fs::File;
use std::io::{self, Write};

use crate::limits::TRANSCRIPT_BYTES_MAX;

/// Where the copy goes.
pub struct Transcript {
    /// The file's path, as people are told it.
    pub path: String,
    /// Whether it is added to what the file has.
    pub appends: bool,
    file: Option<File>,
    kept: Vec<u8>,
}

impl Transcript {
    /// A transcript in a file; without one it is kept.
    pub fn new(path: &str, file: Option<File>, appends: bool) -> Transcript {
        Transcript { path: path.to_owned(), appends, file, kept: Vec::new() }
    }

    /// What is kept for a file of the node's; none if it is in a file of the client's.
    pub fn kept(&self) -> Option<String> {
        self.file.is_none().then(|| String::from_utf8_lossy(&self.kept).into_owned())
    }
}

impl Write for Transcript {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => {
                // What comes after the bound is not kept.
                let room = TRANSCRIPT_BYTES_MAX.saturating_sub(self.kept.len());
                self.kept.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}
