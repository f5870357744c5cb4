//! `ConvertTo-Csv`, `Export-Csv`, `ConvertFrom-Csv`, `Import-Csv`.

use super::output::{ENCODINGS, put_text};
use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Impact, Kind, Parameter};
use crate::lang::pipe::{Outcome, Plain, Sink, Stage, Stop};
use crate::lang::property::own_names;
use crate::lang::text::{shown_time, to_text};
use crate::lang::types::type_of;
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[TO, EXPORT, FROM, IMPORT];

const DELIMITER: Parameter =
    Parameter::named("Delimiter", Kind::String).default(",").help("Between fields.");
const NO_TYPE: Parameter = Parameter::switch("NoTypeInformation")
    .alias(&["NTI"])
    .help("Without the #TYPE line that comes first.");
const PATH: Parameter = Parameter::positional("Path", Kind::String)
    .alias(&["LiteralPath", "FilePath"])
    .mandatory()
    .help("The file.");

const TO: Cmdlet = Cmdlet {
    synopsis: "Writes objects as lines of comma-separated values.",
    parameters: &[INPUT, DELIMITER, NO_TYPE],
    examples: &[Example {
        text: "With all fields in quotes",
        input: "[pscustomobject]@{Name='a \"b\"'; Size=1} | ConvertTo-Csv -NoTypeInformation",
        output: "\"Name\",\"Size\"\n\"a \"\"b\"\"\",\"1\"",
    }],
    ..Cmdlet::client("ConvertTo-Csv", || Box::new(ToCsv::new(false)))
};

const EXPORT: Cmdlet = Cmdlet {
    aliases: &["epcsv"],
    synopsis: "Writes objects to a file of comma-separated values.",
    impact: Impact::Medium,
    parameters: &[
        PATH,
        INPUT,
        DELIMITER,
        NO_TYPE,
        Parameter::named("Encoding", Kind::Enum(&ENCODINGS))
            .default("UTF8NoBOM")
            .help("How characters become bytes."),
        Parameter::switch("Append").help("Adds to the file."),
        Parameter::switch("NoClobber").help("Fails if the file exists."),
        Parameter::switch("Force").help("Accepted: nothing is read-only."),
    ],
    examples: &[Example {
        text: "There and back",
        input: "[pscustomobject]@{Name='a'} | Export-Csv C:\\a.csv -NoTypeInformation; \
                (Import-Csv C:\\a.csv).Name",
        output: "a",
    }],
    ..Cmdlet::client("Export-Csv", || Box::new(ToCsv::new(true)))
};

const FROM: Cmdlet = Cmdlet {
    synopsis: "Makes objects from lines of comma-separated values.",
    parameters: &[
        INPUT.at(0),
        DELIMITER,
        Parameter::named("Header", Kind::StringList)
            .help("Names, if the text does not begin with them."),
    ],
    examples: &[Example {
        text: "Take a column",
        input: "'a,b', '1,2' | ConvertFrom-Csv | ForEach-Object b",
        output: "2",
    }],
    ..Cmdlet::client("ConvertFrom-Csv", || Box::new(FromCsv::default()))
};

const IMPORT: Cmdlet = Cmdlet {
    aliases: &["ipcsv"],
    synopsis: "Makes objects from a file of comma-separated values.",
    parameters: &[
        PATH,
        DELIMITER,
        Parameter::named("Header", Kind::StringList)
            .help("Names, if the file does not begin with them."),
        Parameter::named("Encoding", Kind::Enum(&ENCODINGS)).help("Accepted: it is recognised."),
    ],
    examples: &[Example {
        text: "With names of one's own",
        input: "'1,2' > C:\\b.csv; (Import-Csv C:\\b.csv -Header x, y).y",
        output: "2",
    }],
    ..Cmdlet::client("Import-Csv", || Box::new(Plain(import)))
};

struct ToCsv {
    to_file: bool,
    names: Vec<std::sync::Arc<str>>,
    /// Lines for the file that are not written yet.
    waiting: String,
    has_begun: bool,
    appends: bool,
    /// Nothing is to be written: `-WhatIf`, or the answer was no.
    is_idle: bool,
    arguments: Arguments,
}

/// How many bytes wait for the file before they are written.
const WAITING_BYTES: usize = 1024 * 1024;

impl ToCsv {
    fn new(to_file: bool) -> ToCsv {
        ToCsv {
            to_file,
            names: Vec::new(),
            waiting: String::new(),
            has_begun: false,
            appends: false,
            is_idle: false,
            arguments: Arguments::default(),
        }
    }

    fn row(&self, fields: impl Iterator<Item = Option<String>>) -> String {
        let delimiter = self.arguments.text("Delimiter").unwrap_or(",");
        // Nothing is an empty field, an empty text a quoted one.
        let quoted = fields.map(|field| match field {
            Some(field) => format!("\"{}\"", field.replace('"', "\"\"")),
            None => String::new(),
        });
        quoted.collect::<Vec<_>>().join(delimiter)
    }

    /// The lines before the first object; when adding to a file, its own columns count.
    fn start(&mut self, shell: &mut Shell, first: &Value, out: &mut Sink<'_>) -> Outcome {
        self.has_begun = true;
        self.names = own_names(first);
        self.appends = self.to_file && self.arguments.flag("Append");
        if self.appends {
            if let Some(names) = self.columns_there(shell, first)? {
                self.names = names;
                return Ok(());
            }
            self.appends = false;
        }
        if !self.arguments.flag("NoTypeInformation") {
            let kind = match first {
                Value::Object(object) => object.csv_type(),
                other => type_of(other),
            };
            self.line(shell, format!("#TYPE {kind}"), out)?;
        }
        let names = self.row(self.names.iter().map(|name| Some(name.to_string())));
        self.line(shell, names, out)
    }

