//! Properties as `Select-Object`, `Format-Table` and their kin are given them: names, wildcards,
//! script blocks, and calculated properties (`@{Name='x'; Expression={…}}`).

use std::sync::Arc;

use super::ast::ScriptBlock;
use super::error::{Category, Error};
use super::eval::one_or_list;
use super::object::Map;
use super::pipe::{Outcome, Stop};
use super::shell::Shell;
use super::text::{has_wildcards, is_like, to_text};
use super::types::{is_true, list_of, number};
use super::value::Value;

/// One property that was asked for.
#[derive(Clone, Debug)]
pub struct Property {
    /// The heading, if one was given.
    pub label: Option<Arc<str>>,
    /// Where its value comes from.
    pub from: From,
    /// `Width`
    pub width: Option<usize>,
    /// `Alignment`
    pub align: Option<Align>,
    /// `FormatString`
    pub format: Option<String>,
    /// `Descending`
    pub descending: Option<bool>,
}

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Flush left.
    Left,
    /// In the middle.
    Center,
    /// Flush right, as numbers are.
    Right,
}

/// Where a property's value comes from.
#[derive(Clone, Debug)]
pub enum From {
    /// A property, or several by wildcards.
    Name(Arc<str>),
    /// A script block, with the object as `$_`.
    Block(Arc<ScriptBlock>),
}

/// Reads the properties out of an argument.
///
/// # Errors
/// If one of them is none of these things.
pub fn properties(value: Option<&Value>) -> Outcome<Vec<Property>> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    list_of(value).items().iter().map(property).collect()
}

fn plain(from: From) -> Property {
    Property { label: None, from, width: None, align: None, format: None, descending: None }
}

fn property(value: &Value) -> Outcome<Property> {
    match value {
        Value::Block(block) => Ok(plain(From::Block(block.clone()))),
        Value::Map(map) => calculated(map),
        other => Ok(plain(From::Name(to_text(other).into()))),
    }
}

fn calculated(map: &Map) -> Outcome<Property> {
    let mut from = None;
    let mut property = plain(From::Name("".into()));
    for (key, value) in map.entries() {
        let key = to_text(&key).to_ascii_lowercase();
        // Keys may be shortened like parameters.
        let is = |name: &str| !key.is_empty() && name.starts_with(&key);
        if is("expression") {
            from = Some(match &value {
                Value::Block(block) => From::Block(block.clone()),
                other => From::Name(to_text(other).into()),
            });
        } else if is("name") || is("label") {
            property.label = Some(to_text(&value).into());
        } else if is("width") {
            property.width = match number(&value) {
                Some(Value::Int(width)) => usize::try_from(width).ok(),
                _ => None,
            };
        } else if is("alignment") {
            property.align = Some(match to_text(&value).to_ascii_lowercase().as_str() {
                "right" => Align::Right,
                "center" => Align::Center,
                _ => Align::Left,
            });
        } else if is("formatstring") {
            property.format = Some(to_text(&value));
        } else if is("descending") {
            property.descending = Some(is_true(&value));
        } else if is("ascending") {
            property.descending = Some(!is_true(&value));
        } else {
            let message = format!("The {key} key is not valid.");
            return Err(Error::new(Category::InvalidArgument, "DictionaryKeyUnknown", message)
                .exception("NotSupportedException")
                .into());
        }
    }
    match from {
        Some(from) => Ok(Property { from, ..property }),
        None => match property.label.clone() {
            Some(name) => Ok(Property { from: From::Name(name), ..property }),
            None => {
                let message = "The mandatory key 'expression' is missing.";
                Err(Error::new(Category::InvalidArgument, "DictionaryKeyMissing", message).into())
            }
        },
    }
}

