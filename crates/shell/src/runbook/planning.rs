//! What the interpreter notes while a script is planned: each command that would change something,
//! what the node says it changed on the copy, and everything that went wrong.
//!
//! The hooks are methods of the shell that do nothing while no plan is made.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::plan::{Finding, Step, What, YOUR_FILE};
use super::typed::{quoted, typed, written};
use crate::client::files::{Overlay, Place, Planned};
use crate::cmdlet::{Arguments, Cmdlet, Native, Rights, service_exists};
use crate::lang::Shell;
use crate::lang::ast::{Source, Span};
use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Stop};
use crate::limits::{
    PLAN_CHANGES_MAX, PLAN_STEPS_MAX, PLANNING_BYTES_MAX, PLANNING_MS_MAX, PLANNING_STEPS_MAX,
    PLANNING_TICKS,
};
use crate::rehearsal::{Changed, Kind};
use crate::wire::Said;

/// The command that runs, and where it stands.
pub(super) type At = Option<(Rc<str>, Arc<Source>, Span)>;

/// Commands of the client that mean nothing here, and why.
const UNNEEDED: &[(&str, &str)] = &[
    ("Import-Module", "the cmdlets are loaded already"),
    ("Remove-Module", "the cmdlets stay loaded"),
    ("Add-PSSnapin", "the cmdlets are loaded already"),
    ("New-PSSession", "this shell is connected to its node already"),
    ("Import-PSSession", "the cmdlets are loaded already"),
    ("Enter-PSSession", "this shell is connected to its node already"),
    ("Remove-PSSession", "the shell stays connected until it ends"),
    ("Connect-ExchangeServer", "this shell is connected to its node already"),
    ("Set-ExecutionPolicy", "scripts are not signed here"),
    ("Set-ADServerSettings", "there is one directory, and cmdlets see all of it"),
    ("Start-Transcript", "the plan and the audit log say what was done"),
    ("Start-Sleep", "nothing has to be waited for: everything is applied at once"),
];

/// Cmdlets that try the running system or wait for it: they run after the script was applied.
const AFTERWARDS: &[&str] = &[
    "Test-OwaInstantMessaging",
    "Test-CsRegistration",
    "Test-CsPresence",
    "Test-CsIM",
    "Test-CsUnifiedContactStore",
    "Debug-CsUnifiedContactStore",
    "Test-CsExStorageConnectivity",
    "Test-ExchangeCertificateChange",
    "Test-OwaInstantMessagingCheck",
    "Watch-CsClsLogging",
];

/// The plan as far as it is made.
pub(crate) struct Planning {
    pub(crate) files: Overlay,
    pub(crate) steps: Vec<Step>,
    pub(crate) findings: Vec<Finding>,
    /// What was looked for and is not there, where the script goes on.
    pub(crate) remarks: Vec<Finding>,
    /// The script has ended: what is found now is why.
    pub(crate) has_ended: bool,
    /// How this plan is made once more.
    pub(crate) again: String,
    /// The step that the node speaks of.
    current: Option<usize>,
    /// Its command with the values of this time.
    typed: String,
    /// The statement that runs.
    pub(crate) statement: Option<(Arc<Source>, Span)>,
    /// The script itself: its lines are given without its name.
    script: Option<Arc<str>>,
    started_ms: i64,
    ticks: u32,
    steps_left: u64,
    /// Why it was given up.
    pub(crate) ended: Option<String>,
}

impl Planning {
    pub(crate) fn new(script: Option<Arc<str>>, now_ms: i64) -> Planning {
        Planning {
            files: Overlay::default(),
            steps: Vec::new(),
            findings: Vec::new(),
            remarks: Vec::new(),
            has_ended: false,
            again: String::new(),
            current: None,
            typed: String::new(),
            statement: None,
            script,
            started_ms: now_ms,
            ticks: 0,
            steps_left: PLANNING_STEPS_MAX,
            ended: None,
        }
    }

