//! The client process: takes a command, a script, standard input or a person at the keyboard, and
//! ends with PowerShell's exit status. Read next: `line` for the person at the keyboard, `editor`
//! for the keys, `complete`, `scan`; `local` for files.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::lang::ast::Source;
use crate::lang::bind::Given;
use crate::lang::format::{Display, Style, error_text};
use crate::lang::host::{Colour, Host};
use crate::lang::parse::parse;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::{Error, Shell, Value};
use crate::limits::{EVALUATION_STACK_BYTES, SCRIPT_BYTES_MAX};
use crate::wire::Connection;
use terminal::Abilities;

mod colours;
mod complete;
mod editor;
pub mod files;
mod history;
mod known;
mod line;
pub mod local;
mod prompt;
mod scan;
mod surroundings;
mod terminal;

/// Exit status when the script failed.
const FAILED: i32 = 1;

/// What to run.
#[derive(Clone, Debug)]
pub enum Work {
    /// A person at the keyboard, or else standard input as a script.
    Interactive,
    /// Standard input as a script, also from a keyboard.
    StandardInput,
    /// `-c`: this text.
    Command(String),
    /// A script file.
    File(PathBuf),
}

/// How to run it.
#[derive(Clone)]
pub struct ClientOptions {
    /// The node's socket.
    pub socket: PathBuf,
    /// What to run.
    pub work: Work,
    /// Arguments of the script.
    pub arguments: Vec<String>,
    /// The clock, milliseconds UTC.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Where the history of the interactive shell is kept; nowhere if none.
    pub history: Option<PathBuf>,
}

/// Runs a shell on this process's own streams; the exit status.
pub fn run(options: ClientOptions) -> i32 {
    // Evaluation recurses with the script; its depth is bounded, and its stack is made for that.
    let thread = std::thread::Builder::new()
        .name("shell".to_owned())
        .stack_size(EVALUATION_STACK_BYTES)
        .spawn(move || run_here(options));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => FAILED,
    }
}

/// The streams of this process, with the person at the keyboard if there is one.
pub(crate) fn own_host(options: &ClientOptions) -> Host {
    let mut host = streams();
    Abilities::of(&options.environment).equip(&mut host, &Arc::default());
    host
}

fn streams() -> Host {
    Host::new(Box::new(std::io::LineWriter::new(std::io::stdout())), Box::new(std::io::stderr()))
}

fn run_here(options: ClientOptions) -> i32 {
    let host = streams();
    let abilities = Abilities::of(&options.environment);
    let mut shell = shell(&options, host);
    let cancelled = shell.cancelled.clone();
    abilities.equip(&mut shell.host, &cancelled);
    line::watch_interrupts(cancelled);
    // A script that is itself read from there leaves nothing to read.
    if !abilities.keyboard && matches!(options.work, Work::Command(_) | Work::File(_)) {
        shell.host.input = Some(Box::new(|prompt, _| terminal::ask_plainly(prompt, false)));
    }
    let code = match &options.work {
        Work::Command(text) => run_text(&mut shell, None, text, &options.arguments),
        Work::File(path) => run_file(&mut shell, path, &options.arguments),
        Work::Interactive if abilities.keyboard => {
            line::run(&mut shell, options.history.as_deref(), abilities)
        }
        Work::Interactive | Work::StandardInput => {
            run_standard_input(&mut shell, &options.arguments)
        }
    };
    crate::generic::end_transcript(&mut shell);
    shell.host.flush();
    code
}

/// A shell that is connected to the node when first needed.
pub fn shell(options: &ClientOptions, host: Host) -> Shell {
    let clock = options.clock.clone();
    let mut shell = Shell::new(host, Arc::new(move || clock()));
    let cancelled: Arc<AtomicBool> = shell.cancelled.clone();
    shell.node = Some(Connection::new(&options.socket, cancelled));
    shell.environment = surroundings::with_windows(options.environment.clone());
    surroundings::set_folders(&shell);
    shell.location = std::env::current_dir()
        .map_or_else(|_| "/".to_owned(), |folder| folder.to_string_lossy().into_owned());
    shell
}

fn run_standard_input(shell: &mut Shell, arguments: &[String]) -> i32 {
    let mut bytes = Vec::new();
    let limit = SCRIPT_BYTES_MAX as u64 + 1;
    if let Err(error) = std::io::stdin().take(limit).read_to_end(&mut bytes) {
        return fail(shell, &local::file_error("standard input", &error));
    }
    run_text(shell, None, &local::decode(&bytes), arguments)
}

