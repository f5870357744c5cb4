//! Members and items of values: `.Name`, `[0]`, `::Now`.

use std::sync::Arc;

use crate::lang::ast::{Access, Expr, ExprKind, MemberName, Span};
use crate::lang::bind::Given;
use crate::lang::error::{Category, Error};
use crate::lang::number::{Number, Width};
use crate::lang::object::{List, Map, Object};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, type_of};
use crate::lang::value::Value;

impl Shell {
    pub(super) fn access(&mut self, target: &Expr, accesses: &[(Access, Span)]) -> Outcome<Value> {
        if let [(Access::Method(name, arguments), _)] = accesses
            && let ExprKind::Variable(variable) = &target.kind
        {
            let name = self.member_name(name)?;
            if let Some(result) = self.list_method(variable, &name, arguments)? {
                return Ok(result);
            }
        }
        if let [(Access::StaticMethod(name, arguments), _)] = accesses
            && let (ExprKind::Type(kind), [only]) = (&target.kind, arguments.as_slice())
            && &*kind.name == "array"
            && let ExprKind::Variable(variable) = &only.kind
            && self.reorder(variable, name)?
        {
            return Ok(super::methods::nothing());
        }
        if let Some(result) = self.change_properties(target, accesses)? {
            return Ok(result);
        }
        if let Some(result) = self.change_type_names(target, accesses)? {
            return Ok(result);
        }
        let mut value = self.expression(target)?;
        for (access, span) in accesses {
            value = self.follow(&value, access).map_err(|stop| self.place(stop, *span))?;
            if let Value::List(list) = value {
                value = Value::List(list.fresh());
            }
        }
        Ok(value)
    }

    /// One step into a value.
    pub(super) fn follow(&mut self, value: &Value, access: &Access) -> Outcome<Value> {
        match access {
            Access::Member(name) => {
                let name = self.member_name(name)?;
                let found = self.member_value(value, &name)?;
                let is_count = ["Count", "Length"].iter().any(|n| n.eq_ignore_ascii_case(&name));
                if found.is_null() || (is_count && self.is_strict()) {
                    self.must_have(value, &name)?;
                }
                Ok(found)
            }
            Access::Method(name, arguments) => {
                let name = self.member_name(name)?;
                let arguments = self.expressions(arguments)?;
                self.call_method(value, &name, &arguments)
            }
            Access::Static(name) => super::statics::member(self, value, name),
            Access::StaticMethod(name, arguments) => {
                let arguments = self.expressions(arguments)?;
                super::statics::call(self, value, name, &arguments)
            }
            Access::Index(index) => {
                let index = self.expression(index)?;
                self.must_reach(value, &index)?;
                item(value, &index)
            }
        }
    }

    /// A member's value, those included that are worked out when they are asked for.
    pub(crate) fn member_value(&mut self, value: &Value, name: &str) -> Outcome<Value> {
        if let Value::Object(object) = value
            && object.get(name).is_none()
            && let Some(found) =
                super::instances::property(self, object, &name.to_ascii_lowercase())
        {
            return Ok(found);
        }
        let found = member(value, name);
        match &found {
            Value::Object(property) if property.type_name() == SCRIPT_PROPERTY => {
                self.worked_out(property, value, &[])
            }
            Value::List(items) if matches!(value, Value::List(_)) && is_any_worked_out(items) => {
                let Value::List(owners) = value else { return Ok(found) };
                let values: Outcome<Vec<Value>> =
                    owners.items().iter().map(|owner| self.member_value(owner, name)).collect();
                Ok(super::one_or_list(values?))
            }
            _ => Ok(found),
        }
    }

