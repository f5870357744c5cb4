//! `Invoke-Command`, `Measure-Command`: running a block.

use super::input;
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::ast::Span;
use crate::lang::bind::Given;
use crate::lang::pipe::{Nowhere, Outcome, Plain, Sink, Stage};
use crate::lang::types::list_of;
use crate::lang::{Category, Error, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[INVOKE, MEASURE];

const INVOKE: Cmdlet = Cmdlet {
    aliases: &["icm"],
    synopsis: "Runs a script block.",
    description: "On this computer only: what concerns the node is done by its cmdlets.",
    parameters: &[
        Parameter::positional("ScriptBlock", Kind::Block)
            .alias(&["Command"])
            .mandatory()
            .help("The block."),
        Parameter::named("ArgumentList", Kind::AnyList).alias(&["Args"]).help("Its arguments."),
        Parameter::named("InputObject", Kind::Any).from_pipeline().help("Its $input."),
        Parameter::named("ComputerName", Kind::StringList).alias(&["Cn"]).help("Not supported."),
        Parameter::named("Session", Kind::Any).help("Not supported."),
        Parameter::switch("NoNewScope").help("In the caller's scope."),
    ],
    examples: &[Example {
        text: "With an argument",
        input: "Invoke-Command { param($x) $x * 2 } -ArgumentList 4",
        output: "8",
    }],
    ..Cmdlet::client("Invoke-Command", || Box::new(Invoke::default()))
};

#[derive(Default)]
struct Invoke {
    input: Vec<Value>,
    arguments: Arguments,
}

impl Stage for Invoke {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        self.input.extend(input(arguments).cloned());
        self.arguments = arguments.clone();
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.arguments.has("ComputerName") || self.arguments.has("Session") {
            let message = "Running commands on other computers is not supported here.";
            return Err(Error::new(Category::NotImplemented, "NotSupported", message)
                .advice("Leave -ComputerName out: the node's cmdlets already run in the node.")
                .into());
        }
        let Some(Value::Block(block)) = self.arguments.value("ScriptBlock").cloned() else {
            return Ok(());
        };
        let given = list_of(&self.arguments.value("ArgumentList").cloned().unwrap_or_default());
        let given = given.items().iter().map(|v| Given::unnamed(v.clone(), Span::default()));
        let piped = match self.arguments.has("InputObject") {
            true => Some(std::mem::take(&mut self.input)),
            false => None,
        };
        let own_scope = !self.arguments.flag("NoNewScope");
        shell.call_block("", &block, given.collect(), piped, own_scope, out)
    }
}

const MEASURE: Cmdlet = Cmdlet {
    synopsis: "Tells how long a script block takes.",
    parameters: &[
        Parameter::positional("Expression", Kind::Block).mandatory().help("The block."),
        Parameter::named("InputObject", Kind::Any).from_pipeline().help("Its $_."),
    ],
    examples: &[Example {
        text: "How long nothing takes",
        input: "(Measure-Command { }).TotalSeconds -lt 60",
        output: "True",
    }],
    ..Cmdlet::client("Measure-Command", || {
        Box::new(Plain(|shell, arguments, out| {
            let Some(Value::Block(block)) = arguments.value("Expression").cloned() else {
                return Ok(());
            };
            let start = (shell.clock)();
            shell.run_block(&block, &mut Nowhere)?;
            let taken = (shell.clock)().saturating_sub(start);
            out.emit(shell, Value::Duration(taken))
        }))
    })
};