    /// Whether the script has run for too long, or takes too much memory.
    fn is_over(&mut self, clock: &dyn Fn() -> i64) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        self.ticks = self.ticks.wrapping_add(1);
        if self.ended.is_none() {
            if self.steps_left == 0
                || (self.ticks.is_multiple_of(PLANNING_TICKS)
                    && clock().saturating_sub(self.started_ms) > PLANNING_MS_MAX)
            {
                self.ended = Some("it does not come to an end".to_owned());
            } else if self.ticks.is_multiple_of(PLANNING_TICKS / 16)
                && resident_bytes() > PLANNING_BYTES_MAX
            {
                self.ended = Some("it takes too much memory".to_owned());
            }
        }
        self.ended.is_some()
    }

    fn place(&self, at: &At) -> (Option<String>, u32, u32) {
        let typed = at.as_ref().map(|(_, source, span)| (source, span));
        // What a command or a method runs itself stands nowhere: the statement does.
        let typed = typed.filter(|(_, span)| span.end > 0);
        let statement = self.statement.as_ref().map(|(source, span)| (source, span));
        let Some((source, span)) = typed.or(statement) else { return (None, 0, 0) };
        let place = source.place(*span);
        let file = place.file.filter(|file| Some(file) != self.script.as_ref());
        (file.map(|file| file.to_string()), place.line, place.column)
    }

    /// The step of a command: the one before if it is the same command of the same line again.
    fn step(&mut self, at: &At, command: String, what: What) -> Option<&mut Step> {
        let (file, line, column) = self.place(at);
        let name = at.as_ref().map(|(name, ..)| name.to_string()).unwrap_or_default();
        let same = |step: &Step| {
            (step.line, step.column, &step.file, &step.cmdlet) == (line, column, &file, &name)
        };
        let found = self.steps.iter().rposition(same);
        self.typed.clone_from(&command);
        let index = match found {
            Some(index) => {
                if let Some(step) = self.steps.get_mut(index) {
                    step.times += 1;
                }
                index
            }
            None if self.steps.len() >= PLAN_STEPS_MAX => {
                self.ended.get_or_insert_with(|| "it has too many steps".to_owned());
                return None;
            }
            None => {
                let number = self.steps.len() + 1;
                self.steps.push(Step {
                    number,
                    file,
                    line,
                    column,
                    cmdlet: name,
                    command,
                    times: 1,
                    what,
                    changes: Vec::new(),
                    notes: Vec::new(),
                });
                number - 1
            }
        };
        self.current = Some(index);
        // A script that gets on may go on.
        self.steps_left = PLANNING_STEPS_MAX;
        self.steps.get_mut(index)
    }

    fn note(&mut self, text: String) {
        let step = self.current.and_then(|at| self.steps.get_mut(at));
        if let Some(step) = step
            && !step.notes.contains(&text)
            && step.notes.len() < PLAN_STEPS_MAX
        {
            step.notes.push(text);
        }
    }

    /// The command of the step was refused: this time, if it ran before with other values.
    fn failed(&mut self, why: &str) {
        let shown = self.current.and_then(|at| self.steps.get(at)).map(|step| &step.command);
        match shown.is_some_and(|shown| *shown != self.typed) {
            true => self.note(format!("fails: {why} ({})", self.typed)),
            false => self.note(format!("fails: {why}")),
        }
    }

    fn changed(&mut self, changes: Vec<Changed>) {
        let Some(step) = self.current.and_then(|at| self.steps.get_mut(at)) else { return };
        let room = PLAN_CHANGES_MAX.saturating_sub(step.changes.len());
        step.changes.extend(changes.into_iter().take(room));
    }

    /// A file of the client's would be written.
    pub(crate) fn wrote(
        &mut self,
        at: At,
        path: &Path,
        before: Option<Place>,
        planned: &Planned,
        what: &str,
    ) {
        let object = format!("{YOUR_FILE}{}", path.display());
        let length = |bytes: u64| format!("{bytes} bytes");
        let old = match before {
            Some(Place::File(bytes)) => Some(length(bytes)),
            Some(Place::Folder) => Some("a folder".to_owned()),
            None => None,
        };
        let new = match planned {
            Planned::File(bytes) => Some(length(bytes.len() as u64)),
            Planned::Folder => Some("a folder".to_owned()),
            Planned::Gone => None,
        };
        let command = at.as_ref().map(|(name, ..)| format!("{name} {}", path.display()));
        let command = command.unwrap_or_else(|| format!("{what}: {}", path.display()));
        let Some(step) = self.step(&at, command, What::Changes) else { return };
        let known = step.changes.iter_mut().find(|changed| changed.object == object);
        match known {
            Some(known) => known.new = new,
            None => step.changes.push(Changed {
                kind: Kind::State,
                object,
                property: String::new(),
                old,
                new,
            }),
        }
    }

    /// An error that the script did not catch.
    pub(crate) fn found(&mut self, error: &Error) {
        let mut finding = Finding::of(error, self.script.as_ref());
        if finding.line == 0 {
            // `Write-Error` of the script itself has no place of its own.
            (finding.file, finding.line, finding.column) = self.place(&None);
        }
        match error.id.as_str() {
            "NoKeyboard" => {
                finding.advice = Some(format!(
                    "Run tandem runbook in a terminal: it asks while it plans. Or make what is \
                     asked for a parameter of the script, and give the value after the file's name \
                     ({} -Name value).",
                    self.again
                ));
            }
            "MissingMandatoryParameter" => {
                let named = error.message.strip_suffix('.').unwrap_or(&error.message);
                let named = named.rsplit_once("missing mandatory parameters: ");
                let names = named.map_or("Name", |(_, names)| names).split_whitespace();
                let values: Vec<String> = names.map(|name| format!("-{name} value")).collect();
                finding.advice = Some(format!(
                    "Run tandem runbook in a terminal: it asks while it plans. Or give the value \
                     after the file's name: {} {}",
                    self.again,
                    values.join(" ")
                ));
            }
            _ => {}
        }
        // A question that finds nothing is an answer, unless the script stops at it.
        let asks = error.cmdlet.as_deref().is_some_and(|name| name.starts_with("Get-"));
        // Exchange says it by the exception alone.
        let is_absent = error.category == Category::ObjectNotFound
            || error.exception.as_deref() == Some("ManagementObjectNotFoundException");
        let is_answer = asks && is_absent && !self.has_ended;
        let list = if is_answer { &mut self.remarks } else { &mut self.findings };
        if !list.contains(&finding) && list.len() < PLAN_STEPS_MAX {
            list.push(finding);
        }
    }
}

