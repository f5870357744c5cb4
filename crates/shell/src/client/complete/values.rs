//! Values: names out of a set, identities from the node, properties, keys of hashtables.

use super::context::{Context, Of, Step, Typed};
use super::{Candidate, Finder, begins, names, paths, statics, types};
use crate::client::known::{Known, members_of};
use crate::cmdlet::{self, Cmdlet, Kind, Parameter, Run, Shape};
use crate::lang::Value;
use crate::lang::property::own_names;
use crate::wire::Completion;

/// What the common parameters take.
const ACTIONS: [&str; 5] = ["Continue", "SilentlyContinue", "Stop", "Inquire", "Ignore"];

impl Finder {
    /// What the node offers.
    pub(super) fn complete(
        &mut self,
        cmdlet: &str,
        parameter: &str,
        text: &str,
    ) -> Vec<(String, String)> {
        let Some(node) = &mut self.node else { return Vec::new() };
        let pair = |found: Completion| (found.value, found.about);
        node.complete(cmdlet, parameter, text).into_iter().map(pair).collect()
    }

    /// The cmdlets of the node that the person may run; all if none are told.
    pub(super) fn permitted(&mut self) -> Option<&[String]> {
        if self.permitted.is_none() {
            let hello = self.node.as_mut().and_then(|node| node.hello().ok());
            self.permitted = hello.map(|hello| hello.commands);
        }
        self.permitted.as_ref()?.as_deref()
    }

    /// The properties of what a cmdlet gives: those the node tells, or else those of its views.
    fn properties_of(&mut self, cmdlet: &'static Cmdlet) -> Vec<String> {
        if let Some((_, known)) = self.properties.iter().find(|(name, _)| *name == cmdlet.name) {
            return known.clone();
        }
        let told: Vec<String> = match (&mut self.node, cmdlet.run) {
            (Some(node), Run::Node(_) | Run::ByPath { .. }) => {
                node.properties(cmdlet.name).into_iter().map(|found| found.value).collect()
            }
            _ => Vec::new(),
        };
        if !told.is_empty() {
            self.properties.push((cmdlet.name, told.clone()));
            return told;
        }
        let mut names: Vec<String> = Vec::new();
        for view in cmdlet.output {
            let own: Vec<&str> = match view.shape {
                Shape::Table(columns) => columns.iter().map(|column| column.property).collect(),
                Shape::ListOf(names) => names.to_vec(),
                Shape::List | Shape::Text => Vec::new(),
            };
            for name in own {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }
}

/// A text as it is typed: in quotes if it must be, or if it was begun with one.
pub(super) fn quoted(text: &str, quote: Option<char>) -> String {
    let is_plain = !text.is_empty()
        && !text.starts_with(['@', '#', '-', '<', '>'])
        && !text.contains(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '(' | ')' | '\'' | '"' | ',' | ';' | '&' | '$' | '{' | '}' | '|' | '`'
                )
        });
    match quote {
        None if is_plain => text.to_owned(),
        Some('"') if !text.contains(['"', '$', '`']) => format!("\"{text}\""),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

fn from_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
    word: &str,
    quote: Option<char>,
) -> Vec<Candidate> {
    let found = names.into_iter().filter(|name| begins(name, word));
    found.map(|name| Candidate::new(quoted(name, quote))).collect()
}

fn truths(word: &str) -> Vec<Candidate> {
    let found = ["$true", "$false"].into_iter().filter(|truth| begins(truth, word));
    found.map(Candidate::new).collect()
}

/// Which parameter the word at the cursor is for.
pub(super) enum For {
    /// One of the cmdlet's.
    Own(&'static Parameter),
    /// One that every cmdlet has, by its name.
    Common(String),
    /// None.
    Nothing,
}

/// Which parameter of a cmdlet the value after what was typed is for.
pub(super) fn target(cmdlet: &Cmdlet, typed: &Typed<'_>) -> For {
    let is_switch = |name: &str| match names::named(cmdlet, name) {
        Some(parameter) => parameter.kind == Kind::Switch,
        None => ["whatif", "confirm", "verbose", "debug", "wi", "cf", "vb", "db"]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name)),
    };
    let of_name = |name: &str| match names::named(cmdlet, name) {
        Some(parameter) => For::Own(parameter),
        None => For::Common(name.to_owned()),
    };
    let mut positional = 0_usize;
    let mut last = None;
    for value in &typed.values {
        match value.after.filter(|name| value.bound || !is_switch(name)) {
            Some(name) => last = Some(Err(name)),
            None => {
                last = Some(Ok(positional));
                positional += 1;
            }
        }
    }
    let pending = typed.named.last().filter(|(_, has_value)| !has_value).map(|(name, _)| *name);
    let position = if typed.in_list {
        match last {
            Some(Err(name)) => return of_name(name),
            Some(Ok(position)) => position,
            None => positional,
        }
    } else {
        match pending {
            Some(name) if !is_switch(name) => return of_name(name),
            _ => positional,
        }
    };
    // Named ones give their positions to those after them.
    let given = |parameter: &&Parameter| {
        !typed.named.iter().any(|(name, _)| {
            names::named(cmdlet, name).is_some_and(|named| named.name == parameter.name)
        })
    };
    let mut open: Vec<&'static Parameter> = cmdlet
        .parameters
        .iter()
        .filter(|parameter| parameter.position.is_some())
        .filter(given)
        .collect();
    open.sort_by_key(|parameter| parameter.position);
    let takes_rest = open.iter().find(|parameter| parameter.takes_rest);
    match open.get(position).or(takes_rest) {
        Some(parameter) => For::Own(parameter),
        None => For::Nothing,
    }
}