    /// What the block of a script property or method gives, with its object as `$this`.
    pub(super) fn worked_out(
        &mut self,
        member: &Object,
        this: &Value,
        arguments: &[Value],
    ) -> Outcome<Value> {
        let Some(Value::Block(block)) = member.get("Value") else {
            return Ok(Value::Null);
        };
        let before = self.scope.get("this");
        self.scope.set("this", this.clone());
        let given = arguments.iter().map(|value| Given::unnamed(value.clone(), Span::default()));
        let mut values: Vec<Value> = Vec::new();
        let result = self.call_block("", &block, given.collect(), None, true, &mut values);
        self.scope.set("this", before.unwrap_or_default());
        result.map(|()| super::one_or_list(values))
    }

    /// `$o.PSObject.Properties.Remove('x')` and `.Add(…)`: what changes is the object.
    fn change_properties(
        &mut self,
        target: &Expr,
        accesses: &[(Access, Span)],
    ) -> Outcome<Option<Value>> {
        let fixed = |access: &Access, wanted: &str| match access {
            Access::Member(MemberName::Fixed(name)) => name.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        let [before @ .., (first, _), (second, _), (Access::Method(name, arguments), _)] = accesses
        else {
            return Ok(None);
        };
        if !fixed(first, "PSObject") || !fixed(second, "Properties") {
            return Ok(None);
        }
        let name = self.member_name(name)?;
        let arguments = self.expressions(arguments)?;
        let mut holder = self.expression(target)?;
        for (access, _) in before {
            holder = self.follow(&holder, access)?;
        }
        let (Value::Object(object), [argument, ..]) = (&holder, arguments.as_slice()) else {
            return Ok(None);
        };
        match (name.to_ascii_lowercase().as_str(), argument) {
            ("remove", name) => drop(object.remove(&to_text(name))),
            ("add", Value::Object(note)) => {
                let name = note.get("Name").map(|name| to_text(&name)).unwrap_or_default();
                object.set(&name, note.get("Value").unwrap_or_default());
            }
            ("match", pattern) => {
                let pattern = to_text(pattern);
                let Value::List(all) = member(&member(&holder, "PSObject"), "Properties") else {
                    return Ok(None);
                };
                let fits = |item: &&Value| {
                    crate::lang::text::is_like(&to_text(&member(item, "Name")), &pattern, false)
                };
                return Ok(Some(Value::list(all.items().iter().filter(fits).cloned())));
            }
            _ => return Ok(None),
        }
        Ok(Some(super::methods::nothing()))
    }

    pub(super) fn expressions(&mut self, expressions: &[Expr]) -> Outcome<Vec<Value>> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }
}

/// Type of what `.PSObject` gives.
pub(super) const MEMBERS: &str = "System.Management.Automation.PSObject";
/// Type of what `Add-Member ScriptProperty` puts into an object.
pub(crate) const SCRIPT_PROPERTY: &str = "System.Management.Automation.PSScriptProperty";
/// Type of what `Add-Member ScriptMethod` puts into an object.
pub(crate) const SCRIPT_METHOD: &str = "System.Management.Automation.PSScriptMethod";
/// Type of what `Add-Member AliasProperty` puts into an object.
pub(crate) const ALIAS_PROPERTY: &str = "System.Management.Automation.PSAliasProperty";

fn is_any_worked_out(items: &List) -> bool {
    items.items().iter().any(|item| match item {
        Value::Object(object) => object.type_name() == SCRIPT_PROPERTY,
        _ => false,
    })
}

/// A member's value; `$null` if there is none, as in PowerShell.
pub(crate) fn member(value: &Value, name: &str) -> Value {
    own_member(value, name).unwrap_or_default()
}

