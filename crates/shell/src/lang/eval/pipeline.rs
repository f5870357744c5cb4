//! Running a pipeline: the stages are made first, so that nothing runs if one of them cannot be;
//! then objects go through them one by one.

use std::rc::Rc;
use std::sync::Arc;

use crate::cmdlet::Cmdlet;
use crate::lang::ast::{
    Element, ElementKind, Expr, ExprKind, RedirectTo, Redirection, Source, Span,
};
use crate::lang::bind::{Bound, Signature};
use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Sink, Stage, Stop, Target};
use crate::lang::scope::Scope;
use crate::lang::shell::{Route, Shell, Streams};
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::value::Value;

use super::function::Function;
use super::is_null_word;

/// A stage of a running pipeline.
pub struct Running {
    pub(super) id: u64,
    pub(super) name: Rc<str>,
    pub(super) work: Work,
    pub(super) signature: Rc<Signature>,
    pub(super) bound: Bound,
    span: Span,
    source: Arc<Source>,
    scope: Rc<Scope>,
    streams: Streams,
    errors: Vec<Value>,
    warnings: Vec<Value>,
    objects: Vec<Value>,
    /// The parameter whose pipeline objects wait for the end, and those that do.
    pub(super) gathers: Option<&'static str>,
    gathered: Vec<Value>,
    is_done: bool,
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

impl Shell {
    /// Runs a pipeline; its objects go to `last`.
    pub(super) fn run_pipeline(&mut self, elements: &[Element], last: &mut dyn Target) -> Outcome {
        if let [only] = elements
            && let ElementKind::Expression(expression) = &only.kind
            && only.redirections.is_empty()
        {
            let value = self.expression(expression)?;
            self.success = true;
            // A step that stands alone is done for its effect.
            return match expression.kind {
                ExprKind::Step { .. } => Ok(()),
                _ => self.give_on(expression, value, last),
            };
        }
        let outer = std::mem::replace(&mut self.failed, false);
        let standing = self.standing_answer.take();
        let marks = (self.said_errors.len(), self.said_warnings.len());
        let result = self.run_elements(elements, last);
        self.said_errors.truncate(marks.0);
        self.said_warnings.truncate(marks.1);
        let failed = std::mem::replace(&mut self.failed, outer);
        self.standing_answer = standing;
        self.success = !failed && result.is_ok();
        result
    }

    /// An expression's value as objects: the items of a list, nothing for nothing.
    fn give_on(&mut self, expression: &Expr, value: Value, last: &mut dyn Target) -> Outcome {
        match value {
            Value::Null if is_null_word(expression) => last.take(self, Value::Null),
            Value::Null => Ok(()),
            Value::List(list) => {
                for item in list.items() {
                    last.take(self, item.clone())?;
                }
                Ok(())
            }
            other => last.take(self, other),
        }
    }

    fn run_elements(&mut self, elements: &[Element], last: &mut dyn Target) -> Outcome {
        let (first, rest) = match elements.split_first() {
            Some((Element { kind: ElementKind::Expression(first), redirections, .. }, rest)) => {
                (Some((first, redirections)), rest)
            }
            _ => (None, elements),
        };
        let mut stages: Vec<Running> = Vec::new();
        if let Some((_, redirections)) = first {
            self.add_redirections(redirections, &mut stages)?;
        }
        for (at, element) in rest.iter().enumerate() {
            if let ElementKind::Command(command) = &element.kind {
                let input_comes = at > 0 || first.is_some();
                let mut stage = self
                    .stage(command, element.span, input_comes)
                    .map_err(|stop| self.place(stop, element.span))?;
                self.redirect_streams(&mut stage, &element.redirections)?;
                stages.push(stage);
                self.add_redirections(&element.redirections, &mut stages)?;
            }
        }
        let result = self.run_stages(first.map(|(first, _)| first), &mut stages, last);
        let finished = self.finish(stages);
        result.and(finished)
    }

