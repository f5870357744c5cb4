//! `Get-Command`, `Get-Help`: what there is, from the table.

use super::help_hits::{Hit, hits};
use super::modules::{is_module, module, snap_in};
use crate::cmdlet::{self, Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::help::{Detail, of_block, of_cmdlet, overview, topic};
use crate::lang::format::{FORMATTED, PAGED};
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::{Category, Error, Object, Shell, Value};
use crate::not_applicable::{self, NotApplicable};

pub(super) const CMDLETS: &[Cmdlet] = &[GET_COMMAND, GET_HELP, HELP, CLEAR];

/// Type of a command.
pub(crate) const COMMAND: &str = "System.Management.Automation.CommandInfo";
/// Type of a command that has no meaning here, among others.
const NOT_APPLICABLE: &str = "Tandem.NotApplicableCommand";
/// Type of the same when it was asked for by name.
const NOT_APPLICABLE_ALONE: &str = "Tandem.NotApplicableCommand#Alone";

const GET_COMMAND: Cmdlet = Cmdlet {
    aliases: &["gcm"],
    synopsis: "Lists commands.",
    description: "Of the cmdlets that run in the node it lists those that your roles let you run. \
                  Commands of Lync and Exchange that have no meaning here are listed last, as \
                  NotApplicable with the reason.",
    parameters: &[
        Parameter::positional("Name", Kind::StringList).from_pipeline().help("Names or wildcards."),
        Parameter::named("Verb", Kind::StringList).help("Only these verbs."),
        Parameter::named("Noun", Kind::StringList).help("Only these nouns."),
        Parameter::named("Module", Kind::StringList)
            .help("Names as Get-Module lists them; those of snap-ins mean the same."),
        Parameter::named("CommandType", Kind::String)
            .alias(&["Type"])
            .help("Cmdlet, Function, Alias, Application or NotApplicable."),
        Parameter::switch("Syntax").help("What the command takes, as a text."),
    ],
    output: &[
        View::table(
            COMMAND,
            &[
                Column::new("CommandType").width(15),
                Column::new("Name").width(50),
                Column::new("Version").width(10),
                Column::new("Source"),
            ],
        ),
        View::table(
            NOT_APPLICABLE,
            &[
                Column::new("CommandType").width(13),
                Column::new("Name").width(30),
                Column::new("Reason").wraps(),
            ],
        ),
        View::list_of(NOT_APPLICABLE_ALONE, &["Name", "CommandType", "Reason", "Instead"]),
    ],
    examples: &[
        Example {
            text: "What can be done with a noun",
            input: "Get-Command -Noun Object | Where-Object Verb -eq Sort",
            output: "CommandType * Name * Version * Source\n*\nCmdlet * Sort-Object * Microsoft.PowerShell.Utility",
        },
        Example {
            text: "What a command takes",
            input: "Get-Command Get-CsSite -Syntax",
            output: "Get-CsSite [[-Identity] <Identity>]*",
        },
        Example {
            text: "Why a command of Lync is not here",
            input: "Get-Command Enable-CsAdForest",
            output: "Name * : Enable-CsAdForest\nCommandType : NotApplicable\n\
                     Reason * : there is no Active Directory*\nInstead * : *leave the step out",
        },
    ],
    ..Cmdlet::client("Get-Command", || Box::new(Plain(get_command)))
};

/// What commands are wanted.
struct Wanted {
    names: Option<Vec<String>>,
    verbs: Option<Vec<String>>,
    nouns: Option<Vec<String>>,
    modules: Option<Vec<String>>,
    kind: String,
    syntax: bool,
}

impl Wanted {
    fn of(arguments: &Arguments) -> Wanted {
        Wanted {
            names: arguments.texts("Name"),
            verbs: arguments.texts("Verb"),
            nouns: arguments.texts("Noun"),
            modules: arguments.texts("Module"),
            kind: arguments.text("CommandType").unwrap_or("*").to_owned(),
            syntax: arguments.flag("Syntax"),
        }
    }

    fn is_kind(&self, kind: &str) -> bool {
        is_like(kind, &self.kind, false)
    }

    fn has_name(&self, name: &str) -> bool {
        fits(self.names.as_ref(), name)
    }

    /// Whether a name was asked for as it is.
    fn is_exact(&self, name: &str) -> bool {
        self.names.iter().flatten().any(|wanted| wanted.eq_ignore_ascii_case(name))
    }

    fn has_module(&self, name: &str, module: &str) -> bool {
        let (verb, noun) = name.split_once('-').unwrap_or(("", name));
        fits(self.verbs.as_ref(), verb)
            && fits(self.nouns.as_ref(), noun)
            && is_module(self.modules.as_deref(), module)
    }

    fn is_by_name_only(&self) -> bool {
        self.verbs.is_none() && self.nouns.is_none() && self.modules.is_none()
    }
}

fn fits(patterns: Option<&Vec<String>>, text: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| is_like(text, pattern, false)))
}

