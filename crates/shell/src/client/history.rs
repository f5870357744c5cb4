//! The history: what was typed, in a file of the person's own. Several shells add to it at once,
//! and lines with secrets in them stay in memory.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use reedline::{
    FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId, SearchQuery,
};

use super::scan::{Role, Scan, Word, scan};
use crate::limits::{HISTORY_BYTES_MAX, HISTORY_LINES_MAX};

/// Only its owner reads the file.
const MODE: u32 = 0o600;
/// How a line end within an entry is written: it is no text that anybody types.
const LINE_END: &str = "<\\n>";

/// What was typed: in memory, and in a file as far as it may be.
pub(super) struct Kept {
    memory: FileBackedHistory,
    file: Option<PathBuf>,
}

impl Kept {
    /// The history of a file; if the file cannot be used, there is none but this session's, and
    /// the reason is told.
    pub(super) fn new(file: Option<&Path>) -> (Kept, Option<std::io::Error>) {
        let memory = FileBackedHistory::new(HISTORY_LINES_MAX).unwrap_or_default();
        let mut kept = Kept { memory, file: file.map(Path::to_owned) };
        let Some(path) = file else { return (kept, None) };
        match load(path) {
            Ok(entries) => {
                for entry in entries {
                    let _ = kept.memory.save(HistoryItem::from_command_line(entry));
                }
                (kept, None)
            }
            Err(error) => {
                kept.file = None;
                (kept, Some(error))
            }
        }
    }

    fn append(&self, entry: &str) -> std::io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let mut file = open(path)?;
        file.lock()?;
        file.seek(SeekFrom::End(0))?;
        // One write: a reader without a lock sees a whole line.
        file.write_all(format!("{}\n", entry.replace('\n', LINE_END)).as_bytes())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true).mode(MODE).open(path)
}

