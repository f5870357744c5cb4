//! `Group-Object`, `Measure-Object`, `Compare-Object`: what objects have in common.

use std::collections::HashMap;

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::eval::one_or_list;
use crate::lang::object::Map;
use crate::lang::operate::{is_equal, sort_order};
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::property::{Property, properties};
use crate::lang::text::to_text;
use crate::lang::types::{list_of, number};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GROUP, MEASURE, COMPARE];

const GROUPED: &str = "Microsoft.PowerShell.Commands.GroupInfo";
const COUNTED: &str = "Microsoft.PowerShell.Commands.GroupInfoNoElement";
const MEASURED: &str = "Microsoft.PowerShell.Commands.GenericMeasureInfo";

const GROUP: Cmdlet = Cmdlet {
    aliases: &["group"],
    synopsis: "Groups objects that have the same value of a property.",
    parameters: &[
        Parameter::positional("Property", Kind::Properties).takes_rest().help("What they share."),
        INPUT,
        Parameter::switch("NoElement").help("Without the objects themselves."),
        Parameter::switch("AsHashTable").help("As one hashtable."),
        Parameter::switch("AsString").help("Keys of the hashtable are texts."),
        Parameter::switch("CaseSensitive").help("Capitals differ from small letters."),
    ],
    output: &[
        View::table(
            GROUPED,
            &[
                Column::new("Count").width(5).right(),
                Column::new("Name").width(25),
                Column::new("Group"),
            ],
        ),
        View::table(
            COUNTED,
            &[Column::new("Count").width(5).right(), Column::new("Name").width(25)],
        ),
    ],
    examples: &[Example {
        text: "Count words by their length",
        input: "'a', 'b', 'cc' | Group-Object Length | ForEach-Object { \"$($_.Name): $($_.Count)\" }",
        output: "1: 2\n2: 1",
    }],
    ..Cmdlet::client("Group-Object", || Box::new(Group::default()))
};

#[derive(Default)]
struct Group {
    properties: Vec<Property>,
    groups: Vec<(Vec<Value>, Vec<Value>)>,
    index: HashMap<String, usize>,
    no_element: bool,
    as_map: bool,
    cased: bool,
}

impl Stage for Group {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.properties = properties(arguments.value("Property"))?;
        self.no_element = arguments.flag("NoElement");
        self.as_map = arguments.flag("AsHashTable");
        self.cased = arguments.flag("CaseSensitive");
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments) else { return Ok(()) };
        let mut keys = Vec::new();
        for property in &self.properties {
            keys.push(shell.property_value(property, item)?);
        }
        if keys.is_empty() {
            keys.push(item.clone());
        }
        let text = keys.iter().map(to_text).collect::<Vec<_>>().join("\0");
        let text = if self.cased { text } else { text.to_lowercase() };
        match self.index.get(&text).and_then(|at| self.groups.get_mut(*at)) {
            Some((_, items)) => items.push(item.clone()),
            None => {
                self.index.insert(text, self.groups.len());
                self.groups.push((keys, vec![item.clone()]));
            }
        }
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let groups = std::mem::take(&mut self.groups);
        if self.as_map {
            let map = Map::new();
            for (keys, items) in groups {
                map.set(Value::from(name(&keys)), Value::list(items));
            }
            return out.emit(shell, Value::Map(map));
        }
        for (keys, items) in groups {
            let kind = if self.no_element { COUNTED } else { GROUPED };
            let object = Object::new(kind).with("Count", items.len()).with("Name", name(&keys));
            if !self.no_element {
                object.set("Group", Value::list(items));
            }
            object.set("Values", Value::list(keys));
            out.emit(shell, Value::Object(object))?;
        }
        Ok(())
    }
}

fn name(keys: &[Value]) -> String {
    keys.iter().map(to_text).collect::<Vec<_>>().join(", ")
}

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
    names: Vec<String>,
    items: Vec<Value>,
    sum: bool,
    average: bool,
    maximum: bool,
    minimum: bool,
    text: [bool; 3],
}

impl Stage for Measure {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.names = arguments.texts("Property").unwrap_or_default();
        self.sum = arguments.flag("Sum");
        self.average = arguments.flag("Average");
        self.maximum = arguments.flag("Maximum");
        self.minimum = arguments.flag("Minimum");
        self.text = [arguments.flag("Line"), arguments.flag("Word"), arguments.flag("Character")];
        Ok(())
    }

    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        self.items.extend(input(arguments).cloned());
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let items = std::mem::take(&mut self.items);
        if self.text.iter().any(|wanted| *wanted) {
            return out.emit(shell, self.of_text(&items));
        }
        if self.names.is_empty() {
            let object = self.of_values(shell, &items, Value::Null)?;
            return out.emit(shell, object);
        }
        for name in self.names.clone() {
            let values: Vec<Value> = items
                .iter()
                .filter_map(|item| crate::lang::eval::own_member(item, &name))
                .filter(|value| !value.is_null())
                .collect();
            let object = self.of_values(shell, &values, Value::from(&name))?;
            out.emit(shell, object)?;
        }
        Ok(())
    }
}

impl Measure {
    fn of_text(&self, items: &[Value]) -> Value {
        let texts: Vec<String> = items.iter().map(to_text).collect();
        let total = |wanted: bool, count: fn(&str) -> usize| match wanted {
            true => Value::from(texts.iter().map(|text| count(text)).sum::<usize>()),
            false => Value::Null,
        };
        let [lines, words, characters] = self.text;
        Value::Object(
            Object::new("Microsoft.PowerShell.Commands.TextMeasureInfo")
                .with("Lines", total(lines, |text| text.lines().count()))
                .with("Words", total(words, |text| text.split_whitespace().count()))
                .with("Characters", total(characters, |text| text.chars().count()))
                .with("Property", Value::Null),
        )
    }

