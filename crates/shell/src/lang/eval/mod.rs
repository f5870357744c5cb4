//! The evaluator: statements and their control flow. Expressions are in `expression`, members in
//! `access` and `methods`, assignment in `assign`, pipelines in `pipeline`, commands in `command`.

use std::sync::Arc;

use super::ast::{
    ElementKind, Expr, ExprKind, For, Foreach, ScriptBlock, Statement, StatementKind, Switch,
    SwitchHow, Trap, While,
};
use super::bind::Given;
use super::format::Display;
use super::object::List;
use super::pipe::{Nowhere, Outcome, Stop, Target};
use super::shell::Shell;
use super::text::{is_like, to_text};
use super::types::{is_true, list_of};
use super::value::Value;

mod access;
mod assign;
mod command;
mod condition;
mod defaults;
mod expression;
mod function;
mod instances;
mod invocation;
pub(crate) mod kinds;
mod lists;
mod methods;
mod nearest;
mod node;
mod pipeline;
mod question;
mod records;
mod running;
mod statics;
mod strict;
mod strings;
mod thrown;
mod times;
mod trying;
mod type_names;
mod unknown;

pub(crate) use access::{ALIAS_PROPERTY, SCRIPT_METHOD, SCRIPT_PROPERTY, own_member};

pub(crate) use defaults::DEFAULTS;
pub(crate) use instances::INTRINSICS;
pub use invocation::Frame;
pub(crate) use methods::entries;
pub use running::Running;
pub(crate) use statics::is_known as is_known_type;
pub(crate) use times::{as_utc, moment_of};

#[cfg(test)]
pub(crate) mod tests;

/// Whether a loop goes on.
enum Loop {
    Next,
    Leave,
}

impl Shell {
    /// Runs a whole script or command line in the outermost scope. What each statement gives is
    /// shown before the next one runs.
    ///
    /// # Errors
    /// What ended it: an error, `exit`, Ctrl-C.
    pub fn run_top(
        &mut self,
        name: &str,
        block: &Arc<ScriptBlock>,
        arguments: Vec<Given>,
        display: &mut Display<'_>,
    ) -> Outcome {
        let has_parts = block.begin.is_some() || block.process.is_some();
        if has_parts || !block.parameters.is_empty() || block.binding.is_written {
            return self.run_alone(name, block, arguments, display);
        }
        let args = arguments.into_iter().filter_map(|given| match (given.name, given.value) {
            (Some(name), None) => Some(Value::from(format!("-{name}"))),
            (_, value) => value,
        });
        self.scope.set("args", Value::list(args));
        self.source = block.source.clone();
        let traps = trying::traps(&block.end);
        for statement in &block.end {
            let result = self.run_guarded(&traps, std::slice::from_ref(statement), display);
            let shown = match &result {
                Err(Stop::Cancelled) => Ok(()),
                _ => display.finish(self),
            };
            match result {
                Err(Stop::Return | Stop::Break(_) | Stop::Continue(_)) => return shown,
                other => other.and(shown)?,
            }
        }
        Ok(())
    }

    /// Runs statements one after another; a failed one is reported, and the next one runs.
    pub(crate) fn run_statements(
        &mut self,
        statements: &[Statement],
        out: &mut dyn Target,
    ) -> Outcome {
        let traps = trying::traps(statements);
        self.run_guarded(&traps, statements, out)
    }

    /// The same, with the traps that are set around them.
    fn run_guarded(
        &mut self,
        traps: &[&Trap],
        statements: &[Statement],
        out: &mut dyn Target,
    ) -> Outcome {
        let around = self.statement;
        let result = self.run_each(traps, statements, out);
        self.statement = around;
        result
    }

    fn statement(&mut self, statement: &Statement, out: &mut dyn Target) -> Outcome {
        self.deeper(|shell| shell.statement_kind(statement, out))
    }

