//! The client's side of `Get-Content`, `Set-Content`, `Get-ChildItem`, `Get-Item`, `Test-Path`: the
//! client's own files. The node's side, for its drives, is in `cmdlet/content` and
//! `cmdlet/child_item`; which one runs is decided by the path.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::count;
use crate::client::files::Place;
use crate::client::local::{Encoding, decode, file_error};
use crate::cmdlet::item_filter::Wanted;
use crate::cmdlet::{Arguments, ClientStart};
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::text::{has_wildcards, is_like, to_text};
use crate::lang::types::{list_of, whole};
use crate::lang::{Error, Object, Shell, Value};

/// Type of a file, as the node's cmdlets name it.
const FILE: &str = "System.IO.FileInfo";
/// Type of a folder.
const FOLDER: &str = "System.IO.DirectoryInfo";

/// `Get-Content` in the client.
pub const CONTENT: ClientStart = || Box::new(Plain(get_content));
/// `Set-Content` in the client.
pub const SET_CONTENT: ClientStart = || Box::new(SetContent::default());
/// `Get-ChildItem` in the client.
pub const CHILD_ITEM: ClientStart = || Box::new(Plain(children));
/// `Get-Item` in the client.
pub const ITEM: ClientStart = || Box::new(Plain(items));
/// `Test-Path` in the client.
pub const TEST_PATH: ClientStart = || Box::new(Plain(test));

/// The files and folders a path stands for; wildcards only in its last part.
fn matching(shell: &Shell, text: &str) -> Result<Vec<PathBuf>, Error> {
    let path = shell.local_path(text);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    match (name, path.parent()) {
        (Some(pattern), Some(folder)) if has_wildcards(&pattern) && !shell.local_exists(&path) => {
            let found = list(shell, folder, text)?;
            Ok(found.into_iter().filter(|path| is_like(&name_of(path), &pattern, false)).collect())
        }
        _ => match path.symlink_metadata() {
            _ if shell.local_exists(&path) => Ok(vec![path]),
            Ok(_) if shell.planning.is_none() => Ok(vec![path]),
            Ok(_) => Err(file_error(
                &path.to_string_lossy(),
                &std::io::Error::from(std::io::ErrorKind::NotFound),
            )),
            Err(error) => Err(file_error(&path.to_string_lossy(), &error)),
        },
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy())
        .into_owned()
}

fn list(shell: &Shell, folder: &Path, shown: &str) -> Result<Vec<PathBuf>, Error> {
    let mut paths = shell.local_list(folder, shown)?;
    paths.sort_by_key(|path| (!shell.local_is_folder(path), name_of(path).to_lowercase()));
    Ok(paths)
}

/// `[System.IO.FileInfo]'a.txt'`: the file of that name, whether it is there or not.
pub(crate) fn file_object(shell: &Shell, path: &str) -> Object {
    item(shell, Path::new(&shell.local_path(path)))
}

fn item(shell: &Shell, path: &Path) -> Object {
    let metadata = path.metadata().ok();
    let place = shell.local_place(path);
    let is_folder = place == Some(Place::Folder);
    let length = match place {
        Some(Place::File(length)) => i64::try_from(length).ok(),
        _ => None,
    };
    let written = metadata.as_ref().and_then(|metadata| since(metadata.modified()));
    // Not every file system knows when a file was made.
    let created = metadata.as_ref().and_then(|metadata| since(metadata.created()));
    let name = name_of(path);
    let full = path.to_string_lossy().into_owned();
    let folder = path.parent().map(|folder| folder.to_string_lossy().into_owned());
    let object = Object::new(if is_folder { FOLDER } else { FILE })
        .shown_as(&full)
        .with("Mode", if is_folder { "d-----" } else { "-a----" })
        .with("LastWriteTime", written.map(Value::Time))
        .with("Length", length.map(crate::lang::number::long))
        .with("Name", name.as_str())
        .with("FullName", full.as_str())
        .with("DirectoryName", folder.clone())
        .with("BaseName", base_name(path, is_folder))
        .with("Extension", path.extension().map(|e| format!(".{}", e.to_string_lossy())))
        .with("Exists", true)
        .with("CreationTime", created.or(written).map(Value::Time))
        .with("PSIsContainer", is_folder);
    object.set("PSPath", Value::from(full));
    object.set("PSParentPath", Value::from(folder));
    object
}

