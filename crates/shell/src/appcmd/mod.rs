//! `appcmd.exe`: recycles application pools and edits `appSettings` in the real `Web.config`.
//!
//! Owns what each command does and the texts it prints, which are IIS's where they are known
//! (`cmdlets.md` §14). Read next: `appcmd/parse` for the command line, `web_config` for the edit.

mod parse;

use crate::web_config::{self, WebConfigError};
use parse::Edit;

/// What the program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The text for standard output; `appcmd` writes its errors there too.
    pub output: String,
    /// The exit code: 0, or the Windows error code.
    pub exit_code: i32,
}

/// A refusal: what is printed after `ERROR ( …`, and the Windows error code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    code: i32,
    message: String,
    /// Whether the text is a whole line of its own and not `ERROR ( message:… )`.
    plain: bool,
}

/// `ERROR_NOT_FOUND`: what `appcmd` exits with when it does not know the pool.
const NOT_FOUND: i32 = 1168;
/// `ERROR_INVALID_PARAMETER`.
const INVALID_PARAMETER: i32 = 87;
/// `ERROR_ALREADY_EXISTS`.
const ALREADY_EXISTS: i32 = 183;
/// `ERROR_INVALID_DATA`.
const INVALID_DATA: i32 = 13;

impl Failure {
    fn new(code: i32, message: String) -> Self {
        Self { code, message, plain: false }
    }

    /// The command line cannot be understood.
    fn usage(message: String) -> Self {
        Self::new(INVALID_PARAMETER, message)
    }

    /// One word of the command line cannot be understood.
    fn input(word: &str, what: &str) -> Self {
        let message =
            format!("Failed to process input: The parameter '{word}' {what} (HRESULT=80070057).");
        Self { code: INVALID_PARAMETER, message, plain: true }
    }

    fn reply(self) -> Reply {
        let output =
            if self.plain { self.message } else { format!("ERROR ( message:{} )", self.message) };
        Reply { output, exit_code: self.code }
    }
}

/// Applies edits to the text of a `Web.config`, all or none.
fn edit(text: &str, edits: &[Edit], file: &str) -> Result<String, Failure> {
    let mut text = text.to_owned();
    for edit in edits {
        let edited = match edit {
            Edit::Add(key, value) => web_config::add_setting(&text, key, value),
            Edit::Change(key, value) => web_config::change_setting(&text, key, value),
            Edit::Remove(key) => web_config::remove_setting(&text, key),
        };
        text = edited.map_err(|error| refused(error, file))?;
    }
    Ok(text)
}

fn refused(error: WebConfigError, file: &str) -> Failure {
    match error {
        WebConfigError::Malformed { line, column, message } => Failure::new(
            INVALID_DATA,
            format!(
                "Configuration error\nFilename: \\\\?\\{file}\nLine Number: {line}\n\
                 Column Number: {column}\nDescription: Configuration file is not well-formed \
                 XML: {message}. Nothing was changed; repair that line first.\n"
            ),
        ),
        WebConfigError::NotConfiguration(name) => Failure::new(
            INVALID_DATA,
            format!(
                "Configuration error\nFilename: \\\\?\\{file}\nDescription: The document element \
                 is <{name}>, not <configuration>. Nothing was changed.\n"
            ),
        ),
        WebConfigError::Duplicate(key) => Failure::new(
            ALREADY_EXISTS,
            format!(
                "New add object missing required attributes. Cannot add duplicate collection \
                 entry of type 'add' with unique key attribute 'key' set to '{key}'. Change it \
                 with /[key='{key}'].value:…, or remove it first with /-\"[key='{key}']\""
            ),
        ),
        WebConfigError::Missing(key) => Failure::new(
            NOT_FOUND,
            format!("Cannot find requested collection element. No key '{key}' in {file}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_all_or_none() {
        let text = "<configuration>\n  <appSettings>\n    <add key=\"A\" value=\"1\" />\n  \
                    </appSettings>\n</configuration>\n";
        let add = |key: &str| Edit::Add(key.to_owned(), "v".to_owned());
        let edited = edit(text, &[add("B"), Edit::Remove("A".to_owned())], "f").unwrap();
        assert_eq!(edited, text.replace("\"A\" value=\"1\"", "\"B\" value=\"v\""));
        let failure = edit(text, &[add("B"), add("a")], "f").unwrap_err();
        assert_eq!(failure.code, ALREADY_EXISTS);
        let failure = edit("<configuration>", &[add("B")], "C:\\f").unwrap_err();
        assert!(failure.message.contains("Line Number: 1\nColumn Number: "), "{failure:?}");
    }
}