/// The node's commands that the caller may run; none: all of them, or there is no node to ask.
pub(crate) fn permitted(shell: &mut Shell) -> Option<Vec<String>> {
    match shell.node.as_mut()?.hello() {
        Ok(hello) => hello.commands,
        // Whoever is not let in may run none.
        Err(error) if error.category == Category::PermissionDenied => Some(Vec::new()),
        Err(_) => None,
    }
}

/// Whether a cmdlet is among them; what is about the client's own files always is.
pub(crate) fn is_permitted(cmdlet: &Cmdlet, may: Option<&[String]>) -> bool {
    let is_own = !matches!(cmdlet.run, cmdlet::Run::Node(_));
    is_own || may.is_none_or(|names| names.iter().any(|name| name == cmdlet.name))
}

pub(super) fn get_command(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let wanted = Wanted::of(arguments);
    let mut rows: Vec<(String, Value)> = Vec::new();
    let may = permitted(shell);
    for cmdlet in cmdlet::all().filter(|cmdlet| is_permitted(cmdlet, may.as_deref())) {
        let alias = wanted.syntax && cmdlet.aliases.iter().any(|alias| wanted.is_exact(alias));
        if !(wanted.has_name(cmdlet.name) || alias)
            || !wanted.has_module(cmdlet.name, module(cmdlet))
            || !wanted.is_kind("Cmdlet")
        {
            continue;
        }
        let row = match wanted.syntax {
            true => Value::from(crate::help::syntax(cmdlet).join("\n")),
            false => cmdlet_row(cmdlet),
        };
        rows.push((cmdlet.name.to_owned(), row));
    }
    if wanted.names.is_some() && wanted.is_kind("Alias") && !wanted.syntax {
        for (name, meant) in super::aliases::all(shell) {
            let is_cmdlet = cmdlet::find(&name).is_some_and(|cmdlet| cmdlet.name == name);
            if wanted.is_exact(&name) && !is_cmdlet {
                rows.push((name.clone(), super::aliases::object(&name, &meant)));
            }
        }
    }
    rows.extend(programs(&wanted, may.as_deref()));
    if wanted.is_kind("Function") && wanted.is_by_name_only() {
        let names = shell.scope.function_names();
        for name in names.into_iter().filter(|name| wanted.has_name(name)) {
            let lines = super::command_info::syntax_lines(shell, &name);
            let row = lines.filter(|_| wanted.syntax).map(Value::from);
            rows.push((name.clone(), row.unwrap_or_else(|| function_row(shell, &name))));
        }
    }
    if !wanted.syntax {
        rows.sort_by_key(|(name, _)| name.to_lowercase());
    }
    rows.extend(not_applicable_rows(&wanted));
    let found = !rows.is_empty();
    for (_, row) in rows {
        out.emit(shell, row)?;
    }
    let exact = wanted.names.iter().flatten().find(|name| !has_wildcards(name));
    match exact {
        Some(name) if !found => {
            let message = format!(
                "The term '{name}' is not recognized as the name of a cmdlet, function, script \
                 file, or operable program. Check the spelling of the name, or if a path was \
                 included, verify that the path is correct and try again."
            );
            Err(Error::new(Category::ObjectNotFound, "CommandNotFoundException", message)
                .target(name.as_str())
                .exception("CommandNotFoundException")
                .into())
        }
        _ => Ok(()),
    }
}

