//! `Group-Object`, `Compare-Object`: what objects have in common.

use std::collections::HashMap;

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Column, Example, Kind, Parameter, View};
use crate::lang::eval::one_or_list;
use crate::lang::object::Map;
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Sink, Stage};
use crate::lang::property::{Property, properties};
use crate::lang::text::to_text;
use crate::lang::types::{list_of, type_of};
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[GROUP, COMPARE];

const GROUPED: &str = "Microsoft.PowerShell.Commands.GroupInfo";
const COUNTED: &str = "Microsoft.PowerShell.Commands.GroupInfoNoElement";

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
                    let object = match item {
                        Value::Object(object) => object,
                        // A plain value becomes an object that is shown as the value.
                        plain => Object::new(&type_of(&plain)).shown_as(&to_text(&plain)),
                    };
                    object.set("SideIndicator", Value::from(side));
                    out.emit(shell, Value::Object(object))?;
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
