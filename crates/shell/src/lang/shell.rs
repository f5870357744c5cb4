//! The state of a shell: scopes, errors so far, where it is, and how errors and warnings travel.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::ast::{Source, Span};
use super::error::{Category, Error};
use super::host::{Colour, Host};
use super::pipe::{Outcome, Stop};
use super::scope::Scope;
use super::text::to_text;
use super::types::is_true;
use super::value::Value;
use crate::limits::{ERRORS_KEPT_MAX, EVALUATION_DEPTH_MAX};
use crate::runbook::Planning;
use crate::wire::Connection;

/// What to do when something is said (`-ErrorAction`, `$WarningPreference`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say it and go on.
    Continue,
    /// Go on, and remember it.
    SilentlyContinue,
    /// Go on, and forget it.
    Ignore,
    /// End the script.
    Stop,
    /// Ask what to do.
    Inquire,
}

impl Action {
    /// The action a name or number means.
    pub fn parse(text: &str) -> Option<Action> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "continue" | "2" => Action::Continue,
            "silentlycontinue" | "0" => Action::SilentlyContinue,
            "ignore" | "4" => Action::Ignore,
            "stop" | "1" => Action::Stop,
            "inquire" | "3" => Action::Inquire,
            _ => return None,
        })
    }
}

impl Action {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Action::Continue => "Continue",
            Action::SilentlyContinue => "SilentlyContinue",
            Action::Ignore => "Ignore",
            Action::Stop => "Stop",
            Action::Inquire => "Inquire",
        }
    }
}

/// Where one kind of message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the host.
    Host,
    /// Into the pipeline (`2>&1`) or a file.
    Merge,
    /// Nowhere (`2>$null`).
    Nowhere,
    /// Into a file of its own (`2> file`).
    File,
}

/// What holds while a stage runs: its common parameters and redirections.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// `-ErrorAction`
    pub error_action: Option<Action>,
    /// `-WarningAction`
    pub warning_action: Option<Action>,
    /// `-Verbose`
    pub verbose: Option<bool>,
    /// `-InformationAction`
    pub information_action: Option<Action>,
    /// `-Debug`
    pub debug: Option<bool>,
    /// `-WhatIf`
    pub what_if: Option<bool>,
    /// `-Confirm`
    pub confirm: Option<bool>,
    /// Errors.
    pub errors: Route,
    /// Warnings.
    pub warnings: Route,
    /// `Write-Verbose`
    pub details: Route,
    /// `Write-Host`
    pub host: Route,
}

impl Default for Streams {
    fn default() -> Streams {
        Streams {
            error_action: None,
            warning_action: None,
            verbose: None,
            information_action: None,
            debug: None,
            what_if: None,
            confirm: None,
            errors: Route::Host,
            warnings: Route::Host,
            details: Route::Host,
            host: Route::Host,
        }
    }
}