/// Programs of Windows that are here, by name or where they were asked for.
fn programs(wanted: &Wanted, may: Option<&[String]>) -> Vec<(String, Value)> {
    let is_asked = |name: &str, file: &str| match wanted.kind == "*" {
        true => wanted.is_exact(name) || wanted.is_exact(file),
        false => wanted.is_kind("Application") && (wanted.has_name(file) || wanted.is_exact(name)),
    };
    let is_mine = |name: &str| may.is_none_or(|names| names.iter().any(|own| own == name));
    let mut rows = Vec::new();
    for native in cmdlet::NATIVES.iter().filter(|native| is_mine(native.name)) {
        let file = format!("{}.exe", native.name);
        if wanted.is_by_name_only() && !wanted.syntax && is_asked(native.name, &file) {
            let row = super::command_info::program(native.name, &file);
            rows.push((file, row));
        }
    }
    rows
}

/// Commands that have no meaning here, by name.
fn not_applicable_rows(wanted: &Wanted) -> Vec<(String, Value)> {
    let mut rows = Vec::new();
    if !wanted.is_kind("NotApplicable") || wanted.syntax {
        return rows;
    }
    for row in not_applicable::all() {
        for name in row.names() {
            let noun = name.split_once('-').map_or("", |(_, noun)| noun);
            if wanted.has_name(&name) && wanted.has_module(&name, snap_in(noun)) {
                let type_name = match wanted.is_exact(&name) {
                    true => NOT_APPLICABLE_ALONE,
                    false => NOT_APPLICABLE,
                };
                rows.push((name.clone(), not_applicable_row(&name, row, type_name)));
            }
        }
    }
    // Commands of Windows are known by wildcards, so only names have rows.
    for name in wanted.names.iter().flatten().filter(|name| !has_wildcards(name)) {
        if let Some(instead) = super::instead_of(name).filter(|_| wanted.has_module(name, "")) {
            rows.push((name.clone(), windows_row(name, instead)));
        }
    }
    rows.sort_by_key(|(name, _)| name.to_lowercase());
    rows
}

fn windows_row(name: &str, instead: &str) -> Value {
    let (verb, noun) = name.split_once('-').unwrap_or(("", name));
    Value::Object(
        Object::new(NOT_APPLICABLE_ALONE)
            .shown_as(name)
            .with("CommandType", "NotApplicable")
            .with("Name", name)
            .with("Reason", "a command of Windows that this shell does not have")
            .with("Instead", instead)
            .with("Source", "")
            .with("ModuleName", "")
            .with("Verb", verb)
            .with("Noun", noun),
    )
}

