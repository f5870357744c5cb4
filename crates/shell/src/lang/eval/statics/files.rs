//! Static members of `[IO.File]`, `[IO.Path]` and `[IO.Directory]`, as far as scripts use them.

use crate::lang::bind::Given;
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::value::Value;

/// A constant of `[IO.Path]`.
pub(super) fn constant(name: &str) -> Option<Value> {
    Some(match name {
        "directoryseparatorchar" => Value::from("\\"),
        "altdirectoryseparatorchar" => Value::from("/"),
        "volumeseparatorchar" => Value::from(":"),
        "pathseparator" => Value::from(";"),
        _ => return None,
    })
}

/// Characters that no file's name has in Windows.
const INVALID: &str = "\"<>|:*?\\/";

/// A method of one of the three types that takes no path.
fn without_path(shell: &mut Shell, kind: &str, name: &str) -> Option<Value> {
    Some(match (kind, name) {
        ("io.path", "gettemppath") => {
            let folder = shell.variable_asked("env:TMPDIR").unwrap_or_else(|| Value::from("/tmp"));
            Value::from(format!("{}/", to_text(&folder).trim_end_matches('/')))
        }
        ("io.path", "getrandomfilename") => {
            let random = uuid::Uuid::new_v4().simple().to_string();
            let (name, rest) = random.split_at(8);
            Value::from(format!("{name}.{}", rest.get(..3).unwrap_or_default()))
        }
        ("io.path", "getinvalidfilenamechars") => {
            Value::list(INVALID.chars().map(|c| c.to_string()))
        }
        ("io.directory", "getcurrentdirectory") => Value::from(&shell.location),
        _ => return None,
    })
}

/// What a cmdlet does with files, for a method that gives nothing.
fn by_cmdlet(shell: &mut Shell, cmdlet: &str, given: &[(&str, Value)]) -> Outcome<Value> {
    let given = given.iter().map(|(name, value)| Given::named(name, value.clone()));
    let mut given: Vec<Given> = given.collect();
    given.push(Given::named("Confirm", Value::Bool(false)));
    shell.run_cmdlet(cmdlet, given, &mut Vec::new())?;
    Ok(Value::list(Vec::<Value>::new()))
}

/// Files or folders in a folder, by their paths.
fn listed(shell: &mut Shell, folder: &str, filter: Option<&String>, what: &str) -> Outcome<Value> {
    let mut given =
        vec![Given::named("Path", Value::from(folder)), Given::named(what, Value::Bool(true))];
    given.extend(filter.map(|filter| Given::named("Filter", Value::from(filter))));
    let mut found: Vec<Value> = Vec::new();
    shell.run_cmdlet("Get-ChildItem", given, &mut found)?;
    let full = |item: &Value| crate::lang::eval::own_member(item, "FullName").unwrap_or_default();
    Ok(Value::list(found.iter().map(full)))
}

