//! One stage of a running pipeline: its surroundings, its objects, its errors.

use std::rc::Rc;
use std::sync::Arc;

use super::function::Function;
use crate::cmdlet::Cmdlet;
use crate::lang::ast::{Source, Span};
use crate::lang::bind::{Bound, Signature};
use crate::lang::error::Error;
use crate::lang::pipe::{Outcome, Sink, Stage, Stop, Target};
use crate::lang::scope::Scope;
use crate::lang::shell::{Shell, Streams};
use crate::lang::types::list_of;
use crate::lang::value::Value;

/// A stage of a running pipeline.
pub struct Running {
    pub(super) id: u64,
    pub(super) name: Rc<str>,
    pub(super) work: Work,
    pub(super) signature: Rc<Signature>,
    pub(super) bound: Bound,
    pub(super) span: Span,
    pub(super) source: Arc<Source>,
    pub(super) scope: Rc<Scope>,
    pub(crate) streams: Streams,
    pub(super) errors: Vec<Value>,
    pub(super) warnings: Vec<Value>,
    pub(super) objects: Vec<Value>,
    /// Streams that go into files: their numbers, paths, and whether to add.
    pub(super) files: Vec<(u8, String, bool)>,
    pub(super) filed: Vec<(u8, String)>,
    /// The parameter whose pipeline objects wait for the end, and those that do.
    pub(super) gathers: Option<&'static str>,
    pub(super) gathered: Vec<Value>,
    /// The parameters that had values last time, complete, and the set they mean: most objects of
    /// a pipeline are bound alike.
    pub(super) known: Option<(Vec<bool>, Option<usize>)>,
    /// What `begin` gave, until all stages have begun.
    pub(super) begun: Vec<Value>,
    /// How many objects the node has done, and when the first was given to it.
    pub(super) counted: (usize, i64),
    pub(super) is_done: bool,
}

