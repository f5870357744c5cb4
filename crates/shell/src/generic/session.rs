//! What scripts begin with: modules, snap-ins, strict mode, execution policy.
//! Everything is loaded here already, so most of it only answers as scripts expect.

use super::modules::{CORE, MODULES, SNAP_INS, is_module, means};
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{is_like, to_text};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[
    IMPORT, GET_MODULE, REMOVE, ADD_SNAPIN, GET_SNAPIN, STRICT, SET_POLICY, GET_POLICY, CULTURE,
    HOST, HOST_NAME, WHO,
];

const NAME: Parameter = Parameter::positional("Name", Kind::StringList)
    .from_pipeline()
    .help("Names; wildcards where they make sense.");

/// Type of a module.
const MODULE: &str = "System.Management.Automation.PSModuleInfo";
/// Type of a snap-in.
const SNAP_IN: &str = "System.Management.Automation.PSSnapInInfo";

/// A module as `Get-Module` shows it.
pub(super) fn module(name: &str) -> Value {
    let mut commands: Vec<&str> = crate::cmdlet::all()
        .filter(|cmdlet| super::modules::module(cmdlet) == name)
        .map(|cmdlet| cmdlet.name)
        .collect();
    commands.sort_unstable();
    Value::Object(
        Object::new(MODULE)
            .shown_as(name)
            .with("ModuleType", "Binary")
            .with("Version", env!("CARGO_PKG_VERSION"))
            .with("Name", name)
            .with("ExportedCommands", Value::list(commands)),
    )
}

fn snap_in(name: &str) -> Value {
    let description = match name {
        CORE => "The cmdlets of the language, which are loaded.",
        _ => "The cmdlets of Exchange, which are loaded.",
    };
    Value::Object(
        Object::new(SNAP_IN)
            .shown_as(name)
            .with("Name", name)
            .with("PSVersion", "5.1")
            .with("Description", description),
    )
}

/// Whether a name, or the path of a file with it, means one of the modules or snap-ins.
fn is_loaded(name: &str) -> bool {
    let leaf = name.rsplit(['\\', '/']).next().unwrap_or(name);
    let bare = leaf.trim_end_matches(".psd1").trim_end_matches(".psm1");
    MODULES.iter().any(|(known, _)| means(bare, known))
        || SNAP_INS.iter().any(|known| is_like(known, bare, false))
}

/// Whether all that is asked for is loaded.
pub(crate) fn are_loaded(arguments: &Arguments) -> bool {
    arguments.texts("Name").unwrap_or_default().iter().all(|name| is_loaded(name))
}

fn load(_: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    for name in arguments.texts("Name").unwrap_or_default() {
        if is_loaded(&name) {
            continue;
        }
        let message = format!(
            "The specified module '{name}' was not loaded because no valid module file was found in \
             any module directory."
        );
        return Err(Error::new(Category::ResourceUnavailable, "Modules_ModuleNotFound", message)
            .target(name)
            .exception("FileNotFoundException")
            .advice(
                "This shell has no modules beyond its own cmdlets, which are loaded; a .ps1 file \
                 with functions is loaded by . .\\file.ps1.",
            )
            .into());
    }
    Ok(())
}

const IMPORT: Cmdlet = Cmdlet {
    aliases: &["ipmo"],
    synopsis: "Accepted for the modules of Lync and Exchange: their cmdlets are loaded.",
    parameters: &[
        NAME,
        Parameter::switch("Force").help("Accepted."),
        Parameter::switch("DisableNameChecking").help("Accepted."),
        Parameter::switch("Global").help("Accepted."),
        Parameter::named("Prefix", Kind::String).help("Accepted: names stay as they are."),
    ],
    examples: &[Example { text: "As scripts do", input: "Import-Module Lync", output: "" }],
    ..Cmdlet::client("Import-Module", || Box::new(Plain(load)))
};

