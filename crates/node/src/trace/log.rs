//! The log that is kept: `SIPStack.log` and `S4.log`, text in the shape that Snooper reads, with a
//! bounded number of older files beside each. Owns appending, and searching by time and level.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::iter::Peekable;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use im::trace::{Component, Head, Level, is_whole};

use crate::limits;

/// See the head of the file.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    /// Largest file before it is put aside.
    file_bytes: AtomicU64,
    /// Held while files change their names.
    turning: Mutex<()>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Span {
    /// Whose records.
    pub components: Vec<Component>,
    /// From when, milliseconds UTC.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// How grave.
    pub level: Level,
}

impl Log {
    /// In this folder, which is made when it is needed.
    pub fn new(folder: &Path) -> Log {
        Log {
            folder: folder.to_owned(),
            file_bytes: AtomicU64::new(limits::TRACE_FILE_BYTES),
            turning: Mutex::default(),
        }
    }

    /// How large a file grows before it is put aside.
    pub fn set_file_bytes(&self, bytes: u64) {
        self.file_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The file that is written.
    pub fn path(&self, component: Component) -> PathBuf {
        self.older(component, 0)
    }

    /// The files of before: 1 is the newest of them.
    fn older(&self, component: Component, age: usize) -> PathBuf {
        let name = component.name();
        self.folder.join(match age {
            0 => format!("{name}.log"),
            age => format!("{name}.{age}.log"),
        })
    }

    /// Appends whole records.
    ///
    /// # Errors
    /// The file system's.
    pub fn append(&self, component: Component, text: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.path(component);
        let file_bytes = self.file_bytes.load(Ordering::Relaxed);
        if std::fs::metadata(&path).is_ok_and(|file| file.len() > file_bytes) {
            self.turn(component)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())
    }

    /// Each file gets the next name; the oldest goes.
    fn turn(&self, component: Component) -> std::io::Result<()> {
        let _held = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        for age in (1..limits::TRACE_FILES).rev() {
            let from = self.older(component, age - 1);
            if from.exists() {
                std::fs::rename(from, self.older(component, age))?;
            }
        }
        Ok(())
    }

    /// The records of a span, by time, until `take` wants no more.
    ///
    /// # Errors
    /// The file system's.
    pub fn search(
        &self,
        span: &Span,
        mut take: impl FnMut(Head, String) -> bool,
    ) -> std::io::Result<()> {
        let mut readers: Vec<Peekable<Records>> = Vec::new();
        for component in &span.components {
            readers.push(self.records(*component, span.from_ms)?.peekable());
        }
        loop {
            let times = readers.iter_mut().enumerate().filter_map(|(at, records)| {
                records.peek().map(|found| match found {
                    Ok((head, _)) => (head.at_ms, at),
                    Err(_) => (i64::MIN, at),
                })
            });
            let Some((_, earliest)) = times.min() else { return Ok(()) };
            let Some(found) = readers.get_mut(earliest).and_then(Iterator::next) else {
                return Ok(());
            };
            let (head, text) = found?;
            let is_meant =
                (span.from_ms..=span.to_ms).contains(&head.at_ms) && head.is_of(span.level);
            if is_meant && !take(head, text) {
                return Ok(());
            }
        }
    }

    /// The records of all files that were written to since `from_ms`, oldest first.
    fn records(&self, component: Component, from_ms: i64) -> std::io::Result<Records> {
        let _held = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = Vec::new();
        for age in (0..limits::TRACE_FILES).rev() {
            let file = match File::open(self.older(component, age)) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let written = file.metadata()?.modified()?;
            let age = written.duration_since(UNIX_EPOCH).unwrap_or_default();
            if i64::try_from(age.as_millis()).unwrap_or(i64::MAX) >= from_ms {
                files.push(BufReader::new(file));
            }
        }
        Ok(Records { files: files.into(), line: Vec::new() })
    }
}

/// Reads printed records one after the other; what is no whole record is left out.
struct Records {
    files: std::collections::VecDeque<BufReader<File>>,
    line: Vec<u8>,
}

impl Records {
    /// The next line; `None` at the end of the newest file.
    fn line(&mut self) -> std::io::Result<Option<String>> {
        while let Some(file) = self.files.front_mut() {
            self.line.clear();
            let most = limits::TRACE_RECORD_BYTES as u64;
            if file.take(most).read_until(b'\n', &mut self.line)? > 0 {
                return Ok(Some(String::from_utf8_lossy(&self.line).into_owned()));
            }
            self.files.pop_front();
        }
        Ok(None)
    }

