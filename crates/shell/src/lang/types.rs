//! Names of types and conversion to them: `[int]"5"`, `-as`, `-is`, parameters of functions.

use super::ast::TypeName;
use super::error::{Category, Error};
use super::number::{Number, convert};
use super::object::{List, ListKind, Map, Object};
use super::text::to_text;
use super::value::{Secret, Value};

/// A type's name as .NET spells it.
pub fn full_name(name: &TypeName) -> String {
    let known = match &*name.name {
        "int" | "int32" => "System.Int32",
        "long" | "int64" => "System.Int64",
        "string" => "System.String",
        "bool" | "boolean" => "System.Boolean",
        "double" => "System.Double",
        "single" | "float" => "System.Single",
        "decimal" => "System.Decimal",
        "char" => "System.Char",
        "byte" => "System.Byte",
        "sbyte" => "System.SByte",
        "int16" => "System.Int16",
        "uint64" => "System.UInt64",
        "uint16" => "System.UInt16",
        "uint32" => "System.UInt32",
        "datetime" => "System.DateTime",
        "timespan" => "System.TimeSpan",
        "hashtable" | "collections.hashtable" => "System.Collections.Hashtable",
        "array" => "System.Array",
        "object" => "System.Object",
        "xml" | "xml.xmldocument" => "System.Xml.XmlDocument",
        "pscustomobject" | "psobject" => super::object::CUSTOM_OBJECT,
        "switch" => "System.Management.Automation.SwitchParameter",
        "scriptblock" => "System.Management.Automation.ScriptBlock",
        "securestring" | "security.securestring" => "System.Security.SecureString",
        "guid" => "System.Guid",
        "dayofweek" => "System.DayOfWeek",
        "uri" => "System.Uri",
        "mailaddress" | "net.mail.mailaddress" => "System.Net.Mail.MailAddress",
        "ipaddress" | "net.ipaddress" => "System.Net.IPAddress",
        "regex" => "System.Text.RegularExpressions.Regex",
        "math" => "System.Math",
        "cultureinfo" => super::culture::CULTURE,
        other => match &name.spelled {
            Some(spelled) if other.ends_with("exception") => {
                return super::error::full_exception(spelled);
            }
            Some(spelled) => spelled,
            None => other,
        },
    };
    if name.is_array { format!("{known}[]") } else { known.to_owned() }
}

/// The name of a value's own type.
pub fn type_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "System.Boolean".into(),
        Value::Int(_) | Value::Float(_) | Value::Number(_) => {
            Number::of(value).map_or_else(String::new, Number::type_name)
        }
        Value::String(_) => "System.String".into(),
        Value::Time(_) | Value::Told(..) => "System.DateTime".into(),
        Value::Duration(_) => "System.TimeSpan".into(),
        Value::Enum(named) => named.type_name.to_string(),
        Value::Secret(_) => "System.Security.SecureString".into(),
        Value::Bytes(_) => "System.Byte[]".into(),
        Value::List(list) => list_type(list.kind()).into(),
        Value::Map(map) => map.type_name().to_string(),
        Value::Object(object) => object.type_name().into(),
        Value::Block(_) => "System.Management.Automation.ScriptBlock".into(),
        Value::Type(_) => "System.RuntimeType".into(),
        Value::Error(_) => "System.Management.Automation.ErrorRecord".into(),
        Value::Xml(xml) => xml.type_name().into(),
    }
}

/// Type of `[regex]'…'`.
pub const REGEX: &str = "System.Text.RegularExpressions.Regex";

/// The name of a kind of list.
pub fn list_type(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Array => "System.Object[]",
        ListKind::ArrayList => "System.Collections.ArrayList",
        ListKind::List => "System.Collections.Generic.List`1",
        ListKind::Queue => "System.Collections.Queue",
        ListKind::Stack => "System.Collections.Stack",
        ListKind::HashSet => "System.Collections.Generic.HashSet`1",
        ListKind::MultiValued => "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]",
    }
}

/// The kind of list a type's name means; lower case, without `System.`.
pub fn list_kind(name: &str) -> Option<ListKind> {
    let generic = |kind: &str| {
        let rest = name.strip_prefix("collections.generic.").unwrap_or(name);
        rest.strip_prefix(kind).is_some_and(|rest| rest.starts_with('['))
    };
    Some(match name {
        "collections.arraylist" | "arraylist" => ListKind::ArrayList,
        "collections.queue" => ListKind::Queue,
        "collections.stack" => ListKind::Stack,
        _ if generic("list") => ListKind::List,
        _ if generic("queue") => ListKind::Queue,
        _ if generic("stack") => ListKind::Stack,
        _ if generic("hashset") => ListKind::HashSet,
        _ => return None,
    })
}