const ADD_SNAPIN: Cmdlet = Cmdlet {
    aliases: &["asnp"],
    synopsis: "Accepted for the snap-ins of Exchange: their cmdlets are loaded.",
    parameters: &[NAME, Parameter::switch("PassThru").help("Accepted.")],
    examples: &[Example {
        text: "As scripts do",
        input: "Add-PSSnapin Microsoft.Exchange.Management.PowerShell.E2010",
        output: "",
    }],
    ..Cmdlet::client("Add-PSSnapin", || Box::new(Plain(load)))
};

fn list_modules(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let patterns = arguments.texts("Name");
    // What is in the core is a snap-in, as in PowerShell.
    for (name, _) in MODULES.iter().filter(|(name, _)| *name != CORE) {
        if is_module(patterns.as_deref(), name) {
            out.emit(shell, module(name))?;
        }
    }
    Ok(())
}

fn list_snap_ins(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let patterns = arguments.texts("Name");
    for name in SNAP_INS.iter().copied().chain([CORE]) {
        let fits = |pattern: &String| is_like(name, pattern, false);
        if patterns.as_ref().is_none_or(|patterns| patterns.iter().any(fits)) {
            out.emit(shell, snap_in(name))?;
        }
    }
    Ok(())
}

const GET_MODULE: Cmdlet = Cmdlet {
    aliases: &["gmo"],
    synopsis: "Lists the modules whose cmdlets are loaded.",
    description: "Get-Command -Module takes the same names.",
    parameters: &[
        NAME,
        Parameter::switch("ListAvailable").help("Accepted: all are loaded."),
        Parameter::switch("All").help("Accepted: there are no nested ones."),
        Parameter::switch("Refresh").help("Accepted."),
    ],
    output: &[View::table(
        MODULE,
        &[
            Column::new("ModuleType").width(10),
            Column::new("Version").width(10),
            Column::new("Name").width(35),
            Column::new("ExportedCommands"),
        ],
    )],
    examples: &[Example {
        text: "Whether Lync's cmdlets are there",
        input: "(Get-Module Lync).Name",
        output: "Lync",
    }],
    ..Cmdlet::client("Get-Module", || Box::new(Plain(list_modules)))
};

const GET_SNAPIN: Cmdlet = Cmdlet {
    aliases: &["gsnp"],
    synopsis: "Lists the snap-ins whose cmdlets are loaded.",
    output: &[View::list(SNAP_IN)],
    parameters: &[NAME, Parameter::switch("Registered").help("Accepted: all are loaded.")],
    examples: &[Example {
        text: "Whether Exchange's cmdlets are there",
        input: "[bool](Get-PSSnapin Microsoft.Exchange.* -ErrorAction SilentlyContinue)",
        output: "True",
    }],
    ..Cmdlet::client("Get-PSSnapin", || Box::new(Plain(list_snap_ins)))
};

const REMOVE: Cmdlet = Cmdlet {
    aliases: &["rmo", "Remove-PSSnapin"],
    synopsis: "Accepted: cmdlets stay loaded.",
    parameters: &[NAME, Parameter::switch("Force").help("Accepted.")],
    examples: &[Example { text: "As scripts do", input: "Remove-Module Lync", output: "" }],
    ..Cmdlet::client("Remove-Module", || Box::new(Plain(|_, _, _| Ok(()))))
};

const STRICT: Cmdlet = Cmdlet {
    synopsis: "Makes errors of variables, properties and items that are not there.",
    description: "From version 1 on variables must have been set, from 2 on properties must be \
                  there, from 3 on items too. It holds in this scope and in what it calls.",
    parameters: &[
        Parameter::named("Version", Kind::Any)
            .mandatory()
            .sets(&["Version"])
            .help("1.0, 2.0, 3.0 or Latest."),
        Parameter::switch("Off").mandatory().sets(&["Off"]).help("Nothing is an error any more."),
    ],
    default_set: "Version",
    examples: &[Example {
        text: "A variable that nobody set",
        input: "Set-StrictMode -Version Latest; try { $nobody } catch { $_.FullyQualifiedErrorId }",
        output: "VariableIsUndefined",
    }],
    ..Cmdlet::client("Set-StrictMode", || Box::new(Plain(strict)))
};

