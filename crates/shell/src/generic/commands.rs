//! `Get-Command`, `Get-Help`: what there is, from the table.

use crate::cmdlet::{self, Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::help::{Detail, TOPICS, of_block, overview, page, topic};
use crate::lang::format::FORMATTED;
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET_COMMAND, GET_HELP, CLEAR];

const COMMAND: &str = "System.Management.Automation.CommandInfo";

const GET_COMMAND: Cmdlet = Cmdlet {
    aliases: &["gcm"],
    synopsis: "Lists commands.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).from_pipeline().help("Names or wildcards."),
        Parameter::named("Verb", Kind::StringList).help("Only these verbs."),
        Parameter::named("Noun", Kind::StringList).help("Only these nouns."),
        Parameter::named("Module", Kind::StringList).help("Lync, Exchange or Tandem."),
        Parameter::named("CommandType", Kind::String)
            .alias(&["Type"])
            .help("Cmdlet, Function or Alias."),
        Parameter::switch("Syntax").help("What the command takes, as a text."),
    ],
    output: &[View::table(
        COMMAND,
        &[
            Column::new("CommandType").width(15),
            Column::new("Name").width(50),
            Column::new("Version").width(10),
            Column::new("Source"),
        ],
    )],
    examples: &[
        Example {
            text: "What can be done with a noun",
            input: "Get-Command -Noun Object | Where-Object Verb -eq Sort",
            output: "CommandType * Name * Version * Source\n*\nCmdlet * Sort-Object * Tandem",
        },
        Example {
            text: "What a command takes",
            input: "Get-Command Get-CsSite -Syntax",
            output: "Get-CsSite [[-Identity] <Identity>]*",
        },
    ],
    ..Cmdlet::client("Get-Command", || Box::new(Plain(get_command)))
};

/// The snap-in a cmdlet would be in on Windows.
pub(super) fn module(cmdlet: &Cmdlet) -> &'static str {
    let noun = cmdlet.name.split_once('-').map_or("", |(_, noun)| noun);
    if noun.starts_with("Cs") {
        return "Lync";
    }
    let is_ours = matches!(cmdlet.run, cmdlet::Run::Client(_) | cmdlet::Run::ByPath { .. })
        || ["WinEvent", "EventLog", "ItemProperty"].contains(&noun);
    if is_ours { "Tandem" } else { "Exchange" }
}

fn get_command(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let patterns = |name: &str| arguments.texts(name);
    let fits = |patterns: &Option<Vec<String>>, text: &str| match patterns {
        None => true,
        Some(patterns) => patterns.iter().any(|pattern| is_like(text, pattern, false)),
    };
    let (names, verbs, nouns) = (patterns("Name"), patterns("Verb"), patterns("Noun"));
    let modules = patterns("Module");
    let kind = arguments.text("CommandType").unwrap_or("*").to_owned();
    let mut rows: Vec<(String, Value)> = Vec::new();
    let mut found = false;
    for cmdlet in cmdlet::all() {
        let (verb, noun) = cmdlet.name.split_once('-').unwrap_or(("", cmdlet.name));
        let alias = arguments.flag("Syntax")
            && cmdlet.aliases.iter().any(|alias| match &names {
                Some(names) => names.iter().any(|name| name.eq_ignore_ascii_case(alias)),
                None => false,
            });
        if !(fits(&names, cmdlet.name) || alias)
            || !fits(&verbs, verb)
            || !fits(&nouns, noun)
            || !fits(&modules, module(cmdlet))
            || !is_like("Cmdlet", &kind, false)
        {
            continue;
        }
        found = true;
        if arguments.flag("Syntax") {
            out.emit(shell, Value::from(crate::help::syntax(cmdlet).join("\n")))?;
            continue;
        }
        rows.push((cmdlet.name.to_owned(), cmdlet_row(cmdlet)));
    }
    if names.is_some() && is_like("Alias", &kind, false) {
        for (name, meant) in super::aliases::all(shell) {
            let is_exact = names.iter().flatten().any(|wanted| wanted.eq_ignore_ascii_case(&name));
            let is_cmdlet = cmdlet::find(&name).is_some_and(|cmdlet| cmdlet.name == name);
            if is_exact && !is_cmdlet && !arguments.flag("Syntax") {
                found = true;
                rows.push((name.clone(), super::aliases::object(&name, &meant)));
            }
        }
    }
    let by_name_only = verbs.is_none() && nouns.is_none() && modules.is_none();
    if is_like("Function", &kind, false) && by_name_only {
        for name in shell.scope.function_names().into_iter().filter(|name| fits(&names, name)) {
            found = true;
            rows.push((name.clone(), function_row(&name)));
        }
    }
    rows.sort_by_key(|(name, _)| name.to_lowercase());
    for (_, row) in rows {
        out.emit(shell, row)?;
    }
    let exact = names.iter().flatten().find(|name| !has_wildcards(name));
    match exact {
        Some(name) if !found => {
            let message = format!(
                "The term '{name}' is not recognized as the name of a cmdlet, function, script \
                 file, or operable program."
            );
            Err(Error::new(Category::ObjectNotFound, "CommandNotFoundException", message)
                .target(name.as_str())
                .exception("CommandNotFoundException")
                .into())
        }
        _ => Ok(()),
    }
}

