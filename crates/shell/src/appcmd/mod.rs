//! `appcmd.exe`: recycles application pools and edits `appSettings` in the real `Web.config`.
//!
//! Owns what each command does and the texts it prints, which are IIS's where they are known
//! (`cmdlets.md` §14). Read next: `appcmd/parse` for the command line, `web_config` for the edit.

mod parse;
mod reset;

use store::directory::DirectoryWrite as _;
use store::mail::{DEFAULT_WEB_SITE, EXCHANGE_BACK_END};

use crate::cmdlet::{Ctx, Rights};
use crate::drives::{DriveError, FilePath};
use crate::im_settings::{self, BACK_END, FRONT_END};
use crate::lang::Error;
use crate::organisation::APP_POOLS;
use crate::web_config::{self, WebConfigError};
use parse::{Command, Edit};

pub use reset::{reset, reset_about};

const HELP: &str = "General purpose IIS command line administration tool (Tandem's part of it).

  appcmd.exe recycle apppool /apppool.name:\"NAME\"
  appcmd.exe list apppool [NAME]
  appcmd.exe list config \"Exchange Back End/owa\" /section:appSettings
  appcmd.exe set config \"Exchange Back End/owa\" /section:appSettings EDIT...

EDIT is one of
  /+\"[key='K',value='V']\"     adds a key
  /[key='K'].value:\"V\"        gives a key another value
  /-\"[key='K']\"               removes a key";

/// What the program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The text for standard output; `appcmd` writes its errors there too.
    pub output: String,
    /// The exit code: 0, or the Windows error code.
    pub exit_code: i32,
    /// What the administrator should know besides; the shell prints it as warnings.
    pub warnings: Vec<String>,
}

/// What the caller must be allowed to for this command line.
pub fn rights(arguments: &[String]) -> Rights {
    match parse::parse(arguments) {
        Ok(Command::Recycle { .. } | Command::SetConfig { .. }) => Rights::Write,
        _ => Rights::Read,
    }
}

/// What a command line changes: an application pool, or the file of a site.
pub fn about(_: &Ctx, arguments: &[String]) -> String {
    match parse::parse(arguments) {
        Ok(Command::Recycle { pool }) => find_pool(&pool).map_or(pool, str::to_owned),
        Ok(Command::SetConfig { target, .. }) => {
            config_file(&target).map_or(target, |file| file.to_string())
        }
        _ => String::new(),
    }
}

/// Runs a command line, the words as the program would see them.
pub async fn run(ctx: &Ctx, arguments: &[String]) -> Reply {
    let mut warnings = Vec::new();
    let done = match parse::parse(arguments) {
        Ok(Command::Recycle { pool }) => recycle(ctx, &pool).await,
        Ok(Command::ListPools { pool }) => list_pools(pool.as_deref()),
        Ok(Command::ListConfig { target }) => list_config(ctx, &target),
        Ok(Command::SetConfig { target, edits }) => {
            set_config(ctx, &target, &edits, &mut warnings).await
        }
        Ok(Command::Help) => Ok(HELP.to_owned()),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(output) => Reply { output, exit_code: 0, warnings },
        Err(failure) => failure.reply(),
    }
}

async fn recycle(ctx: &Ctx, pool: &str) -> Result<String, Failure> {
    let name = find_pool(pool)?;
    ctx.write(move |rows| Ok(rows.recycle_pool(name)?)).await.map_err(Failure::from_error)?;
    // What is edited after this waits for the next recycle. A web app that is slow says so itself.
    let _ = ctx.services.caught_up().await;
    Ok(format!("\"{name}\" successfully recycled"))
}

