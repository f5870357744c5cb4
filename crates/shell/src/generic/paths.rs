//! Where the shell is, and what to do with paths: `Set-Location`, `Join-Path`, `Add-Content`,
//! and the client's side of `New-Item` and `Remove-Item`. Read next: `transfer`.

use super::files::content;
use super::output::{ENCODINGS, put_on_drive};
use super::transfer::wanted_of;
use crate::client::local::file_error;
use crate::cmdlet::item_filter::Wanted;
use crate::cmdlet::{Arguments, ClientStart, Cmdlet, Example, Impact, Kind, Parameter};
use crate::drives::DrivePath;
use crate::lang::bind::Given;
use crate::lang::operate::join;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage, Stop};
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::{Category, Error, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET_LOCATION, SET_LOCATION, JOIN, SPLIT, ADD_CONTENT];

const GET_LOCATION: Cmdlet = Cmdlet {
    aliases: &["pwd", "gl"],
    synopsis: "Tells where relative paths begin.",
    examples: &[Example {
        text: "After going somewhere",
        input: "Set-Location C:\\Windows; (Get-Location).Path",
        output: "C:\\Windows",
    }],
    ..Cmdlet::client("Get-Location", || {
        Box::new(Plain(|shell, _, out| {
            let place = shell.whereabouts();
            out.emit(shell, Value::Object(place))
        }))
    })
};

const SET_LOCATION: Cmdlet = Cmdlet {
    aliases: &["cd", "chdir", "sl"],
    synopsis: "Goes to a folder: of the client's, or on a drive of the node's.",
    parameters: &[Parameter::positional("Path", Kind::String)
        .alias(&["LiteralPath"])
        .help("The folder.")],
    examples: &[Example {
        text: "Go into a folder of the node's",
        input: "cd 'C:\\Program Files'; cd Microsoft; (Get-Location).Path",
        output: "C:\\Program Files\\Microsoft",
    }],
    ..Cmdlet::client("Set-Location", || Box::new(Plain(set_location)))
};

fn set_location(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let path = arguments.text("Path").unwrap_or("~").to_owned();
    let full = shell.full_path(&path);
    if DrivePath::parse(&full).is_some() {
        let mut found: Vec<Value> = Vec::new();
        let given = vec![
            Given::named("Path", Value::from(full.as_str())),
            Given::named("PathType", Value::from("Container")),
        ];
        shell.run_cmdlet("Test-Path", given, &mut found)?;
        if !matches!(found.first(), Some(Value::Bool(true))) {
            return Err(not_found(&full).into());
        }
        shell.location = tidy(&full);
        return Ok(());
    }
    let local = shell.local_path(&path);
    let full = std::fs::canonicalize(&local);
    let local = match full {
        Ok(full) => full,
        Err(_) if shell.local_is_folder(&local) => local,
        Err(error) => return Err(file_error(&local.to_string_lossy(), &error).into()),
    };
    if !shell.local_is_folder(&local) {
        return Err(not_found(&local.to_string_lossy()).into());
    }
    shell.location = local.to_string_lossy().into_owned();
    Ok(())
}

fn not_found(path: &str) -> Error {
    let message = format!("Cannot find path '{path}' because it does not exist.");
    let mut error = Error::new(Category::ObjectNotFound, "PathNotFound", message)
        .target(path)
        .exception("ItemNotFoundException");
    error.advice = crate::not_applicable::instead_of_path(path).map(str::to_owned);
    error
}

/// A drive's path without `.` and `..`.
fn tidy(path: &str) -> String {
    let (drive, rest) = path.split_once(':').unwrap_or(("C", path));
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split(['\\', '/']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("{drive}:\\{}", parts.join("\\"))
}

const JOIN: Cmdlet = Cmdlet {
    synopsis: "Puts a path together.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .mandatory()
            .from_pipeline()
            .help("The folder."),
        Parameter::named("ChildPath", Kind::String)
            .at(1)
            .mandatory()
            .or_empty()
            .help("What is in it."),
    ],
    examples: &[Example {
        text: "On a drive",
        input: "Join-Path C:\\Windows System32",
        output: "C:\\Windows\\System32",
    }],
    ..Cmdlet::client("Join-Path", || Box::new(Plain(join_path)))
};

fn join_path(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let child = arguments.text("ChildPath").unwrap_or_default();
    for path in arguments.texts("Path").unwrap_or_default() {
        let separator = if path.contains('\\') || path.ends_with(':') { '\\' } else { '/' };
        let joined = format!(
            "{}{separator}{}",
            path.trim_end_matches(['\\', '/']),
            child.trim_start_matches(['\\', '/'])
        );
        out.emit(shell, Value::from(joined))?;
    }
    Ok(())
}

