//! `Out-…`, `Write-…`, `Tee-Object`: where objects and messages go.

use super::{HELD_MAX, INPUT, count, input};
use crate::client::local::Encoding;
use crate::cmdlet::{Arguments, Cmdlet, Example, Impact, Kind, Names, Parameter};
use crate::drives::DrivePath;
use crate::lang::bind::Given;
use crate::lang::format::{Style, WRITTEN};
use crate::lang::operate::join;
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::{Category, Error, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[
    OUT_STRING,
    OUT_NULL,
    OUT_FILE,
    TEE,
    WRITE_OUTPUT,
    WRITE_HOST,
    WRITE_WARNING,
    WRITE_ERROR,
    WRITE_VERBOSE,
];

/// The values of `-Encoding`.
pub(super) static ENCODINGS: Names = Names {
    type_name: "System.Text.Encoding",
    names: &["Default", "UTF8", "UTF8BOM", "UTF8NoBOM", "Unicode", "ASCII", "Byte"],
};

const OUT_STRING: Cmdlet = Cmdlet {
    synopsis: "Gives what the host would show, as one text.",
    parameters: &[
        INPUT,
        Parameter::switch("Stream").help("As lines instead of one text."),
        Parameter::named("Width", Kind::Int).help("Characters in a line."),
    ],
    examples: &[Example {
        text: "Take the lines of a table",
        input: "([pscustomobject]@{a=1} | Out-String -Stream | Where-Object { $_ }).Count",
        output: "3",
    }],
    ..Cmdlet::client("Out-String", || Box::new(Text::new(TextTo::Pipeline)))
};

const OUT_NULL: Cmdlet = Cmdlet {
    synopsis: "Drops objects.",
    parameters: &[INPUT],
    examples: &[Example { text: "Say nothing", input: "1..3 | Out-Null", output: "" }],
    ..Cmdlet::client("Out-Null", || Box::new(Plain(|_, _, _| Ok(()))))
};

const FILE_PATH: Parameter = Parameter::positional("FilePath", Kind::String)
    .alias(&["Path", "LiteralPath"])
    .mandatory()
    .help("The file: one of the client's own, or on the node's C: drive.");

const OUT_FILE: Cmdlet = Cmdlet {
    synopsis: "Writes what the host would show to a file.",
    impact: Impact::Medium,
    description: "UTF-8 unless another encoding is asked for; > and >> do the same.",
    parameters: &[
        FILE_PATH,
        INPUT,
        Parameter::named("Encoding", Kind::Enum(&ENCODINGS))
            .default("UTF8NoBOM")
            .help("How characters become bytes."),
        Parameter::switch("Append").help("Adds to the file."),
        Parameter::switch("NoClobber").alias(&["NoOverwrite"]).help("Fails if the file exists."),
        Parameter::switch("Force").help("Accepted: nothing is read-only."),
        Parameter::switch("NoNewline").help("Without line ends."),
        Parameter::named("Width", Kind::Int).help("Characters in a line."),
    ],
    examples: &[Example {
        text: "Keep a list, and read it",
        input: "'one', 'two' | Out-File C:\\list.txt; Get-Content C:\\list.txt",
        output: "one\ntwo",
    }],
    ..Cmdlet::client("Out-File", || Box::new(Text::new(TextTo::File)))
};

const TEE: Cmdlet = Cmdlet {
    aliases: &["tee"],
    synopsis: "Gives objects on, and keeps them in a file or variable too.",
    parameters: &[
        Parameter::positional("FilePath", Kind::String).sets(&["File"]).help("The file."),
        Parameter::named("Variable", Kind::String).sets(&["Variable"]).help("The variable."),
        Parameter::switch("Append").help("Adds to the file."),
        INPUT,
    ],
    default_set: "File",
    examples: &[Example {
        text: "Keep what passes",
        input: "1..3 | Tee-Object -Variable all | Out-Null; $all.Count",
        output: "3",
    }],
    ..Cmdlet::client("Tee-Object", || Box::new(Tee::default()))
};

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextTo {
    Pipeline,
    File,
}

struct Text {
    to: TextTo,
    items: Vec<Value>,
    arguments: Arguments,
    /// Nothing is to be written: `-WhatIf`, or the answer was no.
    is_idle: bool,
}

impl Text {
    fn new(to: TextTo) -> Text {
        Text { to, items: Vec::new(), arguments: Arguments::default(), is_idle: false }
    }
}

impl Stage for Text {
    fn begin(&mut self, shell: &mut Shell, arguments: &Arguments) -> Outcome {
        self.arguments = arguments.clone();
        if self.to == TextTo::File {
            let full = shell.full_path(arguments.text("FilePath").unwrap_or_default());
            self.is_idle = !shell.should_process("Output to File", &full)?;
        }
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        self.items.extend(input(arguments).cloned());
        match self.to != TextTo::Pipeline && self.items.len() >= HELD_MAX {
            true => self.show(shell, out),
            false => Ok(()),
        }
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.show(shell, out)
    }
}

impl Text {
    /// Shows or writes what is held; the next part goes below it.
    fn show(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let mut style = Style::of(shell);
        if let Some(width) = count(&self.arguments, "Width").filter(|width| *width > 1) {
            // A screen's last column stays free; a width that is asked for is used up.
            style.width = width.saturating_add(1);
        }
        let items = std::mem::take(&mut self.items);
        if self.is_idle {
            return Ok(());
        }
        let text = shell.text_of(&items, style)?;
        match self.to {
            TextTo::Pipeline if self.arguments.flag("Stream") => {
                for line in text.lines() {
                    out.emit(shell, Value::from(line))?;
                }
                Ok(())
            }
            TextTo::Pipeline => out.emit(shell, Value::from(text)),
            TextTo::File => {
                let text = match self.arguments.flag("NoNewline") {
                    true => text.replace(['\r', '\n'], ""),
                    false => text,
                };
                put_text(shell, &self.arguments, &text)?;
                self.arguments.set_value("Append", Value::Bool(true));
                self.arguments.set_value("NoClobber", Value::Bool(false));
                Ok(())
            }
        }
    }
}

/// Writes a text to the file the arguments name.
pub(super) fn put_text(shell: &mut Shell, arguments: &Arguments, text: &str) -> Outcome {
    let path = arguments.text("FilePath").or_else(|| arguments.text("Path")).unwrap_or_default();
    let append = arguments.flag("Append");
    let full = shell.full_path(path);
    if DrivePath::parse(&full).is_some() {
        return put_on_drive(shell, &full, text, append);
    }
    let encoding = match arguments.text("Encoding") {
        Some(name) => Encoding::parse(name).unwrap_or_default(),
        None => Encoding::default(),
    };
    let local = shell.local_path(path);
    if arguments.flag("NoClobber") && shell.local_exists(&local) {
        let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(crate::client::local::file_error(path, &error).into());
    }
    let is_new = !append || !shell.local_exists(&local);
    let shown = local.to_string_lossy().into_owned();
    let written = shell.local_write(&local, &shown, &encoding.encode(text, is_new), append);
    written.map_err(|error| not_opened(error).into())
}

/// The error of a cmdlet that opens its file itself, as 5.1 names it.
pub(super) fn not_opened(mut error: Error) -> Error {
    if let Some("DirectoryNotFoundException" | "FileNotFoundException") = error.exception.as_deref()
    {
        error.category = Category::OpenError;
        error.id = "FileOpenFailure".to_owned();
        error.target = None;
    }
    error
}

/// Writes a text to a file, wherever it is.
pub(crate) fn put_file(shell: &mut Shell, path: &str, text: &str, append: bool) -> Outcome {
    let mut arguments = Arguments::default();
    arguments.set_value("FilePath", Value::from(path));
    arguments.set_value("Append", Value::Bool(append));
    put_text(shell, &arguments, text)
}

/// A file on the node's drive: lines end there as in Windows.
pub(crate) fn put_on_drive(shell: &mut Shell, path: &str, text: &str, append: bool) -> Outcome {
    let mut whole = String::new();
    if append {
        let mut found: Vec<Value> = Vec::new();
        let given = vec![Given::named("Path", Value::from(path))];
        shell.run_cmdlet("Test-Path", given, &mut found)?;
        if matches!(found.first(), Some(Value::Bool(true))) {
            whole = to_text(&shell.read_file(path, false)?);
        }
    }
    whole.push_str(&text.replace("\r\n", "\n").replace('\n', "\r\n"));
    let given = vec![
        Given::named("Path", Value::from(path)),
        Given::named("Value", Value::from(whole)),
        Given::named("NoNewline", Value::Bool(true)),
        // Whoever writes has asked already.
        Given::named("Confirm", Value::Bool(false)),
    ];
    shell.run_cmdlet("Set-Content", given, &mut Vec::new())
}

#[derive(Default)]
struct Tee {
    items: Vec<Value>,
    arguments: Arguments,
}

impl Stage for Tee {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.arguments = arguments.clone();
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        self.items.push(item.clone());
        if self.items.len() >= HELD_MAX && !self.arguments.has("Variable") {
            self.write(shell)?;
        }
        out.emit(shell, item.clone())
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        if let Some(name) = self.arguments.text("Variable") {
            let items = std::mem::take(&mut self.items);
            return shell.set_variable(name, crate::lang::eval::one_or_list(items));
        }
        self.write(shell)
    }
}

