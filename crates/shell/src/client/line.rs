//! The person at the keyboard: a line is read, run, and the next one asked for, until they leave.

use std::collections::VecDeque;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reedline::{EditCommand, HistoryItem, Reedline, Signal};

use super::editor::{Before, MORE, editor, is_finished};
use super::history::Kept;
use super::known::{self, Shared};
use super::prompt::prompt;
use super::shown;
use super::terminal::{self, Abilities};
use crate::lang::Shell;
use crate::lang::ast::Source;
use crate::lang::format::error_text;
use crate::lang::host::Colour;
use crate::lang::parse::parse;
use crate::lang::pipe::Stop;
use crate::wire::Connection;

/// Sets the flag at Ctrl-C, for as long as the process lives.
pub(super) fn watch_interrupts(flag: Arc<AtomicBool>) {
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

/// What came from the keyboard.
enum Typed {
    Text(String),
    /// Ctrl-C: the line is dropped.
    Dropped,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// Where lines come from.
enum Reader {
    Editor(Box<Edited>),
    /// A terminal that cannot move its cursor.
    Plain(Lines),
}

/// The editor, and what it needs between two lines.
struct Edited {
    editor: Reedline,
    known: Shared,
    /// Lines that were typed while something ran; the last one, never missing, is not finished.
    ahead: VecDeque<String>,
}

/// Talks with a person until they leave; the exit status.
pub(super) fn run(shell: &mut Shell, history: Option<&Path>, abilities: Abilities) -> i32 {
    greet(shell);
    let socket = shell.node.as_ref().map(|node| node.socket().to_owned());
    let kept = history.map(Path::to_owned);
    shell.host.nest = Some(Box::new(move |shell| {
        let cancelled = shell.cancelled.clone();
        shell.node = socket.as_ref().map(|socket| Connection::new(socket, cancelled));
        talk(shell, kept.as_deref(), abilities);
    }));
    talk(shell, history, abilities)
}

/// Reads and runs until the person leaves; the exit status.
fn talk(shell: &mut Shell, history: Option<&Path>, abilities: Abilities) -> i32 {
    let mut reader = reader(shell, history, abilities);
    loop {
        shell.cancelled.store(false, Ordering::Relaxed);
        let before = prompt(shell);
        match reader.read(shell, &before) {
            Typed::Text(text) => {
                if let Some(code) = run_entry(shell, &text, &before).or(shell.host.exit) {
                    return code;
                }
                // Ctrl-C takes back what was typed ahead too, as the terminal does by itself.
                if let Reader::Editor(edited) = &mut reader
                    && shell.cancelled.load(Ordering::Relaxed)
                {
                    edited.forget_ahead();
                }
            }
            Typed::Dropped => {}
            Typed::End => return 0,
        }
    }
}

fn reader(shell: &mut Shell, history: Option<&Path>, abilities: Abilities) -> Reader {
    if !abilities.edits {
        return Reader::Plain(Lines::new());
    }
    let (kept, error) = Kept::new(history);
    if let (Some(error), Some(path)) = (error, history) {
        let path = path.display();
        let text = format!("What you type is not kept: {path} cannot be used: {error}.");
        shell.host.write_error_line(&format!("WARNING: {text}"), Colour::Yellow);
    }
    let known: Shared = Arc::new(Mutex::default());
    // A connection of its own: completion must not get what was said to a cmdlet.
    let node = shell.node.as_ref().map(|node| Connection::new(node.socket(), Arc::default()));
    let editor = editor(&known, node, kept, abilities.colours);
    Reader::Editor(Box::new(Edited { editor, known, ahead: VecDeque::from([String::new()]) }))
}

impl Reader {
    fn read(&mut self, shell: &mut Shell, before: &str) -> Typed {
        match self {
            Reader::Editor(edited) => edited.read(shell, before),
            Reader::Plain(lines) => read_plainly(shell, lines, before),
        }
    }
}

impl Edited {
    fn read(&mut self, shell: &mut Shell, before: &str) -> Typed {
        known::refresh(&self.known, shell);
        if let Some(text) = self.typed_ahead(shell, before) {
            return Typed::Text(text);
        }
        match self.editor.read_line(&Before::command(before)) {
            Ok(Signal::Success(text)) => Typed::Text(text.replace("\r\n", "\n")),
            Ok(Signal::CtrlD) | Err(_) => Typed::End,
            Ok(_) => {
                self.forget_ahead();
                Typed::Dropped
            }
        }
    }

    fn forget_ahead(&mut self) {
        self.ahead = VecDeque::from([String::new()]);
    }

    /// A text that was typed or pasted while something ran. The editor would take all of it at
    /// once and forget what comes after the first line.
    fn typed_ahead(&mut self, shell: &mut Shell, before: &str) -> Option<String> {
        // The last line that is known goes on with the first one that came since.
        let mut lines = terminal::typed_lines().into_iter();
        if let (Some(last), Some(first)) = (self.ahead.back_mut(), lines.next()) {
            last.push_str(&first);
        }
        self.ahead.extend(lines);
        let mut text = String::new();
        let mut line = self.ahead.pop_front().unwrap_or_default();
        loop {
            text.push_str(&line);
            match self.ahead.pop_front() {
                // Nothing ended the last line: the person goes on there.
                None => {
                    self.ahead.push_back(String::new());
                    if !text.is_empty() {
                        self.editor.run_edit_commands(&[EditCommand::InsertString(text)]);
                    }
                    return None;
                }
                Some(next) if is_finished(&text) => {
                    self.ahead.push_front(next);
                    break;
                }
                Some(next) => {
                    text.push('\n');
                    line = next;
                }
            }
        }
        let shown = text.replace('\n', &format!("\n{MORE}"));
        shell.host.write(&format!("{before}{shown}\n"));
        let item = HistoryItem::from_command_line(&text);
        let _ = self.editor.history_mut().save(item);
        Some(text)
    }
}

/// Lines of standard input, each read by a thread when it is wanted: reading does not end at
/// Ctrl-C, waiting for it does.
struct Lines {
    want: SyncSender<()>,
    got: Receiver<String>,
    /// One is being read.
    is_wanted: bool,
}

impl Lines {
    fn new() -> Lines {
        let (want, wanted) = sync_channel::<()>(1);
        let (give, got) = sync_channel(1);
        let read = move || {
            while wanted.recv().is_ok() {
                let mut line = String::new();
                let read = std::io::stdin().lock().read_line(&mut line);
                if !read.is_ok_and(|length| length > 0) || give.send(line).is_err() {
                    return;
                }
            }
        };
        let _ = std::thread::Builder::new().name("keyboard".to_owned()).spawn(read);
        Lines { want, got, is_wanted: false }
    }

    /// The next line; how it ended if there is none.
    fn next(&mut self, cancelled: &AtomicBool) -> Result<String, Typed> {
        if !std::mem::replace(&mut self.is_wanted, true) {
            let _ = self.want.try_send(());
        }
        loop {
            match self.got.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => {
                    self.is_wanted = false;
                    return Ok(line);
                }
                Err(RecvTimeoutError::Timeout) if cancelled.load(Ordering::Relaxed) => {
                    return Err(Typed::Dropped);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Typed::End),
            }
        }
    }
}

fn read_plainly(shell: &Shell, lines: &mut Lines, before: &str) -> Typed {
    let mut prompt = before.to_owned();
    let mut text = String::new();
    loop {
        let mut out = std::io::stdout();
        let _ = write!(out, "{prompt}");
        let _ = out.flush();
        match lines.next(&shell.cancelled) {
            Ok(line) => {
                // Ctrl-C came before this line, and took back what came before it.
                if shell.cancelled.swap(false, Ordering::Relaxed) {
                    text.clear();
                }
                text.push_str(&line);
            }
            Err(ended) => {
                let _ = writeln!(out);
                return ended;
            }
        }
        let whole = text.trim_end_matches(['\n', '\r']);
        if is_finished(whole) {
            return Typed::Text(whole.to_owned());
        }
        prompt = MORE.to_owned();
    }
}

fn greet(shell: &mut Shell) {
    let hello = shell.node.as_mut().map(Connection::hello);
    match hello {
        Some(Ok(hello)) => shell.host.write(&format!(
            "Tandem {} management shell, connected to {}.\nGet-Help explains commands, Tab \
             completes, Ctrl-C stops, Ctrl-D leaves.\n",
            hello.tandem, hello.computer
        )),
        Some(Err(error)) => shell.host.write_error_line(&error_text(&error), Colour::Red),
        None => {}
    }
}

/// Runs what was typed; the exit status if it was `exit`.
fn run_entry(shell: &mut Shell, text: &str, before: &str) -> Option<i32> {
    let start_ms = (shell.clock)();
    shell.host.measure();
    shell.host.start_line(false);
    let line = format!("{before}{text}\n");
    if let Some(copy) = &mut shell.host.transcript {
        let _ = copy.write_all(line.as_bytes());
    }
    let code = run_text(shell, text);
    let was_interrupted = shell.cancelled.load(Ordering::Relaxed);
    shell.end_progress();
    shell.host.start_line(was_interrupted);
    let end_ms = (shell.clock)();
    shell.typed.add(text, start_ms, end_ms, shell.success);
    code
}

fn run_text(shell: &mut Shell, text: &str) -> Option<i32> {
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
        // As in PowerShell, nothing is said: whoever pressed Ctrl-C knows.
        Err(Stop::Cancelled) => {
            shell.streams_default();
            shell.success = false;
        }
        _ => {}
    }
    None
}