fn list_pools(pool: Option<&str>) -> Result<String, Failure> {
    let names = match pool {
        Some(pool) => vec![find_pool(pool)?],
        None => APP_POOLS.to_vec(),
    };
    let line = |name: &&str| {
        format!("APPPOOL \"{name}\" (MgdVersion:v4.0,MgdMode:Integrated,state:Started)")
    };
    Ok(names.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn find_pool(pool: &str) -> Result<&'static str, Failure> {
    let known = APP_POOLS.iter().find(|known| known.eq_ignore_ascii_case(pool));
    known.copied().ok_or_else(|| {
        let message = format!("Cannot find APPPOOL object with identifier \"{pool}\".");
        Failure::new(NOT_FOUND, message)
    })
}

fn list_config(ctx: &Ctx, target: &str) -> Result<String, Failure> {
    let file = config_file(target)?;
    let text = read(ctx, &file)?;
    let settings =
        web_config::settings(&text).map_err(|error| refused(error, &file.to_string()))?;
    let line = |setting: &web_config::Setting| {
        format!("  <add key=\"{}\" value=\"{}\" />", setting.key, setting.value)
    };
    let lines: Vec<String> = settings.iter().map(line).collect();
    Ok(format!("<appSettings>\n{}\n</appSettings>", lines.join("\n")))
}

async fn set_config(
    ctx: &Ctx,
    target: &str,
    edits: &[Edit],
    warnings: &mut Vec<String>,
) -> Result<String, Failure> {
    let file = config_file(target)?;
    edit(&read(ctx, &file)?, edits, &file.to_string())?;
    ctx.note_first().await;
    let (mut before, mut after) = (String::new(), String::new());
    ctx.drives.edit(&file, |bytes| {
        before = text_of(bytes.to_vec(), &file)?;
        after = edit(&before, edits, &file.to_string())?;
        Ok::<_, Failure>(after.clone().into_bytes())
    })?;
    ctx.seen().changed(&file, before.as_bytes(), after.as_bytes());
    let advice = im_settings::after_write(ctx, &file, &before, &after).await;
    warnings.extend(advice.map_err(Failure::from_error)?);
    let path = format!("MACHINE/WEBROOT/APPHOST/{target}");
    Ok(format!(
        "Applied configuration changes to section \"appSettings\" for \"{path}\" at \
         configuration commit path \"{path}\""
    ))
}

fn read(ctx: &Ctx, file: &FilePath) -> Result<String, Failure> {
    text_of(ctx.drives.read(file)?, file)
}

fn text_of(bytes: Vec<u8>, file: &FilePath) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(
            INVALID_DATA,
            format!(
                "Configuration error\nFilename: \\\\?\\{file}\nLine Number: {line}\nDescription: \
                 The file is not UTF-8. Nothing was changed; save it as UTF-8 first.\n"
            ),
        )
    })
}

/// The `Web.config` of an application: the back end's, or the front end's.
fn config_file(target: &str) -> Result<FilePath, Failure> {
    let (site, application) = target.split_once('/').unwrap_or((target, ""));
    if !site.eq_ignore_ascii_case(EXCHANGE_BACK_END) && !site.eq_ignore_ascii_case(DEFAULT_WEB_SITE)
    {
        let message = format!("Cannot find SITE object with identifier \"{site}\".");
        return Err(Failure::new(NOT_FOUND, message));
    }
    if !application.trim_end_matches('/').eq_ignore_ascii_case("owa") {
        let message = format!("Cannot find APP object with identifier \"{target}\".");
        return Err(Failure::new(NOT_FOUND, message));
    }
    let is_back_end = site.eq_ignore_ascii_case(EXCHANGE_BACK_END);
    Ok(FilePath::new(if is_back_end { BACK_END } else { FRONT_END }))
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

impl From<DriveError> for Failure {
    fn from(error: DriveError) -> Failure {
        Failure::from_error(error.into())
    }
}

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

    fn from_error(error: Error) -> Self {
        Self::new(INVALID_DATA, error.message)
    }

    fn reply(self) -> Reply {
        let output =
            if self.plain { self.message } else { format!("ERROR ( message:{} )", self.message) };
        Reply { output, exit_code: self.code, warnings: Vec::new() }
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