/// A shell.
pub struct Shell {
    /// Output and keyboard.
    pub host: Host,
    /// The way to the node; none in tests of the language.
    pub node: Option<Connection>,
    /// The clock, milliseconds UTC.
    pub clock: Arc<dyn Fn() -> i64>,
    /// The environment (`$env:…`).
    pub environment: Vec<(String, String)>,
    /// Set by Ctrl-C.
    pub cancelled: Arc<AtomicBool>,
    /// The current scope.
    pub scope: Rc<Scope>,
    /// Errors so far, the latest first.
    pub errors: VecDeque<Arc<Error>>,
    /// `$?`
    pub success: bool,
    /// `$LASTEXITCODE`
    pub last_exit_code: Option<i32>,
    /// Where relative paths begin: a folder of the client's, or on a drive of the node's.
    pub location: String,
    /// Whether an error was reported in the pipeline that runs.
    pub(crate) failed: bool,
    /// Whether `[Environment]::Exit` was called: scripts around do not go on either.
    pub(crate) is_ended: bool,
    /// How many `try` blocks are around.
    pub(crate) tries: u32,
    pub(crate) depth: u32,
    pub(crate) streams: Streams,
    /// What goes into the pipeline from streams routed there.
    pub(crate) merged: Vec<Value>,
    /// What goes into files from streams routed there, by the stream's number.
    pub(crate) filed: Vec<(u8, String)>,
    /// What `-ErrorVariable` and `-WarningVariable` collect.
    pub(crate) said_errors: Vec<Value>,
    pub(crate) said_warnings: Vec<Value>,
    pub(crate) source: Arc<Source>,
    pub(crate) next_stage: u64,
    /// The stage whose code runs.
    pub(crate) current_stage: u64,
    /// The command whose code runs, and where it was typed.
    pub(crate) current_command: Option<(Rc<str>, Arc<Source>, Span)>,
    /// The statement that runs.
    pub(crate) statement: Span,
    /// "Yes to All" or "No to All", for the pipeline that runs.
    pub(crate) standing_answer: Option<bool>,
    /// The functions and scripts that run, the innermost last.
    pub(crate) frames: Vec<super::eval::Frame>,
    /// How many stages collect what is said (`-ErrorVariable`).
    pub(crate) listeners: u32,
    /// Where `Pop-Location` goes back to, the latest last.
    pub(crate) locations: Vec<String>,
    /// The plan that is made of a runbook, while one is made.
    pub(crate) planning: Option<Box<Planning>>,
    /// Aliases the person made, lower case, and what they mean.
    pub(crate) aliases: HashMap<String, String>,
    /// What scripts say how far they are.
    pub(crate) reported: super::progress::Reported,
    /// What was typed in this session.
    pub(crate) typed: super::typed::Typed,
}

impl Shell {
    /// A shell that talks through a host.
    pub fn new(host: Host, clock: Arc<dyn Fn() -> i64>) -> Shell {
        let global = Scope::global();
        for (name, value) in [
            ("ErrorActionPreference", "Continue"),
            ("WarningPreference", "Continue"),
            ("VerbosePreference", "SilentlyContinue"),
            ("DebugPreference", "SilentlyContinue"),
            ("InformationPreference", "SilentlyContinue"),
            ("ProgressPreference", "Continue"),
            ("ConfirmPreference", "High"),
        ] {
            global.set(name, Value::from(value));
        }
        global.set("WhatIfPreference", Value::Bool(false));
        global.set("FormatEnumerationLimit", Value::Int(4));
        global.set(super::eval::DEFAULTS, Value::Map(super::Map::new()));
        Shell {
            host,
            node: None,
            clock,
            environment: Vec::new(),
            cancelled: Arc::default(),
            scope: global,
            errors: VecDeque::new(),
            success: true,
            last_exit_code: None,
            location: String::new(),
            failed: false,
            is_ended: false,
            tries: 0,
            depth: 0,
            streams: Streams::default(),
            merged: Vec::new(),
            filed: Vec::new(),
            said_errors: Vec::new(),
            said_warnings: Vec::new(),
            source: Arc::new(Source { file: None, text: String::new() }),
            next_stage: 0,
            current_stage: 0,
            current_command: None,
            statement: Span::default(),
            standing_answer: None,
            frames: Vec::new(),
            listeners: 0,
            locations: Vec::new(),
            planning: None,
            aliases: HashMap::new(),
            reported: super::progress::Reported::default(),
            typed: super::typed::Typed::default(),
        }
    }

    /// Forgets what held for the stage that failed.
    pub(crate) fn streams_default(&mut self) {
        self.streams = Streams::default();
        self.tries = 0;
        self.merged.clear();
    }