/// What the value at the cursor may be.
pub(super) fn values(known: &Known, finder: &mut Finder, context: &Context<'_>) -> Vec<Candidate> {
    let (word, quote) = (context.word, context.quote);
    // Within `@{Add='…'` the values are those of the parameter the hashtable is for.
    let command = context.map_around().unwrap_or(context.scan.command);
    let typed = match context.map_around() {
        Some(command) => context.typed_around(command),
        None => context.typed(command),
    };
    let as_path = |finder: &mut Finder| match word.is_empty() {
        true => Vec::new(),
        false => paths::paths(word, known, finder, quote),
    };
    let Some(cmdlet) = known.cmdlet(typed.name) else {
        return as_path(finder);
    };
    if paths::is_path(word) && quote.is_none() && !word.contains(['@']) && is_drive_or_dot(word) {
        return paths::paths(word, known, finder, quote);
    }
    match target(cmdlet, &typed) {
        For::Own(parameter) => of_parameter(known, finder, context, cmdlet, parameter, command),
        For::Common(name) if name.to_ascii_lowercase().ends_with("action") => {
            from_names(ACTIONS, word, quote)
        }
        For::Common(name) if begins("Confirm", &name) || begins("Verbose", &name) => truths(word),
        For::Common(_) | For::Nothing => as_path(finder),
    }
}

fn is_drive_or_dot(word: &str) -> bool {
    word.starts_with(['/', '~', '.']) || word.contains(":\\") || word.ends_with(':')
}

/// Names of parameters that are paths.
fn is_path_parameter(parameter: &Parameter) -> bool {
    parameter.kind == Kind::File
        || [
            "Path",
            "LiteralPath",
            "FilePath",
            "Destination",
            "FileName",
            "RequestFile",
            "OutputFilePath",
            "CertStoreLocation",
            "Report",
            "Output",
        ]
        .contains(&parameter.name)
}

fn of_parameter(
    known: &Known,
    finder: &mut Finder,
    context: &Context<'_>,
    cmdlet: &'static Cmdlet,
    parameter: &'static Parameter,
    command: usize,
) -> Vec<Candidate> {
    let (word, quote) = (context.word, context.quote);
    match parameter.kind {
        Kind::Enum(names) | Kind::EnumList(names) => {
            return from_names(names.names.iter().copied(), word, quote);
        }
        Kind::Bool => return truths(word),
        Kind::Switch => return Vec::new(),
        _ if !parameter.values.is_empty() => {
            return from_names(parameter.values.iter().copied(), word, quote);
        }
        _ if is_path_parameter(parameter) => return paths::paths(word, known, finder, quote),
        _ => {}
    }
    let takes_properties = matches!(
        parameter.name,
        "Property" | "ExpandProperty" | "ExcludeProperty" | "GroupBy" | "MemberName"
    ) && matches!(cmdlet.run, Run::Client(_));
    if takes_properties || (parameter.name == "Process" && cmdlet.name == "ForEach-Object") {
        return properties(known, finder, context, &Of::Input(command), word, quote);
    }
    match (cmdlet.name, parameter.name) {
        ("Get-Help" | "help" | "Get-Command", "Name") => {
            return commands_named(known, cmdlet, word, quote);
        }
        ("New-Object", "TypeName") => return types::types(word),
        ("Search-AdminAuditLog", "Cmdlets") => {
            let names = cmdlet::all().filter(|cmdlet| cmdlet.rights == cmdlet::Rights::Write);
            return sorted(from_names(names.map(|cmdlet| cmdlet.name), word, quote));
        }
        (name, "Name") if name.ends_with("-Variable") => {
            let names = known.variables.iter().map(|variable| variable.name.as_str());
            return from_names(names, word, quote);
        }
        ("Where-Object", "Value") => return Vec::new(),
        _ => {}
    }
    let is_asked = !matches!(cmdlet.run, Run::Client(_))
        && matches!(
            parameter.kind,
            Kind::Identity | Kind::Fqdn | Kind::String | Kind::StringList | Kind::MultiValued
        );
    if !is_asked {
        return Vec::new();
    }
    let found = finder.complete(cmdlet.name, parameter.name, word);
    let candidate = |(value, about): (String, String)| {
        let shown = Some(value.clone());
        Candidate { shown, ..Candidate::new(quoted(&value, quote)) }.about(&about)
    };
    found.into_iter().map(candidate).collect()
}