/// A moment of the file system's, milliseconds UTC.
fn since(time: std::io::Result<SystemTime>) -> Option<i64> {
    let age = time.ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(age.as_millis()).ok()
}

/// The name without its extension; a folder's whole.
fn base_name(path: &Path, is_folder: bool) -> String {
    match path.file_stem() {
        Some(stem) if !is_folder => stem.to_string_lossy().into_owned(),
        _ => name_of(path),
    }
}

fn paths(arguments: &Arguments) -> Vec<String> {
    let value = arguments.value("Path").cloned().unwrap_or_default();
    list_of(&value)
        .items()
        .iter()
        .map(|path| match path {
            Value::Object(object) => {
                object.get("FullName").map(|full| to_text(&full)).unwrap_or_else(|| to_text(path))
            }
            other => to_text(other),
        })
        .collect()
}

fn get_content(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    for text in paths(arguments) {
        for path in matching(shell, &text)? {
            let bytes = shell.local_read(&path, &text)?;
            if arguments.text("Encoding").is_some_and(|e| e.eq_ignore_ascii_case("Byte")) {
                // One block of bytes: a list would be slow, and -ReadCount 0 gives one too.
                out.emit(shell, Value::Bytes(bytes.into()))?;
                continue;
            }
            let whole = decode(&bytes);
            if arguments.flag("Raw") {
                out.emit(shell, Value::from(whole))?;
                continue;
            }
            let lines: Vec<&str> = whole.lines().collect();
            let first = count(arguments, "TotalCount").unwrap_or(usize::MAX);
            let skip = count(arguments, "Tail").map_or(0, |tail| lines.len().saturating_sub(tail));
            for line in lines.into_iter().skip(skip).take(first) {
                out.emit(shell, Value::from(line))?;
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct SetContent {
    values: Vec<Value>,
    arguments: Arguments,
}

impl Stage for SetContent {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let value = arguments.value("Value").cloned().unwrap_or_default();
        match value {
            Value::Bytes(_) => self.values.push(value),
            other => self.values.extend_from_slice(list_of(&other).items()),
        }
        self.arguments = arguments.clone();
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        let values = std::mem::take(&mut self.values);
        for text in paths(&self.arguments) {
            let path = shell.local_path(&text);
            let target = format!("Path: {}", path.display());
            if !shell.should_process("Set Content", &target)? {
                continue;
            }
            let bytes = content(&values, &self.arguments, true);
            let shown = path.to_string_lossy().into_owned();
            shell.local_write(&path, &shown, &bytes, false)?;
        }
        Ok(())
    }
}

/// Values as the bytes of a file, one line each.
pub(super) fn content(values: &[Value], arguments: &Arguments, is_new: bool) -> Vec<u8> {
    if let [Value::Bytes(bytes)] = values {
        return bytes.to_vec();
    }
    let name = arguments.text("Encoding").unwrap_or("Default");
    if name.eq_ignore_ascii_case("Byte") {
        let byte = |value: &Value| match value {
            number if number.is_number() => whole(number).and_then(|n| u8::try_from(n).ok()),
            _ => None,
        };
        return values.iter().filter_map(byte).collect();
    }
    let end = if arguments.flag("NoNewline") { "" } else { "\n" };
    let text: String = values.iter().map(|value| to_text(value) + end).collect();
    Encoding::parse(name).unwrap_or_default().encode(&text, is_new)
}

fn children(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let mut roots = paths(arguments);
    if roots.is_empty() {
        roots.push(".".to_owned());
    }
    for text in roots {
        if let Some(found) = super::shell_drives::on_drive(shell, &text) {
            found?.into_iter().try_for_each(|value| out.emit(shell, value))?;
            continue;
        }
        let mut waiting = Vec::new();
        for path in matching(shell, &text)? {
            let is_pattern = has_wildcards(&text) && !shell.local_exists(&shell.local_path(&text));
            match shell.local_is_folder(&path) && !is_pattern {
                true => waiting.push(path),
                false => give(shell, arguments, &path, out)?,
            }
        }
        while let Some(folder) = waiting.pop() {
            let found = list(shell, &folder, &text)?;
            let is_empty = Wanted::of(arguments).is_without_object(arguments, &text);
            for path in found.iter().filter(|_| !is_empty) {
                give(shell, arguments, path, out)?;
            }
            if arguments.flag("Recurse") {
                let folders = found
                    .into_iter()
                    .filter(|path| shell.local_is_folder(path) && !path.is_symlink());
                waiting.extend(folders.collect::<Vec<_>>().into_iter().rev());
            }
        }
    }
    Ok(())
}

fn give(shell: &mut Shell, arguments: &Arguments, path: &Path, out: &mut Sink<'_>) -> Outcome {
    let name = name_of(path);
    let is_folder = shell.local_is_folder(path);
    let fits = Wanted::of(arguments).takes(&name)
        && !(arguments.flag("File") && is_folder)
        && (!arguments.flag("Directory") || is_folder)
        && (arguments.flag("Force") || !name.starts_with('.'));
    if !fits {
        return Ok(());
    }
    match arguments.flag("Name") {
        true => out.emit(shell, Value::from(name)),
        false => {
            let item = item(shell, path);
            out.emit(shell, Value::Object(item))
        }
    }
}

fn items(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    for text in paths(arguments) {
        if let Some(found) = super::shell_drives::on_drive(shell, &text) {
            found?.into_iter().try_for_each(|value| out.emit(shell, value))?;
            continue;
        }
        let wanted = Wanted::of(arguments);
        for path in matching(shell, &text)?.into_iter().filter(|path| wanted.takes(&name_of(path)))
        {
            let item = item(shell, &path);
            out.emit(shell, Value::Object(item))?;
        }
    }
    Ok(())
}

fn test(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let kind = arguments.text("PathType").unwrap_or("Any").to_ascii_lowercase();
    let wanted = Wanted::of(arguments);
    for text in paths(arguments) {
        if let Some(fits) = is_in_shell(shell, &text) {
            out.emit(shell, Value::Bool(fits))?;
            continue;
        }
        let found = matching(shell, &text).unwrap_or_default();
        let is_kind = |path: &Path| match kind.as_str() {
            "container" => shell.local_is_folder(path),
            "leaf" => !shell.local_is_folder(path),
            _ => true,
        };
        let is_wanted = |path: &&PathBuf| {
            is_kind(path) && wanted.takes(&name_of(path)) && is_in_time(arguments, path)
        };
        let fits = found.iter().find(is_wanted).is_some();
        out.emit(shell, Value::Bool(fits))?;
    }
    Ok(())
}

/// `-NewerThan`, `-OlderThan`
fn is_in_time(arguments: &Arguments, path: &Path) -> bool {
    let written = || since(path.metadata().and_then(|metadata| metadata.modified()));
    let is = |name: &str, fits: fn(i64, i64) -> bool| {
        let than = arguments.time_ms(name);
        than.is_none_or(|than| written().is_some_and(|written| fits(written, than)))
    };
    is("NewerThan", |written, than| written > than)
        && is("OlderThan", |written, than| written < than)
}

/// Whether the shell has what a path on one of its own drives names: `variable:x`, `env:PATH`,
/// `function:f`, `alias:gci`; nothing for other paths.
fn is_in_shell(shell: &mut Shell, path: &str) -> Option<bool> {
    let (drive, name) = path.split_once(':')?;
    let name = name.trim_start_matches(['\\', '/']);
    Some(match drive.to_ascii_lowercase().as_str() {
        "variable" => shell.variable(name).is_some(),
        "env" => shell.variable_asked(&format!("env:{name}")).is_some(),
        "function" => shell.scope.function(name).is_some(),
        "alias" => super::aliases::all(shell).iter().any(|(own, _)| own.eq_ignore_ascii_case(name)),
        _ => return None,
    })
}
