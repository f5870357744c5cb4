//! The node's view of `C:`: Windows paths, compared without case, below one folder of the data.

use std::path::{Path, PathBuf};

/// Where `Web.config` of the back end is (the article).
pub(crate) const WEB_CONFIG: &str =
    r"C:\Program Files\Microsoft\Exchange Server\V15\ClientAccess\Owa\Web.config";
/// Folder of the IM log (the article): it appears at the first success.
pub(crate) const IM_LOG_FOLDER: &str =
    r"C:\Program Files\Microsoft\Exchange Server\V15\Logging\OWA\InstantMessaging";

/// The parts of a Windows path below the drive; `None` if it leaves the drive.
fn parts(path: &str) -> Option<Vec<&str>> {
    let bare = match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => path.get(2..)?,
        _ => path,
    };
    let parts: Vec<&str> =
        bare.split(['\\', '/']).filter(|part| !part.is_empty() && *part != ".").collect();
    let escapes = |part: &&str| *part == ".." || part.contains(['\0', ':']);
    (!parts.iter().any(escapes)).then_some(parts)
}

/// The existing file or folder that a Windows path means.
pub(crate) fn find(root: &Path, path: &str) -> Option<PathBuf> {
    let mut at = root.to_path_buf();
    for part in parts(path)? {
        at = child(&at, part)?;
    }
    at.exists().then_some(at)
}

/// The same with a path that need not exist: as much of it as exists keeps its spelling.
pub(crate) fn place(root: &Path, path: &str) -> Option<PathBuf> {
    let mut at = root.to_path_buf();
    for part in parts(path)? {
        at = child(&at, part).unwrap_or_else(|| at.join(part));
    }
    Some(at)
}

fn child(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(name);
    if exact.exists() {
        return Some(exact);
    }
    let lower = name.to_lowercase();
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names = entries.filter_map(|entry| entry.ok()).map(|entry| entry.file_name());
    names.find(|other| other.to_string_lossy().to_lowercase() == lower).map(|n| folder.join(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_any_case_and_never_outside() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("Program Files/Owa");
        std::fs::create_dir_all(&folder).expect("folders");
        std::fs::write(folder.join("web.config"), "x").expect("a file");
        let seen = find(root.path(), r"C:\program files\OWA\Web.config");
        assert_eq!(seen, Some(folder.join("web.config")));
        assert_eq!(find(root.path(), r"C:\Program Files\none"), None);
        assert_eq!(find(root.path(), r"C:\..\..\etc\passwd"), None);
        assert_eq!(place(root.path(), r"C:\..\x"), None);
        let new = place(root.path(), r"c:\PROGRAM FILES\Logging\OWA");
        assert_eq!(new, Some(root.path().join("Program Files/Logging/OWA")));
    }
}
