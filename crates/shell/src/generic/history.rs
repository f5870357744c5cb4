//! `Get-History`, `Invoke-History`, `Clear-History`: what was typed in this session.

use std::sync::Arc;

use super::count;
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::ast::Source;
use crate::lang::parse::parse;
use crate::lang::pipe::{Outcome, Plain, Sink};
use crate::lang::typed::Entry;
use crate::lang::types::{list_of, number};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GET, INVOKE, CLEAR];

const INFO: &str = "Microsoft.PowerShell.Commands.HistoryInfo";

const GET: Cmdlet = Cmdlet {
    aliases: &["ghy", "h", "history"],
    synopsis: "Lists what was typed in this session.",
    description: "What earlier sessions typed is found with the arrow keys and Ctrl-R.",
    parameters: &[
        Parameter::positional("Id", Kind::IntList).from_pipeline().help("Only these numbers."),
        Parameter::named("Count", Kind::Int).at(1).help("Only the latest ones, so many."),
    ],
    output: &[View::table(INFO, &[Column::new("Id").width(5).right(), Column::new("CommandLine")])],
    examples: &[Example {
        text: "In a script nothing was typed",
        input: "@(Get-History).Count",
        output: "0",
    }],
    ..Cmdlet::client("Get-History", || Box::new(Plain(get)))
};

fn object(entry: &Entry) -> Value {
    let state = if entry.success { "Completed" } else { "Failed" };
    Value::Object(
        Object::new(INFO)
            .shown_as(&entry.text)
            .with("Id", entry.id)
            .with("CommandLine", &entry.text)
            .with("ExecutionStatus", state)
            .with("StartExecutionTime", Value::Time(entry.start_ms))
            .with("EndExecutionTime", Value::Time(entry.end_ms))
            .with("Duration", Value::Duration(entry.end_ms - entry.start_ms)),
    )
}

fn unknown(id: i64) -> Error {
    let message = format!("Cannot locate the history for Id {id}.");
    Error::new(Category::ObjectNotFound, "GetHistoryNoHistoryForId", message)
        .exception("ArgumentException")
        .advice("Get-History lists what there is.")
}

fn get(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let entries: Vec<Entry> = shell.typed.entries().cloned().collect();
    if let Some(ids) = arguments.value("Id") {
        for id in list_of(ids).items() {
            let Some(Value::Int(id)) = number(id) else { continue };
            match entries.iter().find(|entry| entry.id == id) {
                Some(entry) => out.emit(shell, object(entry))?,
                None => shell.report_error(unknown(id))?,
            }
        }
        return Ok(());
    }
    let wanted = count(arguments, "Count").unwrap_or(entries.len());
    for entry in entries.iter().skip(entries.len().saturating_sub(wanted)) {
        out.emit(shell, object(entry))?;
    }
    Ok(())
}

const INVOKE: Cmdlet = Cmdlet {
    aliases: &["ihy", "r"],
    synopsis: "Runs again what was typed in this session.",
    parameters: &[Parameter::positional("Id", Kind::String)
        .from_pipeline()
        .help("Its number, or how it begins; the latest if left out.")],
    examples: &[Example {
        text: "In a script nothing was typed",
        input: "try { Invoke-History -ErrorAction Stop } catch { 'nothing to run' }",
        output: "nothing to run",
    }],
    ..Cmdlet::client("Invoke-History", || Box::new(Plain(invoke)))
};

/// The text of that number, or that begins like this; the latest if nothing is said.
fn chosen(shell: &Shell, id: Option<&str>) -> Option<String> {
    let mut entries = shell.typed.entries();
    let entry = match (id, id.and_then(|id| id.parse::<i64>().ok())) {
        (None, _) => entries.next_back(),
        (Some(_), Some(id)) => entries.find(|entry| entry.id == id),
        (Some(start), None) => entries.rfind(|entry| entry.text.starts_with(start)),
    };
    entry.map(|entry| entry.text.clone())
}

fn invoke(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let Some(text) = chosen(shell, arguments.text("Id")) else {
        let message = match arguments.text("Id") {
            Some(id) => format!("Cannot locate the history for command line {id}."),
            None => "Nothing was typed before.".to_owned(),
        };
        return Err(Error::new(Category::ObjectNotFound, "InvokeHistoryNoLastHistory", message)
            .exception("InvalidOperationException")
            .advice("Get-History lists what there is.")
            .into());
    };
    shell.write_host(&format!("{text}\n"));
    let source = Arc::new(Source { file: None, text });
    let block = parse(&source).map_err(|error| error.into_error(&source))?;
    let outer = std::mem::replace(&mut shell.source, source);
    let result = shell.deeper(|shell| shell.run_statements(&block.end, out));
    shell.source = outer;
    result
}

const CLEAR: Cmdlet = Cmdlet {
    aliases: &["clhy"],
    synopsis: "Forgets what was typed in this session; the arrow keys still find it.",
    examples: &[Example { text: "Forget", input: "Clear-History", output: "" }],
    ..Cmdlet::client("Clear-History", || {
        Box::new(Plain(|shell, _, _| {
            shell.typed.clear();
            Ok(())
        }))
    })
};
