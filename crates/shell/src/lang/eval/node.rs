//! Cmdlets and programs in the node, as the pipeline sees them; questions to the person.

use crate::cmdlet::{Arguments, Cmdlet, Impact};
use crate::lang::error::{Category, Error};
use crate::lang::host::Colour;
use crate::lang::object::Object;
use crate::lang::pipe::{Outcome, Sink, Stop};
use crate::lang::progress::bar;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::value::Value;
use crate::limits::{BAR_AFTER_MS, BAR_EVERY_MS, COLLECTED_MAX};
use crate::wire::{Ask, Connection, Heard, Invoke, Progress, Said, from_wire, to_wire};

/// Takes what the node says, or that it says nothing.
type Hear<'a> = dyn FnMut(Option<Said>) -> Heard + 'a;

/// Waiting for the node.
#[derive(Default)]
struct Waits {
    since_ms: i64,
    shown_ms: i64,
    progress: Option<Progress>,
}

/// Type of what `-OutLoggerVariable` gets.
pub(super) const LOGGER: &str = "Microsoft.Rtc.SyntheticTransactions.Logger";

impl Shell {
    /// Runs a cmdlet in the node.
    pub(super) fn invoke(
        &mut self,
        cmdlet: &'static Cmdlet,
        arguments: &Arguments,
        out: &mut Sink<'_>,
    ) -> Outcome {
        if !self.plans_cmdlet(cmdlet, arguments) {
            return Ok(());
        }
        let mut invoke = Invoke { cmdlet: cmdlet.name.to_owned(), ..Invoke::default() };
        for (name, value) in arguments.iter() {
            invoke.arguments.insert(name.to_owned(), to_wire(value));
        }
        if cmdlet.impact != Impact::None {
            invoke.what_if = self.streams.what_if.unwrap_or_else(|| self.what_if_preference());
            invoke.confirm =
                self.streams.confirm.or_else(|| self.confirm_preference(cmdlet.impact));
        }
        let mut lines = Vec::new();
        let done = self.with_node(out, |connection, hear| {
            connection.request(&Ask::Invoke(invoke), &mut |said| {
                if let (Some(Said::Verbose(line)), true) = (&said, lines.len() < COLLECTED_MAX) {
                    lines.push(Value::from(line));
                }
                hear(said)
            })
        });
        self.keep_lines(arguments, lines)?;
        done.map(|_| ())
    }

    /// What a synthetic transaction did, in the variables that `-OutVerboseVariable` and
    /// `-OutLoggerVariable` name.
    fn keep_lines(&mut self, arguments: &Arguments, lines: Vec<Value>) -> Outcome {
        let name = |parameter| {
            let name = arguments.text(parameter)?.trim_start_matches('$');
            Some(name.to_owned())
        };
        if let Some(name) = name("OutLoggerVariable") {
            let log = Object::new(LOGGER).with("Lines", Value::list(lines.clone()));
            self.set_variable(&name, Value::Object(log))?;
        }
        match name("OutVerboseVariable") {
            Some(name) => self.set_variable(&name, lines.into()),
            None => Ok(()),
        }
    }

    /// Runs a program of Windows that the node answers for.
    pub(super) fn run_native(
        &mut self,
        program: &str,
        arguments: &[String],
        out: &mut Sink<'_>,
    ) -> Outcome {
        self.plans_native(crate::cmdlet::find_native(program), arguments);
        let ask = Ask::Native { program: program.to_owned(), arguments: arguments.to_vec() };
        let mut printed = String::new();
        let code = self.with_node(out, |connection, hear| {
            connection.request(&ask, &mut |said| {
                if let Some(Said::Text(text)) = &said {
                    printed.clone_from(text);
                }
                hear(said)
            })
        })?;
        self.last_exit_code = Some(code);
        if code != 0 {
            self.failed = true;
            self.plans_native_failed(program, code, &printed);
        }
        Ok(())
    }

    /// `$ConfirmPreference` decides where nobody said `-Confirm`.
    fn confirm_preference(&self, impact: Impact) -> Option<bool> {
        let preference = to_text(&self.scope.get("ConfirmPreference").unwrap_or_default());
        match (preference.to_ascii_lowercase().as_str(), impact) {
            ("none", _) => Some(false),
            ("low" | "medium", _) => Some(true),
            _ => None,
        }
    }