impl Tee {
    /// Writes what is held; the next part goes below it.
    fn write(&mut self, shell: &mut Shell) -> Outcome {
        let items = std::mem::take(&mut self.items);
        let text = shell.text_of(&items, Style::of(shell))?;
        put_text(shell, &self.arguments, &text)?;
        self.arguments.set_value("Append", Value::Bool(true));
        Ok(())
    }
}

const WRITE_OUTPUT: Cmdlet = Cmdlet {
    aliases: &["echo", "write"],
    synopsis: "Gives objects to the pipeline.",
    parameters: &[
        Parameter::positional("InputObject", Kind::AnyList)
            .takes_rest()
            .from_pipeline()
            .help("The objects."),
        Parameter::switch("NoEnumerate").help("A list stays one object."),
    ],
    examples: &[Example { text: "Say something", input: "Write-Output hello", output: "hello" }],
    ..Cmdlet::client("Write-Output", || {
        Box::new(Plain(|shell, arguments, out| {
            let value = input(arguments).cloned().unwrap_or_default();
            if arguments.flag("NoEnumerate") {
                return out.emit(shell, value);
            }
            for item in list_of(&value).items() {
                match item {
                    Value::List(_) => out.emit_items(shell, item.clone())?,
                    other => out.emit(shell, other.clone())?,
                }
            }
            Ok(())
        }))
    })
};

