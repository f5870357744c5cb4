//! The interactive shell: line editor, history, completion, more lines while a text is unfinished.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reedline::{
    ColumnarMenu, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal,
    ValidationResult, Validator, default_emacs_keybindings,
};

use super::complete::TableCompleter;
use super::{cancelled, shown};
use crate::lang::Shell;
use crate::lang::ast::Source;
use crate::lang::format::error_text;
use crate::lang::host::Colour;
use crate::lang::parse::parse;
use crate::lang::pipe::Stop;
use crate::limits::HISTORY_LINES_MAX;

/// Characters in a line of the terminal.
pub(super) fn terminal_width() -> Option<usize> {
    reedline_width().filter(|width| *width >= 20)
}

fn reedline_width() -> Option<usize> {
    // `stty` knows; the library that knows too is not one of ours.
    let output = std::process::Command::new("stty")
        .arg("size")
        .stdin(std::process::Stdio::inherit())
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1)?.parse().ok()
}

/// Asks a line; what is typed is not shown if it is secret. None at the end of input.
pub(super) fn ask(prompt: &str, secret: bool) -> Option<String> {
    let mut out = std::io::stdout();
    let _ = write!(out, "{prompt}");
    let _ = out.flush();
    let hides = secret && std::io::stdin().is_terminal();
    if hides {
        echo(false);
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if hides {
        echo(true);
        let _ = writeln!(out);
    }
    match read {
        Ok(length) if length > 0 => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
        _ => None,
    }
}

fn echo(on: bool) {
    let setting = if on { "echo" } else { "-echo" };
    let _ = std::process::Command::new("stty").arg(setting).status();
}

struct Ps1 {
    location: String,
}

impl Prompt for Ps1 {
    fn render_prompt_left(&self) -> std::borrow::Cow<'_, str> {
        format!("PS {}", self.location).into()
    }

    fn render_prompt_right(&self) -> std::borrow::Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> std::borrow::Cow<'_, str> {
        "> ".into()
    }

    fn render_prompt_multiline_indicator(&self) -> std::borrow::Cow<'_, str> {
        ">> ".into()
    }

    fn render_prompt_history_search_indicator(
        &self,
        search: PromptHistorySearch,
    ) -> std::borrow::Cow<'_, str> {
        format!("(search: {}) ", search.term).into()
    }
}

/// A text is finished when it parses, or when more text would not help.
struct Finished;

impl Validator for Finished {
    fn validate(&self, line: &str) -> ValidationResult {
        let source = Arc::new(Source { file: None, text: line.to_owned() });
        match parse(&source) {
            Err(error) if error.incomplete && !line.ends_with("\n\n") => {
                ValidationResult::Incomplete
            }
            _ => ValidationResult::Complete,
        }
    }
}

fn editor(shell: &Shell, history: Option<&Path>) -> Reedline {
    let mut keys = default_emacs_keybindings();
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(vec![
            ReedlineEvent::Menu("completion".to_owned()),
            ReedlineEvent::MenuNext,
        ]),
    );
    let menu = Box::new(ColumnarMenu::default().with_name("completion"));
    let mut editor = Reedline::create()
        .with_completer(Box::new(TableCompleter::new(shell)))
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_validator(Box::new(Finished));
    if let Some(path) = history
        && let Ok(history) = FileBackedHistory::with_file(HISTORY_LINES_MAX, path.to_owned())
    {
        editor = editor.with_history(Box::new(history));
    }
    editor
}

/// Sets the flag at Ctrl-C, for as long as the process lives.
fn watch_interrupts(flag: Arc<AtomicBool>) {
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                flag.store(true, Ordering::Relaxed);
            }
        });
    };
    // Without the watcher Ctrl-C ends the shell, which is what it would do anyway.
    let _ = std::thread::Builder::new().name("interrupts".to_owned()).spawn(watch);
}

/// Talks with a person until they leave; the exit status.
pub(super) fn run(shell: &mut Shell, history: Option<&Path>) -> i32 {
    watch_interrupts(shell.cancelled.clone());
    greet(shell);
    let mut editor = editor(shell, history);
    loop {
        shell.cancelled.store(false, Ordering::Relaxed);
        let prompt = Ps1 { location: shell.location.clone() };
        match editor.read_line(&prompt) {
            Ok(Signal::Success(text)) => {
                if let Some(code) = run_entry(shell, &text) {
                    return code;
                }
            }
            Ok(Signal::CtrlC) => {}
            Ok(Signal::CtrlD) | Err(_) => return 0,
            Ok(_) => {}
        }
    }
}

fn greet(shell: &mut Shell) {
    let hello = shell.node.as_mut().map(crate::wire::Connection::hello);
    match hello {
        Some(Ok(hello)) => shell.host.write(&format!(
            "Tandem {} management shell, connected to {}. Get-Help shows what there is.\n",
            hello.tandem, hello.computer
        )),
        Some(Err(error)) => shell.host.write_error_line(&error_text(&error), Colour::Red),
        None => {}
    }
}

/// Runs what was typed; the exit status if it was `exit`.
fn run_entry(shell: &mut Shell, text: &str) -> Option<i32> {
    let source = Arc::new(Source { file: None, text: text.to_owned() });
    let block = match parse(&source) {
        Ok(block) => Arc::new(block),
        Err(error) => {
            let error = error.into_error(&source);
            shell.host.write_error_line(&error_text(&error), Colour::Red);
            shell.success = false;
            return None;
        }
    };
    let result = shown(shell, |shell, display| shell.run_top("", &block, Vec::new(), display));
    match result {
        Err(Stop::Exit(code)) => return Some(code),
        Err(Stop::Statement(error) | Stop::Script(error)) => {
            shell.streams_default();
            shell.record(*error, true);
            shell.success = false;
        }
        Err(Stop::Cancelled) => {
            shell.host.write_error_line(&cancelled().message, Colour::Yellow);
            shell.success = false;
        }
        _ => {}
    }
    None
}