/// A member's value, if the value has such a member.
pub(crate) fn own_member(value: &Value, name: &str) -> Option<Value> {
    let lower = name.to_ascii_lowercase();
    let found = match value {
        Value::Object(object) => match object.get(name) {
            Some(Value::Object(alias)) if alias.type_name() == ALIAS_PROPERTY => {
                let meant = alias.get("Value").map(|name| to_text(&name)).unwrap_or_default();
                (!meant.eq_ignore_ascii_case(name)).then(|| object.get(&meant)).flatten()
            }
            found => found.or_else(|| object_member(object, &lower)),
        },
        Value::Map(map) => map.get_text(name).or_else(|| map_member(map, &lower)),
        Value::String(text) if lower == "length" => Some(Value::from(text.chars().count())),
        Value::String(text) if lower == "guid" => {
            text.parse::<uuid::Uuid>().ok().map(|_| value.clone())
        }
        Value::String(text) => crate::lang::proxy_address::part(text, &lower),
        Value::Bytes(bytes) if matches!(lower.as_str(), "length" | "count") => {
            Some(Value::from(bytes.len()))
        }
        Value::List(list) => return list_member(list, name, &lower),
        Value::Time(ms) => super::times::member(*ms, &lower),
        Value::Told(clock, _) if lower == "kind" => Some(super::times::kind(Some(*clock))),
        Value::Told(clock, ms) => match super::times::member(*ms, &lower) {
            Some(Value::Time(ms)) => Some(Value::Told(*clock, ms)),
            found => found,
        },
        Value::Duration(ms) => super::times::duration_member(*ms, &lower),
        Value::Error(error) => super::thrown::member(error, &lower),
        Value::Xml(xml) => crate::lang::xml::member(xml, name),
        Value::Secret(secret) if lower == "length" => {
            Some(Value::from(secret.reveal().chars().count()))
        }
        // Of a switch.
        Value::Bool(on) if lower == "ispresent" => Some(Value::Bool(*on)),
        Value::Enum(named) if lower == "value__" => Some(Value::Int(named.number)),
        Value::Type(name) => super::kinds::member(name, &lower),
        Value::Block(block) if lower == "ast" => Some(Value::from(block.text())),
        _ => None,
    };
    found.or_else(|| match (lower.as_str(), value) {
        ("count" | "length", Value::Null) => Some(Value::Int(0)),
        ("count" | "length", _) => Some(Value::Int(1)),
        _ => None,
    })
}

fn object_member(object: &Object, lower: &str) -> Option<Value> {
    match lower {
        "psobject" => {
            let property = |(name, value): &(Arc<str>, Value)| {
                Value::Object(
                    Object::new("System.Management.Automation.PSNoteProperty")
                        .with("Name", Value::from(name.clone()))
                        .with("Value", value.clone())
                        .with("MemberType", "NoteProperty"),
                )
            };
            let properties = Value::list(object.properties().iter().map(property));
            let names = Value::list(super::type_names::all(object));
            Some(Value::Object(
                Object::new(MEMBERS)
                    .with("Properties", properties)
                    .with("TypeNames", names)
                    .with("BaseObject", Value::Object(object.clone())),
            ))
        }
        "pstypenames" => Some(Value::list(super::type_names::all(object))),
        "length" => object.as_text().map(|text| Value::from(text.chars().count())),
        _ => None,
    }
}

fn map_member(map: &Map, lower: &str) -> Option<Value> {
    match lower {
        "count" | "length" => Some(Value::from(map.len())),
        "keys" => Some(Value::list(map.entries().into_iter().map(|(key, _)| key))),
        "values" => Some(Value::list(map.entries().into_iter().map(|(_, value)| value))),
        _ => None,
    }
}

/// A list has `Count` and `Length`; any other member is asked of each item.
fn list_member(list: &List, name: &str, lower: &str) -> Option<Value> {
    match lower {
        "count" | "length" => return Some(Value::from(list.len())),
        "rank" => return Some(Value::Int(1)),
        _ => {}
    }
    let mut found = Vec::new();
    for item in list.items() {
        match own_member(item, name) {
            Some(Value::List(inner)) => found.extend_from_slice(inner.items()),
            Some(value) => found.push(value),
            None => {}
        }
    }
    (!found.is_empty()).then(|| super::one_or_list(found))
}

