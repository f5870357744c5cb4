//! Errors that a script handles: `try`, `catch`, `finally`, `trap`, `throw`.

use std::sync::Arc;

use crate::lang::ast::{Statement, StatementKind, Trap, Try};
use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Stop, Target};
use crate::lang::scope::Scope;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::value::Value;

/// The traps that are set for a block, wherever in it they stand.
pub(super) fn traps(statements: &[Statement]) -> Vec<&Trap> {
    let trap = |statement| match statement {
        &Statement { kind: StatementKind::Trap(ref trap), .. } => Some(&**trap),
        _ => None,
    };
    statements.iter().filter_map(trap).collect()
}

impl Shell {
    /// Runs statements one after another; what a failed one says is trapped or reported, and the
    /// next one runs.
    pub(super) fn run_each(
        &mut self,
        traps: &[&Trap],
        statements: &[Statement],
        out: &mut dyn Target,
    ) -> Outcome {
        for statement in statements {
            self.statement = statement.span;
            if let Some(planning) = &mut self.planning {
                planning.statement = Some((self.source.clone(), statement.span));
            }
            // What is inside must not report what a trap wants to see.
            let watched = u32::from(!traps.is_empty());
            self.tries += watched;
            let result = self.statement(statement, out);
            self.tries -= watched;
            let stop = match result.map_err(|stop| self.place(stop, statement.span)) {
                Ok(()) => continue,
                Err(stop) => stop,
            };
            if matches!(stop, Stop::Statement(_) | Stop::Script(_)) {
                self.success = false;
            }
            match (trap_for(traps, &stop), stop) {
                (Some(trap), stop) => self.run_trap(trap, stop, out)?,
                (None, Stop::Statement(error)) if self.tries == 0 => self.write_error(*error)?,
                (None, stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// A trap's block, in a scope of its own: after `continue` nothing is reported, after `break`
    /// the error goes on to whoever is around; else it is reported, and the next statement runs.
    fn run_trap(&mut self, trap: &Trap, stop: Stop, out: &mut dyn Target) -> Outcome {
        let (Stop::Statement(error) | Stop::Script(error) | Stop::Function(error)) = stop else {
            return Err(stop);
        };
        let record = Arc::new((*error).clone());
        self.errors.push_front(record.clone());
        self.errors.truncate(crate::limits::ERRORS_KEPT_MAX);
        let around = self.scope.clone();
        self.scope = Scope::inside(&around, false);
        self.scope.set("_", Value::Error(record));
        let result = self.run_statements(&trap.body, out);
        self.scope = around;
        match result {
            Ok(()) => {
                // It is remembered where it is reported.
                self.errors.pop_front();
                self.write_error(*error)
            }
            Err(Stop::Continue(None)) => Ok(()),
            Err(Stop::Break(None)) => Err(Stop::Script(error)),
            Err(other) => Err(other),
        }
    }

    pub(super) fn run_try(&mut self, kind: &Try, out: &mut dyn Target) -> Outcome {
        self.tries += 1;
        let mut result = self.run_statements(&kind.body, out);
        self.tries -= 1;
        let caught = match &result {
            Err(Stop::Statement(error) | Stop::Script(error) | Stop::Function(error)) => kind
                .catches
                .iter()
                .find(|(types, _)| {
                    types.is_empty() || types.iter().any(|name| is_caught(error, &name.name))
                })
                .map(|(types, body)| {
                    let by_inner = types.iter().any(|name| is_inner(error, &name.name));
                    let seen = if by_inner { super::thrown::inner(error) } else { None };
                    (body, seen.map_or_else(|| error.clone(), Box::new))
                }),
            _ => None,
        };
        if let Some((body, error)) = caught {
            // A catch block sees the error as $_; the variable is its own afterwards.
            let error = Arc::new(*error);
            self.errors.push_front(error.clone());
            self.errors.truncate(crate::limits::ERRORS_KEPT_MAX);
            let before = self.scope.get("_");
            self.scope.set("_", Value::Error(error));
            self.success = true;
            result = self.run_statements(body, out);
            self.scope.set("_", before.unwrap_or_default());
        }
        if let Some(finally) = &kind.finally {
            let cancelled = self.cancelled.swap(false, std::sync::atomic::Ordering::Relaxed);
            self.run_statements(finally, out)?;
            if cancelled {
                self.cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }
        result
    }

    pub(super) fn throw(&mut self, value: Option<&Statement>) -> Outcome {
        let value = match value {
            Some(value) => self.value_of(value)?,
            None => self.scope.get("_").unwrap_or_default(),
        };
        let error = match &value {
            Value::Error(error) => (**error).clone(),
            Value::Null => Error::new(Category::OperationStopped, "ScriptHalted", "ScriptHalted")
                .exception("RuntimeException"),
            Value::Object(object) if object.type_name().ends_with("Exception") => {
                let message = object.get("Message").map(|m| to_text(&m)).unwrap_or_default();
                Error::new(Category::OperationStopped, &message, message.clone())
                    .exception(object.type_name())
            }
            other => {
                let message = to_text(other);
                Error::new(Category::OperationStopped, &message, message.clone())
                    .target(message.clone())
                    .exception("RuntimeException")
                    .thrown(other)
            }
        };
        Err(Stop::Script(Box::new(error)))
    }
}

/// Exceptions, and those in lower case that they are a kind of.
const BASES: [(&str, &str); 8] = [
    ("FileNotFoundException", "ioexception"),
    ("DirectoryNotFoundException", "ioexception"),
    ("ArgumentNullException", "argumentexception"),
    ("ArgumentOutOfRangeException", "argumentexception"),
    ("PSArgumentException", "argumentexception"),
    ("PSInvalidOperationException", "invalidoperationexception"),
    ("ParameterBindingValidationException", "parameterbindingexception"),
    ("ItemNotFoundException", "sessionstateexception"),
];

/// The trap that is meant for what has stopped a statement: one that names the exception before one
/// that takes all.
fn trap_for<'a>(traps: &[&'a Trap], stop: &Stop) -> Option<&'a Trap> {
    let (Stop::Statement(error) | Stop::Script(error) | Stop::Function(error)) = stop else {
        return None;
    };
    let is_meant =
        |trap: &&Trap| trap.kind.as_ref().is_some_and(|kind| is_caught(error, &kind.name));
    let named = traps.iter().copied().find(is_meant);
    named.or_else(|| traps.iter().copied().find(|trap| trap.kind.is_none()))
}

/// Whether `catch [name]` is meant for .NET's own exception inside the one that tells of the call.
fn is_inner(error: &Error, name: &str) -> bool {
    let short = name.rsplit('.').next().unwrap_or(name);
    let own = error.exception.as_deref().unwrap_or_default();
    own.ends_with("MethodInvocationException") && error.id.eq_ignore_ascii_case(short)
}

/// Whether `catch [name]` is meant for the error.
fn is_caught(error: &Error, name: &str) -> bool {
    let short = name.rsplit('.').next().unwrap_or(name);
    let own = error.exception.as_deref().unwrap_or("RuntimeException");
    let own = own.rsplit('.').next().unwrap_or(own);
    let is_by_zero = error.message == crate::lang::operate::BY_ZERO;
    let is_cast = error.id.starts_with("InvalidCast");
    let is_base = |(derived, base): &(&str, &str)| *derived == own && *base == short;
    short.eq_ignore_ascii_case(own)
        || is_inner(error, name)
        || BASES.iter().any(is_base)
        || (is_by_zero && short == "dividebyzeroexception")
        || (is_cast && matches!(short, "invalidcastexception" | "psinvalidcastexception"))
        || matches!(short, "exception" | "systemexception" | "runtimeexception")
}
