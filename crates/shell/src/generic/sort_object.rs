//! `Sort-Object`: the objects in order.

use std::cmp::Ordering;

use super::{INPUT, count, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::operate::sort_order;
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::property::{Property, properties};
use crate::lang::{Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[SORT];

const SORT: Cmdlet = Cmdlet {
    aliases: &["sort"],
    synopsis: "Sorts objects.",
    description: "Objects that compare equal stay in the order they came.",
    parameters: &[
        Parameter::positional("Property", Kind::Properties)
            .takes_rest()
            .help("What to sort by, most important first; the objects themselves if left out."),
        INPUT,
        Parameter::switch("Descending").help("Largest first."),
        Parameter::switch("Unique").help("Only one of those that compare equal."),
        Parameter::switch("CaseSensitive").help("Capitals differ from small letters."),
        Parameter::named("Top", Kind::Int).help("Only the first so many."),
        Parameter::named("Bottom", Kind::Int).help("Only the last so many."),
    ],
    examples: &[Example {
        text: "Sort by a property",
        input: "'ccc', 'a', 'bb' | Sort-Object Length -Descending",
        output: "ccc\nbb\na",
    }],
    ..Cmdlet::client("Sort-Object", || Box::new(Sort::default()))
};

#[derive(Default)]
struct Sort {
    properties: Vec<Property>,
    rows: Vec<(Vec<Value>, Value)>,
    descending: bool,
    unique: bool,
    cased: bool,
    top: Option<usize>,
    bottom: Option<usize>,
}

impl Stage for Sort {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.properties = properties(arguments.value("Property"))?;
        self.descending = arguments.flag("Descending");
        self.unique = arguments.flag("Unique");
        self.cased = arguments.flag("CaseSensitive");
        self.top = count(arguments, "Top");
        self.bottom = count(arguments, "Bottom");
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        let mut keys = Vec::new();
        for property in &self.properties {
            keys.push(shell.property_value(property, item)?);
        }
        if self.properties.is_empty() {
            keys.push(item.clone());
        }
        self.rows.push((keys, item.clone()));
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let mut rows = std::mem::take(&mut self.rows);
        let order = |a: &[Value], b: &[Value]| {
            a.iter().zip(b).enumerate().fold(Ordering::Equal, |so_far, (at, (a, b))| {
                so_far.then_with(|| {
                    let own = self.properties.get(at).and_then(|property| property.descending);
                    let order = sort_order(a, b, self.cased);
                    if own.unwrap_or(self.descending) { order.reverse() } else { order }
                })
            })
        };
        rows.sort_by(|(a, _), (b, _)| order(a, b));
        if self.unique {
            rows.dedup_by(|(a, _), (b, _)| order(a, b).is_eq());
        }
        let skip = self.bottom.map_or(0, |bottom| rows.len().saturating_sub(bottom));
        let most = self.top.unwrap_or(usize::MAX);
        for (_, item) in rows.into_iter().skip(skip).take(most) {
            out.emit(shell, item)?;
        }
        Ok(())
    }
}