fn strict(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let text = arguments.value("Version").map(to_text).unwrap_or_default();
    let version = match text.split('.').next().unwrap_or_default() {
        _ if arguments.flag("Off") => 0,
        latest if latest.eq_ignore_ascii_case("latest") => 3,
        "1" => 1,
        "2" => 2,
        "3" | "4" | "5" => 3,
        _ => {
            let message = format!(
                "Cannot validate argument on parameter 'Version'. The \"{text}\" argument does not \
                 contain a valid PowerShell version. Supply a valid version number and then try \
                 the command again."
            );
            return Err(Error::new(
                Category::InvalidData,
                "ParameterArgumentValidationError",
                message,
            )
            .exception("ParameterBindingValidationException")
            .into());
        }
    };
    shell.scope.set_strictness(version);
    Ok(())
}

const SET_POLICY: Cmdlet = Cmdlet {
    synopsis: "Accepted: scripts are never signed here.",
    parameters: &[
        Parameter::positional("ExecutionPolicy", Kind::String).help("Accepted."),
        Parameter::named("Scope", Kind::String).at(1).help("Accepted."),
        Parameter::switch("Force").help("Accepted."),
    ],
    examples: &[Example {
        text: "As scripts do",
        input: "Set-ExecutionPolicy RemoteSigned -Force",
        output: "",
    }],
    ..Cmdlet::client("Set-ExecutionPolicy", || Box::new(Plain(|_, _, _| Ok(()))))
};

const GET_POLICY: Cmdlet = Cmdlet {
    synopsis: "Tells that scripts of one's own run.",
    parameters: &[Parameter::named("Scope", Kind::String).help("Accepted.")],
    examples: &[Example {
        text: "The policy",
        input: "Get-ExecutionPolicy",
        output: "RemoteSigned",
    }],
    ..Cmdlet::client("Get-ExecutionPolicy", || {
        Box::new(Plain(|shell, _, out| out.emit(shell, Value::from("RemoteSigned"))))
    })
};

const CULTURE: Cmdlet = Cmdlet {
    aliases: &["Get-UICulture"],
    synopsis: "Tells how numbers and times are written: as in the United States.",
    examples: &[Example { text: "Its name", input: "(Get-Culture).Name", output: "en-US" }],
    ..Cmdlet::client("Get-Culture", || {
        Box::new(Plain(|shell, _, out| out.emit(shell, crate::lang::culture::own().value())))
    })
};

const HOST: Cmdlet = Cmdlet {
    synopsis: "Tells what runs the shell.",
    examples: &[Example { text: "Its name", input: "(Get-Host).Name", output: "Tandem" }],
    ..Cmdlet::client("Get-Host", || {
        Box::new(Plain(|shell, _, out| {
            let host = shell.variable("Host").unwrap_or_default();
            out.emit(shell, host)
        }))
    })
};

/// A variable of the environment that names the computer or the administrator.
fn surroundings(shell: &mut Shell, name: &str) -> String {
    let found = shell.variable_asked(&format!("env:{name}"));
    found.map(|value| to_text(&value)).unwrap_or_default()
}

const HOST_NAME: Cmdlet = Cmdlet {
    synopsis: "Tells the name of the computer that the shell speaks for.",
    examples: &[Example { text: "Its name", input: "hostname", output: "ATL-OWA-001" }],
    ..Cmdlet::client("hostname", || {
        Box::new(Plain(|shell, _, out| {
            let name = surroundings(shell, "COMPUTERNAME");
            out.emit(shell, Value::from(name))
        }))
    })
};

const WHO: Cmdlet = Cmdlet {
    synopsis: "Tells who the administrator is to the node.",
    examples: &[Example { text: "Domain and name", input: "whoami", output: "litwareinc\\*" }],
    ..Cmdlet::client("whoami", || {
        Box::new(Plain(|shell, _, out| {
            let domain = surroundings(shell, "USERDOMAIN");
            let name = format!("{domain}\\{}", surroundings(shell, "USERNAME"));
            out.emit(shell, Value::from(name.to_lowercase()))
        }))
    })
};