/// `value[index]`
fn item(value: &Value, index: &Value) -> Outcome<Value> {
    match value {
        Value::Null => Err(null_array()),
        Value::Map(map) => match index {
            Value::List(keys) => {
                Ok(Value::list(keys.items().iter().map(|key| map.get(key).unwrap_or_default())))
            }
            at if at.is_number() && map.is_ordered() => {
                let entries = map.entries();
                let at = types::whole(at).and_then(|at| usize::try_from(at).ok());
                Ok(at.and_then(|at| entries.get(at)).map(|(_, v)| v.clone()).unwrap_or_default())
            }
            key => Ok(map.get(key).unwrap_or_default()),
        },
        // One object counts as a list of one.
        Value::Object(object) => Ok(object.get(&to_text(index)).unwrap_or_else(|| {
            let is_itself = matches!(types::number(index), Some(Value::Int(0 | -1)));
            if is_itself { value.clone() } else { Value::Null }
        })),
        // The properties of an object, by name.
        Value::List(list) if matches!(index, Value::String(_)) && is_named(list) => {
            let wanted = to_text(index);
            let found = list
                .items()
                .iter()
                .find(|item| to_text(&member(item, "Name")).eq_ignore_ascii_case(&wanted));
            Ok(found.cloned().unwrap_or_default())
        }
        Value::List(list) => picked(index, list.len(), |at| list.items().get(at).cloned()),
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            picked(index, chars.len(), |at| chars.get(at).map(|c| Value::from(c.to_string())))
        }
        Value::Bytes(bytes) => {
            let byte = |byte: &u8| Number::Whole(Width::Byte, (*byte).into()).into();
            picked(index, bytes.len(), |at| bytes.get(at).map(byte))
        }
        other => match types::number(index) {
            Some(Value::Int(0 | -1)) => Ok(other.clone()),
            _ => {
                let message = format!("Unable to index into an object of type {}.", type_of(other));
                Err(Error::new(Category::InvalidOperation, "CannotIndex", message)
                    .target_value(index)
                    .exception("RuntimeException")
                    .into())
            }
        },
    }
}

fn is_named(list: &List) -> bool {
    list.items().iter().all(|item| match item {
        Value::Object(object) => {
            object.type_name().ends_with("PSNoteProperty")
                || object.type_name().ends_with("RegularExpressions.Group")
        }
        Value::Xml(node) => node.is_attribute(),
        _ => false,
    })
}

fn picked(index: &Value, length: usize, get: impl Fn(usize) -> Option<Value>) -> Outcome<Value> {
    let one = |index: &Value| position(index, length).map(&get);
    match index {
        Value::List(indexes) => {
            let mut found = Vec::new();
            for index in indexes.items() {
                found.extend(one(index)?);
            }
            Ok(Value::List(List::new(found)))
        }
        index => Ok(one(index)?.unwrap_or_default()),
    }
}

/// The place an index means; from the end if negative.
pub(super) fn position(index: &Value, length: usize) -> Outcome<usize> {
    let number = match types::whole(index) {
        Some(number) => number,
        None => {
            let message = format!(
                "Cannot convert value \"{}\" to type \"System.Int32\". Error: \"Input string was \
                 not in a correct format.\"",
                to_text(index)
            );
            return Err(Error::new(
                Category::InvalidArgument,
                "InvalidCastFromStringToInteger",
                message,
            )
            .into());
        }
    };
    let from_end = i64::try_from(length).unwrap_or(i64::MAX).saturating_add(number);
    let at = if number < 0 { from_end } else { number };
    Ok(usize::try_from(at).unwrap_or(usize::MAX))
}

pub(super) fn out_of_range() -> Stop {
    let message = "Index was outside the bounds of the array.";
    Error::new(Category::InvalidOperation, "IndexOutOfRange", message)
        .exception("IndexOutOfRangeException")
        .into()
}

pub(super) fn null_array() -> Stop {
    let message = "Cannot index into a null array.";
    Error::new(Category::InvalidOperation, "NullArray", message)
        .exception("RuntimeException")
        .into()
}