/// Whether a condition on the value holds.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Number(number) => number.float() != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Enum(named) => named.number != 0,
        Value::List(list) => match list.items() {
            [] => false,
            [Value::List(inner)] => !inner.is_empty(),
            [only] => is_true(only),
            _ => true,
        },
        _ => true,
    }
}

/// `-is`
pub fn is_type(value: &Value, name: &TypeName) -> bool {
    if let Some(inner) = nullable(name) {
        return is_type(value, &inner);
    }
    if name.is_array {
        return matches!(value, Value::List(_))
            || (&*name.name == "byte" && matches!(value, Value::Bytes(_)));
    }
    match (&*name.name, value) {
        ("array", Value::List(list)) => list.kind() == ListKind::Array,
        ("collections.ienumerable" | "collections.ilist", Value::List(_)) => true,
        (name, Value::List(list)) if list_kind(name).is_some() => {
            list_kind(name) == Some(list.kind())
        }
        ("guid", Value::String(text)) => text.parse::<uuid::Uuid>().is_ok(),
        ("hashtable" | "collections.idictionary", Value::Map(_)) => true,
        ("pscustomobject" | "psobject", Value::Object(object)) => object.is_custom(),
        ("object", value) => !value.is_null(),
        ("valuetype", Value::Bool(_) | Value::Time(_) | Value::Told(..) | Value::Duration(_)) => {
            true
        }
        ("valuetype", value) if value.is_number() => true,
        (name, value) => {
            let own = type_of(value).to_ascii_lowercase();
            let wanted = full_name(&TypeName::plain(name));
            own == wanted.to_ascii_lowercase()
                || own.rsplit('.').next() == Some(name)
                || own.strip_prefix("system.") == Some(name)
        }
    }
}

pub(super) fn cannot(value: &Value, name: &TypeName, why: &str) -> Error {
    let why = if why.is_empty() { String::new() } else { format!(" Error: \"{why}\"") };
    let message = format!(
        "Cannot convert value \"{}\" to type \"{}\".{why}",
        to_text(value),
        full_name(name)
    );
    let id = match &*name.name {
        "datetime" | "timespan" | "guid" | "version" | "ipaddress" | "net.ipaddress" => {
            "InvalidCastParseTargetInvocation"
        }
        _ => "InvalidCastFromStringToInteger",
    };
    Error::new(Category::InvalidArgument, id, message).exception("RuntimeException")
}

/// The error for a value of a type that nothing leads from to the one that is wanted.
pub(super) fn no_way(value: &Value, name: &TypeName) -> Error {
    let own = type_of(value);
    let shown = match value {
        Value::List(_) | Value::Map(_) | Value::Bytes(_) => own.clone(),
        other => to_text(other),
    };
    let message = format!(
        "Cannot convert the \"{shown}\" value of type \"{own}\" to type \"{}\".",
        full_name(name)
    );
    Error::new(Category::InvalidArgument, "ConvertToFinalInvalidCastException", message)
        .exception("RuntimeException")
}

