//! `Where-Object`: the objects a condition holds for.

use std::sync::Arc;

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::ast::{Binary, Compare, ScriptBlock};
use crate::lang::eval::{one_or_list, own_member};
use crate::lang::operate;
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::types::is_true;
use crate::lang::{Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[WHERE];

/// The operators of the short form, and whether case counts.
const OPERATORS: [(&str, Binary); 34] = [
    ("EQ", Binary::Compare(Compare::Eq, false)),
    ("NE", Binary::Compare(Compare::Ne, false)),
    ("GT", Binary::Compare(Compare::Gt, false)),
    ("GE", Binary::Compare(Compare::Ge, false)),
    ("LT", Binary::Compare(Compare::Lt, false)),
    ("LE", Binary::Compare(Compare::Le, false)),
    ("Like", Binary::Compare(Compare::Like, false)),
    ("NotLike", Binary::Compare(Compare::NotLike, false)),
    ("Match", Binary::Compare(Compare::Match, false)),
    ("NotMatch", Binary::Compare(Compare::NotMatch, false)),
    ("Contains", Binary::Compare(Compare::Contains, false)),
    ("NotContains", Binary::Compare(Compare::NotContains, false)),
    ("In", Binary::Compare(Compare::In, false)),
    ("NotIn", Binary::Compare(Compare::NotIn, false)),
    ("CEQ", Binary::Compare(Compare::Eq, true)),
    ("CNE", Binary::Compare(Compare::Ne, true)),
    ("CGT", Binary::Compare(Compare::Gt, true)),
    ("CGE", Binary::Compare(Compare::Ge, true)),
    ("CLT", Binary::Compare(Compare::Lt, true)),
    ("CLE", Binary::Compare(Compare::Le, true)),
    ("CLike", Binary::Compare(Compare::Like, true)),
    ("CNotLike", Binary::Compare(Compare::NotLike, true)),
    ("CMatch", Binary::Compare(Compare::Match, true)),
    ("CNotMatch", Binary::Compare(Compare::NotMatch, true)),
    ("CContains", Binary::Compare(Compare::Contains, true)),
    ("CNotContains", Binary::Compare(Compare::NotContains, true)),
    ("CIn", Binary::Compare(Compare::In, true)),
    ("CNotIn", Binary::Compare(Compare::NotIn, true)),
    ("IEQ", Binary::Compare(Compare::Eq, false)),
    ("INE", Binary::Compare(Compare::Ne, false)),
    ("ILike", Binary::Compare(Compare::Like, false)),
    ("IMatch", Binary::Compare(Compare::Match, false)),
    ("Is", Binary::Is),
    ("IsNot", Binary::IsNot),
];

const fn operator(name: &'static str) -> Parameter {
    Parameter::switch(name).sets(&["Compare"]).help("Compares so.")
}

const WHERE: Cmdlet = Cmdlet {
    aliases: &["?", "where"],
    synopsis: "Chooses objects by a condition.",
    description: "The condition is a script block in which $_ is the object, or in short form a \
                  property, an operator and a value. Comparisons ignore case unless they begin \
                  with c.",
    parameters: &[
        Parameter::positional("FilterScript", Kind::Block)
            .mandatory()
            .sets(&["Script"])
            .help("The condition."),
        Parameter::positional("Property", Kind::String)
            .mandatory()
            .sets(&["Compare"])
            .help("The property that is compared."),
        Parameter::named("Value", Kind::Any)
            .at(1)
            .sets(&["Compare"])
            .help("What it is compared with."),
        INPUT,
        operator("EQ"),
        operator("NE"),
        operator("GT"),
        operator("GE"),
        operator("LT"),
        operator("LE"),
        operator("Like"),
        operator("NotLike"),
        operator("Match"),
        operator("NotMatch"),
        operator("Contains"),
        operator("NotContains"),
        operator("In"),
        operator("NotIn"),
        operator("CEQ"),
        operator("CNE"),
        operator("CGT"),
        operator("CGE"),
        operator("CLT"),
        operator("CLE"),
        operator("CLike"),
        operator("CNotLike"),
        operator("CMatch"),
        operator("CNotMatch"),
        operator("CContains"),
        operator("CNotContains"),
        operator("CIn"),
        operator("CNotIn"),
        operator("IEQ"),
        operator("INE"),
        operator("ILike"),
        operator("IMatch"),
        operator("Is"),
        operator("IsNot"),
        operator("Not"),
    ],
    default_set: "Script",
    examples: &[
        Example {
            text: "By a script block",
            input: "'apple', 'banana', 'avocado' | Where-Object { $_ -like 'A*' }",
            output: "apple\navocado",
        },
        Example {
            text: "In short form",
            input: "'one', 'three' | Where-Object Length -gt 3",
            output: "three",
        },
    ],
    ..Cmdlet::client("Where-Object", || Box::new(Where::default()))
};

#[derive(Default)]
struct Where {
    block: Option<Arc<ScriptBlock>>,
    property: String,
    value: Value,
    operator: Option<Binary>,
    is_not: bool,
}

impl Stage for Where {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        if let Some(Value::Block(block)) = arguments.value("FilterScript") {
            self.block = Some(block.clone());
        }
        self.property = arguments.text("Property").unwrap_or_default().to_owned();
        self.value = arguments.value("Value").cloned().unwrap_or_default();
        self.operator =
            OPERATORS.iter().find(|(name, _)| arguments.flag(name)).map(|(_, operator)| *operator);
        self.is_not = arguments.flag("Not");
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        let holds = match &self.block {
            Some(block) => is_true(&one_or_list(shell.block_with(&block.clone(), item)?)),
            None => {
                let value = own_member(item, &self.property).unwrap_or_default();
                match self.operator {
                    Some(operator) => is_true(&operate::binary(operator, &value, &self.value)?),
                    None => is_true(&value) != self.is_not,
                }
            }
        };
        if holds { out.emit(shell, item.clone()) } else { Ok(()) }
    }
}
