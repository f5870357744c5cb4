//! Functions, scripts and blocks as stages.

use std::rc::Rc;
use std::sync::Arc;

use crate::lang::ast::{Rule, ScriptBlock, Source, Span};
use crate::lang::bind::{Bound, Common, Given, Signature};
use crate::lang::error::{Category, Error};
use crate::lang::number::convert;
use crate::lang::object::{Map, Object};
use crate::lang::pipe::{Outcome, Sink, Stop, Target};
use crate::lang::scope::Scope;
use crate::lang::shell::{Action, Shell};
use crate::lang::types::is_true;
use crate::lang::value::Value;

use super::invocation::Frame;
use super::running::Work;

/// A running function.
pub(super) struct Function {
    name: String,
    block: Arc<ScriptBlock>,
    own_scope: bool,
    scope: Option<Rc<Scope>>,
    input: Vec<Value>,
    returned: bool,
    call: Option<(Arc<Source>, Span)>,
}

/// Type of `$PSBoundParameters`.
const BOUND: &str = "System.Management.Automation.PSBoundParametersDictionary";

impl Function {
    pub(super) fn new(name: &str, block: Arc<ScriptBlock>, own_scope: bool) -> Function {
        Function {
            name: name.to_owned(),
            block,
            own_scope,
            scope: None,
            input: Vec::new(),
            returned: false,
            call: None,
        }
    }

    /// Whether pipeline objects go to parameters, rather than to `$input` and `$_`.
    pub(super) fn binds_input(&self, signature: &Signature) -> bool {
        signature.takes_input()
    }

    /// Makes the scope with parameters in it, and runs `begin`.
    pub(super) fn begin(
        &mut self,
        shell: &mut Shell,
        signature: &Signature,
        bound: &Bound,
        out: &mut dyn Target,
    ) -> Outcome {
        self.call = shell.current_command.as_ref().map(|(_, source, span)| (source.clone(), *span));
        let scope = match self.own_scope {
            true => Scope::inside(&shell.scope, self.is_script()),
            false => shell.scope.clone(),
        };
        self.scope = Some(scope.clone());
        let block = self.block.clone();
        self.inside(shell, |function, shell| {
            function.set_parameters(shell, signature, bound, true)?;
            shell.scope.set("args", Value::list(bound.rest.iter().cloned()));
            if signature.has_common {
                let set = signature.chosen(bound).unwrap_or("__AllParameterSets");
                let impact = block.binding.confirm_impact.as_deref().unwrap_or("Medium");
                let cmdlet = Object::new("System.Management.Automation.PSScriptCmdlet")
                    .with("Name", function.name.as_str())
                    .with("ParameterSetName", set)
                    .with("ConfirmImpact", impact)
                    .with("MyInvocation", shell.my_invocation());
                shell.scope.set("PSCmdlet", Value::Object(cmdlet));
            }
            for (name, value) in preferences(&bound.common) {
                shell.scope.set(name, value);
            }
            match &block.begin {
                Some(body) => shell.run_statements(body, out),
                None => Ok(()),
            }
        })
    }

    fn set_parameters(
        &mut self,
        shell: &mut Shell,
        signature: &Signature,
        bound: &Bound,
        with_defaults: bool,
    ) -> Outcome {
        let given = Map::dictionary(BOUND);
        let block = self.block.clone();
        for ((spec, value), declared) in signature.values(bound).zip(&block.parameters) {
            let value = match (value, &declared.default) {
                (Some(value), _) => {
                    for rule in &declared.rules {
                        if let Rule::Script(check) = rule {
                            self.check(shell, &spec.name, value, check)?;
                        }
                    }
                    given.set(Value::from(&*spec.name), value.clone());
                    value.clone()
                }
                (None, _) if !with_defaults => continue,
                (None, Some(default)) => {
                    let value = shell.expression(default)?;
                    match &declared.type_name {
                        Some(name) if !value.is_null() && &*name.name != "switch" => {
                            crate::lang::types::convert(&value, name)?
                        }
                        _ => value,
                    }
                }
                (None, None) if spec.kind == crate::cmdlet::Kind::Switch => Value::Bool(false),
                (None, None) => unset(declared.type_name.as_ref()),
            };
            // A path alone is bound as a text.
            let value = match (&declared.type_name, &value) {
                (Some(name), Value::String(_)) if name.name.starts_with("io.") => {
                    shell.cast_value(name, &value)?
                }
                _ => value,
            };
            shell.scope.set(&spec.name, value);
        }
        shell.scope.set("PSBoundParameters", Value::Map(given));
        Ok(())
    }