/// A method of one of the three types.
pub(super) fn call(
    shell: &mut Shell,
    kind: &str,
    name: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    let texts: Vec<String> = arguments.iter().map(to_text).collect();
    let [path, rest @ ..] = texts.as_slice() else {
        return Ok(without_path(shell, kind, name));
    };
    if (kind, name) == ("io.path", "getfullpath") {
        return Ok(Some(Value::from(shell.full_path(path))));
    }
    if kind == "io.path" {
        return Ok(part(name, path, rest));
    }
    Ok(Some(match (kind, name) {
        // A stream that is read once from its beginning is its bytes.
        ("io.file", "readallbytes" | "openread") => shell.read_file(path, true)?,
        ("io.file", "writeallbytes") => {
            let bytes = arguments.get(1).cloned().unwrap_or_default();
            let given = vec![
                Given::named("Path", Value::from(path)),
                Given::named("Value", bytes),
                Given::named("Encoding", Value::from("Byte")),
            ];
            shell.run_cmdlet("Set-Content", given, &mut Vec::new())?;
            Value::list(Vec::<Value>::new())
        }
        ("io.file", "readalltext") => shell.read_file(path, false)?,
        ("io.file", "readlines" | "readalllines") => {
            Value::list(to_text(&shell.read_file(path, false)?).lines())
        }
        ("io.file", "writealltext" | "appendalltext") => {
            let text = rest.first().map_or("", String::as_str);
            crate::generic::put_file(shell, path, text, name == "appendalltext")?;
            Value::list(Vec::<Value>::new())
        }
        ("io.file", "writealllines" | "appendalllines") => {
            let lines = list_of(arguments.get(1).unwrap_or(&Value::Null));
            let text: String = lines.items().iter().map(|line| to_text(line) + "\n").collect();
            crate::generic::put_file(shell, path, &text, name == "appendalllines")?;
            Value::list(Vec::<Value>::new())
        }
        ("io.file" | "io.directory", "delete") => {
            let mut given = vec![("Path", Value::from(path))];
            if rest.first().is_some_and(|all| all == "True") {
                given.push(("Recurse", Value::Bool(true)));
            }
            by_cmdlet(shell, "Remove-Item", &given)?
        }
        ("io.file", "copy" | "move") => {
            let to = rest.first().map(Value::from).unwrap_or_default();
            let given = [("Path", Value::from(path)), ("Destination", to)];
            by_cmdlet(shell, if name == "copy" { "Copy-Item" } else { "Move-Item" }, &given)?
        }
        ("io.directory", "createdirectory") => {
            let kind = ("ItemType", Value::from("Directory"));
            let given = [("Path", Value::from(path)), kind, ("Force", Value::Bool(true))];
            by_cmdlet(shell, "New-Item", &given)?
        }
        ("io.directory", "getfiles") => listed(shell, path, rest.first(), "File")?,
        ("io.directory", "getdirectories") => listed(shell, path, rest.first(), "Directory")?,
        ("io.file" | "io.directory", "exists") => {
            let is_folder = kind == "io.directory";
            let mut found: Vec<Value> = Vec::new();
            let wanted = if is_folder { "Container" } else { "Leaf" };
            let given = vec![
                Given::named("Path", Value::from(path)),
                Given::named("PathType", Value::from(wanted)),
            ];
            shell.run_cmdlet("Test-Path", given, &mut found)?;
            found.pop().unwrap_or(Value::Bool(false))
        }
        _ => return Ok(None),
    }))
}

/// A part of a path, or paths put together.
fn part(name: &str, path: &str, rest: &[String]) -> Option<Value> {
    let (folder, leaf) = match path.rfind(['\\', '/']) {
        Some(at) => (path.get(..at).unwrap_or(""), path.get(at + 1..).unwrap_or("")),
        None => ("", path),
    };
    let dot = leaf.rfind('.');
    Some(Value::from(match name {
        "getfilename" => leaf.to_owned(),
        "getdirectoryname" => folder.to_owned(),
        "getextension" => dot.and_then(|at| leaf.get(at..)).unwrap_or("").to_owned(),
        "getfilenamewithoutextension" => {
            dot.and_then(|at| leaf.get(..at)).unwrap_or(leaf).to_owned()
        }
        "hasextension" => return Some(Value::Bool(dot.is_some())),
        "ispathrooted" => {
            let is_rooted = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
            return Some(Value::Bool(is_rooted));
        }
        "getpathroot" => match path.get(1..2) {
            Some(":") => path.get(..3).unwrap_or(path).to_owned(),
            _ if path.starts_with('/') => "/".to_owned(),
            _ => String::new(),
        },
        "combine" if rest.last().is_some_and(|last| last.starts_with('/')) => {
            rest.last().cloned().unwrap_or_default()
        }
        "combine" => rest.iter().fold(path.to_owned(), |whole, part| {
            let separator = if whole.contains('\\') || whole.ends_with(':') { '\\' } else { '/' };
            format!("{}{separator}{part}", whole.trim_end_matches(['\\', '/']))
        }),
        "changeextension" => {
            let stem = dot.and_then(|at| leaf.get(..at)).unwrap_or(leaf);
            let extension = rest.first().map_or("", String::as_str).trim_start_matches('.');
            let start = path.len() - leaf.len();
            format!("{}{stem}.{extension}", path.get(..start).unwrap_or(""))
        }
        _ => return None,
    }))
}