/// The value as that type.
///
/// # Errors
/// If it cannot be.
pub fn convert(value: &Value, name: &TypeName) -> Result<Value, Error> {
    if let Some(inner) = nullable(name) {
        return if value.is_null() { Ok(Value::Null) } else { convert(value, &inner) };
    }
    if name.is_array {
        return convert_array(value, name);
    }
    match &*name.name {
        other if convert::is_type(other) => convert::cast(value, name),
        "guid" => match to_text(value).trim_matches(['{', '}']).parse::<uuid::Uuid>() {
            Ok(guid) => Ok(Value::from(guid)),
            Err(_) => Err(cannot(
                value,
                name,
                "Guid should contain 32 digits with 4 dashes \
                                           (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
            )),
        },
        "version" => super::version::parse(&to_text(value)).ok_or_else(|| {
            cannot(value, name, "Version string portion was too short or too long.")
        }),
        "string" => Ok(Value::from(to_text(value))),
        "uri" => Ok(super::address::uri(&to_text(value))),
        "mailaddress" | "net.mail.mailaddress" => super::address::mail_address(&to_text(value))
            .ok_or_else(|| {
                let why = "The specified string is not in the form required for an e-mail address.";
                cannot(value, name, why)
            }),
        "ipaddress" | "net.ipaddress" => super::address::ip_address(&to_text(value))
            .ok_or_else(|| cannot(value, name, "An invalid IP address was specified.")),
        "bool" | "boolean" | "switch" => Ok(Value::Bool(is_true(value))),
        "char" => char_of(value).ok_or_else(|| cannot(value, name, "")),
        "datetime" => match value {
            Value::Time(_) | Value::Told(..) => Ok(value.clone()),
            other => super::moment::read(&to_text(other))
                .ok_or_else(|| cannot(value, name, &super::moment::refusal(&to_text(other)))),
        },
        "cultureinfo" | "globalization.cultureinfo" => super::culture::convert(value),
        // The evaluator makes the object of it: it knows the folder.
        "io.fileinfo" | "io.directoryinfo" if matches!(value, Value::String(_)) => {
            Ok(value.clone())
        }
        _ => convert_holder(value, name),
    }
}

/// Types that hold other values, and those that stand for none.
fn convert_holder(value: &Value, name: &TypeName) -> Result<Value, Error> {
    match &*name.name {
        "timespan" => duration(value)
            .ok_or_else(|| cannot(value, name, "String was not recognized as a valid TimeSpan.")),
        "array" | "object[]" => Ok(Value::List(List::new(list_of(value).items().to_vec()))),
        other if list_kind(other).is_some() => {
            let kind = list_kind(other).unwrap_or_default();
            match value {
                Value::List(list) if list.kind() == kind => Ok(value.clone()),
                _ => Ok(Value::List(List::growing(kind, list_of(value).items().to_vec()))),
            }
        }
        "hashtable" | "collections.hashtable" | "ordered" => match value {
            Value::Map(map) if &*name.name == "ordered" => {
                let ordered = Map::ordered();
                for (key, value) in map.entries() {
                    ordered.set(key, value);
                }
                Ok(Value::Map(ordered))
            }
            Value::Map(_) => Ok(value.clone()),
            _ => Err(cannot(value, name, "")),
        },
        "pscustomobject" | "psobject" => Ok(custom(value)),
        "securestring" | "security.securestring" => match value {
            Value::Secret(_) => Ok(value.clone()),
            Value::String(text) => Ok(Value::Secret(Secret::new(text))),
            _ => Err(cannot(value, name, "")),
        },
        "regex" | "text.regularexpressions.regex" => {
            let pattern = to_text(value);
            super::pattern::compile(&pattern, true)?;
            Ok(Value::Object(Object::new(REGEX).shown_as(&pattern)))
        }
        "void" => Ok(Value::Null),
        "object" | "psobject[]" => Ok(value.clone()),
        "scriptblock" if matches!(value, Value::Block(_)) => Ok(value.clone()),
        other if other.ends_with("exception") => Ok(exception(&full_name(name), &to_text(value))),
        other if other.trim_start_matches("collections.generic.").starts_with("dictionary[") => {
            match value {
                Value::Map(_) => Ok(value.clone()),
                _ => Err(cannot(value, name, "")),
            }
        }
        _ => convert_name(value, name),
    }
}

/// A name out of a set, or what is of that type already.
fn convert_name(value: &Value, name: &TypeName) -> Result<Value, Error> {
    match super::enums::names_of(&name.name) {
        Some(names) => super::enums::value_of(names, &to_text(value)).ok_or_else(|| {
            let why = format!(
                "Unable to match the identifier name {} to a valid enumerator name. Specify one \
                 of the following enumerator names and try again: {}",
                to_text(value),
                names.names.join(", ")
            );
            cannot(value, name, &why)
        }),
        None => match value {
            Value::Object(object) if object.type_name().eq_ignore_ascii_case(&full_name(name)) => {
                Ok(value.clone())
            }
            _ => Err(unknown_type(name)),
        },
    }
}

/// An exception that a script makes, to throw it.
pub fn exception(full: &str, message: &str) -> Value {
    Value::Object(
        Object::new(full)
            .shown_as(&format!("{full}: {message}"))
            .with("Message", message)
            .with("InnerException", Value::Null),
    )
}