/// The names of a value's own properties.
pub fn own_names(value: &Value) -> Vec<Arc<str>> {
    match value {
        Value::Object(object) => {
            let is_method = |name: &Arc<str>| match object.get(name) {
                Some(Value::Object(member)) => member.type_name() == super::eval::SCRIPT_METHOD,
                _ => false,
            };
            object.names().into_iter().filter(|name| !is_method(name)).collect()
        }
        Value::Xml(xml) => super::xml::names(xml),
        Value::Map(map) => map.entries().iter().map(|(key, _)| to_text(key).into()).collect(),
        Value::Error(_) => ["Exception", "TargetObject", "CategoryInfo", "FullyQualifiedErrorId"]
            .iter()
            .chain(&["ErrorDetails", "InvocationInfo", "ScriptStackTrace"])
            .map(|name| Arc::from(*name))
            .collect(),
        Value::String(text) => {
            let parts = super::proxy_address::names(text).iter().map(|name| Arc::from(*name));
            parts.chain([Arc::from("Length")]).collect()
        }
        Value::Type(_) => ["IsPublic", "IsSerial", "Name", "FullName", "Namespace", "BaseType"]
            .iter()
            .map(|name| Arc::from(*name))
            .collect(),
        Value::Time(_) | Value::Told(..) => [
            "Date",
            "Day",
            "DayOfWeek",
            "DayOfYear",
            "Hour",
            "Kind",
            "Millisecond",
            "Minute",
            "Month",
            "Second",
            "Ticks",
            "Year",
        ]
        .iter()
        .map(|name| Arc::from(*name))
        .collect(),
        Value::Duration(_) => [
            "Days",
            "Hours",
            "Minutes",
            "Seconds",
            "Milliseconds",
            "Ticks",
            "TotalDays",
            "TotalHours",
            "TotalMinutes",
            "TotalSeconds",
            "TotalMilliseconds",
        ]
        .iter()
        .map(|name| Arc::from(*name))
        .collect(),
        _ => Vec::new(),
    }
}

impl Shell {
    /// A property's heading and value for an object; several if it has wildcards. A name the
    /// object does not have gives `$null` under the name as typed.
    ///
    /// # Errors
    /// If Ctrl-C was pressed; an error in a block gives `$null`.
    pub fn property_values(
        &mut self,
        property: &Property,
        item: &Value,
    ) -> Outcome<Vec<(Arc<str>, Value)>> {
        let label = |name: Arc<str>| property.label.clone().unwrap_or(name);
        match &property.from {
            From::Block(block) => {
                let value = self.quietly(block, item)?;
                let name = property.label.clone().unwrap_or_else(|| block.text().into());
                Ok(vec![(name, value)])
            }
            From::Name(pattern) if has_wildcards(pattern) => {
                let names =
                    own_names(item).into_iter().filter(|name| is_like(name, pattern, false));
                let mut values = Vec::new();
                for name in names {
                    let value = self.member_value(item, &name)?;
                    values.push((label(name), value));
                }
                Ok(values)
            }
            From::Name(name) => {
                let spelled = match item {
                    Value::Object(object) => object.find(name).map(|(own, _)| own),
                    _ => None,
                };
                let value = self.member_value(item, name)?;
                Ok(vec![(label(spelled.unwrap_or_else(|| name.clone())), value)])
            }
        }
    }

    /// A single value for sorting, grouping and measuring.
    ///
    /// # Errors
    /// As `property_values`.
    pub fn property_value(&mut self, property: &Property, item: &Value) -> Outcome<Value> {
        let mut values = self.property_values(property, item)?;
        Ok(if values.is_empty() { Value::Null } else { values.swap_remove(0).1 })
    }

    /// What a calculated property's block gives: an error in it is no error of the pipeline's.
    fn quietly(&mut self, block: &Arc<ScriptBlock>, item: &Value) -> Outcome<Value> {
        self.tries += 1;
        let result = self.block_with(block, item);
        self.tries -= 1;
        match result {
            Ok(values) => Ok(one_or_list(values)),
            Err(Stop::Statement(_)) => Ok(Value::Null),
            Err(stop) => Err(stop),
        }
    }
}