fn run_file(shell: &mut Shell, path: &std::path::Path, arguments: &[String]) -> i32 {
    let shown = path.to_string_lossy().into_owned();
    let bytes = match local::read(path, &shown) {
        Ok(bytes) => bytes,
        Err(error) => {
            let error =
                Error { message: format!("The script cannot be read. {}", error.message), ..error };
            return fail(shell, &error);
        }
    };
    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file: Arc<str> = full.to_string_lossy().into();
    run_text(shell, Some(file), &local::decode(&bytes), arguments)
}

fn fail(shell: &mut Shell, error: &Error) -> i32 {
    shell.host.write_error_line(&error_text(error), Colour::Red);
    FAILED
}

/// Runs a whole text; the exit status as of `powershell -Command`: that of `exit`, 1 if it threw,
/// did not parse (then nothing ran) or its last statement failed, else 0. Of a file the last
/// statement does not count, as of `powershell -File`.
pub fn run_text(
    shell: &mut Shell,
    file: Option<Arc<str>>,
    text: &str,
    arguments: &[String],
) -> i32 {
    let name = file.as_deref().unwrap_or("").to_owned();
    let is_file = file.is_some();
    let source = Arc::new(Source { file, text: text.to_owned() });
    let block = match parse(&source) {
        Ok(block) => Arc::new(block),
        Err(error) => return fail(shell, &error.into_error(&source)),
    };
    let given = script_arguments(arguments);
    let result = shown(shell, |shell, display| shell.run_top(&name, &block, given, display));
    let code = match result {
        Ok(()) if is_file => 0,
        result => status(shell, result),
    };
    // `$Host.SetShouldExit(3); exit`: a bare `exit` says nothing against it.
    shell.host.exit.filter(|_| code <= FAILED).unwrap_or(code)
}

/// The exit status of what has run.
fn status(shell: &mut Shell, result: Outcome) -> i32 {
    match result {
        Ok(()) if shell.success => 0,
        Ok(()) => FAILED,
        Err(Stop::Exit(code)) => code,
        Err(Stop::Statement(error) | Stop::Script(error)) => {
            shell.success = false;
            shell.streams_default();
            shell.record(*error, true);
            FAILED
        }
        Err(Stop::Cancelled) => 130,
        Err(_) => i32::from(!shell.success),
    }
}

/// The arguments of a script as they would be typed: `-Name value`, `-Name:value`, `-Switch`.
pub(crate) fn script_arguments(arguments: &[String]) -> Vec<Given> {
    let name_of = |text: &str| {
        let name = text.strip_prefix('-')?;
        let first = name.chars().next()?;
        (first.is_alphabetic() || first == '_').then(|| name.to_owned())
    };
    let argument = |text: &String| match name_of(text) {
        Some(name) => match name.split_once(':') {
            Some((name, value)) => Given::named(name, literal(value)),
            None => Given {
                name: Some(name.into()),
                value: None,
                raw: None,
                span: crate::lang::ast::Span::default(),
            },
        },
        None => {
            let value = literal(text);
            let raw = value.is_number().then(|| text.as_str().into());
            Given { name: None, value: Some(value), raw, span: crate::lang::ast::Span::default() }
        }
    };
    arguments.iter().map(argument).collect()
}

fn literal(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "$true" => return Value::Bool(true),
        "$false" => return Value::Bool(false),
        "$null" => return Value::Null,
        _ => {}
    }
    match crate::lang::lex::number(text) {
        Some((number, length)) if length == text.len() => number,
        _ => Value::from(text),
    }
}

/// Runs something with a display on the host, and shows what is left in the end.
pub(crate) fn shown(
    shell: &mut Shell,
    run: impl FnOnce(&mut Shell, &mut Display<'_>) -> Outcome,
) -> Outcome {
    let style = Style::of(shell);
    let mut write = |shell: &mut Shell, text: &str| shell.host.write(text);
    let mut display = Display::new(style, &mut write).turning(true);
    let result = run(shell, &mut display);
    let finished = match &result {
        Err(Stop::Cancelled) => Ok(()),
        _ => display.finish(shell),
    };
    let _ = shell.host.out.flush();
    result.and(finished)
}
