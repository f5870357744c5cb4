//! Methods of values: the common ones of lists, hashtables and times; those of strings are in
//! `strings`.

use super::access::SCRIPT_METHOD;
use crate::lang::culture;
use crate::lang::error::{Category, Error};
use crate::lang::numeric::{format_value, format_value_in};
use crate::lang::object::{List, Map, Object};
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::{shown_time, to_text};
use crate::lang::types::{list_of, type_of};
use crate::lang::value::Value;

/// What a method that gives nothing gives.
pub(super) fn nothing() -> Value {
    Value::List(List::default())
}

pub(super) fn no_method(value: &Value, name: &str) -> Stop {
    let message = format!(
        "Method invocation failed because [{}] does not contain a method named '{name}'.",
        type_of(value)
    );
    Error::new(Category::InvalidOperation, "MethodNotFound", message)
        .target(name)
        .exception("RuntimeException")
        .into()
}

/// What a method of so many arguments throws: .NET's exception, and why.
pub(super) fn bad_argument(name: &str, count: usize, id: &str, why: &str) -> Stop {
    let message = format!("Exception calling \"{name}\" with \"{count}\" argument(s): \"{why}\"");
    Error::new(Category::NotSpecified, id, message).exception("MethodInvocationException").into()
}

impl Shell {
    /// `value.name(arguments)`
    pub(super) fn call_method(
        &mut self,
        value: &Value,
        name: &str,
        arguments: &[Value],
    ) -> Outcome<Value> {
        let lower = name.to_ascii_lowercase();
        if let Value::List(list) = value
            && let Some(result) = self.list_call(list, &lower, arguments)?
        {
            return Ok(result);
        }
        if let Value::Xml(xml) = value
            && let Some(result) = crate::lang::xml::call(self, xml, &lower, arguments)?
        {
            return Ok(result);
        }
        let found = match value {
            Value::Null => {
                let message = "You cannot call a method on a null-valued expression.";
                return Err(Error::new(Category::InvalidOperation, "InvokeMethodOnNull", message)
                    .exception("RuntimeException")
                    .into());
            }
            Value::String(text) => super::strings::method(text, &lower, arguments)?,
            Value::Duration(ms) => super::times::duration_method(*ms, &lower, arguments),
            Value::Map(map) => map_method(map, &lower, arguments)?,
            Value::Time(ms) => super::times::method(*ms, &lower, arguments),
            Value::Told(clock, ms) => super::times::told_method(*clock, *ms, &lower, arguments),
            Value::Block(block) if matches!(lower.as_str(), "invoke" | "invokereturnasis") => {
                let mut values: Vec<Value> = Vec::new();
                let given = arguments.iter().map(|v| {
                    crate::lang::bind::Given::unnamed(v.clone(), crate::lang::ast::Span::default())
                });
                self.call_block("", block, given.collect(), None, true, &mut values)?;
                Some(super::one_or_list(values))
            }
            Value::Block(_) if lower == "getnewclosure" => {
                let message = "A script block keeps no values of its own here.";
                return Err(Error::new(Category::NotImplemented, "NotSupported", message)
                    .advice("Declare param(…) in the block, and give the values when calling it.")
                    .into());
            }
            Value::Object(object) => match object.get(name) {
                Some(Value::Object(method)) if method.type_name() == SCRIPT_METHOD => {
                    Some(self.worked_out(&method, value, arguments)?)
                }
                _ if object.type_name() == "System.String" => {
                    super::strings::method(object.shown().unwrap_or(""), &lower, arguments)?
                }
                _ => match (self.object_method(object, &lower, arguments)?, object.as_text()) {
                    (None, Some(text)) => super::strings::method(text, &lower, arguments)?,
                    (found, _) => found,
                },
            },
            _ => None,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        match (lower.as_str(), arguments) {
            ("tostring", []) => Ok(Value::from(match value {
                Value::Time(ms) | Value::Told(_, ms) => shown_time(*ms),
                other => to_text(other),
            })),
            ("tostring", [culture]) if culture::of(culture).is_some() => {
                let culture = culture::of(culture).unwrap_or_else(culture::own);
                Ok(Value::from(format_value_in(culture, value, "")))
            }
            ("tostring", [format, culture]) if culture::of(culture).is_some() => {
                let culture = culture::of(culture).unwrap_or_else(culture::own);
                Ok(Value::from(format_value_in(culture, value, &to_text(format))))
            }
            ("tostring", [format]) => Ok(Value::from(format_value(value, &to_text(format)))),
            ("equals", [other]) => Ok(Value::Bool(is_equal(value, other, true))),
            ("gettype", []) => {
                Ok(Value::Type(crate::lang::ast::TypeName::of_full(&type_of(value))))
            }
            ("gethashcode", []) => Ok(Value::Int(0)),
            ("compareto", [other]) => {
                let order = crate::lang::operate::sort_order(value, other, true);
                Ok(Value::Int(order as i64))
            }
            _ => match value {
                // A method of a list that it does not have is called on each item.
                Value::List(list) => {
                    let mut results = Vec::new();
                    for item in list.items() {
                        results.push(self.call_method(item, name, arguments)?);
                    }
                    Ok(Value::List(List::new(results)))
                }
                _ => Err(no_method(value, name)),
            },
        }
    }

    /// Calls a method, for cmdlets that name one.
    ///
    /// # Errors
    /// If there is no such method, or it fails.
    pub fn method(&mut self, value: &Value, name: &str, arguments: &[Value]) -> Outcome<Value> {
        self.call_method(value, name, arguments)
    }

    fn object_method(
        &mut self,
        object: &Object,
        lower: &str,
        arguments: &[Value],
    ) -> Outcome<Option<Value>> {
        match (object.type_name(), lower, arguments) {
            (super::records::SCRIPT_CMDLET, "shouldprocess", [target, rest @ ..]) => {
                let operation = match rest.first() {
                    Some(operation) => to_text(operation),
                    None => object.get("Name").map(|name| to_text(&name)).unwrap_or_default(),
                };
                let impact = object.get("ConfirmImpact").map(|impact| to_text(&impact));
                let impact = impact.unwrap_or_default();
                self.should_process_with(&impact, &operation, &to_text(target))
                    .map(|yes| Some(Value::Bool(yes)))
            }
            (super::records::SCRIPT_CMDLET, "shouldcontinue", [query, caption, ..]) => {
                self.ask_to_go_on(&to_text(caption), &to_text(query)).map(|y| Some(Value::Bool(y)))
            }
            (super::records::SCRIPT_CMDLET, _, _) => {
                super::records::cmdlet_method(self, object, lower, arguments)
            }
            (kind, "getbytes" | "getstring" | "getbytecount", _) if kind.ends_with("Encoding") => {
                Ok(super::statics::encoding_method(kind, lower, arguments))
            }
            (super::access::MEMBERS, "copy", []) => Ok(match object.get("BaseObject") {
                Some(Value::Object(base)) => Some(Value::Object(base.copy())),
                other => other,
            }),
            (super::node::LOGGER, "toxml", []) => Ok(Some(logged(object, LOG_XML))),
            (super::node::LOGGER, "tohtml", []) => Ok(Some(logged(object, LOG_HTML))),
            ("System.Management.Automation.PSCredential", "getnetworkcredential", []) => {
                let password = match object.get("Password") {
                    Some(Value::Secret(secret)) => secret.reveal().to_owned(),
                    _ => String::new(),
                };
                let whole = object.get("UserName").map(|name| to_text(&name)).unwrap_or_default();
                let (domain, name) = whole.split_once('\\').unwrap_or(("", &whole));
                Ok(Some(Value::Object(
                    Object::new("System.Net.NetworkCredential")
                        .with("UserName", name)
                        .with("Password", password)
                        .with("Domain", domain),
                )))
            }
            _ => super::instances::method(self, object, lower, arguments),
        }
    }
}

/// What stands before all lines of a log, around each of them, and after all.
type Around = [&'static str; 4];
const LOG_XML: Around = ["<Log>\r\n", "  <Line>", "</Line>\r\n", "</Log>\r\n"];
const LOG_HTML: Around = [
    "<!DOCTYPE html>\r\n<html><head><title>Log</title></head><body>\r\n",
    "<p>",
    "</p>\r\n",
    "</body></html>\r\n",
];

/// The lines of a log as a document.
fn logged(log: &Object, [begin, open, close, end]: Around) -> Value {
    let lines = log.get("Lines").map(|lines| list_of(&lines)).unwrap_or_default();
    let mut text = begin.to_owned();
    for line in lines.items() {
        let line = to_text(line);
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.push_str(&format!("{open}{line}{close}"));
    }
    Value::from(text + end)
}

fn map_method(map: &Map, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    Ok(Some(match (name, arguments) {
        ("add", [key, value]) => {
            if map.get(key).is_some() {
                let own = map.entries().into_iter().map(|(own, _)| to_text(&own));
                let key = to_text(key);
                let own = own.into_iter().find(|own| own.eq_ignore_ascii_case(&key));
                let why = format!(
                    "Item has already been added. Key in dictionary: '{}'  Key being added: '{key}'",
                    own.as_deref().unwrap_or(&key)
                );
                return Err(bad_argument("Add", 2, "ArgumentException", &why));
            }
            map.set(key.clone(), value.clone());
            nothing()
        }
        ("remove", [key]) => {
            drop(map.remove(key));
            nothing()
        }
        ("containskey" | "contains", [key]) => Value::Bool(map.get(key).is_some()),
        ("containsvalue", [value]) => {
            Value::Bool(map.entries().iter().any(|(_, own)| is_equal(own, value, true)))
        }
        ("insert", [at, key, value]) if map.is_ordered() => {
            let mut entries = map.entries();
            let at = super::access::position(at, entries.len())?.min(entries.len());
            entries.insert(at, (key.clone(), value.clone()));
            map.clear();
            for (key, value) in entries {
                map.set(key, value);
            }
            nothing()
        }
        ("clear", []) => {
            map.clear();
            nothing()
        }
        ("clone", []) => {
            let copy = map.empty();
            for (key, value) in map.entries() {
                copy.set(key, value);
            }
            Value::Map(copy)
        }
        ("getenumerator", []) => Value::list(entries(map)),
        ("item" | "get_item", [key]) => map.get(key).unwrap_or_default(),
        _ => return Ok(None),
    }))
}

/// Type of what is in a dictionary.
const PAIR: &str = "System.Collections.Generic.KeyValuePair`2";

/// A hashtable's entries as objects.
pub(crate) fn entries(map: &Map) -> Vec<Value> {
    if map.is_dictionary() {
        let pair = |(key, value): (Value, Value)| {
            let shown = format!("[{}, {}]", to_text(&key), to_text(&value));
            let pair = Object::new(PAIR).shown_as(&shown);
            Value::Object(pair.with("Key", key).with("Value", value))
        };
        return map.entries().into_iter().map(pair).collect();
    }
    let entry = |(key, value): (Value, Value)| {
        Value::Object(
            Object::new("System.Collections.DictionaryEntry")
                .shown_as("System.Collections.DictionaryEntry")
                .with("Name", key.clone())
                .with("Key", key)
                .with("Value", value),
        )
    };
    map.entries().into_iter().map(entry).collect()
}
