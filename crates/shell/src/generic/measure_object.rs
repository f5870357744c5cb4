//! `Measure-Object`: totals, kept as objects pass.

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::number::{Number, convert};
use crate::lang::operate::sort_order;
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::text::to_text;
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[MEASURE];

const MEASURED: &str = "Microsoft.PowerShell.Commands.GenericMeasureInfo";

const MEASURE: Cmdlet = Cmdlet {
    aliases: &["measure"],
    synopsis: "Counts objects, and adds up, averages or compares a property of theirs.",
    parameters: &[
        Parameter::positional("Property", Kind::StringList).help("The property."),
        INPUT,
        Parameter::switch("Sum").help("Adds up."),
        Parameter::switch("Average").help("Averages."),
        Parameter::switch("Maximum").help("The largest."),
        Parameter::switch("Minimum").help("The smallest."),
        Parameter::switch("Line").help("Counts lines of text."),
        Parameter::switch("Word").help("Counts words of text."),
        Parameter::switch("Character").help("Counts characters of text."),
    ],
    output: &[View::list(MEASURED)],
    examples: &[Example {
        text: "Count and add up",
        input: "1..4 | Measure-Object -Sum",
        output: "Count * : 4\nSum * : 10",
    }],
    ..Cmdlet::client("Measure-Object", || Box::new(Measure::default()))
};

#[derive(Default)]
struct Measure {
    /// One for each property, or one for the objects themselves.
    totals: Vec<Totals>,
    sum: bool,
    average: bool,
    maximum: bool,
    minimum: bool,
    text: [bool; 3],
    /// Lines, words, characters.
    counts: [usize; 3],
}

#[derive(Default)]
struct Totals {
    property: Option<String>,
    count: usize,
    sum: f64,
    largest: Value,
    smallest: Value,
}

impl Stage for Measure {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        let names = arguments.texts("Property").unwrap_or_default();
        let named = |name| Totals { property: Some(name), ..Totals::default() };
        self.totals = names.into_iter().map(named).collect();
        if self.totals.is_empty() {
            self.totals.push(Totals::default());
        }
        self.sum = arguments.flag("Sum");
        self.average = arguments.flag("Average");
        self.maximum = arguments.flag("Maximum");
        self.minimum = arguments.flag("Minimum");
        self.text = [arguments.flag("Line"), arguments.flag("Word"), arguments.flag("Character")];
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        if self.text.iter().any(|wanted| *wanted) {
            let text = to_text(item);
            let own = [text.lines().count(), text.split_whitespace().count(), text.chars().count()];
            for (total, own) in self.counts.iter_mut().zip(own) {
                *total += own;
            }
            return Ok(());
        }
        for at in 0..self.totals.len() {
            let name = self.totals.get(at).and_then(|totals| totals.property.clone());
            let value = match name {
                Some(name) => shell.member_value(item, &name)?,
                None => item.clone(),
            };
            let is_named = self.totals.get(at).is_some_and(|totals| totals.property.is_some());
            if !(is_named && value.is_null()) {
                self.add(shell, at, &value)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if self.text.iter().any(|wanted| *wanted) {
            let shown = |at: usize| match (self.text.get(at), self.counts.get(at)) {
                (Some(true), Some(count)) => Value::from(*count),
                _ => Value::Null,
            };
            let object = Object::new("Microsoft.PowerShell.Commands.TextMeasureInfo")
                .with("Lines", shown(0))
                .with("Words", shown(1))
                .with("Characters", shown(2))
                .with("Property", Value::Null);
            return out.emit(shell, Value::Object(object));
        }
        for totals in std::mem::take(&mut self.totals) {
            if let (0, Some(name)) = (totals.count, &totals.property) {
                let message = format!(
                    "The property \"{name}\" cannot be found in the input for any objects."
                );
                let id = "GenericMeasurePropertyNotFound";
                let error = Error::new(Category::InvalidArgument, id, message)
                    .exception("PSArgumentException");
                shell.report_error(error)?;
                continue;
            }
            let average = match self.average && totals.count > 0 {
                true => Value::Float(totals.sum / totals.count as f64),
                false => Value::Null,
            };
            let object = Object::new(MEASURED)
                .with("Count", totals.count)
                .with("Average", average)
                .with("Sum", if self.sum { Value::Float(totals.sum) } else { Value::Null })
                .with("Maximum", as_double(totals.largest))
                .with("Minimum", as_double(totals.smallest))
                .with("Property", totals.property);
            out.emit(shell, Value::Object(object))?;
        }
        Ok(())
    }
}

/// Numbers are told as Doubles, whatever they were.
fn as_double(value: Value) -> Value {
    Number::of(&value).map_or(value, |number| Value::Float(number.float()))
}

impl Measure {
    fn add(&mut self, shell: &mut Shell, at: usize, value: &Value) -> Outcome {
        let Some(totals) = self.totals.get_mut(at) else { return Ok(()) };
        totals.count += 1;
        if self.maximum && (totals.count == 1 || sort_order(value, &totals.largest, false).is_ge())
        {
            totals.largest = value.clone();
        }
        if self.minimum && (totals.count == 1 || sort_order(value, &totals.smallest, false).is_lt())
        {
            totals.smallest = value.clone();
        }
        if !self.sum && !self.average {
            return Ok(());
        }
        match convert::of(value) {
            Some(number) => totals.sum += number.float(),
            None => {
                let message = format!("Input object \"{}\" is not numeric.", to_text(value));
                let error = Error::new(Category::InvalidType, "NonNumericInputObject", message);
                shell.report_error(error)?;
            }
        }
        Ok(())
    }
}
