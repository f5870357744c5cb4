//! `Copy-Item`, `Move-Item`, `Rename-Item`: files and folders, of the client's, on the node's `C:`,
//! and from one to the other.
//!
//! Owns what a path with wildcards means. What is on `C:` is read and written by the node's own
//! cmdlets, so that rights, audit and rehearsals hold. Read next: `cmdlet/content`,
//! `cmdlet/new_item`.

use crate::client::local::{file_error, no_folder};
use crate::cmdlet::item_filter::{EXCLUDE, FILTER, INCLUDE, Wanted};
use crate::cmdlet::{Arguments, Cmdlet, Example, Impact, Kind, Parameter};
use crate::drives::DrivePath;
use crate::lang::bind::Given;
use crate::lang::eval::own_member;
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{has_wildcards, to_text};
use crate::lang::{Category, Error, Shell, Value};
use crate::limits::{FOLDER_DEPTH_MAX, FOLDER_ITEMS_MAX};

pub(super) const CMDLETS: &[Cmdlet] = &[COPY, MOVE, RENAME];

const PATH: Parameter = Parameter::positional("Path", Kind::StringList)
    .alias(&["LiteralPath", "FullName", "PSPath"])
    .mandatory()
    .from_pipeline()
    .help("The files or folders; the last part may have *.");
const DESTINATION: Parameter = Parameter::named("Destination", Kind::String)
    .at(1)
    .mandatory()
    .help("Where to: a folder that is there, or the new name.");
const PASS: Parameter = Parameter::switch("PassThru").help("Gives what there is afterwards.");

const COPY: Cmdlet = Cmdlet {
    aliases: &["copy", "cp", "cpi"],
    synopsis: "Copies files and folders, also between the client and the node's C: drive.",
    impact: Impact::Medium,
    parameters: &[
        PATH,
        DESTINATION,
        Parameter::switch("Recurse").help("A folder with everything in it."),
        FILTER,
        INCLUDE,
        EXCLUDE.help("No names like one of these, in folders neither."),
        Parameter::switch("Container").help("Accepted: folders stay folders."),
        Parameter::switch("Force").help("Accepted: nothing is read-only."),
        PASS,
    ],
    examples: &[
        Example {
            text: "Keep a copy before a change",
            input: "'a' > C:\\x.txt; Copy-Item C:\\x.txt C:\\x.bak; Get-Content C:\\x.bak",
            output: "a",
        },
        Example {
            text: "Every log into a folder",
            input: "md C:\\From, C:\\To | Out-Null; 'a' > C:\\From\\a.log; 'b' > C:\\From\\b.log; \
                    Copy-Item C:\\From\\*.log C:\\To; (Get-ChildItem C:\\To).Name -join ' '",
            output: "a.log b.log",
        },
    ],
    ..Cmdlet::client("Copy-Item", || Box::new(Plain(copy)))
};

const MOVE: Cmdlet = Cmdlet {
    aliases: &["move", "mv", "mi"],
    synopsis: "Moves files and folders, also between the client and the node's C: drive.",
    impact: Impact::Medium,
    parameters: &[
        PATH,
        DESTINATION,
        FILTER,
        INCLUDE,
        EXCLUDE,
        Parameter::switch("Force").help("Replaces a file that is there."),
        PASS,
    ],
    examples: &[Example {
        text: "Into another folder",
        input: "md C:\\Old | Out-Null; 'a' > C:\\m.txt; Move-Item C:\\m.txt C:\\Old; Test-Path \
                C:\\m.txt, C:\\Old\\m.txt",
        output: "False\nTrue",
    }],
    ..Cmdlet::client("Move-Item", || Box::new(Plain(move_items)))
};

