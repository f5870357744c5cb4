//! Running a pipeline: the stages are made first, so that nothing runs if one of them cannot be;
//! then objects go through them one by one.

use std::rc::Rc;

use crate::lang::ast::{Element, ElementKind, Expr, ExprKind, RedirectTo, Redirection, Span};
use crate::lang::bind::{Bound, Signature};
use crate::lang::pipe::{Outcome, Sink, Stop, Target};
use crate::lang::shell::{Route, Shell};
use crate::lang::text::to_text;
use crate::lang::value::Value;

use super::is_null_word;
use super::running::{Running, Work};

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
        if self.listeners == 0 {
            self.said_errors.truncate(marks.0);
            self.said_warnings.truncate(marks.1);
        }
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
        // What begin blocks gave goes on when all stages have begun.
        for at in 0..stages.len() {
            let Some((stage, rest)) = stages.get_mut(at..).and_then(<[Running]>::split_first_mut)
            else {
                continue;
            };
            let mut sink = Sink::new(rest, last);
            let given = std::mem::take(&mut stage.begun);
            let given = given.into_iter().try_for_each(|value| sink.emit(self, value));
            if let Err(stop) = given {
                self.satisfied(stop, stages)?;
            }
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
    pub(super) fn finish(&mut self, stages: Vec<Running>) -> Outcome {
        for stage in stages {
            for (stream, path, append) in &stage.files {
                let said = stage.filed.iter().filter(|(own, _)| own == stream);
                let text: String = said.map(|(_, text)| format!("{text}\n")).collect();
                crate::generic::put_file(self, path, &text, *append)?;
            }
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
                let span = path.span;
                let path = self.expression(path)?;
                self.file_stage(&to_text(&path), *append, span)?
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
                RedirectTo::File { path, append } => {
                    let path = to_text(&self.expression(path)?);
                    stage.files.push((redirection.stream, path, *append));
                    Route::File
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
        streams.information_action = common.information_action.or(streams.information_action);
        streams.debug = common.debug.or(streams.debug);
        streams.what_if = common.what_if.or(streams.what_if);
        streams.confirm = common.confirm.or(streams.confirm);
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
            files: Vec::new(),
            filed: Vec::new(),
            gathers: None,
            gathered: Vec::new(),
            known: None,
            begun: Vec::new(),
            counted: (0, 0),
            is_done: false,
        }
    }

    fn discard(&mut self) -> Running {
        let signature = Rc::new(Signature::empty(""));
        let bound = signature.nothing();
        self.running("", Work::Discard, signature, bound, Span::default())
    }
}