const SPLIT: Cmdlet = Cmdlet {
    synopsis: "Takes a path apart.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .mandatory()
            .from_pipeline()
            .help("The path."),
        Parameter::switch("Leaf").help("The last part; the folder if left out."),
        Parameter::switch("Parent").help("The folder."),
        Parameter::switch("Qualifier").help("The drive, with its colon."),
        Parameter::switch("NoQualifier").help("The path without the drive."),
        Parameter::switch("IsAbsolute").help("Whether it begins at a drive or at /."),
    ],
    examples: &[
        Example {
            text: "The last part",
            input: "Split-Path C:\\Windows\\win.ini -Leaf",
            output: "win.ini",
        },
        Example {
            text: "The drive, and what is on it",
            input: "Split-Path C:\\Windows -Qualifier; Split-Path C:\\Windows -NoQualifier",
            output: "C:\n\\Windows",
        },
    ],
    ..Cmdlet::client("Split-Path", || Box::new(Plain(split_path)))
};

fn split_path(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    for path in arguments.texts("Path").unwrap_or_default() {
        if let Some(part) = by_drive(&path, arguments)? {
            out.emit(shell, part)?;
            continue;
        }
        let path = path.trim_end_matches(['\\', '/']);
        let (folder, leaf) = match path.rfind(['\\', '/']) {
            Some(at) => (path.get(..at).unwrap_or(""), path.get(at + 1..).unwrap_or("")),
            None => ("", path),
        };
        out.emit(shell, Value::from(if arguments.flag("Leaf") { leaf } else { folder }))?;
    }
    Ok(())
}

/// What `-Qualifier`, `-NoQualifier` and `-IsAbsolute` ask for.
fn by_drive(path: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
    let drive = path.find(':').map(|at| path.split_at(at + 1));
    if arguments.flag("IsAbsolute") {
        return Ok(Some(Value::Bool(drive.is_some() || path.starts_with('/'))));
    }
    if arguments.flag("NoQualifier") {
        return Ok(Some(Value::from(drive.map_or(path, |(_, rest)| rest))));
    }
    match drive {
        _ if !arguments.flag("Qualifier") => Ok(None),
        Some((drive, _)) => Ok(Some(Value::from(drive))),
        None => {
            let message = format!(
                "Cannot parse path because path '{path}' does not have a qualifier specified."
            );
            Err(Error::new(Category::InvalidArgument, "ParsePathFormatError", message)
                .target(path)
                .exception("FormatException")
                .into())
        }
    }
}

const ADD_CONTENT: Cmdlet = Cmdlet {
    aliases: &["ac"],
    synopsis: "Adds lines to a file.",
    impact: Impact::Medium,
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .alias(&["LiteralPath"])
            .mandatory()
            .help("The file."),
        Parameter::named("Value", Kind::AnyList)
            .at(1)
            .mandatory()
            .or_empty()
            .from_pipeline()
            .help("The lines."),
        Parameter::named("Encoding", Kind::Enum(&ENCODINGS)).help("How characters become bytes."),
        Parameter::switch("NoNewline").help("Without line ends."),
        Parameter::switch("Force").help("Accepted: nothing is read-only."),
    ],
    examples: &[Example {
        text: "Add a line",
        input: "'a' > C:\\n.txt; Add-Content C:\\n.txt 'b'; (Get-Content C:\\n.txt).Count",
        output: "2",
    }],
    ..Cmdlet::client("Add-Content", || Box::new(AddContent::default()))
};

#[derive(Default)]
struct AddContent {
    values: Vec<Value>,
    arguments: Arguments,
}

impl Stage for AddContent {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let value = arguments.value("Value").cloned().unwrap_or_default();
        self.values.extend_from_slice(list_of(&value).items());
        self.arguments = arguments.clone();
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        for path in self.arguments.texts("Path").unwrap_or_default() {
            let full = shell.full_path(&path);
            if !shell.should_process("Add Content", &format!("Path: {full}"))? {
                continue;
            }
            if DrivePath::parse(&full).is_some() {
                let end = if self.arguments.flag("NoNewline") { "" } else { "\n" };
                let text = join(&Value::list(self.values.iter().cloned()), end)? + end;
                put_on_drive(shell, &full, &text, true)?;
                continue;
            }
            let local = shell.local_path(&path);
            let is_new = !shell.local_exists(&local);
            let bytes = content(&self.values, &self.arguments, is_new);
            let shown = local.to_string_lossy().into_owned();
            shell.local_write(&local, &shown, &bytes, true)?;
        }
        Ok(())
    }
}

/// `New-Item` in the client; the cmdlet is the node's `cmdlet/new_item`.
pub const NEW_ITEM: ClientStart = || Box::new(Plain(new_item));

