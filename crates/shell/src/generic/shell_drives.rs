//! The shell's own drives, `env:`, `variable:`, `function:` and `alias:`, and `Get-PSDrive`.

use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::bind::Given;
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET_DRIVE];

const DRIVE: &str = "System.Management.Automation.PSDriveInfo";

/// Name, provider, root and description of each drive.
const DRIVES: [(&str, &str, &str, &str); 8] = [
    ("/", "FileSystem", "/", "The client's own files."),
    ("Alias", "Alias", "", "Other names of commands."),
    ("C", "FileSystem", "C:\\", "The node's files, as Windows would have them."),
    ("Cert", "Certificate", "\\", "The node's certificates."),
    ("Env", "Environment", "", "The environment."),
    ("Function", "Function", "", "Functions."),
    ("HKLM", "Registry", "HKEY_LOCAL_MACHINE", "The node's registry keys."),
    ("Variable", "Variable", "", "Variables."),
];

const GET_DRIVE: Cmdlet = Cmdlet {
    aliases: &["gdr"],
    synopsis: "Lists the drives that paths may be on.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList)
            .from_pipeline()
            .help("Names without a colon; may have *."),
        Parameter::named("PSProvider", Kind::StringList).help("Only drives of these providers."),
    ],
    output: &[View::table(
        DRIVE,
        &[
            Column::new("Name").width(10),
            Column::new("Provider").width(13),
            Column::new("Root").width(20),
            Column::new("Description"),
        ],
    )],
    examples: &[Example {
        text: "The drives with files",
        input: "(Get-PSDrive -PSProvider FileSystem).Name",
        output: "/\nC",
    }],
    ..Cmdlet::client("Get-PSDrive", || Box::new(Plain(drives)))
};

fn drives(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let fits = |given: &str, text: &str| {
        let wanted = arguments.texts(given);
        wanted.is_none_or(|all| all.iter().any(|pattern| is_like(text, pattern, false)))
    };
    let mut found = false;
    for (name, provider, root, about) in DRIVES {
        if fits("Name", name) && fits("PSProvider", provider) {
            found = true;
            let drive = Object::new(DRIVE)
                .shown_as(name)
                .with("Name", name)
                .with("Provider", provider)
                .with("Root", root)
                .with("Description", about);
            out.emit(shell, Value::Object(drive))?;
        }
    }
    let exact = arguments.texts("Name").unwrap_or_default();
    match exact.iter().find(|name| !has_wildcards(name)) {
        Some(name) if !found => {
            let message =
                format!("Cannot find drive. A drive with the name '{name}' does not exist.");
            Err(Error::new(Category::ObjectNotFound, "GetLocationNoMatchingDrive", message)
                .target(name.as_str())
                .exception("DriveNotFoundException")
                .into())
        }
        _ => Ok(()),
    }
}

/// What a path on one of these drives names; nothing for other paths.
pub(super) fn on_drive(shell: &mut Shell, path: &str) -> Option<Outcome<Vec<Value>>> {
    let (drive, name) = path.split_once(':')?;
    let name = name.trim_start_matches(['\\', '/']);
    let pattern = if name.is_empty() { "*" } else { name };
    let found = match drive.to_ascii_lowercase().as_str() {
        "env" => environment(shell, pattern),
        "variable" => {
            let mut found: Vec<Value> = Vec::new();
            let given = vec![Given::named("Name", Value::from(pattern))];
            match shell.run_cmdlet("Get-Variable", given, &mut found) {
                Ok(()) => found,
                Err(stop) => return Some(Err(stop)),
            }
        }
        "function" => {
            let names = shell.scope.function_names();
            let fitting = names.iter().filter(|name| is_like(name, pattern, false));
            fitting.map(|name| super::commands::function_row(shell, name)).collect()
        }
        "alias" => {
            let all = super::aliases::all(shell);
            let fitting = all.iter().filter(|(name, _)| is_like(name, pattern, false));
            fitting.map(|(name, meant)| super::aliases::object(name, meant)).collect()
        }
        _ => return None,
    };
    if found.is_empty() && !has_wildcards(pattern) {
        let message = format!("Cannot find path '{path}' because it does not exist.");
        return Some(Err(Error::new(Category::ObjectNotFound, "PathNotFound", message)
            .target(path)
            .exception("ItemNotFoundException")
            .into()));
    }
    Some(Ok(found))
}

fn environment(shell: &mut Shell, pattern: &str) -> Vec<Value> {
    // The names of computer and administrator are asked of the node.
    shell.variable_asked("env:COMPUTERNAME");
    let mut own: Vec<&(String, String)> = shell.environment.iter().collect();
    own.retain(|(name, _)| is_like(name, pattern, false));
    own.sort_by_key(|(name, _)| name.to_lowercase());
    let entry = |(name, value): &(String, String)| {
        Value::Object(
            Object::new("System.Collections.DictionaryEntry")
                .shown_as("System.Collections.DictionaryEntry")
                .with("Name", name.as_str())
                .with("Key", name.as_str())
                .with("Value", value.as_str()),
        )
    };
    own.into_iter().map(entry).collect()
}
