//! `tandem runbook FILE.ps1`: reads a saved script without running it, prints what it would do, and
//! does it on confirmation, all of it or nothing.
//!
//! Owns the client's side. The script is evaluated once, by the shell's own interpreter, with every
//! cmdlet running on a private copy in the node (`rehearsal`) and the client's own files in an
//! overlay; what is applied afterwards is what was noted there, so the script is never run on the
//! real state. Why: `docs/design/0003-runbook.md`. Read next: `planning` (the hooks), `plan`,
//! `show`, `apply`.

mod apply;
mod check;
mod plan;
mod planning;
mod show;
mod typed;

use std::path::PathBuf;
use std::sync::Arc;

pub use apply::shell_word;
pub use plan::{Finding, Plan, Step, What};
pub(crate) use planning::Planning;

use crate::client::files::Overlay;
use crate::client::{ClientOptions, local};
use crate::lang::ast::{ScriptBlock, Source};
use crate::lang::host::{Colour, Host};
use crate::lang::parse::parse;
use crate::lang::pipe::Stop;
use crate::lang::{Category, Error, Shell};
use crate::limits::EVALUATION_STACK_BYTES;
use crate::wire::Ask;

/// Nothing is wrong: planned, applied, or nothing to do.
pub const RIGHT: i32 = 0;
/// It could not be planned or applied; nothing was changed.
pub const FAILED: i32 = 1;
/// Something is wrong with it; nothing was changed.
pub const WRONG: i32 = 3;
/// Nobody confirmed it; nothing was changed.
pub const UNCONFIRMED: i32 = 4;

/// What to do with a runbook.
#[derive(Clone)]
pub struct Options {
    /// The node's socket, the clock, the environment, and the script's arguments.
    pub client: ClientOptions,
    /// The script.
    pub script: PathBuf,
    /// Only plan.
    pub check: bool,
    /// The plan as JSON.
    pub json: bool,
    /// Apply without asking, if nothing is wrong.
    pub yes: bool,
    /// Apply although something that holds now would not hold afterwards.
    pub anyway: bool,
    /// Where the undo file goes; beside the script if none.
    pub undo: Option<PathBuf>,
    /// How this program is called for the same node: it takes back what was applied.
    pub again: String,
}

/// A plan with what its application needs.
pub(crate) struct Made {
    pub plan: Plan,
    /// What would be written to the client's own files.
    pub files: Overlay,
}

/// Plans and applies on this process's own streams; the exit status.
pub fn run(options: Options) -> i32 {
    let thread = std::thread::Builder::new()
        .name("runbook".to_owned())
        .stack_size(EVALUATION_STACK_BYTES)
        .spawn(move || run_with(&options, crate::client::own_host(&options.client)));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => FAILED,
    }
}

/// Plans and applies on a host's streams; the exit status.
pub fn run_with(options: &Options, mut host: Host) -> i32 {
    let mut shell = crate::client::shell(&options.client, quiet(&mut host));
    let made = match make(options, &mut shell) {
        Ok(made) => made,
        Err(error) => {
            host.write_error_line(&plain(&error), Colour::Red);
            return FAILED;
        }
    };
    host.ask = shell.host.ask.take();
    match options.json {
        true => host.write(&(show::json(&made.plan) + "\n")),
        false => host.write(&show::text(&made.plan, host.width)),
    }
    host.flush();
    let code = if made.plan.wrong.is_empty() {
        apply::confirmed(options, &mut shell, &mut host, &made)
    } else {
        WRONG
    };
    host.flush();
    code
}

/// An error that is none of the script's: what is wrong and what to do, in plain lines.
fn plain(error: &Error) -> String {
    let advice = error.advice.as_ref().map(|advice| format!("\n{advice}")).unwrap_or_default();
    format!("tandem runbook: {}{advice}", error.message)
}

/// A host for the script while it is planned: nothing is shown, but the person may be asked.
fn quiet(host: &mut Host) -> Host {
    let mut quiet = Host::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
    quiet.width = host.width;
    quiet.ask = host.ask.take();
    quiet
}