/// What `[Nullable[int]]` may be besides `$null`.
fn nullable(name: &TypeName) -> Option<TypeName> {
    let inner = name.name.strip_prefix("nullable[")?.strip_suffix(']')?;
    Some(TypeName::plain(inner.strip_prefix("system.").unwrap_or(inner)))
}

/// The error for a type this shell does not have.
pub fn unknown_type(name: &TypeName) -> Error {
    let spelled = name.spelled.as_deref().unwrap_or(&name.name);
    // Scripts show no more of what they catch than its message.
    let instead = super::absent::instead_of_type(&name.name);
    let message = format!("Unable to find type [{spelled}]. {instead}");
    Error::new(Category::InvalidOperation, "TypeNotFound", message)
        .target(spelled)
        .exception("RuntimeException")
}

fn convert_array(value: &Value, name: &TypeName) -> Result<Value, Error> {
    let item = TypeName { is_array: false, ..name.clone() };
    match (&*name.name, value) {
        ("byte", Value::Bytes(_)) => return Ok(value.clone()),
        ("char", Value::String(text)) => {
            return Ok(Value::list(text.chars().map(|c| Value::from(c.to_string()))));
        }
        _ => {}
    }
    let list = list_of(value);
    let items: Vec<Value> =
        list.items().iter().map(|value| convert(value, &item)).collect::<Result<_, _>>()?;
    if &*name.name == "byte" {
        let byte = |value: &Value| whole(value).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
        return Ok(Value::Bytes(items.iter().map(byte).collect()));
    }
    Ok(Value::List(List::new(items)))
}

/// The value's items, or the value itself as the only one.
pub fn list_of(value: &Value) -> List {
    match value {
        Value::Null => List::default(),
        Value::List(list) => list.clone(),
        Value::Bytes(bytes) => List::new(bytes.iter().map(|b| Value::Int((*b).into())).collect()),
        other => List::new(vec![other.clone()]),
    }
}

fn custom(value: &Value) -> Value {
    match value {
        Value::Map(map) => object_from(map),
        other => other.clone(),
    }
}

/// The object a hashtable describes; `PSTypeName` names its type.
pub fn object_from(map: &Map) -> Value {
    let object = match map.get_text("PSTypeName") {
        Some(name) => Object::new(&to_text(&name)).customized(),
        None => Object::custom(),
    };
    for (key, value) in map.entries() {
        let key = to_text(&key);
        if !key.eq_ignore_ascii_case("PSTypeName") {
            object.set(&key, value);
        }
    }
    Value::Object(object)
}

fn char_of(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text.chars().count() == 1 => Some(value.clone()),
        number if number.is_number() => {
            let c = char::from_u32(u32::try_from(whole(number)?).ok()?)?;
            Some(Value::from(c.to_string()))
        }
        _ => None,
    }
}

/// The milliseconds of a TimeSpan's text: `[days.]hours:minutes:seconds`.
pub(crate) fn read_duration(text: &str) -> Option<i64> {
    match duration(&Value::from(text))? {
        Value::Duration(ms) => Some(ms),
        _ => None,
    }
}

fn duration(value: &Value) -> Option<Value> {
    match value {
        Value::Duration(_) => Some(value.clone()),
        Value::String(text) => {
            let (days, clock) = match text.split_once('.') {
                Some((days, clock)) if clock.contains(':') => (days.parse::<i64>().ok()?, clock),
                _ => (0, &**text),
            };
            if let Ok(days) = text.trim().parse::<i64>() {
                return Some(Value::Duration(days.checked_mul(86_400_000)?));
            }
            let mut parts = clock.split(':');
            let mut next = || parts.next().map_or(Some(0.0), |part| part.parse::<f64>().ok());
            let (hours, minutes, seconds) = (next()?, next()?, next()?);
            let ms = ((hours * 60.0 + minutes) * 60.0 + seconds) * 1_000.0;
            Some(Value::Duration(days.checked_mul(86_400_000)?.checked_add(ms as i64)?))
        }
        // .NET counts ticks of 100 ns.
        ticks if ticks.is_number() => Some(Value::Duration(whole(ticks)? / 10_000)),
        _ => None,
    }
}

/// The value as a number of no particular type, if it can be one: a whole one or a Double.
pub fn number(value: &Value) -> Option<Value> {
    convert::of(value).map(Number::plain)
}

/// The whole number nearest to the value, if it can be one.
pub fn whole(value: &Value) -> Option<i64> {
    convert::of(value).and_then(Number::rounded).and_then(|number| i64::try_from(number).ok())
}