/// What `Get-Command` and `Get-Help` can tell of: commands, those without a meaning here, topics.
fn commands_named(
    known: &Known,
    asked: &Cmdlet,
    word: &str,
    quote: Option<char>,
) -> Vec<Candidate> {
    let names = cmdlet::all().map(|cmdlet| cmdlet.name);
    let own = known.functions.iter().map(|function| function.name.as_str());
    let mut found = from_names(names.chain(own), word, quote);
    if asked.name != "Get-Command" {
        let topics = crate::help::TOPICS.iter().map(|topic| topic.name);
        found.extend(from_names(topics, word, quote));
    }
    // Thousands of names help nobody who has not said the noun yet.
    if word.contains('-') {
        let absent: Vec<String> =
            crate::not_applicable::all().flat_map(|row| row.names()).collect();
        found.extend(from_names(absent.iter().map(String::as_str), word, quote));
    }
    sorted(found)
}

fn sorted(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by(|a, b| a.value.cmp(&b.value));
    found
}

/// Keys of the hashtable at the cursor.
pub(super) fn keys(known: &Known, context: &Context<'_>, word: &str) -> Vec<Candidate> {
    let typed =
        context.map_around().map(|command| context.typed_around(command)).unwrap_or_default();
    let parameter = known.cmdlet(typed.name).map(|cmdlet| (cmdlet, target(cmdlet, &typed)));
    let names: &[(&str, &str)] = match parameter {
        Some((_, For::Own(parameter))) if parameter.kind == Kind::MultiValued => {
            &[("Add", "These more."), ("Remove", "These no longer.")]
        }
        Some((_, For::Own(parameter))) if parameter.name == "FilterHashtable" => &[
            ("LogName", "The logs."),
            ("ProviderName", "The sources."),
            ("ID", "The numbers of the events."),
            ("Level", "1 critical, 2 error, 3 warning, 4 information."),
            ("StartTime", "From this moment on."),
            ("EndTime", "Up to this moment."),
        ],
        Some((_, For::Own(parameter))) if matches!(parameter.name, "Property" | "GroupBy") => &[
            ("Name", "The heading."),
            ("Expression", "A script block, or the name of a property."),
            ("Width", "Columns."),
            ("Alignment", "Left, Center or Right."),
            ("FormatString", "How a number or a time is written."),
        ],
        _ => &[],
    };
    let used = |name: &str| {
        let own = context.scan.words.iter();
        own.filter(|word| word.command != context.scan.command || word.end <= context.start).any(
            |word| {
                let around = context.scan.commands.get(word.command).and_then(|p| p.around);
                around == context.map_around()
                    && context.slice(word).eq_ignore_ascii_case(name)
                    && word.end <= context.start
            },
        )
    };
    let found = names.iter().filter(|(name, _)| begins(name, word) && !used(name));
    found
        .map(|(name, about)| {
            let shown = Some((*name).to_owned());
            Candidate { shown, ..Candidate::new(format!("{name}=")) }.about(about)
        })
        .collect()
}

/// Members of what some steps lead to.
pub(super) fn members(
    known: &Known,
    finder: &mut Finder,
    context: &Context<'_>,
    (of, steps): (&Of, &[Step]),
    word: &str,
) -> Vec<Candidate> {
    let value = match (of, steps) {
        (Of::Static(kind), []) => return statics::members(kind, word),
        (Of::Static(kind), [Step::Member(name) | Step::Call(name), rest @ ..]) => {
            statics::given(kind, name).and_then(|value| statics::walked(value, rest))
        }
        (Of::Static(_), _) => None,
        (of, steps) => sample(known, context, of).and_then(|value| statics::walked(value, steps)),
    };
    let mut found = match (of, steps, &value) {
        (Of::Input(_) | Of::Output(_), [], _) => properties(known, finder, context, of, word, None),
        (_, _, Some(value)) => from_names(members_of(value).iter().map(String::as_str), word, None),
        _ => Vec::new(),
    };
    let kind = value.map(|value| crate::lang::types::type_of(&value));
    found.extend(kind.map(|kind| types::methods(&kind, word)).unwrap_or_default());
    found
}

