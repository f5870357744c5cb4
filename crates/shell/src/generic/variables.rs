//! `Get-Variable` and its kin, `Set-Alias`.

use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::is_like;
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET, NEW, CLEAR, REMOVE, ALIAS];

/// Variables that the shell works out when they are asked for.
const AUTOMATIC: [&str; 13] = [
    "?",
    "Error",
    "HOME",
    "Host",
    "LASTEXITCODE",
    "MyInvocation",
    "PID",
    "PSCommandPath",
    "PSCulture",
    "PSScriptRoot",
    "PSUICulture",
    "PSVersionTable",
    "PWD",
];

/// Type of what is in a hashtable.
const ENTRY: &str = "System.Collections.DictionaryEntry";
const VARIABLE: &str = "System.Management.Automation.PSVariable";

const NAME: Parameter = Parameter::positional("Name", Kind::String).mandatory().help("Its name.");
const VALUE: Parameter =
    Parameter::named("Value", Kind::Any).at(1).from_pipeline().help("Its value.");

const SCOPE: Parameter =
    Parameter::named("Scope", Kind::String).help("Global, Script, Local, or how many callers up.");
const OPTION: Parameter = Parameter::named("Option", Kind::String)
    .values(&["None", "ReadOnly", "Constant", "Private", "AllScope"])
    .help("ReadOnly or Constant: it stays as it is.");
const FORCE: Parameter = Parameter::switch("Force").help("Accepted.");
const DESCRIPTION: Parameter = Parameter::named("Description", Kind::String).help("Accepted.");
const PASS: Parameter = Parameter::switch("PassThru").help("Gives the variable on.");

const GET: Cmdlet = Cmdlet {
    aliases: &["gv"],
    synopsis: "Lists variables.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).help("Names or wildcards."),
        Parameter::switch("ValueOnly").help("Only the values."),
        Parameter::named("Scope", Kind::String).help("Accepted: all that can be seen."),
    ],
    output: &[
        View::table(VARIABLE, &[Column::new("Name").width(30), Column::new("Value")]),
        View::table(ENTRY, &[Column::new("Name").width(30), Column::new("Value")]),
    ],
    examples: &[Example {
        text: "One variable",
        input: "$answer = 42; Get-Variable ans* | ForEach-Object { \"$($_.Name) $($_.Value)\" }",
        output: "answer 42",
    }],
    ..Cmdlet::client("Get-Variable", || Box::new(Plain(get)))
};

fn get(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let patterns = arguments.texts("Name").unwrap_or_else(|| vec!["*".to_owned()]);
    let mut all = shell.scope.variables();
    for name in AUTOMATIC {
        if let (false, Some(value)) =
            (all.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)), shell.variable_asked(name))
        {
            all.push((name.to_owned(), value));
        }
    }
    all.sort_by_key(|(name, _)| name.to_lowercase());
    for pattern in patterns {
        let mut found = false;
        for (name, value) in all.iter().filter(|(name, _)| is_like(name, &pattern, false)) {
            found = true;
            let object = match arguments.flag("ValueOnly") {
                true => value.clone(),
                false => Value::Object(
                    Object::new(VARIABLE).with("Name", name).with("Value", value.clone()),
                ),
            };
            out.emit(shell, object)?;
        }
        if !found && !pattern.contains('*') {
            let message = format!("Cannot find a variable with the name '{pattern}'.");
            shell.report_error(
                Error::new(Category::ObjectNotFound, "VariableNotFound", message)
                    .target(pattern.as_str())
                    .exception("ItemNotFoundException"),
            )?;
        }
    }
    Ok(())
}

const SET: Cmdlet = Cmdlet {
    aliases: &["set", "sv"],
    synopsis: "Sets a variable.",
    parameters: &[NAME, VALUE, SCOPE, OPTION, FORCE, DESCRIPTION, PASS],
    examples: &[Example { text: "Set and use", input: "Set-Variable x 3; $x", output: "3" }],
    ..Cmdlet::client("Set-Variable", || Box::new(Plain(set)))
};

const NEW: Cmdlet = Cmdlet {
    aliases: &["nv"],
    synopsis: "Makes a variable.",
    parameters: &[NAME, VALUE, SCOPE, OPTION, FORCE, DESCRIPTION, PASS],
    examples: &[Example { text: "Make and use", input: "New-Variable y 4; $y", output: "4" }],
    ..Cmdlet::client("New-Variable", || Box::new(Plain(set)))
};

fn set(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let name = arguments.text("Name").unwrap_or_default().to_owned();
    let value = arguments.value("Value").cloned().unwrap_or_default();
    let scope = arguments.text("Scope").unwrap_or("Local").to_ascii_lowercase();
    match scope.parse::<usize>() {
        Ok(levels) => {
            shell.scope.up(levels).set(&name, value.clone());
        }
        Err(_) if matches!(scope.as_str(), "global" | "script") => {
            shell.set_variable(&format!("{scope}:{name}"), value.clone())?;
        }
        Err(_) => shell.set_variable(&name, value.clone())?,
    }
    if matches!(arguments.text("Option"), Some("ReadOnly" | "Constant")) {
        shell.scope.lock(&name);
    }
    match arguments.flag("PassThru") {
        false => Ok(()),
        true => {
            let object = Object::new(VARIABLE).with("Name", name).with("Value", value);
            out.emit(shell, Value::Object(object))
        }
    }
}

const CLEAR: Cmdlet = Cmdlet {
    aliases: &["clv"],
    synopsis: "Sets variables to $null.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).mandatory().help("Names."),
        FORCE,
    ],
    examples: &[Example {
        text: "Clear, and look",
        input: "$c = 1; Clear-Variable c; $null -eq $c",
        output: "True",
    }],
    ..Cmdlet::client("Clear-Variable", || {
        Box::new(Plain(|shell, arguments, _| {
            for name in arguments.texts("Name").unwrap_or_default() {
                shell.set_variable(&name, Value::Null)?;
            }
            Ok(())
        }))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    aliases: &["rv"],
    synopsis: "Forgets a variable.",
    parameters: &[NAME, SCOPE, FORCE],
    examples: &[Example {
        text: "Forget",
        input: "$z = 1; Remove-Variable z; $null -eq $z",
        output: "True",
    }],
    ..Cmdlet::client("Remove-Variable", || {
        Box::new(Plain(|shell, arguments, _| {
            shell.scope.remove(arguments.text("Name").unwrap_or_default());
            Ok(())
        }))
    })
};

const ALIAS: Cmdlet = Cmdlet {
    aliases: &["New-Alias", "sal"],
    synopsis: "Gives a command another name, for this shell.",
    parameters: &[
        NAME,
        Parameter::named("Value", Kind::String).at(1).mandatory().help("The command."),
        Parameter::named("Scope", Kind::String).help("Accepted: it is there until the end."),
        FORCE,
        DESCRIPTION,
    ],
    examples: &[Example {
        text: "A shorter name",
        input: "Set-Alias say Write-Output; say hello",
        output: "hello",
    }],
    ..Cmdlet::client("Set-Alias", || {
        Box::new(Plain(|shell, arguments, _| {
            let name = arguments.text("Name").unwrap_or_default().to_lowercase();
            let value = arguments.text("Value").unwrap_or_default().to_owned();
            if value.eq_ignore_ascii_case(&name) {
                let message = "An alias cannot mean itself.";
                return Err(Error::new(Category::InvalidArgument, "AliasRecursive", message).into());
            }
            shell.aliases.insert(name, value);
            Ok(())
        }))
    })
};