    /// The columns of the file that is added to; none if there is no such file.
    fn columns_there(
        &self,
        shell: &mut Shell,
        first: &Value,
    ) -> Outcome<Option<Vec<std::sync::Arc<str>>>> {
        let path = self.arguments.text("Path").unwrap_or_default().to_owned();
        let Ok(text) = shell.read_file(&path, false) else {
            return Ok(None);
        };
        let text = to_text(&text);
        let delimiter =
            self.arguments.text("Delimiter").and_then(|d| d.chars().next()).unwrap_or(',');
        let start: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
        let Some(names) = rows(&start, delimiter).into_iter().next() else {
            return Ok(None);
        };
        let own = own_names(first);
        let absent =
            names.iter().find(|name| !own.iter().any(|own| own.eq_ignore_ascii_case(name)));
        match absent {
            Some(absent) if !self.arguments.flag("Force") => {
                let message = format!(
                    "Cannot append CSV content to the following file: {path}. The appended object \
                     does not have a property that corresponds to the following column: {absent}. \
                     To continue with mismatched properties, add the -Force parameter, and then \
                     retry the command."
                );
                Err(Error::new(
                    Category::InvalidData,
                    "CannotAppendCsvWithMismatchedPropertyNames",
                    message,
                )
                .target(absent)
                .exception("InvalidOperationException")
                .into())
            }
            _ => Ok(Some(names.iter().map(|name| name.as_str().into()).collect())),
        }
    }

    fn line(&mut self, shell: &mut Shell, line: String, out: &mut Sink<'_>) -> Outcome {
        if !self.to_file {
            return out.emit(shell, Value::from(line));
        }
        self.waiting.push_str(&line);
        self.waiting.push('\n');
        if self.waiting.len() >= WAITING_BYTES { self.write(shell) } else { Ok(()) }
    }

    /// Writes what waits; the first part makes the file, the others add to it.
    fn write(&mut self, shell: &mut Shell) -> Outcome {
        let text = std::mem::take(&mut self.waiting);
        self.arguments.set_value("Append", Value::Bool(self.appends));
        put_text(shell, &self.arguments, &text)?;
        self.arguments.set_value("NoClobber", Value::Bool(false));
        self.appends = true;
        Ok(())
    }
}

impl Stage for ToCsv {
    fn begin(&mut self, shell: &mut Shell, arguments: &Arguments) -> Outcome {
        self.arguments = arguments.clone();
        if self.to_file {
            let path = arguments.text("Path").unwrap_or_default();
            self.is_idle = !shell.should_process("Export-Csv", path)?;
        }
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments).filter(|_| !self.is_idle) else { return Ok(()) };
        if !self.has_begun {
            self.start(shell, item, out)?;
        }
        if self.names.is_empty() {
            return Ok(());
        }
        let mut fields = Vec::new();
        for name in self.names.clone() {
            fields.push(field(&shell.member_value(item, &name)?));
        }
        let line = self.row(fields.into_iter());
        self.line(shell, line, out)
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        if self.is_idle {
            return Ok(());
        }
        if self.to_file && !self.has_begun {
            // Nothing came: the file is empty afterwards, or has what it had.
            self.appends = self.arguments.flag("Append");
            return self.write(shell);
        }
        match self.to_file && !self.waiting.is_empty() {
            true => self.write(shell),
            false => Ok(()),
        }
    }
}

/// A collection is shown by its type's name, as in PowerShell.
fn field(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::List(_) | Value::Map(_) | Value::Bytes(_) => type_of(value),
        Value::Time(ms) | Value::Told(_, ms) => shown_time(*ms),
        other => to_text(other),
    })
}

#[derive(Default)]
struct FromCsv {
    text: String,
    arguments: Arguments,
}

impl Stage for FromCsv {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.arguments = arguments.clone();
        Ok(())
    }

    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        if let Some(value) = input(arguments) {
            self.text.push_str(&to_text(value));
            self.text.push('\n');
        }
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let text = std::mem::take(&mut self.text);
        emit_rows(shell, &self.arguments, &text, out)
    }
}

fn import(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let path = arguments.text("Path").unwrap_or_default().to_owned();
    let text = shell.read_file(&path, false).map_err(|stop| match stop {
        Stop::Statement(mut error)
            if error.exception.as_deref() == Some("ItemNotFoundException") =>
        {
            let full = shell.full_path(&path);
            error.message = format!("Could not find file '{full}'.");
            error.exception = Some("FileNotFoundException".to_owned());
            Stop::Statement(Box::new(super::output::not_opened(*error)))
        }
        stop => stop,
    })?;
    let text = to_text(&text);
    emit_rows(shell, arguments, &text, out)
}

fn emit_rows(shell: &mut Shell, arguments: &Arguments, text: &str, out: &mut Sink<'_>) -> Outcome {
    let delimiter = arguments.text("Delimiter").and_then(|d| d.chars().next()).unwrap_or(',');
    let mut rows = rows(text, delimiter).into_iter();
    let names = match arguments.texts("Header") {
        Some(names) => names,
        None => rows.next().unwrap_or_default(),
    };
    for row in rows {
        let object = Object::custom();
        let mut fields = row.into_iter();
        for name in &names {
            object.set(name, Value::from(fields.next()));
        }
        out.emit(shell, Value::Object(object))?;
    }
    Ok(())
}

/// Rows of fields; a quoted field may go over several lines.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            c if c == delimiter && !is_quoted => row.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                let whole = std::mem::take(&mut row);
                let is_comment =
                    rows.is_empty() && whole.first().is_some_and(|f| f.starts_with("#TYPE"));
                if !is_comment && whole.iter().any(|field| !field.is_empty()) {
                    rows.push(whole);
                }
            }
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}