    fn record(&mut self) -> std::io::Result<Option<(Head, String)>> {
        let mut begun: Option<(Head, String)> = None;
        while let Some(line) = self.line()? {
            if let Some(head) = Head::parse(&line) {
                begun = Some((head, line));
                continue;
            }
            let Some((head, text)) = &mut begun else { continue };
            text.push_str(&line);
            if is_whole(text) {
                return Ok(Some((*head, std::mem::take(text))));
            }
            if text.len() > limits::TRACE_RECORD_BYTES {
                begun = None;
            }
        }
        Ok(None)
    }
}

impl Iterator for Records {
    type Item = std::io::Result<(Head, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.record().transpose()
    }
}

#[cfg(test)]
mod tests {
    use im::trace::{Record, Severity};

    use super::*;

    fn record(text: &str, at_ms: i64, severity: Severity, component: Component) -> String {
        Record::connection(severity, text.to_owned(), "TLS").print(at_ms, component)
    }

    fn found(log: &Log, span: &Span) -> Vec<String> {
        let mut found = Vec::new();
        log.search(span, |head, text| {
            let text = text.lines().find_map(|line| line.strip_prefix("Text: ")).unwrap_or("");
            found.push(format!("{} {text}", head.at_ms));
            true
        })
        .unwrap();
        found
    }

    #[test]
    fn by_time_level_and_component() {
        use Component::{S4, SipStack};
        use Severity::{Error, Information};
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(&folder.path().join("trace"));
        let all = Span {
            components: vec![SipStack, S4],
            from_ms: 0,
            to_ms: i64::MAX,
            level: Level::Info,
        };
        assert_eq!(found(&log, &all), Vec::<String>::new());
        log.append(SipStack, &record("a", 10, Information, SipStack)).unwrap();
        log.append(S4, &record("b", 20, Error, S4)).unwrap();
        // What was cut off by a full disk is left out.
        log.append(SipStack, "half of a record\nText: x\n").unwrap();
        let cut = record("y", 25, Error, SipStack);
        log.append(SipStack, &cut[..cut.len() - 5]).unwrap();
        log.append(SipStack, &format!("\n{}", record("c", 30, Error, SipStack))).unwrap();
        assert_eq!(found(&log, &all), ["10 a", "20 b", "30 c"]);
        let span = Span { level: Level::Error, ..all.clone() };
        assert_eq!(found(&log, &span), ["20 b", "30 c"]);
        let span = Span { components: vec![S4], ..all.clone() };
        assert_eq!(found(&log, &span), ["20 b"]);
        let span = Span { from_ms: 11, to_ms: 29, ..all };
        assert_eq!(found(&log, &span), ["20 b"]);
    }

    #[test]
    fn files_are_put_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path());
        let component = Component::SipStack;
        for number in 0..limits::TRACE_FILES as i64 + 1 {
            let text = record(&format!("n{number}"), number, Severity::Error, component);
            log.append(component, &text).unwrap();
            let file = File::options().write(true).open(log.path(component)).unwrap();
            // As long as a full one, without writing it: a hole of zeros.
            file.set_len(limits::TRACE_FILE_BYTES + 1).unwrap();
            drop(file);
        }
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, limits::TRACE_FILES);
        let span =
            Span { components: vec![component], from_ms: 0, to_ms: i64::MAX, level: Level::Info };
        let found = found(&log, &span);
        let expected: Vec<_> =
            (1..=limits::TRACE_FILES as i64).map(|number| format!("{number} n{number}")).collect();
        assert_eq!(found, expected);
    }
}