const WRITE_HOST: Cmdlet = Cmdlet {
    synopsis: "Writes to the screen, past the pipeline.",
    parameters: &[
        Parameter::positional("Object", Kind::AnyList)
            .takes_rest()
            .from_pipeline()
            .help("What to write."),
        Parameter::switch("NoNewline").help("Stays in the line."),
        Parameter::named("Separator", Kind::Any).default("a blank").help("Between several."),
        Parameter::named("ForegroundColor", Kind::String).help("Shown on a terminal."),
        Parameter::named("BackgroundColor", Kind::String).help("Accepted."),
    ],
    examples: &[Example {
        text: "Write without a line end",
        input: "Write-Host -NoNewline 1, 2 -Separator '-'; Write-Host '!'",
        output: "1-2!",
    }],
    ..Cmdlet::client("Write-Host", || Box::new(Plain(write_host)))
};

fn write_host(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let separator = arguments.value("Separator").map_or_else(|| " ".to_owned(), to_text);
    let object = arguments.value("Object").cloned().unwrap_or_default();
    let style = Style::of(shell);
    let mut parts = Vec::new();
    let items = match &object {
        Value::Null => vec![Value::Null],
        other => list_of(other).items().to_vec(),
    };
    for item in &items {
        parts.push(match item {
            Value::Map(map) => {
                let one = Value::from("System.Collections.DictionaryEntry");
                Value::list(std::iter::repeat_n(one, map.len()))
            }
            Value::Time(ms) | Value::Told(_, ms) => Value::from(crate::lang::text::shown_time(*ms)),
            Value::Object(object) if crate::lang::format::is_laid_out(object) => {
                Value::from(shell.text_of(std::slice::from_ref(item), style)?)
            }
            other => other.clone(),
        });
    }
    let mut text = join(&Value::list(parts), &separator)?;
    if let Some(code) = arguments.text("ForegroundColor").and_then(colour)
        && shell.host.is_terminal
        && shell.host.colours
    {
        text = format!("\x1b[{code}m{text}\x1b[0m");
    }
    if !arguments.flag("NoNewline") {
        text.push('\n');
    }
    shell.write_host(&text);
    Ok(())
}