    /// Runs something one level deeper.
    pub(crate) fn deeper<T>(&mut self, run: impl FnOnce(&mut Shell) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= EVALUATION_DEPTH_MAX {
            let message = "The script failed due to call depth overflow.";
            let error = Error::new(Category::InvalidOperation, "CallDepthOverflow", message)
                .exception("ScriptCallDepthException");
            return Err(Stop::Statement(Box::new(error)));
        }
        self.tick()?;
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Gives an error the place it happened at, if it has none.
    pub(crate) fn place(&self, stop: Stop, span: Span) -> Stop {
        let placed = |mut error: Box<Error>| {
            self.note_stack(&mut error, span);
            if error.place.is_none() {
                error.place = Some(self.source.place(span));
            }
            error
        };
        match stop {
            Stop::Statement(error) => Stop::Statement(placed(error)),
            Stop::Script(error) => Stop::Script(placed(error)),
            other => other,
        }
    }

    fn action(&self, given: Option<Action>, variable: &str) -> Action {
        given.unwrap_or_else(|| {
            let value = self.scope.get(variable).unwrap_or_default();
            Action::parse(&to_text(&value)).unwrap_or(Action::Continue)
        })
    }

    /// Reports an error that does not end its statement, as the error action says.
    ///
    /// # Errors
    /// If the action is to stop.
    pub fn write_error(&mut self, error: Error) -> Outcome {
        let action = self.action(self.streams.error_action, "ErrorActionPreference");
        self.failed = true;
        if action == Action::Stop {
            return Err(Stop::Script(Box::new(error)));
        }
        if action == Action::Ignore {
            return Ok(());
        }
        if action == Action::Inquire && !self.goes_on(&error.message)? {
            self.record(error, true);
            return Err(Stop::Cancelled);
        }
        self.record(error, action != Action::SilentlyContinue);
        Ok(())
    }

    /// Remembers an error, and shows it.
    pub fn record(&mut self, mut error: Error, show: bool) {
        self.failed = true;
        self.note_stack(&mut error, self.statement);
        let error = Arc::new(error);
        self.errors.push_front(error.clone());
        self.errors.truncate(ERRORS_KEPT_MAX);
        self.said_errors.push(Value::Error(error.clone()));
        if !show {
            return;
        }
        if let Some(planning) = &mut self.planning {
            planning.found(&error);
        }
        match self.streams.errors {
            Route::Host => {
                let style = super::format::Style::of(self);
                // A program that reads errors finds each fact in a line.
                let text = match self.host.is_terminal {
                    true => super::format::error_text_within(&error, style),
                    false => super::format::error_text(&error),
                };
                self.host.write_error_line(&text, Colour::Red);
            }
            Route::Merge => self.merged.push(Value::Error(error)),
            Route::File => self.filed.push((2, super::format::error_text(&error))),
            Route::Nowhere => {}
        }
    }

    /// Warns, as the warning action says.
    ///
    /// # Errors
    /// If the action is to stop.
    pub fn write_warning(&mut self, text: &str) -> Outcome {
        let action = self.action(self.streams.warning_action, "WarningPreference");
        if action != Action::Ignore {
            self.said_warnings.push(Value::from(text));
        }
        if matches!(action, Action::SilentlyContinue | Action::Ignore) {
            return Ok(());
        }
        let line = format!("WARNING: {text}");
        match self.streams.warnings {
            Route::Host => self.host.write_error_line(&line, Colour::Yellow),
            Route::Merge => self.merged.push(Value::from(text)),
            Route::File => self.filed.push((3, line)),
            Route::Nowhere => {}
        }
        if action == Action::Stop {
            let message = format!(
                "The running command stopped because the preference variable \
                 \"WarningPreference\" or common parameter is set to Stop: {text}"
            );
            let error = Error::new(Category::OperationStopped, "ActionPreferenceStop", message);
            return Err(Stop::Script(Box::new(error)));
        }
        Ok(())
    }

    /// Whether details are wanted.
    pub fn is_verbose(&self) -> bool {
        self.streams.verbose.unwrap_or_else(|| {
            let value = self.scope.get("VerbosePreference").unwrap_or_default();
            Action::parse(&to_text(&value)) == Some(Action::Continue)
        })
    }

    /// Tells a detail, if details are wanted.
    pub fn write_verbose(&mut self, text: &str) {
        if self.is_verbose() {
            match self.streams.details {
                Route::Host => {
                    self.host.write_error_line(&format!("VERBOSE: {text}"), Colour::Yellow);
                }
                Route::Merge => self.merged.push(Value::from(text)),
                Route::File => self.filed.push((4, text.to_owned())),
                Route::Nowhere => {}
            }
        }
    }

    /// What `-InformationAction` says.
    pub(crate) fn information_action(&self) -> Option<Action> {
        self.streams.information_action
    }

    /// Tells a detail for finding errors, if these are wanted.
    pub fn write_debug(&mut self, text: &str) {
        let wanted = self.streams.debug.unwrap_or_else(|| {
            let value = self.scope.get("DebugPreference").unwrap_or_default();
            matches!(Action::parse(&to_text(&value)), Some(Action::Continue | Action::Inquire))
        });
        if wanted {
            self.host.write_error_line(&format!("DEBUG: {text}"), Colour::Yellow);
        }
    }

    /// Writes past the pipeline.
    pub fn write_host(&mut self, text: &str) {
        match self.streams.host {
            Route::Host => self.host.write(text),
            Route::Merge => self.merged.push(Value::from(text.trim_end_matches('\n'))),
            Route::File => self.filed.push((6, text.trim_end_matches('\n').to_owned())),
            Route::Nowhere => {}
        }
    }

    /// Where the shell is, as an object.
    pub(crate) fn whereabouts(&self) -> super::Object {
        let location = self.location.as_str();
        let is_drive = crate::drives::DrivePath::parse(location).is_some();
        let drive = location.split(':').next().filter(|_| is_drive).unwrap_or("/");
        super::Object::new("System.Management.Automation.PathInfo")
            .shown_as(location)
            .with("Drive", drive)
            .with("Path", location)
            .with("ProviderPath", location)
    }

    /// Whether `-WhatIf` holds for everything (`$WhatIfPreference`).
    pub fn what_if_preference(&self) -> bool {
        self.scope.get("WhatIfPreference").is_some_and(|value| is_true(&value))
    }

    /// The value of a variable, the automatic ones included.
    pub fn variable(&self, name: &str) -> Option<Value> {
        match name.to_ascii_lowercase().as_str() {
            "?" => return Some(Value::Bool(self.success)),
            "lastexitcode" | "global:lastexitcode" => {
                return Some(self.last_exit_code.map_or(Value::Null, Value::from));
            }
            "error" | "global:error" => {
                return Some(Value::list(self.errors.iter().cloned().map(Value::Error)));
            }
            "psitem" => return self.scope.get("_"),
            "pwd" => return Some(Value::Object(self.whereabouts())),
            "psversiontable" => return Some(super::hosted::version_table()),
            "myinvocation" => return Some(self.my_invocation()),
            "host" => return Some(super::hosted::host_object(&self.host)),
            "nestedpromptlevel" => return Some(Value::from(self.host.nested)),
            "executioncontext" => {
                let commands = super::Object::new(super::eval::INTRINSICS);
                let kind = "System.Management.Automation.EngineIntrinsics";
                return Some(super::Object::new(kind).with("InvokeCommand", commands).into());
            }
            "pid" => return Some(Value::from(std::process::id())),
            "home" => return self.variable("env:HOME"),
            "psculture" | "psuiculture" => return Some(Value::from("en-US")),
            "shellid" => return Some(Value::from("Microsoft.PowerShell")),
            // They tell of the file a text stands in, whoever runs it.
            "pscommandpath" => return Some(Value::from(self.source.file.as_deref().unwrap_or(""))),
            "psscriptroot" => {
                let file = self.source.file.as_deref().unwrap_or("");
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                return Some(Value::from(folder));
            }
            _ => {}
        }
        if let Some(name) = strip_prefix_any_case(name, "env:") {
            let found = self.environment.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            return found.map(|(_, value)| Value::from(value));
        }
        if let Some(name) = strip_prefix_any_case(name, "function:") {
            return self.scope.function(name).map(Value::Block);
        }
        if let Some(name) = strip_prefix_any_case(name, "variable:") {
            return self.variable(name);
        }
        self.scope.get(name)
    }
}

/// The rest of a text that begins so.
pub(crate) fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..))?
}