/// What a stage does.
pub(super) enum Work {
    /// A cmdlet's code in the client.
    Client(&'static Cmdlet, Box<dyn Stage>),
    /// A cmdlet in the node.
    Node(&'static Cmdlet),
    /// A function, script or block.
    Function(Box<Function>),
    /// A program of Windows that the node answers for.
    Native(String, Vec<String>),
    /// `> $null`
    Discard,
}

/// Passes objects on, and keeps copies for `-OutVariable` and `-PipelineVariable`.
struct Copying<'a, 'b> {
    kept: Option<&'a mut Vec<Value>>,
    variable: Option<Arc<str>>,
    out: &'a mut Sink<'b>,
}

impl Target for Copying<'_, '_> {
    fn take(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        if let Some(kept) = &mut self.kept {
            kept.push(value.clone());
        }
        if let Some(name) = &self.variable {
            shell.set_variable(name, value.clone())?;
        }
        self.out.emit(shell, value)
    }
}

impl Running {
    pub(super) fn begin(&mut self, shell: &mut Shell) -> Outcome {
        let mut begun: Vec<Value> = Vec::new();
        let mut sink = Sink::new(&mut [], &mut begun);
        let result = self.within(shell, &mut sink, |stage, shell, out| match &mut stage.work {
            Work::Client(cmdlet, code) => {
                let arguments = stage.signature.arguments(&stage.bound, cmdlet);
                shell.current_stage = stage.id;
                code.begin(shell, &arguments)
            }
            Work::Function(function) => function.begin(shell, &stage.signature, &stage.bound, out),
            _ => Ok(()),
        });
        self.begun = begun;
        result
    }

    /// Runs a stage that stands alone, from begin to end.
    pub(crate) fn run_whole(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.begin(shell)?;
        for value in std::mem::take(&mut self.begun) {
            out.emit(shell, value)?;
        }
        self.run_alone(shell, out)?;
        self.end(shell, out)
    }

    /// Runs the first stage, which gets no objects.
    pub(super) fn run_alone(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.within(shell, out, |stage, shell, out| {
            let bound = stage.bound.clone();
            stage.process(shell, &bound, None, out)
        })
    }

    /// Takes an object from the stage before.
    pub(crate) fn take(&mut self, shell: &mut Shell, value: Value, out: &mut Sink<'_>) -> Outcome {
        if self.is_done {
            return Ok(());
        }
        self.within(shell, out, |stage, shell, out| {
            if matches!(stage.work, Work::Discard) {
                return Ok(());
            }
            if let Work::Function(function) = &mut stage.work
                && !function.binds_input(&stage.signature)
            {
                return function.take(shell, value, out);
            }
            match stage.signature.bind_input(&stage.bound, &value) {
                Ok(bound) if stage.gathers.is_some() => {
                    stage.gather(&bound);
                    Ok(())
                }
                Ok(bound) => stage.process(shell, &bound, Some(value), out),
                Err((mut error, _)) => {
                    stage.label(shell, &mut error);
                    shell.write_error(*error)
                }
            }
        })
    }

    pub(super) fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.is_done {
            return Ok(());
        }
        self.within(shell, out, |stage, shell, out| {
            let keeps = stage.bound.common.out_variable.is_some();
            if !keeps {
                return stage.end_work(shell, out);
            }
            let mut kept = Vec::new();
            let variable = stage.bound.common.pipeline_variable.clone();
            let mut copying = Copying { kept: Some(&mut kept), variable, out };
            let result = stage.end_work(shell, &mut Sink::new(&mut [], &mut copying));
            stage.objects.append(&mut kept);
            result
        })
    }

    fn end_work(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        match &mut self.work {
            Work::Client(_, code) => {
                shell.current_stage = self.id;
                let ended = code.end(shell, out);
                self.settle(shell, ended)
            }
            Work::Function(function) => function.end(shell, out),
            Work::Node(_) if self.counted.0 > 1 && self.gathered.is_empty() => {
                shell.host.hide_bar();
                Ok(())
            }
            _ if !self.gathered.is_empty() => self.process_gathered(shell, out),
            _ => Ok(()),
        }
    }

    fn gather(&mut self, bound: &Bound) {
        let name = self.gathers.unwrap_or_default();
        let found = self.signature.values(bound).find(|(spec, _)| spec.name == name);
        if let Some((_, Some(value))) = found {
            self.gathered.extend_from_slice(list_of(value).items());
        }
    }

    fn process_gathered(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let mut bound = self.bound.clone();
        let values = Value::list(std::mem::take(&mut self.gathered));
        let name = self.gathers.unwrap_or_default();
        let supplied = self.signature.supply(&mut bound, name, &values);
        supplied.map_err(|(error, _)| Stop::Statement(error))?;
        self.process(shell, &bound, None, out)
    }

    fn process(
        &mut self,
        shell: &mut Shell,
        bound: &Bound,
        input: Option<Value>,
        out: &mut Sink<'_>,
    ) -> Outcome {
        let shape = Signature::shape(bound);
        let is_known = self.known.as_ref().is_some_and(|(known, _)| *known == shape);
        let missing = if is_known { Vec::new() } else { self.signature.missing(bound, false) };
        if !is_known && missing.is_empty() {
            self.known = Some((shape, self.signature.choose(bound, false)));
        }
        let is_refused =
            |shell: &mut Shell| matches!(self.work, Work::Node(it) if shell.is_refused(it));
        if !missing.is_empty() && !is_refused(shell) {
            let names: Vec<String> = missing.iter().map(|spec| spec.name.to_string()).collect();
            let mut error = super::command::missing_mandatory(&names);
            self.label(shell, &mut error);
            return shell.write_error(error);
        }
        let keeps = self.bound.common.out_variable.is_some();
        let variable = self.bound.common.pipeline_variable.clone();
        let mut kept = Vec::new();
        let result = if keeps || variable.is_some() {
            let mut copying = Copying { kept: keeps.then_some(&mut kept), variable, out };
            self.work(shell, bound, input, &mut Sink::new(&mut [], &mut copying))
        } else {
            self.work(shell, bound, input, out)
        };
        self.objects.append(&mut kept);
        self.settle(shell, result)
    }

    fn work(
        &mut self,
        shell: &mut Shell,
        bound: &Bound,
        input: Option<Value>,
        out: &mut Sink<'_>,
    ) -> Outcome {
        match &mut self.work {
            Work::Client(cmdlet, code) => {
                let set = self.known.as_ref().and_then(|(_, set)| *set);
                let arguments = self.signature.arguments_in(bound, cmdlet, set);
                shell.current_stage = self.id;
                shell.plans_client(cmdlet, &arguments);
                code.process(shell, &arguments, out)
            }
            Work::Node(cmdlet) => {
                let arguments = self.signature.arguments(bound, cmdlet);
                let result = shell.invoke(cmdlet, &arguments, out);
                shell.show_count(cmdlet.name, &mut self.counted);
                result
            }
            Work::Function(function) => function.process(shell, &self.signature, bound, input, out),
            Work::Native(program, arguments) => shell.run_native(program, arguments, out),
            Work::Discard => Ok(()),
        }
    }

    /// An error a cmdlet ends with is about one object; the pipeline goes on with the next.
    fn settle(&mut self, shell: &mut Shell, result: Outcome) -> Outcome {
        match result {
            Err(Stop::Statement(mut error)) if !matches!(self.work, Work::Function(_)) => {
                let propagates = match &self.work {
                    Work::Client(cmdlet, _) => {
                        matches!(cmdlet.name, "ForEach-Object" | "Where-Object" | "Write-Error")
                    }
                    _ => false,
                };
                if propagates {
                    return Err(Stop::Statement(error));
                }
                self.label(shell, &mut error);
                shell.write_error(*error)
            }
            other => other,
        }
    }

    /// Says who and where, unless the error knows.
    fn label(&self, shell: &Shell, error: &mut Error) {
        if error.cmdlet.is_none() {
            error.cmdlet = Some(self.name.to_string());
            error.set_called(shell.typed_name(&self.source, self.span, &self.name));
        }
        if error.place.is_none() {
            let span = if self.span.end > 0 { self.span } else { shell.statement };
            error.place = Some(shell.source.place(span));
        }
    }

    /// Runs something in the stage's own surroundings.
    fn within(
        &mut self,
        shell: &mut Shell,
        out: &mut Sink<'_>,
        run: impl FnOnce(&mut Running, &mut Shell, &mut Sink<'_>) -> Outcome,
    ) -> Outcome {
        let scope = std::mem::replace(&mut shell.scope, self.scope.clone());
        let streams = std::mem::replace(&mut shell.streams, self.streams);
        let source = std::mem::replace(&mut shell.source, self.source.clone());
        // What a command or an expression runs itself stands nowhere: the statement does.
        let span = if self.span.end > 0 { self.span } else { shell.statement };
        let command = (self.name.clone(), self.source.clone(), span);
        let command = shell.current_command.replace(command);
        let marks = (shell.said_errors.len(), shell.said_warnings.len());
        let merged = std::mem::take(&mut shell.merged);
        let filed = std::mem::take(&mut shell.filed);
        let common = &self.bound.common;
        let listens = common.error_variable.is_some() || common.warning_variable.is_some();
        shell.listeners += u32::from(listens);
        let result = shell.deeper(|shell| run(self, shell, out));
        shell.listeners = shell.listeners.saturating_sub(u32::from(listens));
        let ours = std::mem::replace(&mut shell.merged, merged);
        // What goes into a file of a stage around this one is that stage's to write.
        for said in std::mem::replace(&mut shell.filed, filed) {
            match self.files.iter().any(|(stream, ..)| *stream == said.0) {
                true => self.filed.push(said),
                false => shell.filed.push(said),
            }
        }
        shell.scope = scope;
        shell.streams = streams;
        shell.source = source;
        shell.current_command = command;
        let common = &self.bound.common;
        if common.error_variable.is_some() {
            self.errors.extend(shell.said_errors.iter().skip(marks.0).cloned());
        }
        if common.warning_variable.is_some() {
            self.warnings.extend(shell.said_warnings.iter().skip(marks.1).cloned());
        }
        for value in ours {
            out.emit(shell, value)?;
        }
        result.map_err(|stop| shell.place(stop, self.span))
    }
}
