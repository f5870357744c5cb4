//! `Select-Object`: some of the objects, some of their properties.

use std::collections::{HashSet, VecDeque};

use super::{INPUT, count, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::pipe::{Outcome, Sink, Stage, Stop};
use crate::lang::property::{From, Property, properties};
use crate::lang::text::{is_like, to_text};
use crate::lang::types::{list_of, type_of, whole};
use crate::lang::{Category, Error, Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[SELECT];

const SELECT: Cmdlet = Cmdlet {
    aliases: &["select"],
    synopsis: "Chooses objects, or properties of objects.",
    description: "With property names it makes new objects that have only these, under the \
                  object's own spelling; a property that does not exist is empty. A calculated \
                  property is @{Name='x'; Expression={…}}.",
    parameters: &[
        Parameter::positional("Property", Kind::Properties)
            .help("Names, wildcards or calculated properties."),
        INPUT,
        Parameter::named("ExpandProperty", Kind::String)
            .help("A property whose values are given on instead of the objects."),
        Parameter::named("ExcludeProperty", Kind::StringList).help("Properties to leave out."),
        Parameter::named("First", Kind::Int).help("Only the first so many objects."),
        Parameter::named("Last", Kind::Int).help("Only the last so many objects."),
        Parameter::named("Skip", Kind::Int).help("Without the first so many objects."),
        Parameter::named("SkipLast", Kind::Int).help("Without the last so many objects."),
        Parameter::named("Index", Kind::IntList).help("Only the objects at these places, from 0."),
        Parameter::switch("Unique").help("Each only once."),
    ],
    examples: &[
        Example {
            text: "Show two properties",
            input: "[pscustomobject]@{Name='a'; Size=1; Colour='red'} | Select-Object name, SIZE",
            output: "Name * Size\n*\na * 1",
        },
        Example {
            text: "Calculate a property",
            input: "1..3 | Select-Object @{n='Twice'; e={$_ * 2}} -Last 1 | ConvertTo-Json -Compress",
            output: "{\"Twice\":6}",
        },
    ],
    ..Cmdlet::client("Select-Object", || Box::new(Select::default()))
};

#[derive(Default)]
struct Select {
    properties: Vec<Property>,
    seen: usize,
    given: usize,
    held: VecDeque<Value>,
    unique: HashSet<String>,
    first: Option<usize>,
    last: Option<usize>,
    skip: usize,
    skip_last: usize,
    index: Option<Vec<i64>>,
    expand: Option<String>,
    exclude: Vec<String>,
    is_unique: bool,
}

impl Stage for Select {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.properties = properties(arguments.value("Property"))?;
        self.first = count(arguments, "First");
        self.last = count(arguments, "Last");
        self.skip = count(arguments, "Skip").unwrap_or(0);
        self.skip_last = count(arguments, "SkipLast").unwrap_or(0);
        self.expand = arguments.text("ExpandProperty").map(str::to_owned);
        self.exclude = arguments.texts("ExcludeProperty").unwrap_or_default();
        self.is_unique = arguments.flag("Unique");
        self.index = arguments
            .value("Index")
            .map(|value| list_of(value).items().iter().filter_map(whole).collect());
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let id = shell.current_stage;
        let Some(value) = input(arguments) else { return Ok(()) };
        let at = self.seen;
        self.seen += 1;
        if let Some(index) = &self.index {
            let wanted = i64::try_from(at).is_ok_and(|at| index.contains(&at));
            return if wanted { self.give(shell, value, out) } else { Ok(()) };
        }
        if self.last.is_some() || self.skip_last > 0 {
            self.held.push_back(value.clone());
            if let Some(last) = self.last
                && self.held.len() > last.saturating_add(self.skip)
            {
                self.held.pop_front();
            }
            if self.last.is_none()
                && self.held.len() > self.skip_last
                && let Some(value) = self.held.pop_front()
            {
                self.give(shell, &value, out)?;
            }
            return Ok(());
        }
        if at < self.skip {
            return Ok(());
        }
        match self.first {
            Some(first) if self.given >= first => Err(Stop::Satisfied(id)),
            Some(first) => {
                self.give(shell, value, out)?;
                if self.given >= first { Err(Stop::Satisfied(id)) } else { Ok(()) }
            }
            None => self.give(shell, value, out),
        }
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if let Some(last) = self.last {
            let kept = self.held.len().saturating_sub(self.skip).min(last);
            let held: Vec<Value> = self.held.drain(..).take(kept).collect();
            for value in held {
                self.give(shell, &value, out)?;
            }
        }
        Ok(())
    }
}

impl Select {
    fn give(&mut self, shell: &mut Shell, value: &Value, out: &mut Sink<'_>) -> Outcome {
        if self.properties.is_empty() && self.expand.is_none() && self.exclude.is_empty() {
            return self.emit(shell, value.clone(), out);
        }
        if let Some(name) = self.expand.clone() {
            return self.expand(shell, value, &name, out);
        }
        let object = self.chosen(shell, value)?;
        self.emit(shell, Value::Object(object), out)
    }

    fn chosen(&self, shell: &mut Shell, value: &Value) -> Outcome<Object> {
        let object = Object::custom().selected_from(&type_of(value));
        let everything = [crate::lang::format::named("*")];
        let wanted: &[Property] =
            if self.properties.is_empty() { &everything } else { &self.properties };
        for property in wanted {
            for (name, value) in shell.property_values(property, value)? {
                let is_excluded = matches!(property.from, From::Name(_))
                    && self.exclude.iter().any(|pattern| is_like(&name, pattern, false));
                if !is_excluded && object.get(&name).is_none() {
                    object.set(&name, value);
                }
            }
        }
        Ok(object)
    }

    fn expand(
        &mut self,
        shell: &mut Shell,
        value: &Value,
        name: &str,
        out: &mut Sink<'_>,
    ) -> Outcome {
        let inner = match crate::lang::eval::own_member(value, name) {
            // It may be one that is worked out when it is asked for.
            None => Some(shell.member_value(value, name)?).filter(|inner| !inner.is_null()),
            found => found,
        };
        let Some(inner) = inner else {
            let message = format!("Property \"{name}\" cannot be found.");
            return shell.report_error(
                Error::new(Category::InvalidArgument, "ExpandPropertyNotFound", message)
                    .target_of("PSObject", &to_text(value))
                    .exception("PSArgumentException"),
            );
        };
        for item in list_of(&inner).items() {
            let item = match (item, self.properties.is_empty()) {
                (Value::Object(object), false) => {
                    let copy = object.copy();
                    for (name, value) in self.chosen(shell, value)?.properties() {
                        copy.set(&name, value);
                    }
                    Value::Object(copy)
                }
                // A plain value with properties becomes an object that is shown as the value.
                (plain, false) => {
                    let shown = Object::new(&type_of(plain)).shown_as(&to_text(plain));
                    for (name, value) in self.chosen(shell, value)?.properties() {
                        shown.set(&name, value);
                    }
                    Value::Object(shown)
                }
                _ => item.clone(),
            };
            self.emit(shell, item, out)?;
        }
        Ok(())
    }

    fn emit(&mut self, shell: &mut Shell, value: Value, out: &mut Sink<'_>) -> Outcome {
        if self.is_unique {
            let text = match &value {
                Value::Object(object) if object.is_custom() => to_text(&value),
                other => format!("{}\0{}", type_of(other), to_text(other)),
            };
            if !self.unique.insert(text) {
                return Ok(());
            }
        }
        self.given += 1;
        out.emit(shell, value)
    }
}