fn not_applicable_row(name: &str, row: &NotApplicable, type_name: &str) -> Value {
    let (verb, noun) = name.split_once('-').unwrap_or(("", name));
    Value::Object(
        Object::new(type_name)
            .shown_as(name)
            .with("CommandType", "NotApplicable")
            .with("Name", name)
            .with("Reason", row.reason)
            .with("Instead", row.instead)
            .with("Source", snap_in(noun))
            .with("ModuleName", snap_in(noun))
            .with("Verb", verb)
            .with("Noun", noun),
    )
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

pub(super) fn function_row(shell: &Shell, name: &str) -> Value {
    let (verb, noun) = name.split_once('-').unwrap_or(("", name));
    let block = shell.scope.function(name);
    let body = block.as_ref().map(|block| {
        let text = block.text();
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        inner.unwrap_or(text).to_owned()
    });
    Value::Object(
        Object::new(COMMAND)
            .shown_as(name)
            .with("CommandType", "Function")
            .with("Name", name)
            .with("Source", "")
            .with("Verb", verb)
            .with("Noun", noun)
            .with("Definition", body)
            .with("ScriptBlock", block.map(Value::Block)),
    )
}

/// `help` is `Get-Help` that pages.
const HELP: Cmdlet = Cmdlet {
    aliases: &["man"],
    synopsis: "Explains a command, one page at a time.",
    parameters: HELP_PARAMETERS,
    examples: &[Example {
        text: "Explain a command",
        input: "help Get-CsSite",
        output: "NAME\nGet-CsSite\nSYNOPSIS\n*\nSYNTAX\nGet-CsSite *",
    }],
    ..Cmdlet::client("help", || {
        Box::new(Plain(|shell, args, out| get_help(shell, args, true, out)))
    })
};

const HELP_PARAMETERS: &[Parameter] = &[
    Parameter::positional("Name", Kind::String)
        .from_pipeline()
        .help("The command, or wildcards; an overview if left out."),
    Parameter::switch("Detailed").help("With parameters and examples."),
    Parameter::switch("Full").help("With everything."),
    Parameter::switch("Examples").help("Only examples."),
    Parameter::named("Parameter", Kind::String).help("Only this parameter; may have wildcards."),
    Parameter::named("Category", Kind::StringList).help("Accepted: all are looked through."),
    Parameter::switch("ShowWindow").help("Accepted: it is shown here."),
    Parameter::switch("Online").help("Accepted: everything is here."),
];

const GET_HELP: Cmdlet = Cmdlet {
    synopsis: "Explains a command.",
    parameters: HELP_PARAMETERS,
    output: &[super::help_hits::VIEW],
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
    ..Cmdlet::client("Get-Help", || {
        Box::new(Plain(|shell, args, out| get_help(shell, args, false, out)))
    })
};

fn get_help(shell: &mut Shell, arguments: &Arguments, pages: bool, out: &mut Sink<'_>) -> Outcome {
    let Some(name) = arguments.text("Name") else {
        return show(shell, &overview(), pages, out);
    };
    let detail = detail_of(arguments);
    let hits = explain(shell, name, &detail, pages, out)?;
    match hits.as_slice() {
        [] => Ok(()),
        // The only hit is what was meant.
        [only] => explain(shell, &only.name.clone(), &detail, pages, out).map(|_| ()),
        several => several.iter().try_for_each(|hit| out.emit(shell, hit.row())),
    }
}

fn detail_of(arguments: &Arguments) -> Detail {
    if let Some(parameter) = arguments.text("Parameter") {
        Detail::Parameter(parameter.to_owned())
    } else if arguments.flag("Examples") {
        Detail::Examples
    } else if arguments.flag("Full") {
        Detail::Full
    } else if arguments.flag("Detailed") {
        Detail::Detailed
    } else {
        Detail::Short
    }
}

fn show(shell: &mut Shell, text: &str, pages: bool, out: &mut Sink<'_>) -> Outcome {
    let mut text = Object::new(FORMATTED).shown_as(text);
    if pages {
        text = text.with(PAGED, true);
    }
    out.emit(shell, Value::Object(text))
}

/// Explains what has this name; what a pattern, or a part of a name, fits if nothing has it.
fn explain(
    shell: &mut Shell,
    name: &str,
    detail: &Detail,
    pages: bool,
    out: &mut Sink<'_>,
) -> Outcome<Vec<Hit>> {
    let block = match name.to_ascii_lowercase().ends_with(".ps1") {
        true => Some(shell.script_file(name)?),
        false => shell.scope.function(name),
    };
    let none = |()| Vec::new();
    if let Some(block) = block {
        let objects = of_block(name, &block, detail, shell.host.width);
        return give(shell, name, objects, detail, pages, out).map(none);
    }
    let meant = shell.aliases.get(&name.to_lowercase()).cloned();
    if let Some(cmdlet) = cmdlet::find(meant.as_deref().unwrap_or(name)) {
        let objects = of_cmdlet(cmdlet, detail, shell.host.width);
        return give(shell, cmdlet.name, objects, detail, pages, out).map(none);
    }
    if let Some((name, row)) = not_applicable::find(name) {
        let text = not_applicable::help(&name, row);
        return show(shell, &text, pages, out).map(none);
    }
    if let Some(topic) = topic(name).filter(|_| !has_wildcards(name)) {
        let text = crate::help::reflowed(topic.text, shell.host.width);
        return show(shell, &format!("\n{text}\n"), pages, out).map(none);
    }
    if let Some(instead) = super::instead_of(name) {
        let text = format!("\n{name} is not supported here: {instead}.\n");
        return show(shell, &text, pages, out).map(none);
    }
    Ok(hits(name)?)
}

/// Gives help to the pipeline.
fn give(
    shell: &mut Shell,
    asked: &str,
    objects: Vec<Object>,
    detail: &Detail,
    pages: bool,
    out: &mut Sink<'_>,
) -> Outcome {
    if let (Detail::Parameter(pattern), true) = (detail, objects.is_empty()) {
        let why = not_applicable::parameter_sentence(asked, pattern);
        let message = why.unwrap_or_else(|| format!("No parameter matches criteria {pattern}."));
        return Err(Error::new(Category::ObjectNotFound, "NoParmsFound", message)
            .target(pattern.as_str())
            .exception("PSArgumentException")
            .into());
    }
    for object in objects {
        let object = if pages { object.with(PAGED, true) } else { object };
        out.emit(shell, Value::Object(object))?;
    }
    Ok(())
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
