//! `ForEach-Object`: does something with each object.

use std::sync::Arc;

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::ast::ScriptBlock;
use crate::lang::eval::own_member;
use crate::lang::pipe::{Outcome, Sink, Stage, Stop};
use crate::lang::text::to_text;
use crate::lang::types::list_of;
use crate::lang::{Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[FOR_EACH];

const FOR_EACH: Cmdlet = Cmdlet {
    aliases: &["%", "foreach"],
    synopsis: "Runs a script block for each object, or takes a member of each.",
    description: "In the block, $_ is the object. With two blocks the first runs before the first \
                  object; with three, the last one after the last object.",
    parameters: &[
        Parameter::positional("Process", Kind::AnyList)
            .mandatory()
            .takes_rest()
            .sets(&["ScriptBlock"])
            .help("The script block, or the name of a member."),
        INPUT,
        Parameter::named("Begin", Kind::Block).help("Runs before the first object."),
        Parameter::named("End", Kind::Block).help("Runs after the last object."),
        Parameter::named("MemberName", Kind::String)
            .mandatory()
            .sets(&["Member"])
            .help("A property to take or method to call."),
        Parameter::named("ArgumentList", Kind::AnyList).help("Arguments of the method."),
    ],
    default_set: "ScriptBlock",
    examples: &[
        Example {
            text: "Run a block for each",
            input: "1..3 | ForEach-Object { $_ * $_ }",
            output: "1\n4\n9",
        },
        Example {
            text: "Take a property of each",
            input: "'a', 'bcd' | ForEach-Object Length",
            output: "1\n3",
        },
    ],
    ..Cmdlet::client("ForEach-Object", || Box::new(ForEach::default()))
};

#[derive(Default)]
struct ForEach {
    begin: Option<Arc<ScriptBlock>>,
    process: Vec<Arc<ScriptBlock>>,
    end: Option<Arc<ScriptBlock>>,
    member: Option<String>,
    arguments: Vec<Value>,
    has_begun: bool,
}

impl Stage for ForEach {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        let block = |name| match arguments.value(name) {
            Some(Value::Block(block)) => Some(block.clone()),
            _ => None,
        };
        self.begin = block("Begin");
        self.end = block("End");
        self.member = arguments.text("MemberName").map(str::to_owned);
        if let Some(value) = arguments.value("ArgumentList") {
            self.arguments = list_of(value).items().to_vec();
        }
        let given = list_of(&arguments.value("Process").cloned().unwrap_or_default());
        for value in given.items() {
            match value {
                Value::Block(block) => self.process.push(block.clone()),
                other if self.member.is_none() => self.member = Some(to_text(other)),
                other => self.arguments.push(other.clone()),
            }
        }
        if self.begin.is_none() && self.process.len() >= 2 {
            self.begin = Some(self.process.remove(0));
        }
        if self.end.is_none() && self.process.len() >= 2 {
            self.end = self.process.pop();
        }
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        self.start(shell, out)?;
        let Some(item) = input(arguments) else {
            return Ok(());
        };
        let before = shell.scope.get("_");
        shell.scope.set("_", item.clone());
        let mut result = Ok(());
        for block in &self.process {
            result = shell.run_block(block, out);
            if result.is_err() {
                break;
            }
        }
        if !shell.success {
            shell.failed = true;
        }
        shell.scope.set("_", before.unwrap_or_default());
        result?;
        match &self.member {
            Some(name) => {
                let value = match own_member(item, name) {
                    Some(value) if self.arguments.is_empty() => value,
                    _ => match shell.method(item, name, &self.arguments) {
                        // What is not there is nothing, as `$_.Name` is, unless it is strict here.
                        Err(Stop::Statement(error))
                            if error.id == "MethodNotFound" && self.arguments.is_empty() =>
                        {
                            shell.must_have(item, name)?;
                            Value::Null
                        }
                        called => called?,
                    },
                };
                out.emit_items(shell, value)
            }
            None => Ok(()),
        }
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.start(shell, out)?;
        match &self.end {
            Some(block) => shell.run_block(block, out),
            None => Ok(()),
        }
    }
}

impl ForEach {
    fn start(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(());
        }
        match &self.begin {
            Some(block) => shell.run_block(block, out),
            None => Ok(()),
        }
    }
}