    fn statement_kind(&mut self, statement: &Statement, out: &mut dyn Target) -> Outcome {
        match &statement.kind {
            StatementKind::Pipeline(elements) => self.run_pipeline(elements, out),
            StatementKind::Assign(assign) => self.assign(assign),
            StatementKind::If(clauses, otherwise) => {
                for (condition, body) in clauses {
                    if self.holds(condition)? {
                        return self.run_statements(body, out);
                    }
                }
                match otherwise {
                    Some(body) => self.run_statements(body, out),
                    None => Ok(()),
                }
            }
            StatementKind::While(kind) => self.run_while(kind, out),
            StatementKind::For(kind) => self.run_for(kind, out),
            StatementKind::Foreach(kind) => self.run_foreach(kind, out),
            StatementKind::Switch(kind) => self.run_switch(kind, out),
            StatementKind::Function(name, block) => {
                self.scope.set_function(name, block.clone());
                Ok(())
            }
            StatementKind::Try(kind) => self.run_try(kind, out),
            // It is set already, for all statements beside it.
            StatementKind::Trap(_) => Ok(()),
            StatementKind::Throw(value) => self.throw(value.as_deref()),
            StatementKind::Return(value) => {
                if let Some(value) = value {
                    self.statement(value, out)?;
                }
                Err(Stop::Return)
            }
            StatementKind::Exit(code) => {
                let code = match code {
                    Some(code) => self.value_of(code)?,
                    None => Value::Null,
                };
                let code = match super::types::number(&code) {
                    Some(Value::Int(code)) => i32::try_from(code).unwrap_or(1),
                    _ => 0,
                };
                Err(Stop::Exit(code))
            }
            StatementKind::Break(label) => Err(Stop::Break(label.clone())),
            StatementKind::Continue(label) => Err(Stop::Continue(label.clone())),
            StatementKind::Chain(first, rest) => {
                self.run_chained(first, out)?;
                for (wants_success, statement) in rest {
                    if self.success == *wants_success {
                        self.run_chained(statement, out)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// A member of `a && b`: its failure is the next one's business.
    fn run_chained(&mut self, statement: &Statement, out: &mut dyn Target) -> Outcome {
        self.run_statements(std::slice::from_ref(statement), out)
    }

    /// The value of a statement where a value is wanted: one object, or a list of several.
    pub(crate) fn value_of(&mut self, statement: &Statement) -> Outcome<Value> {
        if let Some(expression) = as_expression(statement) {
            let value = self.expression(expression)?;
            self.success = true;
            return Ok(value);
        }
        // `$a = $b = 5`: what is assigned is the value.
        if let StatementKind::Assign(assign) = &statement.kind {
            self.deeper(|shell| shell.assign(assign))?;
            return self.expression(&assign.target);
        }
        let mut values: Vec<Value> = Vec::new();
        self.statement(statement, &mut values)?;
        Ok(one_or_list(values))
    }

    /// All that statements give, as a list.
    pub(crate) fn list_from(&mut self, statements: &[Statement]) -> Outcome<List> {
        let mut values: Vec<Value> = Vec::new();
        self.run_statements(statements, &mut values)?;
        Ok(List::new(values))
    }

    fn holds(&mut self, condition: &Statement) -> Outcome<bool> {
        Ok(is_true(&self.value_of(condition)?))
    }

    /// One round of a loop's body.
    fn round(
        &mut self,
        label: Option<&str>,
        body: &[Statement],
        out: &mut dyn Target,
    ) -> Outcome<Loop> {
        let is_ours = |wanted: &Option<Arc<str>>| match wanted {
            None => true,
            Some(wanted) => label.is_some_and(|label| label.eq_ignore_ascii_case(wanted)),
        };
        self.tick()?;
        match self.run_statements(body, out) {
            Ok(()) => Ok(Loop::Next),
            Err(Stop::Break(wanted)) if is_ours(&wanted) => Ok(Loop::Leave),
            Err(Stop::Continue(wanted)) if is_ours(&wanted) => Ok(Loop::Next),
            Err(stop) => Err(stop),
        }
    }

    fn run_while(&mut self, kind: &While, out: &mut dyn Target) -> Outcome {
        let label = kind.label.as_deref();
        if kind.body_first
            && let Loop::Leave = self.round(label, &kind.body, out)?
        {
            return Ok(());
        }
        while self.holds(&kind.condition)? != kind.until {
            if let Loop::Leave = self.round(label, &kind.body, out)? {
                break;
            }
        }
        Ok(())
    }

    fn run_for(&mut self, kind: &For, out: &mut dyn Target) -> Outcome {
        if let Some(first) = &kind.first {
            self.statement(first, &mut Nowhere)?;
        }
        loop {
            if let Some(condition) = &kind.condition
                && !self.holds(condition)?
            {
                return Ok(());
            }
            if let Loop::Leave = self.round(kind.label.as_deref(), &kind.body, out)? {
                return Ok(());
            }
            if let Some(step) = &kind.step {
                self.statement(step, &mut Nowhere)?;
            }
        }
    }

    fn run_foreach(&mut self, kind: &Foreach, out: &mut dyn Target) -> Outcome {
        let over = self.value_of(&kind.over)?;
        for item in list_of(&over).items() {
            self.set_variable(&kind.variable, item.clone())?;
            if let Loop::Leave = self.round(kind.label.as_deref(), &kind.body, out)? {
                break;
            }
        }
        Ok(())
    }

    fn run_switch(&mut self, kind: &Switch, out: &mut dyn Target) -> Outcome {
        let on = self.value_of(&kind.on)?;
        let items = match (&on, kind.from_file) {
            (path, true) => {
                let text = to_text(&self.read_file(&to_text(path), false)?);
                List::new(text.lines().map(Value::from).collect())
            }
            (Value::List(list), false) => list.clone(),
            (other, false) => List::new(vec![other.clone()]),
        };
        let before = self.scope.get("_");
        let mut result = Ok(());
        for item in items.items() {
            self.scope.set("_", item.clone());
            match self.switch_item(kind, item, out) {
                Ok(Loop::Next) => {}
                Ok(Loop::Leave) => break,
                Err(stop) => {
                    result = Err(stop);
                    break;
                }
            }
        }
        self.scope.set("_", before.unwrap_or_default());
        result
    }

    /// One item of a switch: `continue` goes to the next one, `break` leaves.
    fn switch_item(&mut self, kind: &Switch, item: &Value, out: &mut dyn Target) -> Outcome<Loop> {
        let label = kind.label.as_deref();
        let is_ours = |wanted: &Option<Arc<str>>| match wanted {
            None => true,
            Some(wanted) => label.is_some_and(|label| label.eq_ignore_ascii_case(wanted)),
        };
        let mut matched = false;
        for (pattern, body) in &kind.cases {
            if !self.switch_fits(kind, pattern, item)? {
                continue;
            }
            matched = true;
            match self.run_statements(body, out) {
                Ok(()) => {}
                Err(Stop::Break(wanted)) if is_ours(&wanted) => return Ok(Loop::Leave),
                Err(Stop::Continue(wanted)) if is_ours(&wanted) => return Ok(Loop::Next),
                Err(stop) => return Err(stop),
            }
        }
        match &kind.otherwise {
            Some(body) if !matched => self.round(label, body, out),
            _ => Ok(Loop::Next),
        }
    }

    fn switch_fits(&mut self, kind: &Switch, pattern: &Expr, item: &Value) -> Outcome<bool> {
        let wanted = self.expression(pattern)?;
        let cased = kind.case_sensitive;
        Ok(match (&wanted, kind.how) {
            (Value::Block(block), _) => {
                let mut values: Vec<Value> = Vec::new();
                self.run_block(block, &mut values)?;
                is_true(&one_or_list(values))
            }
            (_, SwitchHow::Exact) => super::operate::is_equal(item, &wanted, cased),
            (_, SwitchHow::Wildcard) => is_like(&to_text(item), &to_text(&wanted), cased),
            (_, SwitchHow::Regex) => self.matches(&to_text(item), &to_text(&wanted), cased)?,
        })
    }
}

/// The expression a statement is, if it is nothing more.
pub(crate) fn as_expression(statement: &Statement) -> Option<&Expr> {
    match &statement.kind {
        StatementKind::Pipeline(elements) => match elements.as_slice() {
            [only] if only.redirections.is_empty() => match &only.kind {
                ElementKind::Expression(expression) => Some(expression),
                ElementKind::Command(_) => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// What a pipeline's objects are as a value.
pub(crate) fn one_or_list(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.pop().unwrap_or_default(),
        _ => Value::List(List::new(values)),
    }
}

/// Whether an expression is the word `$null`.
pub(crate) fn is_null_word(expression: &Expr) -> bool {
    matches!(&expression.kind, ExprKind::Variable(name) if name.eq_ignore_ascii_case("null"))
}