fn new_item(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let is_folder = arguments.text("ItemType").is_some_and(|t| t.eq_ignore_ascii_case("Directory"));
    let text = arguments.text("Value").unwrap_or_default();
    let name = arguments.text("Name").unwrap_or_default();
    let mut places = arguments.texts("Path").unwrap_or_default();
    if places.is_empty() {
        places.push(".".to_owned());
    }
    for place in places {
        let path = match name {
            "" => place,
            name => format!("{}/{name}", place.trim_end_matches(['\\', '/'])),
        };
        let full = shell.full_path(&path);
        let what = if is_folder { "Create Directory" } else { "Create File" };
        if !shell.should_process(what, &format!("Destination: {full}"))? {
            continue;
        }
        let local = shell.local_path(&path);
        let shown = local.to_string_lossy().into_owned();
        if shell.local_exists(&local) && !arguments.flag("Force") {
            return Err(is_there_already(&shown, is_folder).into());
        }
        match is_folder {
            true => shell.local_make_folder(&local, &shown)?,
            false => {
                let written = shell.local_write(&local, &shown, text.as_bytes(), false);
                written.map_err(not_made)?;
            }
        }
        let given = vec![Given::named("Path", Value::from(full))];
        let mut found: Vec<Value> = Vec::new();
        shell.run_cmdlet("Get-Item", given, &mut found)?;
        for item in found {
            out.emit(shell, item)?;
        }
    }
    Ok(())
}

/// The error of `New-Item` for what is there already.
pub(crate) fn is_there_already(path: &str, is_folder: bool) -> Error {
    let (category, id, message) = match is_folder {
        true => (
            Category::ResourceExists,
            "DirectoryExist",
            format!("An item with the specified name {path} already exists."),
        ),
        false => {
            (Category::WriteError, "NewItemIOError", format!("The file '{path}' already exists."))
        }
    };
    Error::new(category, id, message).target(path).exception("IOException")
}

/// The error of `New-Item` for what could not be made.
fn not_made(error: Error) -> Stop {
    match error.exception.as_deref() {
        Some("DirectoryNotFoundException") => {
            let id = "NewItemIOError".to_owned();
            Error { category: Category::WriteError, id, ..error }.into()
        }
        _ => error.into(),
    }
}

/// Removes what a path on one of the shell's own drives names; whether it was such a path.
fn removed_from_shell(shell: &mut Shell, path: &str) -> Outcome<bool> {
    let Some((drive, name)) = path.split_once(':') else { return Ok(false) };
    let name = name.trim_start_matches(['\\', '/']);
    let was_there = match drive.to_ascii_lowercase().as_str() {
        "variable" => shell.scope.remove(name),
        "env" => {
            let before = shell.environment.len();
            shell.environment.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            shell.environment.len() < before
        }
        "alias" => shell.aliases.remove(&name.to_lowercase()).is_some(),
        "function" => shell.scope.remove_function(name),
        _ => return Ok(false),
    };
    match was_there {
        true => Ok(true),
        false => Err(not_found(name).into()),
    }
}

/// `Remove-Item` in the client; the cmdlet is the node's `cmdlet/remove_item`.
pub const REMOVE_ITEM: ClientStart = || Box::new(Plain(remove));

fn remove(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let value = arguments.value("Path").cloned().unwrap_or_default();
    for path in list_of(&value).items() {
        let path = match path {
            Value::Object(object) => {
                object.get("FullName").map(|full| to_text(&full)).unwrap_or_else(|| to_text(path))
            }
            other => to_text(other),
        };
        if removed_from_shell(shell, &path)? {
            continue;
        }
        // What comes down the pipeline may lie on a drive of the node.
        if DrivePath::parse(&shell.full_path(&path)).is_some() {
            // The node asks and tells by itself.
            let mut given = vec![Given::named("Path", Value::from(path))];
            for name in ["Recurse", "Filter", "Include", "Exclude"] {
                given.extend(arguments.value(name).map(|value| Given::named(name, value.clone())));
            }
            shell.run_cmdlet("Remove-Item", given, &mut Vec::new())?;
            continue;
        }
        for found in wanted_of(shell, &path, &Wanted::of(arguments))? {
            remove_local(shell, &found.full, arguments.flag("Recurse"))?;
        }
    }
    Ok(())
}

fn remove_local(shell: &mut Shell, full: &str, recurse: bool) -> Outcome {
    let local = shell.local_path(full);
    let is_folder = shell.local_is_folder(&local) && !local.is_symlink();
    let what = if is_folder { "Remove Directory" } else { "Remove File" };
    if !shell.should_process(what, full)? {
        return Ok(());
    }
    if is_folder && !recurse && !shell.local_list(&local, full)?.is_empty() {
        return Err(has_children(full).into());
    }
    Ok(shell.local_remove(&local, full, recurse)?)
}

/// The error of `Remove-Item` for a folder that is not empty, where nobody is asked.
pub(crate) fn has_children(path: &str) -> Error {
    let message = format!(
        "The item at {path} has children and the Recurse parameter was not specified. Nothing was \
         removed."
    );
    Error::new(Category::InvalidOperation, "DirectoryNotEmpty", message)
        .target(path)
        .exception("IOException")
        .advice("Add -Recurse to remove it with everything in it.")
}