const RENAME: Cmdlet = Cmdlet {
    aliases: &["ren", "rni"],
    synopsis: "Gives a file or folder another name.",
    impact: Impact::Medium,
    parameters: &[
        PATH,
        Parameter::named("NewName", Kind::String).at(1).mandatory().help("Its new name."),
        Parameter::switch("Force").help("Replaces a file of that name."),
        PASS,
    ],
    examples: &[Example {
        text: "A folder with what is in it",
        input: "md C:\\Was | Out-Null; 'a' > C:\\Was\\a.txt; Rename-Item C:\\Was Is; Get-Content \
                C:\\Is\\a.txt",
        output: "a",
    }],
    ..Cmdlet::client("Rename-Item", || Box::new(Plain(rename)))
};

/// A file or folder that is there.
pub(super) struct Place {
    /// Its path in full.
    pub(super) full: String,
    /// Whether it is a folder.
    pub(super) is_folder: bool,
}

impl Place {
    fn kind(&self) -> &'static str {
        if self.is_folder { "Directory" } else { "File" }
    }

    /// The folder it is in, with the separator, and its name.
    fn parts(&self) -> (&str, &str) {
        let at = self.full.rfind(['\\', '/']).map_or(0, |at| at + 1);
        self.full.split_at_checked(at).unwrap_or(("", &self.full))
    }
}

/// What a path stands for. One without wildcards has to be there; one with them may mean nothing.
pub(super) fn meant(shell: &mut Shell, path: &str) -> Outcome<Vec<Place>> {
    listed(shell, "Get-Item", path)
}

/// What of that is wanted.
pub(super) fn wanted_of(shell: &mut Shell, path: &str, wanted: &Wanted) -> Outcome<Vec<Place>> {
    let mut found = meant(shell, path)?;
    found.retain(|place| wanted.takes(place.parts().1));
    Ok(found)
}

fn listed(shell: &mut Shell, cmdlet: &str, path: &str) -> Outcome<Vec<Place>> {
    let full = shell.full_path(path);
    let mut given = vec![Given::named("Path", Value::from(full))];
    if cmdlet == "Get-ChildItem" {
        given.push(Given::named("Force", Value::Bool(true)));
    }
    let mut found: Vec<Value> = Vec::new();
    shell.run_cmdlet(cmdlet, given, &mut found)?;
    let place = |item: &Value| Place {
        full: own_member(item, "FullName").map(|full| to_text(&full)).unwrap_or_default(),
        is_folder: matches!(own_member(item, "PSIsContainer"), Some(Value::Bool(true))),
    };
    Ok(found.iter().map(place).filter(|place| !place.full.is_empty()).collect())
}

fn is_on_drive(path: &str) -> bool {
    DrivePath::parse(path).is_some()
}

fn tells(shell: &mut Shell, path: &str, kind: &str) -> Outcome<bool> {
    let given =
        vec![Given::named("Path", Value::from(path)), Given::named("PathType", Value::from(kind))];
    let mut found: Vec<Value> = Vec::new();
    shell.run_cmdlet("Test-Path", given, &mut found)?;
    Ok(matches!(found.first(), Some(Value::Bool(true))))
}

fn below(folder: &str, name: &str) -> String {
    let separator = if is_on_drive(folder) { '\\' } else { '/' };
    format!("{}{separator}{name}", folder.trim_end_matches(['\\', '/']))
}

/// Where something goes: into the folder that is there, or to be what the path names.
fn target(shell: &mut Shell, from: &Place, destination: &str) -> Outcome<String> {
    let to = shell.full_path(destination);
    if tells(shell, &to, "Container")? {
        return Ok(below(&to, from.parts().1));
    }
    let named = to.trim_end_matches(['\\', '/']);
    if named.len() < to.len() && !from.is_folder {
        return Err(no_folder(&to).into());
    }
    check_folder(shell, named)?;
    Ok(named.to_owned())
}

/// An error unless the folder of a path is there.
fn check_folder(shell: &mut Shell, path: &str) -> Outcome {
    let folder = path.rfind(['\\', '/']).and_then(|at| path.get(..=at)).unwrap_or(path);
    match tells(shell, folder, "Container")? {
        true => Ok(()),
        false => Err(no_folder(path).into()),
    }
}