fn colour(name: &str) -> Option<u8> {
    Some(match name.to_ascii_lowercase().as_str() {
        "black" => 30,
        "darkred" => 31,
        "darkgreen" => 32,
        "darkyellow" => 33,
        "darkblue" => 34,
        "darkmagenta" => 35,
        "darkcyan" => 36,
        "gray" => 37,
        "darkgray" => 90,
        "red" => 91,
        "green" => 92,
        "yellow" => 93,
        "blue" => 94,
        "magenta" => 95,
        "cyan" => 96,
        "white" => 97,
        _ => return None,
    })
}

const MESSAGE: Parameter = Parameter::positional("Message", Kind::String)
    .alias(&["Msg"])
    .mandatory()
    .or_empty()
    .from_pipeline()
    .help("The text.");

const WRITE_WARNING: Cmdlet = Cmdlet {
    synopsis: "Warns.",
    parameters: &[MESSAGE],
    examples: &[Example { text: "Warn", input: "Write-Warning 'careful' 3>&1", output: "careful" }],
    ..Cmdlet::client("Write-Warning", || {
        Box::new(Plain(|shell, arguments, _| {
            shell.write_warning(arguments.text("Message").unwrap_or_default())
        }))
    })
};

const WRITE_VERBOSE: Cmdlet = Cmdlet {
    synopsis: "Tells a detail, shown with -Verbose.",
    parameters: &[MESSAGE],
    examples: &[Example {
        text: "Nothing unless asked for",
        input: "Write-Verbose 'a detail'",
        output: "",
    }],
    ..Cmdlet::client("Write-Verbose", || {
        Box::new(Plain(|shell, arguments, _| {
            shell.write_verbose(arguments.text("Message").unwrap_or_default());
            Ok(())
        }))
    })
};

const WRITE_ERROR: Cmdlet = Cmdlet {
    synopsis: "Reports an error, and goes on.",
    parameters: &[
        Parameter::positional("Message", Kind::Any)
            .alias(&["Msg"])
            .from_pipeline()
            .help("What went wrong, or an error caught before."),
        Parameter::named("Exception", Kind::Any).help("An error caught before."),
        Parameter::named("ErrorRecord", Kind::Any).help("An error caught before."),
        Parameter::named("Category", Kind::String).help("Kind of error."),
        Parameter::named("ErrorId", Kind::String).help("Stable name of the error."),
        Parameter::named("TargetObject", Kind::Any).help("What it is about."),
        Parameter::named("RecommendedAction", Kind::String).help("What to do."),
    ],
    examples: &[Example {
        text: "Report, and see it in $Error",
        input: "Write-Error 'no' -ErrorAction SilentlyContinue; $Error[0].Exception.Message",
        output: "no",
    }],
    ..Cmdlet::client("Write-Error", || Box::new(Plain(write_error)))
};

fn text_of_exception(value: &Value) -> String {
    to_text(&crate::lang::eval::own_member(value, "Message").unwrap_or_else(|| value.clone()))
}

fn write_error(shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
    let given = arguments.value("ErrorRecord").or_else(|| arguments.value("Exception"));
    let message = arguments.value("Message").map(to_text);
    let caught = arguments.value("Message").filter(|value| matches!(value, Value::Error(_)));
    let given = given.or(caught);
    let mut error = match given {
        Some(Value::Error(error)) => (**error).clone(),
        Some(other) => Error::new(Category::NotSpecified, WRITTEN, text_of_exception(other)),
        None => Error::new(Category::NotSpecified, WRITTEN, message.unwrap_or_default()),
    };
    error.exception.get_or_insert_with(|| "WriteErrorException".to_owned());
    if let Some(id) = arguments.text("ErrorId") {
        error.id = id.to_owned();
    }
    if let Some(target) = arguments.value("TargetObject") {
        error.target = Some(to_text(target));
    }
    if let Some(advice) = arguments.text("RecommendedAction") {
        error.advice = Some(advice.to_owned());
    }
    if let Some(category) = arguments.text("Category") {
        let json = serde_json::Value::from(category);
        error.category = serde_json::from_value(json).unwrap_or(error.category);
    }
    shell.write_error(shell.told_by_script(error))
}