    fn run_stages(
        &mut self,
        first: Option<&Expr>,
        stages: &mut [Running],
        last: &mut dyn Target,
    ) -> Outcome {
        for stage in stages.iter_mut() {
            stage.begin(self)?;
        }
        let fed = match first {
            Some(expression) => {
                let value = self.expression(expression)?;
                let mut sink = Sink::new(stages, last);
                self.give_on(expression, value, &mut sink)
            }
            None => match stages.split_first_mut() {
                Some((stage, rest)) => stage.run_alone(self, &mut Sink::new(rest, last)),
                None => Ok(()),
            },
        };
        let mut from = match fed {
            Ok(()) => 0,
            Err(stop) => self.satisfied(stop, stages)?,
        };
        while from < stages.len() {
            let ended = match stages.get_mut(from..).and_then(<[Running]>::split_first_mut) {
                Some((stage, rest)) => stage.end(self, &mut Sink::new(rest, last)),
                None => Ok(()),
            };
            from = match ended {
                Ok(()) => from + 1,
                Err(stop) => self.satisfied(stop, stages)?.max(from + 1),
            };
        }
        Ok(())
    }

    /// Where to go on when a stage wants no more: with the stages after it.
    fn satisfied(&mut self, stop: Stop, stages: &mut [Running]) -> Outcome<usize> {
        let Stop::Satisfied(id) = stop else {
            return Err(stop);
        };
        match stages.iter().position(|stage| stage.id == id) {
            Some(at) => {
                for stage in stages.iter_mut().take(at + 1) {
                    stage.is_done = true;
                }
                Ok(at + 1)
            }
            None => Err(stop),
        }
    }

    /// Sets the variables the common parameters name, and writes redirected streams.
    fn finish(&mut self, stages: Vec<Running>) -> Outcome {
        for stage in stages {
            let common = &stage.bound.common;
            let filled = [
                (common.error_variable.clone(), stage.errors),
                (common.warning_variable.clone(), stage.warnings),
                (common.out_variable.clone(), stage.objects),
            ];
            for (name, mut values) in filled {
                let Some(name) = name else { continue };
                if let Some(bare) = name.strip_prefix('+') {
                    let before = self.variable(bare).unwrap_or_default();
                    let mut all = crate::lang::types::list_of(&before).items().to_vec();
                    all.append(&mut values);
                    self.set_variable(bare, all.into())?;
                } else {
                    self.set_variable(&name, values.into())?;
                }
            }
        }
        Ok(())
    }

    /// `> file` after a stage is one more stage.
    fn add_redirections(
        &mut self,
        redirections: &[Redirection],
        stages: &mut Vec<Running>,
    ) -> Outcome {
        for redirection in redirections {
            let RedirectTo::File { path, append } = &redirection.to else { continue };
            if redirection.stream > 1 {
                continue;
            }
            let stage = if is_null_word(path) {
                self.discard()
            } else {
                let path = self.expression(path)?;
                self.file_stage(&to_text(&path), *append)?
            };
            stages.push(stage);
        }
        Ok(())
    }

    /// `2> file`, `2>&1`: where a stage's other streams go.
    fn redirect_streams(&mut self, stage: &mut Running, redirections: &[Redirection]) -> Outcome {
        for redirection in redirections {
            let route = match &redirection.to {
                RedirectTo::Output => Route::Merge,
                RedirectTo::File { path, .. } if is_null_word(path) => Route::Nowhere,
                RedirectTo::File { .. } if redirection.stream == 0 => Route::Merge,
                RedirectTo::File { .. } if redirection.stream == 1 => continue,
                RedirectTo::File { .. } => {
                    let message = "Only the output stream, or all streams together (*>), can be \
                                   redirected to a file.";
                    return Err(Error::new(
                        Category::NotImplemented,
                        "RedirectionNotSupported",
                        message,
                    )
                    .advice("Use 2>&1 or 2>$null.")
                    .into());
                }
            };
            let all = redirection.stream == 0;
            if all || redirection.stream == 2 {
                stage.streams.errors = route;
            }
            if all || redirection.stream == 3 {
                stage.streams.warnings = route;
            }
            if all || redirection.stream == 4 {
                stage.streams.details = route;
            }
            if all || redirection.stream == 6 {
                stage.streams.host = route;
            }
        }
        Ok(())
    }

