//! The client's own files: paths, text in whatever encoding it comes, and where the shell is.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::drives::DrivePath;
use crate::lang::ast::Span;
use crate::lang::bind::Given;
use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Sink, Stop};
use crate::lang::shell::Action;
use crate::lang::{Shell, Value};
use crate::limits::LOCAL_FILE_BYTES_MAX;

/// Text from bytes: UTF-8, UTF-16 with a mark, or else Windows' western code page.
pub fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(unit))
            .collect();
        String::from_utf16_lossy(&units)
    };
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return wide(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a mark; ours by default, where Windows writes UTF-16.
    #[default]
    Utf8,
    /// UTF-8 with a mark.
    Utf8Mark,
    /// UTF-16 with a mark.
    Unicode,
    /// ASCII; other characters become question marks.
    Ascii,
}

impl Encoding {
    /// The encoding a name means.
    pub fn parse(name: &str) -> Option<Encoding> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf8" | "utf8nobom" | "default" | "oem" => Encoding::Utf8,
            "utf8bom" => Encoding::Utf8Mark,
            "unicode" | "utf16" => Encoding::Unicode,
            "ascii" => Encoding::Ascii,
            _ => return None,
        })
    }

    /// The bytes of a text.
    pub fn encode(self, text: &str, with_mark: bool) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Mark => {
                let mark: &[u8] = if with_mark { &[0xef, 0xbb, 0xbf] } else { &[] };
                [mark, text.as_bytes()].concat()
            }
            Encoding::Unicode => {
                let mark: &[u8] = if with_mark { &[0xff, 0xfe] } else { &[] };
                let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                mark.iter().copied().chain(units).collect()
            }
            Encoding::Ascii => {
                text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect()
            }
        }
    }
}

/// The error for a file that could not be used.
pub fn file_error(path: &str, error: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    let (category, id, message, exception) = match error.kind() {
        ErrorKind::NotFound => (
            Category::ObjectNotFound,
            "PathNotFound",
            format!("Cannot find path '{path}' because it does not exist."),
            "ItemNotFoundException",
        ),
        ErrorKind::PermissionDenied => (
            Category::PermissionDenied,
            "AccessDenied",
            format!("Access to the path '{path}' is denied."),
            "UnauthorizedAccessException",
        ),
        ErrorKind::AlreadyExists => (
            Category::ResourceExists,
            "NoClobber",
            format!("The file '{path}' already exists."),
            "IOException",
        ),
        _ => (Category::ReadError, "FileAccess", format!("'{path}': {error}"), "IOException"),
    };
    Error::new(category, id, message).target(path).exception(exception)
}

/// The bytes of one of the client's files.
///
/// # Errors
/// If it cannot be read, or is too large.
pub fn read(path: &Path, shown: &str) -> Result<Vec<u8>, Error> {
    let failed = |error| file_error(shown, &error);
    let mut bytes = Vec::new();
    // Not by its length: a device has none, and goes on for ever.
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LOCAL_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LOCAL_FILE_BYTES_MAX {
        let message = format!("The file '{shown}' is larger than {LOCAL_FILE_BYTES_MAX} bytes.");
        return Err(Error::new(Category::LimitsExceeded, "FileTooLarge", message));
    }
    Ok(bytes)
}

/// Writes one of the client's files: replaced as a whole, or added to.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, shown: &str, bytes: &[u8], append: bool) -> Result<(), Error> {
    let result = if append {
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
    } else {
        std::fs::write(path, bytes)
    };
    result.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_folder(shown),
        _ => file_error(shown, &error),
    })
}

/// The error for a file in a folder that there is not.
pub fn no_folder(path: &str) -> Error {
    let message = format!("Could not find a part of the path '{path}'.");
    let id = "GetContentWriterDirectoryNotFoundError";
    Error::new(Category::ObjectNotFound, id, message)
        .target(path)
        .exception("DirectoryNotFoundException")
}

