//! `ConvertTo-Csv`, `Export-Csv`, `ConvertFrom-Csv`, `Import-Csv`.

use super::output::{ENCODINGS, put_text};
use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::eval::own_member;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::property::own_names;
use crate::lang::text::{shown_time, to_text};
use crate::lang::types::type_of;
use crate::lang::{Object, Shell, Value};

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
    items: Vec<Value>,
    arguments: Arguments,
}

impl ToCsv {
    fn new(to_file: bool) -> ToCsv {
        ToCsv { to_file, items: Vec::new(), arguments: Arguments::default() }
    }
}

impl Stage for ToCsv {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.arguments = arguments.clone();
        Ok(())
    }

    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        self.items.extend(input(arguments).cloned());
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let Some(first) = self.items.first() else {
            return Ok(());
        };
        let delimiter = self.arguments.text("Delimiter").unwrap_or(",").to_owned();
        let names = own_names(first);
        let row = |fields: Vec<String>| {
            let quoted = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
            quoted.collect::<Vec<_>>().join(&delimiter)
        };
        let mut lines = Vec::new();
        let is_added = self.to_file && self.arguments.flag("Append");
        if !is_added {
            if !self.arguments.flag("NoTypeInformation") {
                lines.push(format!("#TYPE {}", type_of(first)));
            }
            lines.push(row(names.iter().map(|name| name.to_string()).collect()));
        }
        for item in &self.items {
            let fields = names.iter().map(|name| field(item, name)).collect();
            lines.push(row(fields));
        }
        if self.to_file {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            return put_text(shell, &self.arguments, &text);
        }
        for line in lines {
            out.emit(shell, Value::from(line))?;
        }
        Ok(())
    }
}

/// A collection is shown by its type's name, as in PowerShell.
fn field(item: &Value, name: &str) -> String {
    match own_member(item, name).unwrap_or_default() {
        value @ (Value::List(_) | Value::Map(_) | Value::Bytes(_)) => type_of(&value),
        Value::Time(ms) => shown_time(ms),
        other => to_text(&other),
    }
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
    let text = to_text(&shell.read_file(&path, false)?);
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
