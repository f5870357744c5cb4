//! What stands before the line that is typed: where the shell is, or what the person's own function
//! `prompt` gives and writes.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use crate::lang::ast::ScriptBlock;
use crate::lang::text::to_text;
use crate::lang::{Shell, Value};
use crate::limits::PROMPT_BYTES_MAX;

/// What stands there while the function `prompt` fails, as in PowerShell.
const BROKEN: &str = "PS>";

/// The prompt for the next line; lines before its last one are written out.
pub(super) fn prompt(shell: &mut Shell) -> String {
    let Some(function) = shell.scope.function("prompt") else { return plain(shell) };
    let whole = own(shell, &function).unwrap_or_else(|| BROKEN.to_owned());
    match whole.rsplit_once('\n') {
        Some((before, last)) => {
            shell.host.write(&format!("{before}\n"));
            last.to_owned()
        }
        None => whole,
    }
}

/// Where the shell is, and how many prompts are around.
fn plain(shell: &Shell) -> String {
    format!("PS {}{} ", shell.location, ">".repeat(shell.host.nested + 1))
}

/// What is written while the prompt is made: it is a part of it.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut written = self.0.borrow_mut();
        let room = PROMPT_BYTES_MAX.saturating_sub(written.len());
        written.extend(bytes.iter().take(room));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the function gives; nothing if it fails or gives nothing. What the last command left
/// behind (`$?`, `$LASTEXITCODE`) stays as it is.
fn own(shell: &mut Shell, function: &Arc<ScriptBlock>) -> Option<String> {
    let written = Written::default();
    let out = std::mem::replace(&mut shell.host.out, Box::new(written.clone()));
    let err = std::mem::replace(&mut shell.host.err, Box::new(std::io::sink()));
    let (bar, copy) = (shell.host.has_bar, shell.host.transcript.take());
    shell.host.has_bar = false;
    let (success, failed, code) = (shell.success, shell.failed, shell.last_exit_code);
    let mut values: Vec<Value> = Vec::new();
    let result = shell.call_block("prompt", function, Vec::new(), None, true, &mut values);
    shell.streams_default();
    (shell.success, shell.failed, shell.last_exit_code) = (success, failed, code);
    (shell.host.out, shell.host.err) = (out, err);
    (shell.host.has_bar, shell.host.transcript) = (bar, copy);
    result.ok()?;
    let mut text = String::from_utf8_lossy(&written.0.borrow()).into_owned();
    text.extend(values.iter().map(to_text));
    text.truncate(text.floor_char_boundary(PROMPT_BYTES_MAX));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::run_text;
    use crate::lang::host::Host;

    #[track_caller]
    fn check(script: &str, expected: &str, before: &str) {
        let out = Written::default();
        let host = Host::new(Box::new(out.clone()), Box::new(std::io::sink()));
        let mut shell = Shell::new(host, Arc::new(|| 0));
        shell.location = "/tmp".to_owned();
        run_text(&mut shell, None, script, &[]);
        assert_eq!(prompt(&mut shell), expected, "{script}");
        assert_eq!(String::from_utf8_lossy(&out.0.borrow()), before, "{script}");
    }

    #[test]
    fn own_prompts() {
        for (script, expected, before) in [
            ("", "PS /tmp> ", ""),
            ("function prompt { \"[EMS] $PWD> \" }", "[EMS] /tmp> ", ""),
            ("function prompt { Write-Host 'a' -NoNewline; 'b>' }", "ab>", ""),
            ("function prompt { \"top`nEMS> \" }", "EMS> ", "top\n"),
            ("function prompt { throw 'x' }", "PS>", ""),
            ("function prompt { Get-Nothing; 'x> ' }", "x> ", ""),
            ("function prompt { }", "PS>", ""),
            ("function prompt { exit 3 }", "PS>", ""),
            ("function prompt { 'a'; 'b> ' }", "ab> ", ""),
        ] {
            check(script, expected, before);
        }
    }
}