/// A path in full: on a drive of the node's, or in the client's file system.
pub fn full_path(path: &str, location: &str, home: &str) -> String {
    let is_drive = path.split_once(':').is_some_and(|(drive, _)| {
        !drive.is_empty()
            && drive.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '\\')
    });
    if path.starts_with('/') || is_drive {
        return path.to_owned();
    }
    if path == "~" || path.starts_with("~/") {
        return format!("{home}{}", path.get(1..).unwrap_or(""));
    }
    if path.is_empty() || path == "." {
        return location.to_owned();
    }
    if DrivePath::parse(location).is_some() {
        return format!("{}\\{path}", location.trim_end_matches('\\'));
    }
    let path = path.strip_prefix(".\\").or(path.strip_prefix("./")).unwrap_or(path);
    format!("{}/{path}", location.trim_end_matches('/'))
}

impl Shell {
    /// A path in full: on a drive of the node's, or in the client's file system.
    pub fn full_path(&self, path: &str) -> String {
        let home = self.environment.iter().find(|(name, _)| name == "HOME");
        full_path(path, &self.location, home.map_or("/", |(_, home)| home.as_str()))
    }

    /// A path in the client's file system.
    pub fn local_path(&self, path: &str) -> PathBuf {
        let full = self.full_path(path);
        // People type backslashes for relative paths here too.
        let is_plain = full.contains('\\') && !self.local_exists(Path::new(&full));
        PathBuf::from(if is_plain { full.replace('\\', "/") } else { full })
    }

    /// A whole file, as bytes or as text, wherever it is.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_file(&mut self, path: &str, as_bytes: bool) -> Outcome<Value> {
        let full = self.full_path(path);
        if DrivePath::parse(&full).is_none() {
            let local = self.local_path(path);
            let bytes = self.local_read(&local, &local.to_string_lossy())?;
            return Ok(if as_bytes {
                Value::Bytes(bytes.into())
            } else {
                Value::from(decode(&bytes))
            });
        }
        let mut given = vec![Given::named("Path", Value::from(full))];
        if as_bytes {
            given.push(Given::named("Encoding", Value::from("Byte")));
        } else {
            given.push(Given::named("Raw", Value::Bool(true)));
        }
        let mut values: Vec<Value> = Vec::new();
        self.run_cmdlet("Get-Content", given, &mut values)?;
        Ok(match values.pop() {
            Some(Value::Bytes(bytes)) if values.is_empty() => Value::Bytes(bytes),
            Some(last) if values.is_empty() && !as_bytes => last,
            last => {
                values.extend(last);
                crate::lang::bind::coerce(crate::cmdlet::Kind::Bytes, &Value::list(values), None)
                    .unwrap_or_default()
            }
        })
    }

    /// Runs a cmdlet by itself.
    ///
    /// # Errors
    /// If it fails.
    pub fn run_cmdlet(&mut self, name: &str, given: Vec<Given>, out: &mut Vec<Value>) -> Outcome {
        let Some(cmdlet) = crate::cmdlet::find(name) else {
            return Ok(());
        };
        let mut stage = self.cmdlet_stage(cmdlet, given, Span::default(), false)?;
        // What the cmdlet reports is an error of the command or expression that needed it: that one
        // says who and where, and whether it is shown.
        stage.streams.error_action = Some(Action::Stop);
        self.tries += 1;
        let result = stage.run_whole(self, &mut Sink::new(&mut [], out));
        self.tries -= 1;
        match result {
            Err(Stop::Statement(mut error) | Stop::Script(mut error)) => {
                (error.cmdlet, error.place) = (None, None);
                Err(Stop::Statement(error))
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_encoding_is_read() {
        for encoding in [Encoding::Utf8, Encoding::Utf8Mark, Encoding::Unicode] {
            assert_eq!(decode(&encoding.encode("Grüße €", true)), "Grüße €");
        }
        assert_eq!(decode(b"Gr\xfc\xdfe"), "Grüße");
        assert_eq!(Encoding::Ascii.encode("ü", true), b"?");
    }
}
