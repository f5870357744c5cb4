//! Paths: of the client's own files, and on the node's drives.

use super::values::quoted;
use super::{Candidate, Finder, begins};
use crate::client::known::Known;
use crate::client::local::full_path;
use crate::drives::DrivePath;
use crate::limits::{COMPLETION_OBJECTS_MAX, COMPLETIONS_MAX};

/// The node's drives.
const DRIVES: [(&str, &str); 3] = [
    ("C:\\", "The drive of the servers."),
    ("HKLM:\\", "The registry of the servers."),
    ("Cert:\\", "The certificates of the servers."),
];

/// Whether a word can only be a path.
pub(super) fn is_path(word: &str) -> bool {
    word.starts_with(['/', '~', '.']) || word.contains(['\\', '/']) || has_drive(word)
}

fn has_drive(word: &str) -> bool {
    DRIVES.iter().any(|(drive, _)| begins(word, drive.trim_end_matches('\\')))
}

/// Files and folders, keys and certificates that a word may become.
pub(super) fn paths(
    word: &str,
    known: &Known,
    finder: &mut Finder,
    quote: Option<char>,
) -> Vec<Candidate> {
    let start = word.rfind(['\\', '/']).map_or(0, |at| at + 1);
    let (folder, name) = word.split_at(start);
    let full =
        full_path(if folder.is_empty() { "." } else { folder }, &known.location, &known.home);
    let mut found = match DrivePath::parse(&full) {
        Some(_) => on_drive(&full, folder, name, finder, quote),
        None => own_files(&full, folder, name, quote),
    };
    if start == 0 {
        let drives = DRIVES.iter().filter(|(drive, _)| begins(drive, name) && !name.is_empty());
        found.extend(drives.map(|(drive, about)| Candidate::new(*drive).about(about)));
    }
    found
}

fn on_drive(
    full: &str,
    folder: &str,
    name: &str,
    finder: &mut Finder,
    quote: Option<char>,
) -> Vec<Candidate> {
    let text = format!("{}\\{name}", full.trim_end_matches(['\\', '/']));
    let found = finder.complete("Get-ChildItem", "Path", &text);
    let candidate = |(value, about): (String, String)| {
        let is_folder = value.ends_with('\\');
        Candidate {
            shown: Some(value.clone()),
            ends: false,
            ..Candidate::new(quoted(&format!("{folder}{value}"), quote))
        }
        .about(if is_folder { "" } else { &about })
    };
    found.into_iter().map(candidate).collect()
}

fn own_files(full: &str, folder: &str, name: &str, quote: Option<char>) -> Vec<Candidate> {
    let real =
        if std::path::Path::new(full).exists() { full.to_owned() } else { full.replace('\\', "/") };
    let Ok(entries) = std::fs::read_dir(&real) else { return Vec::new() };
    let separator = if folder.contains('\\') { '\\' } else { '/' };
    let mut found: Vec<Candidate> = entries
        .take(COMPLETION_OBJECTS_MAX)
        .flatten()
        .filter_map(|entry| {
            let own = entry.file_name().into_string().ok()?;
            // Hidden files are for those who ask for them.
            let is_hidden = own.starts_with('.') && !name.starts_with('.');
            if is_hidden || !begins(&own, name) {
                return None;
            }
            let is_folder = std::fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
            let shown = if is_folder { format!("{own}{separator}") } else { own };
            let value = quoted(&format!("{folder}{shown}"), quote);
            Some(Candidate { shown: Some(shown), ..Candidate::new(value) })
        })
        .collect();
    found.sort_by(|a, b| a.value.cmp(&b.value));
    found.truncate(COMPLETIONS_MAX);
    found
}