fn make(options: &Options, shell: &mut Shell) -> Result<Made, Error> {
    let shown = options.script.to_string_lossy().into_owned();
    let bytes = local::read(&options.script, &shown).map_err(|error| unreadable(&shown, error))?;
    let full = std::fs::canonicalize(&options.script).unwrap_or_else(|_| options.script.clone());
    let file: Arc<str> = full.to_string_lossy().into();
    let source = Arc::new(Source { file: Some(file.clone()), text: local::decode(&bytes) });
    let mut plan = Plan::of(&full.to_string_lossy());
    let block = match parse(&source) {
        Ok(block) => Arc::new(block),
        Err(error) => {
            let error = error.into_error(&source);
            plan.wrong.push(Finding::of(&error, source.file.as_ref()));
            return Ok(Made { plan, files: Overlay::default() });
        }
    };
    if let serde_json::Value::String(id) = result(shell, Ask::Rehearse)? {
        plan.id = id;
    }
    let mut planning = Planning::new(Some(file), (shell.clock)());
    planning.again = format!("{} {}", options.again, apply::shell_word(&shown));
    let planning = evaluate(shell, &block, &options.client.arguments, planning);
    let Planning { files, steps, findings, remarks, ended, .. } = planning;
    (plan.steps, plan.wrong, plan.remarks) = (steps, findings, remarks);
    plan.wrong.extend(ended.map(|why| {
        let advice = "Run the part that is meant by itself; a runbook has an end.".to_owned();
        Finding::plain(format!("The script was not planned to its end: {why}."), Some(advice))
    }));
    plan.unreached = check::unknown(shell, &block, &plan.wrong);
    plan.settle();
    let outlook = result(shell, Ask::Outlook)?;
    plan.outlook = serde_json::from_value(outlook).unwrap_or_default();
    Ok(Made { plan, files })
}

/// What to do about a script that cannot be read.
fn unreadable(shown: &str, error: Error) -> Error {
    let folder = std::env::current_dir().map(|folder| folder.display().to_string());
    match (error.category, folder) {
        (Category::ObjectNotFound, Ok(folder)) if !shown.starts_with('/') => {
            let message = format!("There is no file '{shown}' in {folder}.");
            Error::new(Category::ObjectNotFound, "PathNotFound", message)
        }
        (Category::ObjectNotFound, _) => {
            let message = format!("There is no file '{shown}'.");
            Error::new(Category::ObjectNotFound, "PathNotFound", message)
        }
        _ => error,
    }
    .advice("Give the path of the script to plan; nothing was changed.")
}

/// Runs the script on the copy; what was noted.
fn evaluate(
    shell: &mut Shell,
    block: &Arc<ScriptBlock>,
    arguments: &[String],
    planning: Planning,
) -> Planning {
    shell.planning = Some(Box::new(planning));
    let given = crate::client::script_arguments(arguments);
    let result = crate::client::shown(shell, |shell, display| {
        shell.run_top("script.ps1", block, given, display)
    });
    match result {
        Err(Stop::Statement(error) | Stop::Script(error)) => {
            shell.streams_default();
            if let Some(planning) = &mut shell.planning {
                planning.has_ended = true;
            }
            shell.record(*error, true);
        }
        Err(Stop::Exit(code)) if code != 0 => {
            let message = format!("The script ends itself with exit {code}.");
            if let Some(planning) = &mut shell.planning {
                planning.findings.push(Finding::plain(message, None));
            }
        }
        Err(Stop::Cancelled) => {
            if let Some(planning) = &mut shell.planning {
                planning.ended.get_or_insert_with(|| "it was stopped".to_owned());
            }
        }
        _ => {}
    }
    let now_ms = (shell.clock)();
    shell.planning.take().map_or_else(|| Planning::new(None, now_ms), |planning| *planning)
}

/// Asks the node for one result.
pub(crate) fn result(shell: &mut Shell, ask: Ask) -> Result<serde_json::Value, Error> {
    match &mut shell.node {
        Some(connection) => connection.result(&ask),
        None => {
            let message = "This shell is not connected to a node.";
            Err(Error::new(Category::ConnectionError, "NodeUnreachable", message))
        }
    }
}