/// The value that steps begin at, or one of its type.
fn sample(known: &Known, context: &Context<'_>, of: &Of) -> Option<Value> {
    match of {
        Of::Variable(name) => known.value(name).cloned(),
        Of::Text(text) => Some(Value::from(text)),
        Of::Output(command) => {
            let cmdlet = known.cmdlet(context.name_of(*command))?;
            type_given(cmdlet.name).and_then(statics::sample)
        }
        Of::Input(_) | Of::Static(_) => None,
    }
}

/// The type of what a cmdlet gives, where that is a plain value.
fn type_given(cmdlet: &str) -> Option<&'static str> {
    Some(match cmdlet {
        "Get-Date" => "datetime",
        "Get-Content" | "Read-Host" | "Out-String" | "Join-Path" | "Split-Path"
        | "ConvertTo-Json" => "string",
        "New-TimeSpan" => "timespan",
        _ => return None,
    })
}

fn properties(
    known: &Known,
    finder: &mut Finder,
    context: &Context<'_>,
    of: &Of,
    word: &str,
    quote: Option<char>,
) -> Vec<Candidate> {
    let names = match of {
        Of::Variable(name) => variable(known, name),
        Of::Input(command) => {
            let place = context.scan.commands.get(*command);
            match place.and_then(|place| place.upstream) {
                Some(upstream) => output(known, finder, context, upstream),
                None => Vec::new(),
            }
        }
        Of::Output(command) => output(known, finder, context, *command),
        Of::Text(_) | Of::Static(_) => Vec::new(),
    };
    from_names(names.iter().map(String::as_str), word, quote)
}

/// Whether the cursor is in the braces of a `-Filter`, where bare words are properties.
pub(super) fn is_in_filter(known: &Known, context: &Context<'_>) -> bool {
    let Some(command) = context.around() else { return false };
    let typed = context.typed_around(command);
    let target = known.cmdlet(typed.name).map(|cmdlet| target(cmdlet, &typed));
    matches!(target, Some(For::Own(parameter)) if parameter.kind == Kind::Filter)
}

/// Properties for a `-Filter`.
pub(super) fn filtered(
    known: &Known,
    finder: &mut Finder,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let command = context.around().unwrap_or(context.scan.command);
    properties(known, finder, context, &Of::Output(command), context.word, None)
}

fn variable(known: &Known, name: &str) -> Vec<String> {
    known.value(name).map(members_of).unwrap_or_default()
}

/// The properties of what a command gives: those of its input if it gives on what comes.
fn output(
    known: &Known,
    finder: &mut Finder,
    context: &Context<'_>,
    command: usize,
) -> Vec<String> {
    const GIVE_ON: [&str; 5] =
        ["Where-Object", "Sort-Object", "Tee-Object", "Select-Object", "ForEach-Object"];
    let mut at = Some(command);
    while let Some(command) = at {
        let name = context.name_of(command);
        match known.cmdlet(name) {
            Some(cmdlet) if GIVE_ON.contains(&cmdlet.name) => {}
            Some(cmdlet) if cmdlet.name == "Get-Date" => {
                let names = own_names(&Value::Time(0));
                return names.into_iter().map(|name| name.to_string()).collect();
            }
            Some(cmdlet) => return finder.properties_of(cmdlet),
            None => {
                let first = context.scan.words.iter().find(|word| word.command == command);
                let name = first.map(|word| context.slice(word)).unwrap_or_default();
                return variable(known, name.trim_start_matches('$'));
            }
        }
        at = context.scan.commands.get(command).and_then(|place| place.upstream);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        for (text, quote, expected) in [
            ("Redmond", None, "Redmond"),
            ("owa (Default Web Site)", None, "'owa (Default Web Site)'"),
            ("O'Brien", None, "'O''Brien'"),
            ("Ken Myer", Some('"'), "\"Ken Myer\""),
            ("a$b", Some('"'), "'a$b'"),
            ("x", Some('\''), "'x'"),
            ("@x", None, "'@x'"),
        ] {
            assert_eq!(quoted(text, quote), expected);
        }
    }
}
