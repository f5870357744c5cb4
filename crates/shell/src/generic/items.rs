//! `Clear-Content`, `Resolve-Path`, `mkdir`, `Push-Location`, `Pop-Location`: files and where the
//! shell is.

use crate::client::local::file_error;
use crate::cmdlet::{Arguments, Cmdlet, Example, Impact, Kind, Parameter};
use crate::drives::DrivePath;
use crate::generic::put_on_drive;
use crate::lang::bind::Given;
use crate::lang::pipe::{Outcome, Plain, Sink, Stop};
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[CLEAR, RESOLVE, MKDIR, PUSH, POP];

const PATH: Parameter = Parameter::positional("Path", Kind::StringList)
    .alias(&["LiteralPath", "FullName"])
    .mandatory()
    .from_pipeline()
    .help("The file.");

const CLEAR: Cmdlet = Cmdlet {
    aliases: &["clc"],
    synopsis: "Empties a file.",
    impact: Impact::Medium,
    parameters: &[PATH, Parameter::switch("Force").help("Accepted: nothing is read-only.")],
    examples: &[Example {
        text: "Empty a file, and look",
        input: "'a' > C:\\c.txt; Clear-Content C:\\c.txt; (Get-Content C:\\c.txt -Raw).Length",
        output: "0",
    }],
    ..Cmdlet::client("Clear-Content", || {
        Box::new(Plain(|shell, arguments, _| {
            for path in arguments.texts("Path").unwrap_or_default() {
                let full = shell.full_path(&path);
                if !shell.should_process("Clear Content", &format!("Item: {full}"))? {
                    continue;
                }
                if DrivePath::parse(&full).is_some() {
                    put_on_drive(shell, &full, "", false)?;
                    continue;
                }
                let local = shell.local_path(&path);
                if !shell.local_exists(&local) {
                    let error = std::io::Error::from(std::io::ErrorKind::NotFound);
                    return Err(file_error(&path, &error).into());
                }
                shell.local_write(&local, &path, b"", false)?;
            }
            Ok(())
        }))
    })
};

const RESOLVE: Cmdlet = Cmdlet {
    aliases: &["rvpa"],
    synopsis: "Gives a path in full, if there is something.",
    parameters: &[PATH],
    examples: &[Example {
        text: "A folder of the node's",
        input: "(Resolve-Path C:\\Windows).Path",
        output: "C:\\Windows",
    }],
    ..Cmdlet::client("Resolve-Path", || Box::new(Plain(resolve)))
};

fn resolve(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    for path in arguments.texts("Path").unwrap_or_default() {
        let mut found: Vec<Value> = Vec::new();
        shell.run_cmdlet("Get-Item", vec![Given::named("Path", Value::from(&path))], &mut found)?;
        for item in found {
            let full = crate::lang::eval::own_member(&item, "FullName").unwrap_or_default();
            let full = crate::lang::text::to_text(&full);
            let place = Object::new("System.Management.Automation.PathInfo")
                .shown_as(&full)
                .with("Path", full.as_str())
                .with("ProviderPath", full.as_str());
            out.emit(shell, Value::Object(place))?;
        }
    }
    Ok(())
}

const MKDIR: Cmdlet = Cmdlet {
    aliases: &["md"],
    synopsis: "Makes a folder, of the client's or on C:.",
    impact: Impact::Medium,
    parameters: &[PATH, Parameter::switch("Force").help("No error if it is there.")],
    examples: &[Example {
        text: "A folder that is there",
        input: "mkdir / -Force | Out-Null; Test-Path /",
        output: "True",
    }],
    ..Cmdlet::client("mkdir", || {
        Box::new(Plain(|shell, arguments, out| {
            for path in arguments.texts("Path").unwrap_or_default() {
                let given = vec![
                    Given::named("Path", Value::from(path)),
                    Given::named("ItemType", Value::from("Directory")),
                    Given::named("Force", Value::Bool(arguments.flag("Force"))),
                ];
                let mut made: Vec<Value> = Vec::new();
                // As in Windows: it is New-Item that says what is wrong.
                shell.run_cmdlet("New-Item", given, &mut made).map_err(|stop| match stop {
                    Stop::Statement(mut error) => {
                        error.cmdlet = Some("New-Item".to_owned());
                        Stop::Statement(error)
                    }
                    stop => stop,
                })?;
                for item in made {
                    out.emit(shell, item)?;
                }
            }
            Ok(())
        }))
    })
};

const PUSH: Cmdlet = Cmdlet {
    aliases: &["pushd"],
    synopsis: "Goes to a folder, and remembers where one was.",
    parameters: &[Parameter::positional("Path", Kind::String).help("The folder.")],
    examples: &[Example {
        text: "There and back",
        input: "cd C:\\; Push-Location C:\\Windows; Pop-Location; (Get-Location).Path",
        output: "C:\\",
    }],
    ..Cmdlet::client("Push-Location", || {
        Box::new(Plain(|shell, arguments, _| {
            let before = shell.location.clone();
            if let Some(path) = arguments.text("Path") {
                let given = vec![Given::named("Path", Value::from(path))];
                shell.run_cmdlet("Set-Location", given, &mut Vec::new())?;
            }
            if shell.locations.len() < crate::limits::NESTING_MAX as usize {
                shell.locations.push(before);
            }
            Ok(())
        }))
    })
};

const POP: Cmdlet = Cmdlet {
    aliases: &["popd"],
    synopsis: "Goes back to where one was before Push-Location.",
    examples: &[Example {
        text: "Nowhere to go back to",
        input: "cd C:\\; Pop-Location; (Get-Location).Path",
        output: "C:\\",
    }],
    ..Cmdlet::client("Pop-Location", || {
        Box::new(Plain(|shell, _, _| {
            if let Some(before) = shell.locations.pop() {
                shell.location = before;
            }
            Ok(())
        }))
    })
};