fn copy(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let destination = arguments.text("Destination").unwrap_or_default().to_owned();
    let wanted = Wanted::of(arguments);
    for path in arguments.texts("Path").unwrap_or_default() {
        for from in wanted_of(shell, &path, &wanted)? {
            let to = target(shell, &from, &destination)?;
            let what = format!("Item: {} Destination: {to}", from.full);
            if !shell.should_process(&format!("Copy {}", from.kind()), &what)? {
                continue;
            }
            if is_same(&from.full, &to) {
                return Err(onto_itself(&from.full).into());
            }
            put(shell, &from, &to, arguments.flag("Recurse").then_some(&wanted))?;
            pass(shell, arguments, &to, out)?;
        }
    }
    Ok(())
}

fn move_items(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let destination = arguments.text("Destination").unwrap_or_default().to_owned();
    for path in arguments.texts("Path").unwrap_or_default() {
        let is_pattern = has_wildcards(&path);
        for from in wanted_of(shell, &path, &Wanted::of(arguments))? {
            let to = target(shell, &from, &destination)?;
            // The folder that things are moved into may fit the pattern itself.
            if is_pattern && is_within(&from.full, &to) && from.is_folder {
                continue;
            }
            transfer(shell, arguments, "Move", &from, &to)?;
            pass(shell, arguments, &to, out)?;
        }
    }
    Ok(())
}

fn rename(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let name = arguments.text("NewName").unwrap_or_default().to_owned();
    for path in arguments.texts("Path").unwrap_or_default() {
        if !has_wildcards(&path) && !tells(shell, &path, "Any")? {
            let message = format!("Cannot rename because item at '{path}' does not exist.");
            return Err(Error::new(Category::InvalidOperation, "InvalidOperation", message)
                .exception("PSInvalidOperationException")
                .into());
        }
        for from in meant(shell, &path)? {
            let to = format!("{}{name}", from.parts().0);
            transfer(shell, arguments, "Rename", &from, &to)?;
            pass(shell, arguments, &to, out)?;
        }
    }
    Ok(())
}

fn pass(shell: &mut Shell, arguments: &Arguments, path: &str, out: &mut Sink<'_>) -> Outcome {
    if !arguments.flag("PassThru") || shell.what_if_preference() {
        return Ok(());
    }
    let mut found: Vec<Value> = Vec::new();
    let given = vec![Given::named("Path", Value::from(path))];
    shell.run_cmdlet("Get-Item", given, &mut found)?;
    found.into_iter().try_for_each(|item| out.emit(shell, item))
}

/// Gives something another place; nothing of it stays where it was.
fn transfer(
    shell: &mut Shell,
    arguments: &Arguments,
    verb: &str,
    from: &Place,
    to: &str,
) -> Outcome {
    let what = format!("Item: {} Destination: {to}", from.full);
    if !shell.should_process(&format!("{verb} {}", from.kind()), &what)? {
        return Ok(());
    }
    if from.is_folder && is_within(&from.full, to) {
        return Err(onto_itself(&from.full).into());
    }
    if is_own_folder(from) {
        return Err(denied(&from.full).into());
    }
    if !is_same(&from.full, to) && tells(shell, to, "Any")? && !arguments.flag("Force") {
        let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(file_error(to, &error).into());
    }
    if !is_on_drive(&from.full) && !is_on_drive(to) {
        let (local, place) = (shell.local_path(&from.full), shell.local_path(to));
        return Ok(shell.local_rename(&local, &place, &from.full)?);
    }
    if is_same(&from.full, to) {
        return Ok(());
    }
    put(shell, from, to, Some(&Wanted::default()))?;
    if !is_on_drive(&from.full) {
        let local = shell.local_path(&from.full);
        return Ok(shell.local_remove(&local, &from.full, true)?);
    }
    let given = vec![
        Given::named("Path", Value::from(&from.full)),
        Given::named("Recurse", Value::Bool(true)),
        // It was asked for the whole.
        Given::named("Confirm", Value::Bool(false)),
    ];
    shell.run_cmdlet("Remove-Item", given, &mut Vec::new())
}