    /// `[ValidateScript({…})]`
    fn check(
        &self,
        shell: &mut Shell,
        parameter: &str,
        value: &Value,
        check: &Arc<ScriptBlock>,
    ) -> Outcome {
        for item in crate::lang::types::list_of(value).items() {
            let values = shell.block_with(check, item)?;
            if is_true(&super::one_or_list(values)) {
                continue;
            }
            let message = format!(
                "Cannot validate argument on parameter '{parameter}'. The \"{}\" validation script \
                 for the argument with value \"{}\" did not return a result of True. Determine \
                 why the validation script failed, and then try the command again.",
                check.text(),
                crate::lang::text::to_text(item)
            );
            let id = "ParameterArgumentValidationError";
            let mut error = Error::new(Category::InvalidData, id, message)
                .exception("ParameterBindingValidationException");
            error.cmdlet = Some(self.name.clone());
            error.place = self.call.as_ref().map(|(source, span)| source.place(*span));
            return Err(error.into());
        }
        Ok(())
    }

    /// Whether it is a script file of its own.
    fn is_script(&self) -> bool {
        self.block.source.file.is_some() && self.name.ends_with(".ps1")
    }

    /// An object for `$_` and `$input`.
    pub(super) fn take(
        &mut self,
        shell: &mut Shell,
        value: Value,
        out: &mut dyn Target,
    ) -> Outcome {
        let block = self.block.clone();
        match &block.process {
            None => {
                self.input.push(value);
                Ok(())
            }
            Some(body) => self.inside(shell, |_, shell| {
                shell.scope.set("_", value);
                shell.run_statements(body, out)
            }),
        }
    }

    /// An object that was bound to parameters, or the one call without an object.
    pub(super) fn process(
        &mut self,
        shell: &mut Shell,
        signature: &Signature,
        bound: &Bound,
        input: Option<Value>,
        out: &mut dyn Target,
    ) -> Outcome {
        let block = self.block.clone();
        self.inside(shell, |function, shell| {
            if let Some(input) = input {
                function.set_parameters(shell, signature, bound, false)?;
                shell.scope.set("_", input);
            }
            match &block.process {
                Some(body) => shell.run_statements(body, out),
                None => Ok(()),
            }
        })
    }

    /// The body, or `end`.
    pub(super) fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.returned {
            return Ok(());
        }
        let block = self.block.clone();
        let input = std::mem::take(&mut self.input);
        self.inside(shell, |_, shell| {
            shell.scope.set("input", Value::list(input));
            shell.run_statements(&block.end, out)
        })
    }

    /// Runs something in the function's scope; `return` ends it, nothing more.
    fn inside(
        &mut self,
        shell: &mut Shell,
        run: impl FnOnce(&mut Function, &mut Shell) -> Outcome,
    ) -> Outcome {
        let scope = self.scope.clone().unwrap_or_else(|| shell.scope.clone());
        let before = std::mem::replace(&mut shell.scope, scope);
        let source = std::mem::replace(&mut shell.source, self.block.source.clone());
        let is_framed = !self.name.is_empty();
        if is_framed {
            shell.frames.push(Frame {
                name: self.name.as_str().into(),
                source: self.block.source.clone(),
                call: self.call.clone(),
                is_script: self.is_script(),
            });
        }
        shell.success = true;
        let result = run(self, shell);
        if is_framed {
            shell.frames.pop();
        }
        if !shell.success {
            shell.failed = true;
        }
        // Places inside the body are of the body's source.
        let result = result.map_err(|stop| shell.place(stop, self.block.span));
        shell.scope = before;
        shell.source = source;
        match result {
            Err(Stop::Return) => {
                self.returned = self.block.process.is_none();
                Ok(())
            }
            // A block inside the function is no end of it.
            Err(Stop::Function(error)) if is_framed || self.block.binding.is_written => {
                self.returned = true;
                Err(Stop::Statement(error))
            }
            // A script's exit ends the script; that of the outermost one ends the shell.
            Err(Stop::Exit(code)) if self.own_scope && self.is_script() && !shell.is_ended => {
                shell.last_exit_code = Some(code);
                shell.failed |= code != 0;
                self.returned = true;
                Ok(())
            }
            other => other,
        }
    }
}

