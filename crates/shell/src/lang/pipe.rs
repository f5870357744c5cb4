//! The pipeline: stages that take one object after another and give on what they make. An object
//! goes all the way down before the next one starts, so effects happen in the order people expect.

use std::sync::Arc;

use super::error::Error;
use super::shell::Shell;
use super::value::Value;
use crate::cmdlet::Arguments;

/// Why evaluation leaves its path.
#[derive(Debug)]
pub enum Stop {
    /// The statement failed; the next one runs unless somebody catches it.
    Statement(Box<Error>),
    /// `throw`, or `-ErrorAction Stop`: the script ends unless somebody catches it.
    Script(Box<Error>),
    /// `$PSCmdlet.ThrowTerminatingError()`: the function ends, and what called it has failed.
    Function(Box<Error>),
    /// `break`
    Break(Option<Arc<str>>),
    /// `continue`
    Continue(Option<Arc<str>>),
    /// `return`; what it returns was given on already.
    Return,
    /// `exit`
    Exit(i32),
    /// The stage with this number wants no more objects.
    Satisfied(u64),
    /// Ctrl-C.
    Cancelled,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Statement(Box::new(error))
    }
}

/// What evaluation returns.
pub type Outcome<T = ()> = Result<T, Stop>;

/// A stage of a running pipeline, or the code of a client-side cmdlet.
pub trait Stage {
    /// Before the first object, with the arguments typed.
    ///
    /// # Errors
    /// If the stage cannot start.
    fn begin(&mut self, shell: &mut Shell, arguments: &Arguments) -> Outcome {
        let _ = (shell, arguments);
        Ok(())
    }

    /// One object, bound to its arguments; once without one if nothing is piped.
    ///
    /// # Errors
    /// If the object cannot be processed.
    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome;

    /// After the last object.
    ///
    /// # Errors
    /// If the stage cannot finish.
    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let _ = (shell, out);
        Ok(())
    }
}

/// A client-side cmdlet that keeps nothing from one object to the next.
pub struct Plain(pub fn(&mut Shell, &Arguments, &mut Sink<'_>) -> Outcome);

impl Stage for Plain {
    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        (self.0)(shell, arguments, out)
    }
}

/// Where the objects of a pipeline end up.
pub trait Target {
    /// Takes an object.
    ///
    /// # Errors
    /// If it cannot take more.
    fn take(&mut self, shell: &mut Shell, value: Value) -> Outcome;
}

impl Target for Vec<Value> {
    fn take(&mut self, _: &mut Shell, value: Value) -> Outcome {
        if self.len() >= crate::limits::COLLECTED_MAX {
            let message = "The statement made more objects than a list may have.";
            return Err(
                Error::new(super::Category::LimitsExceeded, "TooManyObjects", message).into()
            );
        }
        self.push(value);
        Ok(())
    }
}

/// Nowhere.
pub struct Nowhere;

impl Target for Nowhere {
    fn take(&mut self, _: &mut Shell, _: Value) -> Outcome {
        Ok(())
    }
}

/// The way down from a stage: the stages after it, then the end of the pipeline.
pub struct Sink<'a> {
    rest: &'a mut [super::eval::Running],
    last: &'a mut dyn Target,
}

impl<'a> Sink<'a> {
    /// The way through some stages to an end.
    pub fn new(rest: &'a mut [super::eval::Running], last: &'a mut dyn Target) -> Sink<'a> {
        Sink { rest, last }
    }

    /// Gives an object on.
    ///
    /// # Errors
    /// Whatever stops a stage further down.
    pub fn emit(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        match self.rest.split_first_mut() {
            None => self.last.take(shell, value),
            Some((stage, rest)) => {
                let mut below = Sink { rest, last: &mut *self.last };
                stage.take(shell, value, &mut below)
            }
        }
    }

    /// Gives on the items of a list, or a single value; nothing for `$null`.
    ///
    /// # Errors
    /// Whatever stops a stage further down.
    pub fn emit_items(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        match value {
            Value::Null => Ok(()),
            Value::List(list) => {
                for item in list.items() {
                    self.emit(shell, item.clone())?;
                }
                Ok(())
            }
            other => self.emit(shell, other),
        }
    }
}

impl Target for Sink<'_> {
    fn take(&mut self, shell: &mut Shell, value: Value) -> Outcome {
        self.emit(shell, value)
    }
}