/// Memory of this process.
fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else { return 0 };
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

impl Shell {
    /// Counts a statement, a round or a call; ends a plan that takes too long.
    ///
    /// # Errors
    /// Ctrl-C, or the bound.
    pub(crate) fn tick(&mut self) -> Outcome {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Stop::Cancelled);
        }
        let Some(planning) = &mut self.planning else { return Ok(()) };
        match planning.is_over(&*self.clock) {
            true => Err(Stop::Cancelled),
            false => Ok(()),
        }
    }

    /// Before a cmdlet runs in the node; whether it does.
    pub(crate) fn plans_cmdlet(&mut self, cmdlet: &Cmdlet, arguments: &Arguments) -> bool {
        let at = self.current_command.clone();
        let Some(planning) = &mut self.planning else { return true };
        planning.current = None;
        let mut away = |what, why: String| {
            if let Some(step) = planning.step(&at, typed(cmdlet, arguments), what) {
                step.notes.push(why);
                step.notes.dedup();
            }
            false
        };
        if AFTERWARDS.contains(&cmdlet.name) {
            let why = "tries the running system: run it after the script is applied";
            return away(What::Afterwards, why.to_owned());
        }
        let name = arguments.text("Name").unwrap_or_default();
        let is_service =
            ["Start-Service", "Stop-Service", "Restart-Service"].contains(&cmdlet.name);
        if is_service && !service_exists(name) {
            return away(What::Unneeded, format!("there is no service {name} here"));
        }
        if cmdlet.rights == Rights::Write {
            let command = match written(&at, cmdlet, arguments) {
                Some(path) => format!("write {}", path.replace(['\r', '\n'], " ")),
                None => typed(cmdlet, arguments),
            };
            planning.step(&at, command, What::Already);
        }
        true
    }

    /// Before a program runs in the node.
    pub(crate) fn plans_native(&mut self, native: Option<&Native>, arguments: &[String]) {
        let at = self.current_command.clone();
        let Some(planning) = &mut self.planning else { return };
        planning.current = None;
        if let Some(native) = native.filter(|it| (it.rights)(arguments) == Rights::Write) {
            let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
            let command = format!("{} {}", native.name, words.join(" "));
            planning.step(&at, command, What::Already);
        }
    }

    /// A program has failed. A script that looks at the exit code deals with it; else it is wrong.
    pub(crate) fn plans_native_failed(&mut self, name: &str, code: i32, said: &str) {
        let Some(planning) = &mut self.planning else { return };
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        planning.note(format!("fails: {said}"));
        let at = planning.statement.as_ref().map(|(source, _)| source.text.to_lowercase());
        let deals = at.is_some_and(|text| text.contains("$lastexitcode") || text.contains("$?"));
        if planning.current.is_none() || deals {
            return;
        }
        let (file, line, column) = planning.place(&None);
        let message = format!("{name}: {said} (exit code {code})");
        let finding = Finding { file, line, column, message, advice: None };
        if !planning.findings.contains(&finding) && planning.findings.len() < PLAN_STEPS_MAX {
            planning.findings.push(finding);
        }
    }

    /// A cmdlet of the client runs; whether it is one that means nothing here.
    pub(crate) fn plans_client(&mut self, cmdlet: &Cmdlet, arguments: &Arguments) {
        let at = self.current_command.clone();
        let Some(planning) = &mut self.planning else { return };
        // What is not loaded is an error of the script.
        let loads = ["Import-Module", "Add-PSSnapin"].contains(&cmdlet.name);
        if loads && !crate::generic::are_loaded(arguments) {
            return;
        }
        let unneeded = UNNEEDED.iter().find(|(name, _)| *name == cmdlet.name);
        if let Some((_, why)) = unneeded
            && let Some(step) = planning.step(&at, typed(cmdlet, arguments), What::Unneeded)
        {
            step.notes.push((*why).to_owned());
            step.notes.dedup();
        }
    }

    /// A command that has no meaning here; whether a plan is made, which leaves it out.
    pub(crate) fn plans_without(&mut self, refusal: &Error) -> bool {
        let at = self.current_command.clone();
        let Some(planning) = &mut self.planning else { return false };
        let name = refusal.target.clone().unwrap_or_default();
        let why = refusal.message.split_once(": ").map_or("", |(_, why)| why).to_owned();
        if let Some(step) = planning.step(&at, name, What::Unneeded) {
            step.notes.push(why);
            step.notes.dedup();
        }
        true
    }

    /// What the node says while it rehearses; the answer, if it asks.
    pub(crate) fn plans_said(&mut self, said: &Said) -> Option<bool> {
        let planning = self.planning.as_mut()?;
        match said {
            Said::Changed(changes) => planning.changed(changes.clone()),
            Said::Warning(text) => planning.note(format!("warns: {text}")),
            Said::Error(error) => planning.failed(&error.message),
            Said::WhatIf(_) => {
                planning.note("has -WhatIf, so it changes nothing".to_owned());
            }
            Said::Confirm { query, .. } => {
                planning.note(format!("would ask (answered by yes): {query}"));
                return Some(true);
            }
            _ => {}
        }
        None
    }

    /// A question of the script's own; while a plan is made the answer is yes.
    pub(crate) fn plans_answer(&mut self, query: &str) -> bool {
        match &mut self.planning {
            Some(planning) => {
                planning.note(format!("would ask (answered by yes): {query}"));
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet;

    #[test]
    fn commands_that_are_not_planned_exist() {
        for name in UNNEEDED.iter().map(|(name, _)| name).chain(AFTERWARDS) {
            assert!(cmdlet::find(name).is_some_and(|known| known.name == *name), "{name}");
        }
    }
}