/// The newest entries of a file, which is made shorter when it has become long.
fn load(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(MODE))?;
    }
    file.lock()?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(HISTORY_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    (&mut file).take(HISTORY_BYTES_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // A line that is cut off at the front is none.
    let first = usize::from(size > HISTORY_BYTES_MAX);
    let lines: Vec<&str> = text.lines().skip(first).collect();
    let start = lines.len().saturating_sub(HISTORY_LINES_MAX);
    let newest = lines.get(start..).unwrap_or_default();
    if first > 0 || lines.len() > 2 * HISTORY_LINES_MAX {
        file.rewind()?;
        let whole: String = newest.iter().map(|line| format!("{line}\n")).collect();
        file.write_all(whole.as_bytes())?;
        file.set_len(whole.len() as u64)?;
    }
    Ok(newest.iter().map(|line| line.replace(LINE_END, "\n")).collect())
}

impl History for Kept {
    fn save(&mut self, item: HistoryItem) -> reedline::Result<HistoryItem> {
        let entry = item.command_line.clone();
        let saved = self.memory.save(item)?;
        // Without an id it was the same as the entry before.
        if saved.id.is_some() && !has_secret(&entry) {
            self.append(&entry)?;
        }
        Ok(saved)
    }

    fn load(&self, id: HistoryItemId) -> reedline::Result<HistoryItem> {
        self.memory.load(id)
    }

    fn count(&self, query: SearchQuery) -> reedline::Result<i64> {
        self.memory.count(query)
    }

    fn search(&self, query: SearchQuery) -> reedline::Result<Vec<HistoryItem>> {
        self.memory.search(query)
    }

    fn update(
        &mut self,
        id: HistoryItemId,
        updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> reedline::Result<()> {
        self.memory.update(id, updater)
    }

    fn clear(&mut self) -> reedline::Result<()> {
        self.memory.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> reedline::Result<()> {
        self.memory.delete(id)
    }

    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn session(&self) -> Option<HistorySessionId> {
        None
    }
}

/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 6] = ["password", "passphrase", "secret", "apikey", "pin", "token"];

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `-Pin`, not `-Pinned` nor `-Mapping`.
    SECRET_NAMES.iter().any(|part| match *part {
        "pin" => {
            name.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with("pin")
                && name.trim_end_matches(':').ends_with("pin")
        }
        part => name.contains(part),
    })
}

/// Whether a secret stands in a text as it was typed: `ConvertTo-SecureString` with a text, a
/// parameter or variable named after a secret with a text, a private key.
pub(super) fn has_secret(text: &str) -> bool {
    if text.contains("PRIVATE KEY") {
        return true;
    }
    let scan = scan(text);
    let slice = |word: &Word| text.get(word.start..word.end).unwrap_or("");
    let is_value = |word: &Word| matches!(word.role, Role::Text | Role::Argument | Role::Number);
    scan.words.iter().enumerate().any(|(at, word)| match word.role {
        Role::Command if slice(word).eq_ignore_ascii_case("ConvertTo-SecureString") => {
            makes_secret(&scan, word, text)
        }
        Role::Parameter | Role::Variable | Role::Member if is_secret_name(slice(word)) => {
            // `-Password x`, `$password = x`, `@{Password = x}`; a value, not a variable or a
            // command. What a bracket holds is looked at by itself.
            let mut rest = scan.words.iter().skip(at + 1);
            let next = match word.role {
                Role::Parameter => rest.next(),
                _ => rest
                    .next()
                    .filter(|word| slice(word) == "=")
                    .and_then(|_| rest.find(|word| word.role != Role::Type)),
            };
            next.is_some_and(is_value)
        }
        _ => false,
    })
}

/// Whether a `ConvertTo-SecureString` is given its text as typed, or by the pipeline.
fn makes_secret(scan: &Scan, command: &Word, text: &str) -> bool {
    let own = |word: &&Word| word.command == command.command && word.start > command.start;
    let mut takes_none = false;
    for word in scan.words.iter().filter(own) {
        match word.role {
            Role::Text | Role::Argument | Role::Number if !takes_none => return true,
            _ => {}
        }
        takes_none = word.role == Role::Parameter
            && text.get(word.start..word.end).is_some_and(|name| {
                ["-key", "-securekey"].contains(&name.to_ascii_lowercase().as_str())
            });
    }
    let place = scan.commands.get(command.command);
    let upstream = place.and_then(|place| place.upstream);
    upstream.is_some_and(|upstream| {
        scan.words.iter().any(|word| word.command == upstream && word.role == Role::Text)
    })
}

#[cfg(test)]
mod tests {
    use reedline::SearchDirection;

    use super::*;

    #[test]
    fn secrets_are_seen() {
        for (text, secret) in [
            ("ConvertTo-SecureString 'Pa55' -AsPlainText -Force", true),
            ("ConvertTo-SecureString -AsPlainText -Force -String Pa55", true),
            ("'Pa55' | ConvertTo-SecureString -AsPlainText -Force", true),
            ("ConvertTo-SecureString $typed -AsPlainText -Force", false),
            ("New-Mailbox Ann -Password (ConvertTo-SecureString 'x' -AsPlainText -Force)", true),
            ("New-Mailbox Ann -Password $password", false),
            ("Set-X -Password:hush", true),
            ("$password = 'hush'", true),
            ("$cred.Password = \"hush\"", true),
            ("$password = Read-Host 'Password' -AsSecureString", false),
            ("@{UserName='ann'; Password='hush'}", true),
            ("Set-CsClientPin -Pin 1234", true),
            ("Set-X -Mapping 1234", false),
            ("Get-CsSite | Select-Object DisplayName", false),
            ("Get-Help ConvertTo-SecureString", false),
            ("Import-X '-----BEGIN PRIVATE KEY-----'", true),
        ] {
            assert_eq!(has_secret(text), secret, "{text}");
        }
    }

    fn texts(kept: &Kept) -> Vec<String> {
        let all = SearchQuery::everything(SearchDirection::Forward, None);
        kept.search(all).unwrap().into_iter().map(|item| item.command_line).collect()
    }

    fn add(kept: &mut Kept, text: &str) {
        kept.save(HistoryItem::from_command_line(text)).unwrap();
    }

    #[test]
    fn two_shells_keep_each_others_lines_and_no_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        std::fs::write(&path, "old\n").unwrap();
        let (mut one, mut two) = (Kept::new(Some(&path)).0, Kept::new(Some(&path)).0);
        add(&mut one, "from one");
        add(&mut two, "if (1) {\n  2\n}");
        add(&mut one, "$password = 'hush'");
        add(&mut one, "last");
        assert_eq!(texts(&one), ["old", "from one", "$password = 'hush'", "last"]);
        let (three, _) = Kept::new(Some(&path));
        assert_eq!(texts(&three), ["old", "from one", "if (1) {\n  2\n}", "last"]);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_long_file_is_made_shorter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let long: String = (0..3 * HISTORY_LINES_MAX).map(|at| format!("{at}\n")).collect();
        std::fs::write(&path, long).unwrap();
        let (kept, _) = Kept::new(Some(&path));
        assert_eq!(texts(&kept).len(), HISTORY_LINES_MAX);
        let left = std::fs::read_to_string(&path).unwrap();
        assert_eq!(left.lines().count(), HISTORY_LINES_MAX);
        assert_eq!(left.lines().last(), Some((3 * HISTORY_LINES_MAX - 1).to_string().as_str()));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told() {
        let (mut kept, error) = Kept::new(Some(Path::new("/no/such/folder/history")));
        assert!(error.is_some());
        add(&mut kept, "x");
        assert_eq!(texts(&kept), ["x"]);
    }
}