    fn of_values(&self, shell: &mut Shell, values: &[Value], property: Value) -> Outcome<Value> {
        let mut sum = Value::Int(0);
        if self.sum || self.average {
            for value in values {
                match number(value) {
                    Some(number) => {
                        sum = crate::lang::operate::binary(
                            crate::lang::ast::Binary::Add,
                            &sum,
                            &number,
                        )?;
                    }
                    None => {
                        let message =
                            format!("Input object \"{}\" is not numeric.", to_text(value));
                        let id = "NonNumericInputObject";
                        shell.write_error(Error::new(Category::InvalidType, id, message))?;
                    }
                }
            }
        }
        let average = match (self.average && !values.is_empty(), &sum) {
            (true, Value::Int(sum)) => Value::Float(*sum as f64 / values.len() as f64),
            (true, Value::Float(sum)) => Value::Float(sum / values.len() as f64),
            _ => Value::Null,
        };
        let extreme = |wanted: bool, largest: bool| match wanted {
            false => Value::Null,
            true => {
                let order = |a: &&Value, b: &&Value| sort_order(a, b, false);
                let found =
                    if largest { values.iter().max_by(order) } else { values.iter().min_by(order) };
                found.cloned().unwrap_or_default()
            }
        };
        Ok(Value::Object(
            Object::new(MEASURED)
                .with("Count", values.len())
                .with("Average", average)
                .with("Sum", if self.sum { sum } else { Value::Null })
                .with("Maximum", extreme(self.maximum, true))
                .with("Minimum", extreme(self.minimum, false))
                .with("Property", property),
        ))
    }
}

const COMPARE: Cmdlet = Cmdlet {
    aliases: &["compare", "diff"],
    synopsis: "Compares two collections of objects.",
    parameters: &[
        Parameter::positional("ReferenceObject", Kind::AnyList)
            .mandatory()
            .or_empty()
            .help("The one side."),
        Parameter::named("DifferenceObject", Kind::AnyList)
            .at(1)
            .mandatory()
            .or_empty()
            .from_pipeline()
            .help("The other side."),
        Parameter::named("Property", Kind::StringList).help("Compare only these properties."),
        Parameter::switch("IncludeEqual").help("Show what both have, too."),
        Parameter::switch("ExcludeDifferent").help("Show only what both have."),
        Parameter::switch("PassThru").help("The objects themselves."),
        Parameter::switch("CaseSensitive").help("Capitals differ from small letters."),
        Parameter::named("SyncWindow", Kind::Int).help("Accepted: everything is compared."),
    ],
    examples: &[Example {
        text: "Find what differs",
        input: "Compare-Object (1, 2) (2, 3) | ForEach-Object { \"$($_.SideIndicator) $($_.InputObject)\" }",
        output: "=> 3\n<= 1",
    }],
    ..Cmdlet::client("Compare-Object", || Box::new(CompareObjects::default()))
};

#[derive(Default)]
struct CompareObjects {
    left: Vec<Value>,
    right: Vec<Value>,
    names: Vec<String>,
    equal: bool,
    different: bool,
    passes: bool,
    cased: bool,
}

impl Stage for CompareObjects {
    fn process(&mut self, _: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        let items = |name| list_of(&arguments.value(name).cloned().unwrap_or_default());
        self.left = items("ReferenceObject").items().to_vec();
        self.right.extend_from_slice(items("DifferenceObject").items());
        self.names = arguments.texts("Property").unwrap_or_default();
        self.equal = arguments.flag("IncludeEqual") || arguments.flag("ExcludeDifferent");
        self.different = !arguments.flag("ExcludeDifferent");
        self.passes = arguments.flag("PassThru");
        self.cased = arguments.flag("CaseSensitive");
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let names = self.names.clone();
        let cased = self.cased;
        let is_same = |a: &Value, b: &Value| {
            if names.is_empty() {
                return is_equal(a, b, cased);
            }
            names.iter().all(|name| {
                let own = |value| crate::lang::eval::own_member(value, name).unwrap_or_default();
                is_equal(&own(a), &own(b), cased)
            })
        };
        let mut only_right = std::mem::take(&mut self.right);
        let mut only_left = Vec::new();
        let mut both = Vec::new();
        for item in std::mem::take(&mut self.left) {
            match only_right.iter().position(|other| is_same(&item, other)) {
                Some(at) => {
                    only_right.remove(at);
                    both.push(item);
                }
                None => only_left.push(item),
            }
        }
        let shown = [
            (self.equal, both, "=="),
            (self.different, only_right, "=>"),
            (self.different, only_left, "<="),
        ];
        for (wanted, items, side) in shown {
            for item in items.into_iter().filter(|_| wanted) {
                if self.passes {
                    if let Value::Object(object) = &item {
                        object.set("SideIndicator", Value::from(side));
                    }
                    out.emit(shell, item)?;
                    continue;
                }
                let object = Object::custom();
                for name in &names {
                    object
                        .set(name, crate::lang::eval::own_member(&item, name).unwrap_or_default());
                }
                if names.is_empty() {
                    object.set("InputObject", one_or_list(vec![item]));
                }
                object.set("SideIndicator", Value::from(side));
                out.emit(shell, Value::Object(object))?;
            }
        }
        Ok(())
    }
}