/// The preference variables that the common parameters set for what runs inside.
fn preferences(common: &Common) -> Vec<(&'static str, Value)> {
    let said = |wanted: bool| match wanted {
        true => Action::Continue,
        false => Action::SilentlyContinue,
    };
    let actions = [
        ("VerbosePreference", common.verbose.map(said)),
        ("DebugPreference", common.debug.map(said)),
        ("ErrorActionPreference", common.error_action),
        ("WarningPreference", common.warning_action),
        ("InformationPreference", common.information_action),
    ];
    let actions = actions
        .into_iter()
        .filter_map(|(name, action)| action.map(|action| (name, Value::from(action.name()))));
    let confirm = common.confirm.map(|confirm| if confirm { "Low" } else { "None" });
    let confirm = confirm.map(|level| ("ConfirmPreference", Value::from(level)));
    let what_if = common.what_if.map(|on| ("WhatIfPreference", Value::Bool(on)));
    actions.chain(confirm).chain(what_if).collect()
}

/// What a parameter without a value or default is.
pub(super) fn unset(type_name: Option<&crate::lang::ast::TypeName>) -> Value {
    match type_name {
        Some(name) if !name.is_array => match &*name.name {
            "string" => Value::from(""),
            kind if convert::is_type(kind) => {
                convert::cast(&Value::Int(0), name).unwrap_or_default()
            }
            "bool" | "boolean" => Value::Bool(false),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

impl Shell {
    /// Calls a block with arguments, and with objects if it is given some.
    pub(crate) fn call_block(
        &mut self,
        name: &str,
        block: &Arc<ScriptBlock>,
        given: Vec<Given>,
        input: Option<Vec<Value>>,
        own_scope: bool,
        out: &mut dyn Target,
    ) -> Outcome {
        let signature = Signature::of_block(name, block);
        let bound = signature.bind(given).map_err(|(mut error, _)| {
            error.cmdlet = Some(name.to_owned());
            Stop::Statement(error)
        })?;
        let missing = signature.missing(&bound, input.is_some());
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|spec| spec.name.to_string()).collect();
            let mut error = super::command::missing_mandatory(&names);
            error.cmdlet = Some(name.to_owned());
            return Err(error.into());
        }
        self.deeper(|shell| {
            let mut function = Function::new(name, block.clone(), own_scope);
            function.begin(shell, &signature, &bound, out)?;
            match input {
                Some(values) => {
                    for value in values {
                        function.take(shell, value, out)?;
                    }
                }
                None => function.process(shell, &signature, &bound, None, out)?,
            }
            function.end(shell, &mut Sink::new(&mut [], out))
        })
    }

    /// Runs a block in the current scope as a pipeline of its own, so that the common parameters
    /// hold for it and what it needs is asked for.
    pub(super) fn run_alone(
        &mut self,
        name: &str,
        block: &Arc<ScriptBlock>,
        given: Vec<Given>,
        out: &mut dyn Target,
    ) -> Outcome {
        let signature = Rc::new(Signature::of_block(name, block));
        let bound = signature.bind(given).map_err(|(mut error, _)| {
            error.cmdlet = Some(name.to_owned());
            Stop::Statement(error)
        })?;
        let bound = self.ask_missing(&signature, bound, false)?;
        let work = Work::Function(Box::new(Function::new(name, block.clone(), false)));
        let mut stage = self.running(name, work, signature, bound, block.span);
        stage.source = block.source.clone();
        let result = stage.run_whole(self, &mut Sink::new(&mut [], out));
        let finished = self.finish(vec![stage]);
        result.and(finished)
    }

    /// Runs a block's body in the current scope, as `ForEach-Object` does.
    pub(crate) fn run_block(&mut self, block: &Arc<ScriptBlock>, out: &mut dyn Target) -> Outcome {
        let source = std::mem::replace(&mut self.source, block.source.clone());
        let result = self.deeper(|shell| {
            let body = block.process.as_deref().unwrap_or(&block.end);
            shell.run_statements(body, out)
        });
        self.source = source;
        match result {
            Err(Stop::Return) => Ok(()),
            other => other,
        }
    }

    /// What a block gives for `$_`.
    pub(crate) fn block_with(
        &mut self,
        block: &Arc<ScriptBlock>,
        item: &Value,
    ) -> Outcome<Vec<Value>> {
        let before = self.scope.get("_");
        self.scope.set("_", item.clone());
        let mut values: Vec<Value> = Vec::new();
        let result = self.run_block(block, &mut values);
        self.scope.set("_", before.unwrap_or_default());
        result.map(|()| values)
    }
}

impl Signature {
    /// Of something that takes no parameters.
    pub(in crate::lang) fn empty(name: &str) -> Signature {
        Signature {
            name: name.to_owned(),
            specs: Vec::new(),
            sets: Vec::new(),
            default_set: None,
            confirms: false,
            has_common: false,
            takes_anything: true,
        }
    }
}
