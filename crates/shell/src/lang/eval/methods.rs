//! Methods of values: the common ones of lists, hashtables and times; those of strings are in
//! `strings`.

use crate::lang::ast::Expr;
use crate::lang::error::{Category, Error};
use crate::lang::numeric::format_value;
use crate::lang::object::{List, Map, Object};
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::{shown_time, time_text, to_text};
use crate::lang::types::{self, type_of};
use crate::lang::value::Value;

/// What a method that gives nothing gives.
fn nothing() -> Value {
    Value::List(List::default())
}

fn no_method(value: &Value, name: &str) -> Stop {
    let message = format!(
        "Method invocation failed because [{}] does not contain a method named '{name}'.",
        type_of(value)
    );
    Error::new(Category::InvalidOperation, "MethodNotFound", message)
        .exception("RuntimeException")
        .into()
}

pub(super) fn bad_argument(name: &str, why: &str) -> Stop {
    let message = format!("Exception calling \"{name}\": \"{why}\"");
    Error::new(Category::NotSpecified, "ArgumentException", message)
        .exception("MethodInvocationException")
        .into()
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
        if let (Value::List(list), "foreach" | "where", [Value::Block(block), ..]) =
            (value, lower.as_str(), arguments)
        {
            return self.list_blocks(list, &lower, block);
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
            Value::List(list) => list_value_method(list, &lower, arguments),
            Value::Map(map) => map_method(map, &lower, arguments)?,
            Value::Time(ms) => time_method(*ms, &lower, arguments),
            Value::Block(block) if matches!(lower.as_str(), "invoke" | "invokereturnasis") => {
                let mut values: Vec<Value> = Vec::new();
                let given = arguments.iter().map(|v| {
                    crate::lang::bind::Given::unnamed(v.clone(), crate::lang::ast::Span::default())
                });
                self.call_block("", block, given.collect(), None, true, &mut values)?;
                Some(super::one_or_list(values))
            }
            Value::Object(object) => self.object_method(object, &lower, arguments)?,
            _ => None,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        match (lower.as_str(), arguments) {
            ("tostring", []) => Ok(Value::from(match value {
                Value::Time(ms) => shown_time(*ms),
                other => to_text(other),
            })),
            ("tostring", [format]) => Ok(Value::from(format_value(value, &to_text(format)))),
            ("equals", [other]) => Ok(Value::Bool(is_equal(value, other, true))),
            ("gettype", []) => {
                let name = type_of(value).to_ascii_lowercase();
                let bare = name.strip_prefix("system.").unwrap_or(&name);
                let is_array = bare.ends_with("[]");
                let name = bare.trim_end_matches("[]").into();
                Ok(Value::Type(crate::lang::ast::TypeName { name, is_array }))
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

    fn list_blocks(
        &mut self,
        list: &List,
        name: &str,
        block: &std::sync::Arc<crate::lang::ast::ScriptBlock>,
    ) -> Outcome<Value> {
        let mut results: Vec<Value> = Vec::new();
        for item in list.items() {
            let values = self.block_with(block, item)?;
            if name == "foreach" {
                results.extend(values);
            } else if types::is_true(&super::one_or_list(values)) {
                results.push(item.clone());
            }
        }
        Ok(Value::List(List::new(results)))
    }

    /// Methods of lists held by a variable that change the list.
    pub(super) fn list_method(
        &mut self,
        variable: &str,
        name: &str,
        arguments: &[Expr],
    ) -> Outcome<Option<Value>> {
        const CHANGING: [&str; 9] = [
            "add",
            "addrange",
            "insert",
            "remove",
            "removeat",
            "clear",
            "sort",
            "reverse",
            "removerange",
        ];
        let lower = name.to_ascii_lowercase();
        let is_list = matches!(self.scope.get(variable), Some(Value::List(_)));
        if !is_list || !CHANGING.contains(&lower.as_str()) {
            return Ok(None);
        }
        let arguments = self.expressions(arguments)?;
        let Some((scope, mut value)) = self.scope.take(variable) else {
            return Ok(None);
        };
        let result = match &mut value {
            Value::List(list) => change_list(list, &lower, &arguments),
            _ => Ok(nothing()),
        };
        scope.put_back(variable, value);
        result.map(Some)
    }

    fn object_method(
        &mut self,
        object: &Object,
        lower: &str,
        arguments: &[Value],
    ) -> Outcome<Option<Value>> {
        match (object.type_name(), lower, arguments) {
            (
                "System.Management.Automation.PSScriptCmdlet",
                "shouldprocess",
                [target, rest @ ..],
            ) => {
                let operation = match rest.first() {
                    Some(operation) => to_text(operation),
                    None => object.get("Name").map(|name| to_text(&name)).unwrap_or_default(),
                };
                self.should_process(&operation, &to_text(target)).map(|yes| Some(Value::Bool(yes)))
            }
            ("System.Management.Automation.PSScriptCmdlet", "shouldcontinue", [query, ..]) => {
                self.confirm("Confirm", &to_text(query)).map(|yes| Some(Value::Bool(yes)))
            }
            ("System.Text.UTF8Encoding", "getbytes", [text]) => {
                Ok(Some(Value::Bytes(to_text(text).into_bytes().into())))
            }
            ("System.Text.UTF8Encoding", "getstring", [bytes]) => {
                let bytes = crate::lang::bind::coerce(crate::cmdlet::Kind::Bytes, bytes, None);
                Ok(match bytes {
                    Ok(Value::Bytes(bytes)) => {
                        Some(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
                    }
                    _ => None,
                })
            }
            ("System.Management.Automation.PSCredential", "getnetworkcredential", []) => {
                let password = match object.get("Password") {
                    Some(Value::Secret(secret)) => secret.reveal().to_owned(),
                    _ => String::new(),
                };
                Ok(Some(Value::Object(
                    Object::new("System.Net.NetworkCredential")
                        .with("UserName", object.get("UserName"))
                        .with("Password", password),
                )))
            }
            _ => Ok(None),
        }
    }
}

fn change_list(list: &mut List, name: &str, arguments: &[Value]) -> Outcome<Value> {
    let place =
        |at: &Value, length: usize| super::access::position(at, length).map(|at| at.min(length));
    let length = list.len();
    match (name, arguments) {
        ("add", [value]) => {
            if length >= crate::limits::COLLECTED_MAX {
                return Err(bad_argument(name, "The list would be too large."));
            }
            list.items_mut().push(value.clone());
        }
        ("addrange", [values]) => {
            let values = types::list_of(values);
            list.items_mut().extend_from_slice(values.items());
        }
        ("insert", [at, value]) => {
            let at = place(at, length)?;
            list.items_mut().insert(at, value.clone());
        }
        ("remove", [value]) => {
            let found = list.items().iter().position(|own| is_equal(own, value, true));
            if let Some(at) = found {
                list.items_mut().remove(at);
            }
        }
        ("removeat", [at]) => {
            let at = place(at, length)?;
            if at >= length {
                return Err(super::access::out_of_range());
            }
            list.items_mut().remove(at);
        }
        ("clear", []) => list.items_mut().clear(),
        ("sort", []) => {
            list.items_mut().sort_by(|a, b| crate::lang::operate::sort_order(a, b, false));
        }
        ("reverse", []) => list.items_mut().reverse(),
        _ => return Err(no_method(&Value::List(list.clone()), name)),
    }
    Ok(nothing())
}

fn list_value_method(list: &List, name: &str, arguments: &[Value]) -> Option<Value> {
    let find = |value: &Value| list.items().iter().position(|own| is_equal(own, value, true));
    let found_at = |at: Option<usize>| match at {
        Some(at) => Value::from(at),
        None => Value::Int(-1),
    };
    Some(match (name, arguments) {
        ("contains", [value]) => Value::Bool(find(value).is_some()),
        ("indexof", [value]) => found_at(find(value)),
        ("toarray" | "clone", []) => Value::List(list.clone()),
        ("getenumerator", []) => Value::List(list.clone()),
        ("tostring", []) => Value::from("System.Object[]"),
        ("getvalue", [at]) => super::access::position(at, list.len())
            .ok()
            .and_then(|at| list.items().get(at).cloned())?,
        ("gettype" | "equals" | "gethashcode", _) => return None,
        _ => return None,
    })
}

fn map_method(map: &Map, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    Ok(Some(match (name, arguments) {
        ("add", [key, value]) => {
            if map.get(key).is_some() {
                let why =
                    format!("Item has already been added. Key in dictionary: '{}'", to_text(key));
                return Err(bad_argument("Add", &why));
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
        ("clear", []) => {
            map.clear();
            nothing()
        }
        ("clone", []) => {
            let copy = if map.is_ordered() { Map::ordered() } else { Map::new() };
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

/// A hashtable's entries as objects.
pub(crate) fn entries(map: &Map) -> Vec<Value> {
    let entry = |(key, value): (Value, Value)| {
        Value::Object(
            Object::new("System.Collections.DictionaryEntry")
                .shown_as("System.Collections.DictionaryEntry")
                .with("Name", key.clone())
                .with("Value", value)
                .with("Key", key),
        )
    };
    map.entries().into_iter().map(entry).collect()
}

fn time_method(ms: i64, name: &str, arguments: &[Value]) -> Option<Value> {
    let amount = |value: &Value| match types::number(value) {
        Some(Value::Int(number)) => Some(number as f64),
        Some(Value::Float(number)) => Some(number),
        _ => None,
    };
    let shifted = |value: &Value, unit: f64| {
        Some(Value::Time(ms.saturating_add((amount(value)? * unit) as i64)))
    };
    match (name, arguments) {
        ("adddays", [by]) => shifted(by, 86_400_000.0),
        ("addhours", [by]) => shifted(by, 3_600_000.0),
        ("addminutes", [by]) => shifted(by, 60_000.0),
        ("addseconds", [by]) => shifted(by, 1_000.0),
        ("addmilliseconds", [by]) => shifted(by, 1.0),
        ("addmonths", [by]) => add_months(ms, amount(by)?),
        ("addyears", [by]) => add_months(ms, amount(by)? * 12.0),
        ("add", [Value::Duration(by)]) => Some(Value::Time(ms.saturating_add(*by))),
        ("subtract", [Value::Duration(by)]) => Some(Value::Time(ms.saturating_sub(*by))),
        ("subtract", [Value::Time(other)]) => Some(Value::Duration(ms.saturating_sub(*other))),
        ("touniversaltime" | "tolocaltime", []) => Some(Value::Time(ms)),
        ("toshortdatestring", []) => Some(Value::from(time_text(ms, "d"))),
        ("tolongdatestring", []) => Some(Value::from(time_text(ms, "D"))),
        ("toshorttimestring", []) => Some(Value::from(time_text(ms, "t"))),
        ("tolongtimestring", []) => Some(Value::from(time_text(ms, "T"))),
        _ => None,
    }
}

fn add_months(ms: i64, months: f64) -> Option<Value> {
    let moment = jiff::Timestamp::from_millisecond(ms).ok()?;
    let span = jiff::Span::new().try_months(months as i64).ok()?;
    let zoned = moment.to_zoned(jiff::tz::TimeZone::system()).checked_add(span).ok()?;
    Some(Value::Time(zoned.timestamp().as_millisecond()))
}