fn cmdlet_row(cmdlet: &Cmdlet) -> Value {
    let (verb, noun) = cmdlet.name.split_once('-').unwrap_or(("", cmdlet.name));
    Value::Object(
        Object::new(COMMAND)
            .shown_as(cmdlet.name)
            .with("CommandType", "Cmdlet")
            .with("Name", cmdlet.name)
            .with("Version", env!("CARGO_PKG_VERSION"))
            .with("Source", module(cmdlet))
            .with("ModuleName", module(cmdlet))
            .with("Verb", verb)
            .with("Noun", noun)
            .with("Definition", crate::help::syntax(cmdlet).join("\n")),
    )
}

fn function_row(name: &str) -> Value {
    Value::Object(
        Object::new(COMMAND)
            .shown_as(name)
            .with("CommandType", "Function")
            .with("Name", name)
            .with("Source", ""),
    )
}

const GET_HELP: Cmdlet = Cmdlet {
    aliases: &["help", "man"],
    synopsis: "Explains a command.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .from_pipeline()
            .help("The command, or wildcards; an overview if left out."),
        Parameter::switch("Detailed").help("With parameters and examples."),
        Parameter::switch("Full").help("With everything."),
        Parameter::switch("Examples").help("Only examples."),
        Parameter::named("Parameter", Kind::String)
            .help("Only this parameter; may have wildcards."),
        Parameter::named("Category", Kind::StringList).help("Accepted: all are looked through."),
        Parameter::switch("ShowWindow").help("Accepted: it is shown here."),
        Parameter::switch("Online").help("Accepted: everything is here."),
    ],
    examples: &[
        Example {
            text: "Explain a command",
            input: "Get-Help Get-CsSite",
            output: "NAME\nGet-CsSite\nSYNOPSIS\n*\nSYNTAX\nGet-CsSite *",
        },
        Example {
            text: "Find commands",
            input: "Get-Help *-CsTrustedApplicationPool",
            output: "Name * Synopsis\n*\nGet-CsTrustedApplicationPool *",
        },
    ],
    ..Cmdlet::client("Get-Help", || Box::new(Plain(get_help)))
};

fn get_help(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let Some(name) = arguments.text("Name") else {
        return show(shell, &overview(), out);
    };
    let detail = if let Some(parameter) = arguments.text("Parameter") {
        Detail::Parameter(parameter.to_owned())
    } else if arguments.flag("Examples") {
        Detail::Examples
    } else if arguments.flag("Full") {
        Detail::Full
    } else if arguments.flag("Detailed") {
        Detail::Detailed
    } else {
        Detail::Short
    };
    let block = match name.to_ascii_lowercase().ends_with(".ps1") {
        true => Some(shell.script_file(name)?),
        false => shell.scope.function(name),
    };
    if let Some(block) = block {
        return show(shell, &of_block(name, &block, &detail), out);
    }
    let meant = shell.aliases.get(&name.to_lowercase()).cloned();
    if let Some(cmdlet) = cmdlet::find(meant.as_deref().unwrap_or(name)) {
        return show(shell, &page(cmdlet, &detail), out);
    }
    if let Some(topic) = topic(name).filter(|_| !has_wildcards(name)) {
        return show(shell, &format!("\n{}\n", topic.text), out);
    }
    if let Some(instead) = super::instead_of(name) {
        return show(shell, &format!("\n{name} is not supported here: {instead}.\n"), out);
    }
    let pattern = if has_wildcards(name) { name.to_owned() } else { format!("*{name}*") };
    let mut found: Vec<&Cmdlet> =
        cmdlet::all().filter(|cmdlet| is_like(cmdlet.name, &pattern, false)).collect();
    found.sort_by_key(|cmdlet| cmdlet.name);
    let topics = TOPICS.iter().filter(|topic| is_like(topic.name, &pattern, false));
    let topics: Vec<Value> = topics
        .map(|topic| {
            Value::Object(
                Object::custom().with("Name", topic.name).with("Synopsis", topic.synopsis),
            )
        })
        .collect();
    if found.is_empty() && topics.is_empty() {
        let message = format!("Get-Help could not find {name} in this shell.");
        return Err(Error::new(Category::ObjectNotFound, "HelpNotFound", message)
            .target(name)
            .exception("HelpNotFoundException")
            .advice("Get-Command lists all commands.")
            .into());
    }
    for cmdlet in found {
        let row = Object::custom().with("Name", cmdlet.name).with("Synopsis", cmdlet.synopsis);
        out.emit(shell, Value::Object(row))?;
    }
    for topic in topics {
        out.emit(shell, topic)?;
    }
    Ok(())
}

fn show(shell: &mut Shell, text: &str, out: &mut Sink<'_>) -> Outcome {
    out.emit(shell, Value::Object(Object::new(FORMATTED).shown_as(text)))
}

const CLEAR: Cmdlet = Cmdlet {
    aliases: &["cls", "clear"],
    synopsis: "Clears the screen.",
    examples: &[Example { text: "Clear", input: "Clear-Host", output: "" }],
    ..Cmdlet::client("Clear-Host", || {
        Box::new(Plain(|shell, _, _| {
            if shell.host.is_terminal {
                shell.host.write("\x1b[2J\x1b[H");
            }
            Ok(())
        }))
    })
};