    /// A stage with what it was bound to.
    pub(super) fn running(
        &mut self,
        name: &str,
        work: Work,
        signature: Rc<Signature>,
        bound: Bound,
        span: Span,
    ) -> Running {
        self.next_stage += 1;
        let mut streams = self.streams;
        let common = &bound.common;
        streams.error_action = common.error_action.or(streams.error_action);
        streams.warning_action = common.warning_action.or(streams.warning_action);
        streams.verbose = common.verbose.or(streams.verbose);
        Running {
            id: self.next_stage,
            name: name.into(),
            work,
            signature,
            bound,
            span,
            source: self.source.clone(),
            scope: self.scope.clone(),
            streams,
            errors: Vec::new(),
            warnings: Vec::new(),
            objects: Vec::new(),
            gathers: None,
            gathered: Vec::new(),
            is_done: false,
        }
    }

    fn discard(&mut self) -> Running {
        let signature = Rc::new(Signature::empty(""));
        let bound = signature.nothing();
        self.running("", Work::Discard, signature, bound, Span::default())
    }
}

/// Passes objects on, and keeps a copy for `-OutVariable`.
struct Copying<'a, 'b> {
    kept: &'a mut Vec<Value>,
    out: &'a mut Sink<'b>,
}

impl Target for Copying<'_, '_> {
    fn take(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        self.kept.push(value.clone());
        self.out.emit(shell, value)
    }
}

impl Running {
    fn begin(&mut self, shell: &mut Shell) -> Outcome {
        let mut nothing = crate::lang::pipe::Nowhere;
        let mut sink = Sink::new(&mut [], &mut nothing);
        self.within(shell, &mut sink, |stage, shell, _| match &mut stage.work {
            Work::Client(cmdlet, code) => {
                let arguments = stage.signature.arguments(&stage.bound, cmdlet);
                shell.current_stage = stage.id;
                code.begin(shell, &arguments)
            }
            Work::Function(function) => function.begin(shell, &stage.signature, &stage.bound),
            _ => Ok(()),
        })
    }

    /// Runs a stage that stands alone, from begin to end.
    pub(crate) fn run_whole(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.begin(shell)?;
        self.run_alone(shell, out)?;
        self.end(shell, out)
    }

    /// Runs the first stage, which gets no objects.
    fn run_alone(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
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

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.is_done {
            return Ok(());
        }
        self.within(shell, out, |stage, shell, out| match &mut stage.work {
            Work::Client(_, code) => {
                shell.current_stage = stage.id;
                let ended = code.end(shell, out);
                stage.settle(shell, ended)
            }
            Work::Function(function) => function.end(shell, out),
            _ if !stage.gathered.is_empty() => stage.process_gathered(shell, out),
            _ => Ok(()),
        })
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
        let missing = self.signature.missing(bound, false);
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|spec| spec.name.to_string()).collect();
            let mut error = super::command::missing_mandatory(&names);
            self.label(shell, &mut error);
            return shell.write_error(error);
        }
        let copies = self.bound.common.out_variable.is_some();
        let mut kept = Vec::new();
        let result = if copies {
            let mut copying = Copying { kept: &mut kept, out };
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
                let arguments = self.signature.arguments(bound, cmdlet);
                shell.current_stage = self.id;
                code.process(shell, &arguments, out)
            }
            Work::Node(cmdlet) => {
                let arguments = self.signature.arguments(bound, cmdlet);
                shell.invoke(cmdlet, &arguments, &bound.common, out)
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
        }
        if error.place.is_none() {
            error.place = Some(shell.source.place(self.span));
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
        let command = (self.name.clone(), self.source.clone(), self.span);
        let command = shell.current_command.replace(command);
        let marks = (shell.said_errors.len(), shell.said_warnings.len());
        let merged = std::mem::take(&mut shell.merged);
        let result = shell.deeper(|shell| run(self, shell, out));
        let ours = std::mem::replace(&mut shell.merged, merged);
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
