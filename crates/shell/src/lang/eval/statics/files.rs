//! Static members of `[IO.File]`, `[IO.Path]` and `[IO.Directory]`, as far as scripts use them.

use crate::lang::bind::Given;
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::value::Value;

/// A method of one of the three types.
pub(super) fn call(
    shell: &mut Shell,
    kind: &str,
    name: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    let texts: Vec<String> = arguments.iter().map(to_text).collect();
    let [path, rest @ ..] = texts.as_slice() else {
        return Ok(None);
    };
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
        ("io.file", "readalllines") => Value::list(to_text(&shell.read_file(path, false)?).lines()),
        ("io.file", "writealltext" | "appendalltext") => {
            let text = rest.first().map_or("", String::as_str);
            crate::generic::put_file(shell, path, text, name == "appendalltext")?;
            Value::list(Vec::<Value>::new())
        }
        ("io.file", "writealllines") => {
            let lines = list_of(arguments.get(1).unwrap_or(&Value::Null));
            let text: String = lines.items().iter().map(|line| to_text(line) + "\n").collect();
            crate::generic::put_file(shell, path, &text, false)?;
            Value::list(Vec::<Value>::new())
        }
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
