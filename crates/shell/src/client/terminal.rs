//! The terminal: its size, and what a person answers outside the editor's lines.

use std::fs::OpenOptions;
use std::io::{BufRead, IsTerminal, Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use reedline::{Reedline, Signal};

use super::editor::{Before, keys};
use crate::lang::host::{Host, Paging};
use crate::limits::TYPED_AHEAD_BYTES_MAX;

/// Narrower than this, a size is one that nobody set.
const COLUMNS_MIN: usize = 20;

/// Wider than this, nobody reads a line; it bounds what a table takes.
const COLUMNS_MAX: usize = 10_000;

/// Where nobody looks: the width of the buffer that a console of Windows begins with.
const COLUMNS_WITHOUT: usize = 120;

/// What the process's streams and environment allow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Abilities {
    /// Somebody types.
    pub(super) keyboard: bool,
    /// What is typed can be edited: a terminal that moves its cursor shows it.
    pub(super) edits: bool,
    /// What is typed may be coloured.
    pub(super) colours: bool,
    /// Characters in a line where no terminal says.
    pub(super) columns: usize,
}

impl Abilities {
    /// Those of this process, with an environment.
    pub(super) fn of(environment: &[(String, String)]) -> Abilities {
        let value = |name: &str| {
            let found = environment.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        let keyboard = std::io::stdin().is_terminal();
        let shows = std::io::stderr().is_terminal();
        let is_dumb = matches!(value("TERM"), None | Some("dumb"));
        let edits = keyboard && shows && !is_dumb;
        let colours = shows && !is_dumb && value("NO_COLOR").is_none();
        let columns = value("COLUMNS").and_then(|columns| columns.parse().ok());
        let columns = columns.filter(|columns| (COLUMNS_MIN..=COLUMNS_MAX).contains(columns));
        Abilities { keyboard, edits, colours, columns: columns.unwrap_or(COLUMNS_WITHOUT) }
    }

    /// Gives a host the keyboard and the terminal, as far as they are there.
    pub(super) fn equip(self, host: &mut Host, cancelled: &Arc<AtomicBool>) {
        host.is_terminal = std::io::stdout().is_terminal();
        host.colours = self.colours;
        if host.is_terminal {
            host.measure = Some(Box::new(size));
            host.measure();
        } else {
            host.width = self.columns;
        }
        if !self.keyboard {
            return;
        }
        let flag = cancelled.clone();
        host.ask = Some(Box::new(move |prompt, secret| match (self.edits, secret) {
            (true, true) => ask_secret(prompt, &flag),
            (true, false) => ask_line(prompt, &flag),
            (false, _) => ask_plainly(prompt, secret),
        }));
        host.has_bar = self.edits && host.is_terminal;
        if host.has_bar {
            let flag = cancelled.clone();
            host.turn = Some(Box::new(move || turn(&flag)));
        }
    }
}

/// Columns and lines of the terminal.
fn size() -> Option<(usize, usize)> {
    let (columns, lines) = crossterm::terminal::size().ok()?;
    let (columns, lines) = (usize::from(columns), usize::from(lines));
    (columns >= COLUMNS_MIN && lines > 1).then_some((columns, lines))
}

/// Linux's flag for files that are not waited for.
const O_NONBLOCK: i32 = 0o4000;

/// The lines that were typed while nobody read; the last one is not finished.
pub(super) fn typed_lines() -> Vec<String> {
    let mut typed = String::new();
    // What came in one go with the line before.
    while matches!(poll(Duration::ZERO), Ok(true)) {
        let Ok(event) = read() else { break };
        match event {
            Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) => typed.push(c),
            Event::Key(KeyEvent { code: KeyCode::Tab, .. }) => typed.push('\t'),
            Event::Key(KeyEvent { code: KeyCode::Enter, .. }) => typed.push('\n'),
            Event::Paste(text) => typed.push_str(&text),
            _ => {}
        }
    }
    // What came later. As long as the terminal is not raw it gives whole lines, one at a time.
    let opened = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open("/dev/tty");
    let mut bytes = Vec::new();
    if let Ok(tty) = opened {
        // Ends with the error that it would have to wait.
        let _ = tty.take(TYPED_AHEAD_BYTES_MAX).read_to_end(&mut bytes);
    }
    typed.push_str(&String::from_utf8_lossy(&bytes));
    typed.replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()
}

/// Asks a line, which can be edited.
fn ask_line(prompt: &str, cancelled: &AtomicBool) -> Option<String> {
    let mut editor = Reedline::create()
        .with_edit_mode(Box::new(reedline::Emacs::new(keys())))
        .use_bracketed_paste(true)
        .disable_hints();
    match editor.read_line(&Before::question(prompt)) {
        Ok(Signal::Success(line)) => Some(line),
        Ok(Signal::CtrlC) => {
            cancelled.store(true, Ordering::Relaxed);
            None
        }
        _ => None,
    }
}

/// Reads keys one by one. Ctrl-C sets the flag and ends it, as does whatever `take` returns.
fn by_keys<T>(cancelled: &AtomicBool, mut take: impl FnMut(KeyEvent) -> Option<T>) -> Option<T> {
    enable_raw_mode().ok()?;
    let result = loop {
        let key = match read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => key,
            Ok(_) => continue,
            Err(_) => break None,
        };
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => {
                cancelled.store(true, Ordering::Relaxed);
                break None;
            }
            KeyCode::Char('d') if is_control => break None,
            _ => {}
        }
        if let Some(result) = take(key) {
            break Some(result);
        }
    };
    let _ = disable_raw_mode();
    result
}

/// Asks a line that nobody may read: a star for each character.
fn ask_secret(prompt: &str, cancelled: &AtomicBool) -> Option<String> {
    let mut err = std::io::stderr();
    let mut show = |text: &str| {
        let _ = err.write_all(text.as_bytes());
        let _ = err.flush();
    };
    show(prompt);
    let mut typed: Vec<char> = Vec::new();
    let answer = by_keys(cancelled, |key| {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Some(typed.iter().collect()),
            KeyCode::Char('u') if is_control => {
                show(&"\x08 \x08".repeat(typed.len()));
                typed.clear();
            }
            KeyCode::Backspace if typed.pop().is_some() => show("\x08 \x08"),
            KeyCode::Char(c) if !is_control => {
                typed.push(c);
                show("*");
            }
            _ => {}
        }
        None
    });
    show("\r\n");
    answer
}

/// Waits for the key that says how paging goes on.
fn turn(cancelled: &AtomicBool) -> Paging {
    let paging = by_keys(cancelled, |key| match key.code {
        KeyCode::Char(' ') | KeyCode::PageDown => Some(Paging::Page),
        KeyCode::Enter | KeyCode::Down => Some(Paging::Line),
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Paging::Quit),
        _ => None,
    });
    paging.unwrap_or(Paging::Quit)
}

/// Asks where the terminal cannot edit.
pub(super) fn ask_plainly(prompt: &str, secret: bool) -> Option<String> {
    let mut out = std::io::stdout();
    let _ = write!(out, "{prompt}");
    let _ = out.flush();
    if secret {
        echo(false);
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if secret {
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