/// A folder that the node makes, and that stays.
fn is_own_folder(place: &Place) -> bool {
    place.is_folder && is_on_drive(&place.full) && crate::organisation::is_own_folder(&place.full)
}

fn denied(path: &str) -> Error {
    let message = format!("Access to the path '{path}' is denied.");
    Error::new(Category::WriteError, "MoveDirectoryItemIOError", message)
        .target(path)
        .exception("IOException")
}

fn is_same(from: &str, to: &str) -> bool {
    match is_on_drive(from) {
        true => from.to_lowercase() == to.to_lowercase(),
        false => from == to,
    }
}

/// Whether a path is another one, or below it.
fn is_within(folder: &str, path: &str) -> bool {
    let (folder, path) = match is_on_drive(folder) {
        true => (folder.to_lowercase(), path.to_lowercase()),
        false => (folder.to_owned(), path.to_owned()),
    };
    path.strip_prefix(&folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\\', '/']))
}

fn onto_itself(path: &str) -> Error {
    let message = format!("Cannot overwrite the item {path} with itself.");
    Error::new(Category::WriteError, "CopyError", message).target(path).exception("IOException")
}

/// Copies a file; a folder, too, with what is in it if that is wanted. What is to be copied is
/// listed before anything is written, so that a copy below itself ends.
fn put(shell: &mut Shell, from: &Place, to: &str, inside: Option<&Wanted>) -> Outcome {
    if !from.is_folder {
        return put_file(shell, &from.full, to);
    }
    let mut waiting = vec![(from.full.clone(), to.to_owned(), 0)];
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    while let Some((folder, place, depth)) = waiting.pop() {
        let children = match inside {
            Some(_) if depth < FOLDER_DEPTH_MAX => listed(shell, "Get-ChildItem", &folder)?,
            _ => Vec::new(),
        };
        folders.push(place.clone());
        for child in children {
            let name = child.parts().1;
            if inside.is_some_and(|wanted| !wanted.allows(name)) {
                continue;
            }
            let to = below(&place, name);
            match child.is_folder {
                true => waiting.push((child.full, to, depth + 1)),
                false => files.push((child.full, to)),
            }
        }
        if folders.len() + files.len() > FOLDER_ITEMS_MAX {
            let message = format!("'{}' has more than {FOLDER_ITEMS_MAX} items.", from.full);
            return Err(Error::new(Category::LimitsExceeded, "FolderTooLarge", message).into());
        }
    }
    for folder in folders {
        make_folder(shell, &folder)?;
    }
    files.into_iter().try_for_each(|(from, to)| put_file(shell, &from, &to))
}

fn make_folder(shell: &mut Shell, path: &str) -> Outcome {
    if !is_on_drive(path) {
        return Ok(shell.local_make_folder(&shell.local_path(path), path)?);
    }
    let given = vec![
        Given::named("Path", Value::from(path)),
        Given::named("ItemType", Value::from("Directory")),
        Given::named("Force", Value::Bool(true)),
        Given::named("Confirm", Value::Bool(false)),
    ];
    shell.run_cmdlet("New-Item", given, &mut Vec::new())
}

fn put_file(shell: &mut Shell, from: &str, to: &str) -> Outcome {
    let bytes = shell.read_file(from, true)?;
    if is_on_drive(to) {
        let given = vec![
            Given::named("Path", Value::from(to)),
            Given::named("Value", Value::list([bytes])),
            Given::named("Confirm", Value::Bool(false)),
        ];
        return shell.run_cmdlet("Set-Content", given, &mut Vec::new());
    }
    match bytes {
        Value::Bytes(bytes) => Ok(shell.local_write(&shell.local_path(to), to, &bytes, false)?),
        _ => Ok(()),
    }
}