    fn with_node(
        &mut self,
        out: &mut Sink<'_>,
        run: impl FnOnce(&mut Connection, &mut Hear<'_>) -> Result<i32, Error>,
    ) -> Outcome<i32> {
        let Some(mut connection) = self.node.take() else {
            let message = "This shell is not connected to a node.";
            return Err(Error::new(Category::ConnectionError, "NodeUnreachable", message).into());
        };
        // Objects are given on afterwards: the next stage may need the connection too.
        let mut objects = Vec::new();
        let mut stop = None;
        let mut waits = Waits { since_ms: (self.clock)(), ..Waits::default() };
        let result = run(&mut connection, &mut |said| match said {
            Some(Said::Progress(progress)) => {
                waits.progress = Some(progress);
                self.show_wait(&mut waits);
                Heard::GoOn
            }
            Some(said) => self.hear(said, &mut objects, &mut stop),
            None => {
                self.show_wait(&mut waits);
                Heard::GoOn
            }
        });
        self.host.hide_bar();
        if let Some(hello) = connection.reached_again() {
            self.host.write_error_line(
                &format!(
                    "The node was restarted meanwhile; this shell is connected to it again \
                     (Tandem {}, {}).",
                    hello.tandem, hello.computer
                ),
                Colour::Yellow,
            );
        }
        self.node = Some(connection);
        if let (true, Err(error)) = (self.is_cancelled(), &result) {
            self.host.write_error_line(&error.message, Colour::Yellow);
            return Err(Stop::Cancelled);
        }
        if let Err(error) = &result
            && ["NodeUnreachable", "NodeRefused", "TooManyShells"].contains(&error.id.as_str())
        {
            // Part of an answer goes nowhere, and what would follow has no node to run in.
            return Err(Stop::Script(Box::new(self.labelled(error.clone()))));
        }
        for object in objects {
            out.emit(self, object)?;
        }
        if let Some(stop) = stop {
            return Err(stop);
        }
        if self.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        Ok(result?)
    }

    /// Counts an object that the node has done, and shows how many there were, when it takes long.
    pub(super) fn show_count(&mut self, name: &str, counted: &mut (usize, i64)) {
        let now = (self.clock)();
        let (done, since_ms) = counted;
        *done += 1;
        if *done == 1 {
            *since_ms = now;
        }
        if *done > 1 && now - *since_ms >= BAR_AFTER_MS && self.shows_progress() {
            let text = bar(name, &format!("{done} done"), None, self.host.width);
            self.host.show_bar(&text);
        }
    }

    /// Tells in the lower line what the node is doing, once it takes long.
    fn show_wait(&mut self, waits: &mut Waits) {
        let now = (self.clock)();
        let is_wanted = self.shows_progress();
        if !is_wanted || now - waits.since_ms < BAR_AFTER_MS || now - waits.shown_ms < BAR_EVERY_MS
        {
            return;
        }
        waits.shown_ms = now;
        let name = match &self.current_command {
            Some((name, _, _)) => name.to_string(),
            None => "The node".to_owned(),
        };
        let seconds = (now - waits.since_ms) / 1000;
        let text = match &waits.progress {
            Some(progress) => bar(&name, &progress.status, progress.percent, self.host.width),
            None => bar(&name, &format!("{seconds} s. Ctrl-C stops it."), None, self.host.width),
        };
        self.host.show_bar(&text);
    }

    fn hear(&mut self, said: Said, objects: &mut Vec<Value>, stop: &mut Option<Stop>) -> Heard {
        if let Some(answer) = self.plans_said(&said) {
            return Heard::Answer(answer);
        }
        let outcome = match said {
            Said::Object(json) => {
                objects.push(from_wire(&json));
                Ok(())
            }
            Said::Text(text) => {
                objects.extend(text.lines().map(Value::from));
                Ok(())
            }
            Said::Warning(text) => self.write_warning(&text),
            Said::Verbose(text) => {
                self.write_verbose(&text);
                Ok(())
            }
            Said::WhatIf(text) => {
                self.write_host(&format!("{text}\n"));
                Ok(())
            }
            // Who pressed Ctrl-C knows; why a question stopped it is told by itself.
            Said::Error(error)
                if error.id == "PipelineStopped" && (stop.is_some() || self.is_cancelled()) =>
            {
                Ok(())
            }
            Said::Error(error) => self.write_error(self.labelled(*error)),
            Said::Confirm { caption, query } => match self.confirm(&caption, &query) {
                Ok(yes) => return Heard::Answer(yes),
                Err(reason) => Err(reason),
            },
            Said::Description(_)
            | Said::Completions(_)
            | Said::Progress(_)
            | Said::Changed(_)
            | Said::Result(_)
            | Said::End(_) => Ok(()),
        };
        match outcome {
            Ok(()) => Heard::GoOn,
            Err(reason) => {
                *stop = Some(reason);
                Heard::Cancel
            }
        }
    }

    /// An error from the node happened where the running stage was typed.
    pub(crate) fn labelled(&self, mut error: Error) -> Error {
        if let Some((name, source, span)) = &self.current_command {
            if error.cmdlet.is_none() {
                error.cmdlet = Some(name.to_string());
                error.set_called(self.typed_name(source, *span, name));
            }
            error.place.get_or_insert_with(|| source.place(*span));
        }
        error
    }

    /// Reports an error of the cmdlet that runs.
    pub(crate) fn report_error(&mut self, error: Error) -> Outcome {
        let error = self.labelled(error);
        self.write_error(error)
    }

    /// Whether to go ahead: for functions that ask by `$PSCmdlet.ShouldProcess`.
    pub(crate) fn should_process(&mut self, operation: &str, target: &str) -> Outcome<bool> {
        self.should_process_with("Medium", operation, target)
    }

    /// As `should_process`, for something that does so much harm.
    pub(crate) fn should_process_with(
        &mut self,
        impact: &str,
        operation: &str,
        target: &str,
    ) -> Outcome<bool> {
        let what = format!("Performing the operation \"{operation}\" on target \"{target}\".");
        if self.streams.what_if.unwrap_or_else(|| self.what_if_preference()) {
            self.write_host(&format!("What if: {what}\n"));
            return Ok(false);
        }
        if self.planning.is_some() {
            return Ok(true);
        }
        let preference = to_text(&self.scope.get("ConfirmPreference").unwrap_or_default());
        let asks = harm(impact) >= harm(&preference) && !preference.eq_ignore_ascii_case("none");
        if self.streams.confirm.unwrap_or(asks) {
            return self.confirm("Are you sure you want to perform this action?", &what);
        }
        self.write_verbose(&what);
        Ok(true)
    }
}

/// How much harm a word means, for comparing.
fn harm(word: &str) -> u8 {
    match word.to_ascii_lowercase().as_str() {
        "none" => 0,
        "low" => 1,
        "medium" => 2,
        _ => 3,
    }
}
