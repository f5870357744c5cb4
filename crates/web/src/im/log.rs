//! The IM log: `InstantMessaging_yyyyMMdd-N.LOG` in the CSV shape of Exchange's logs (cmdlets.md
//! §13.4).
//!
//! The folder appears with its first file at the first success and is never deleted (the article
//! looks for it). Rows are bounded: a file that is full is followed by the next number, old files
//! go.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::report::Row;
use crate::c_drive::{self, IM_LOG_FOLDER};
use crate::jmap::time;
use crate::limits::{LOG_FILE_BYTES_MAX, LOG_FILES_MAX};

const FIELDS: &str =
    "date-time,user,session-id,sip-uri,event,target,duration-ms,result,error-code,diagnostic";

/// Makes the folder and appends rows; the first file is made even without rows.
pub(crate) fn append(files: &Path, now_ms: i64, rows: &[Row]) -> io::Result<()> {
    let folder = c_drive::place(files, IM_LOG_FOLDER)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no log folder"))?;
    std::fs::create_dir_all(&folder)?;
    let path = current(&folder, now_ms);
    let is_new = !path.exists();
    let mut text = String::new();
    if is_new {
        text.push_str(&header(now_ms));
        sweep(&folder)?;
    }
    rows.iter().for_each(|row| text.push_str(&line(now_ms, row)));
    OpenOptions::new().create(true).append(true).open(&path)?.write_all(text.as_bytes())
}

/// Whether the folder is there: without it nothing is logged.
pub(crate) fn exists(files: &Path) -> bool {
    c_drive::find(files, IM_LOG_FOLDER).is_some()
}

/// Today's last file, or the next if that is full.
fn current(folder: &Path, now_ms: i64) -> PathBuf {
    let day =
        Timestamp::from_millisecond(now_ms).unwrap_or_default().strftime("%Y%m%d").to_string();
    let name = |number: usize| folder.join(format!("InstantMessaging_{day}-{number}.LOG"));
    let mut number = 1;
    while number < LOG_FILES_MAX && name(number + 1).exists() {
        number += 1;
    }
    let full = std::fs::metadata(name(number)).is_ok_and(|about| about.len() >= LOG_FILE_BYTES_MAX);
    name(number + usize::from(full))
}

fn header(now_ms: i64) -> String {
    format!(
        "#Software: Tandem\r\n#Version: 15.00.0516.032\r\n#Log-type: OWA Instant Messaging Log\r\n\
         #Date: {}\r\n#Fields: {FIELDS}\r\n",
        time::utc(now_ms)
    )
}

fn line(now_ms: i64, row: &Row) -> String {
    let (result, code, diagnostic) = match row.result.split_once(' ') {
        None => (row.result.as_str(), "", ""),
        Some((code, diagnostic)) => ("failed", code, diagnostic),
    };
    let account = row.account.to_string();
    let at = time::utc(now_ms);
    let fields =
        [&at, &account, "", &row.address, row.event, &row.target, "", result, code, diagnostic];
    let quoted: Vec<String> = fields.iter().map(|field| quote(field)).collect();
    format!("{}\r\n", quoted.join(","))
}

/// RFC 4180 §2; control characters never reach the file.
fn quote(field: &str) -> String {
    let clean: String =
        field.chars().map(|c| if c.is_control() { ' ' } else { c }).take(512).collect();
    if clean.contains([',', '"']) { format!("\"{}\"", clean.replace('"', "\"\"")) } else { clean }
}

/// Keeps the newest files.
fn sweep(folder: &Path) -> io::Result<()> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("log")))
        .collect();
    names.sort();
    let surplus = (names.len() + 1).saturating_sub(LOG_FILES_MAX);
    names.iter().take(surplus).try_for_each(std::fs::remove_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_first_success_makes_folder_and_file() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(!exists(root.path()));
        let now_ms = 1_414_649_520_000;
        append(root.path(), now_ms, &[]).expect("the folder is made");
        let row = Row {
            account: Uuid::from_u128(7),
            address: "sip:a@b.test".into(),
            event: "SignIn",
            target: "x\r\n\",=y".into(),
            result: "403 Forbidden".into(),
        };
        append(root.path(), now_ms, &[row]).expect("a row");
        let folder = root
            .path()
            .join("Program Files/Microsoft/Exchange Server/V15/Logging/OWA/InstantMessaging");
        let text = std::fs::read_to_string(folder.join("InstantMessaging_20141030-1.LOG"));
        let text = text.expect("the file");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[4].starts_with("#Fields: date-time,"));
        assert!(lines[5].ends_with(",SignIn,\"x  \"\",=y\",,failed,403,Forbidden"), "{text}");
        assert!(exists(root.path()));
    }
}
