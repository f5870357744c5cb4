//! Values to the kinds parameters want, with PowerShell's reasons when they do not fit.

use crate::cmdlet::{Kind, Names};
use crate::lang::error::Error;
use crate::lang::object::{List, Map};
use crate::lang::text::{parse_time, to_text};
use crate::lang::types::{list_of, number, type_of, whole};
use crate::lang::value::{Secret, Value};

/// Why a value does not fit.
#[derive(Debug)]
pub struct Coerced(String);

impl Coerced {
    /// The reason.
    pub fn into_message(self) -> String {
        self.0
    }
}

impl From<Error> for Coerced {
    fn from(error: Error) -> Coerced {
        Coerced(error.message)
    }
}

type Result<T> = std::result::Result<T, Coerced>;

fn cannot(value: &Value, type_name: &str, why: &str) -> Coerced {
    Coerced(format!(
        "Cannot convert value \"{}\" to type \"{type_name}\". Error: \"{why}\"",
        to_text(value)
    ))
}

/// The value as a kind wants it; `raw` is what was typed, where that differs.
///
/// # Errors
/// If it does not fit; the reason, which never holds a secret.
pub fn coerce(kind: Kind, value: &Value, raw: Option<&str>) -> Result<Value> {
    let text = |value: &Value| Value::from(raw.map_or_else(|| to_text(value), str::to_owned));
    match kind {
        Kind::Any | Kind::Properties => Ok(value.clone()),
        Kind::Switch => Ok(Value::Bool(crate::lang::types::is_true(value))),
        Kind::Bool => boolean(value),
        // $null stays $null: for most parameters it means "none".
        _ if value.is_null() => Ok(Value::Null),
        Kind::File if matches!(value, Value::Bytes(_)) => Ok(value.clone()),
        Kind::String | Kind::Fqdn | Kind::File => single(value, kind).map(text),
        Kind::Identity => identity(value, raw),
        Kind::Filter => Ok(match value {
            Value::Block(block) => Value::from(block.text().trim()),
            other => text(other),
        }),
        Kind::Int => integer(value, i64::from(i32::MIN), i64::from(i32::MAX), "System.Int32"),
        Kind::UInt16 => integer(value, 0, 65_535, "System.UInt16"),
        Kind::Port => integer(value, 1, 65_535, "System.UInt16"),
        Kind::Float => match number(value) {
            Some(Value::Int(number)) => Ok(Value::Float(number as f64)),
            Some(number) => Ok(number),
            None => Err(cannot(value, "System.Double", WRONG_FORMAT)),
        },
        Kind::Unlimited => match to_text(value).to_ascii_lowercase().as_str() {
            "unlimited" => Ok(Value::from("unlimited")),
            _ => integer(value, 0, i64::from(i32::MAX), "Unlimited"),
        },
        Kind::Enum(names) => single(value, kind).and_then(|value| enumerated(value, names)),
        Kind::EnumList(names) => enumerated_list(value, names),
        Kind::StringList => Ok(texts(value, raw)),
        Kind::IntList => {
            let items = list_of(value);
            let whole = |value| integer(value, i64::from(i32::MIN), i64::from(i32::MAX), "Int32");
            let items: Result<Vec<Value>> = items.items().iter().map(whole).collect();
            items.map(|items| Value::List(List::new(items)))
        }
        Kind::MultiValued => multi_valued(value, raw),
        Kind::Secret => secret_only(value),
        Kind::Credential => credential(value),
        Kind::Time => time(value),
        Kind::Bytes => bytes(value),
        Kind::Map => match value {
            Value::Map(_) => Ok(value.clone()),
            _ => Err(cannot(value, "System.Collections.Hashtable", "It is not a hashtable.")),
        },
        Kind::Block => match value {
            Value::Block(_) => Ok(value.clone()),
            _ => Err(cannot(
                value,
                "System.Management.Automation.ScriptBlock",
                "It is not a script block.",
            )),
        },
        Kind::AnyList => Ok(Value::List(list_of(value))),
    }
}

fn secret_only(value: &Value) -> Result<Value> {
    match value {
        Value::Secret(_) => Ok(value.clone()),
        other => Err(Coerced(format!(
            "Cannot convert the value of type \"{}\" to type \"System.Security.SecureString\": use \
             Read-Host -AsSecureString or ConvertTo-SecureString -AsPlainText -Force.",
            type_of(other)
        ))),
    }
}

fn credential(value: &Value) -> Result<Value> {
    match value {
        Value::Object(object) if object.get("Password").is_some() => Ok(value.clone()),
        _ => Err(Coerced("Cannot convert the value to a credential: use Get-Credential.".into())),
    }
}

fn time(value: &Value) -> Result<Value> {
    match value {
        // A cmdlet asks for the moment, whoever's clock shows it.
        Value::Time(_) | Value::Told(..) => {
            let ms = crate::lang::eval::moment_of(value);
            return Ok(ms.map_or(Value::Null, Value::Time));
        }
        _ => {}
    }
    let time = parse_time(&to_text(value));
    time.map(Value::Time).ok_or_else(|| {
        cannot(value, "System.DateTime", &crate::lang::moment::refusal(&to_text(value)))
    })
}

const WRONG_FORMAT: &str = "Input string was not in a correct format.";

/// Lists do not fit where one value is wanted, unless they have only one.
fn single(value: &Value, kind: Kind) -> Result<&Value> {
    match value {
        Value::List(list) => match list.items() {
            [only] => Ok(only),
            _ => Err(Coerced(format!(
                "Cannot convert 'System.Object[]' to the type '{}' required by the parameter. \
                 Specified method is not supported.",
                kind.name()
            ))),
        },
        Value::Secret(_) => Err(Coerced("A SecureString cannot be used here.".into())),
        other => Ok(other),
    }
}

fn boolean(value: &Value) -> Result<Value> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        number if number.is_number() => Ok(Value::Bool(crate::lang::types::is_true(number))),
        other => Err(Coerced(format!(
            "Cannot convert value \"{}\" to type \"System.Boolean\". Boolean parameters accept \
             only Boolean values and numbers, such as $True, $False, 1 or 0.",
            type_of(other)
        ))),
    }
}

fn identity(value: &Value, raw: Option<&str>) -> Result<Value> {
    match single(value, Kind::Identity)? {
        textual if textual.is_textual() => Ok(Value::from(to_text(textual))),
        Value::Object(object) => {
            let found = ["Identity", "Name", "Guid"].iter().find_map(|name| object.get(name));
            match found {
                Some(identity) => Ok(Value::from(to_text(&identity))),
                None => Err(cannot(value, "Identity", "The object has no identity.")),
            }
        }
        Value::Map(_) | Value::Block(_) => {
            Err(cannot(value, "Identity", "It does not name an object."))
        }
        other => Ok(Value::from(raw.map_or_else(|| to_text(other), str::to_owned))),
    }
}

fn integer(value: &Value, min: i64, max: i64, type_name: &str) -> Result<Value> {
    let value = single(value, Kind::Int)?;
    let found = whole(value).ok_or_else(|| cannot(value, type_name, WRONG_FORMAT))?;
    if (min..=max).contains(&found) {
        return Ok(Value::Int(found));
    }
    let why = format!("Value was either too large or too small: it must be {min} to {max}.");
    Err(cannot(value, type_name, &why))
}

fn enumerated(value: &Value, names: &'static Names) -> Result<Value> {
    let text = to_text(value);
    match names.find(&text) {
        Some((name, number)) => Ok(Value::named(names.type_name, name, number)),
        None => Err(cannot(
            value,
            names.type_name,
            &format!(
                "Unable to match the identifier name {text} to a valid enumerator name. Specify \
                 one of the following enumerator names and try again: {}",
                names.names.join(", ")
            ),
        )),
    }
}

fn enumerated_list(value: &Value, names: &'static Names) -> Result<Value> {
    let mut found = Vec::new();
    for item in list_of(value).items() {
        // "IIS,SMTP" in one string names both, as flags do in .NET.
        match item {
            Value::String(text) if text.contains(',') => {
                for part in text.split(',') {
                    found.push(enumerated(&Value::from(part.trim()), names)?);
                }
            }
            other => found.push(enumerated(other, names)?),
        }
    }
    Ok(Value::List(List::new(found)))
}

fn texts(value: &Value, raw: Option<&str>) -> Value {
    match value {
        Value::List(list) => Value::list(list.items().iter().map(to_text)),
        other => Value::list([raw.map_or_else(|| to_text(other), str::to_owned)]),
    }
}

fn multi_valued(value: &Value, raw: Option<&str>) -> Result<Value> {
    let Value::Map(map) = value else {
        return Ok(texts(value, raw));
    };
    let changes = Map::new();
    for (key, value) in map.entries() {
        let name = match to_text(&key).to_ascii_lowercase().as_str() {
            "add" => "Add",
            "remove" => "Remove",
            _ => {
                return Err(Coerced(format!(
                    "The key '{}' is not known: use @{{Add=\"…\"; Remove=\"…\"}}.",
                    to_text(&key)
                )));
            }
        };
        changes.set(Value::from(name), texts(&value, None));
    }
    Ok(Value::Map(changes))
}

fn bytes(value: &Value) -> Result<Value> {
    if let Value::Bytes(_) = value {
        return Ok(value.clone());
    }
    let items = list_of(value);
    let byte = |value: &Value| whole(value).and_then(|number| u8::try_from(number).ok());
    let bytes: Option<Vec<u8>> = items.items().iter().map(byte).collect();
    let why = "It is not a block of bytes: read one with Get-Content -Encoding Byte.";
    bytes.map(|bytes| Value::Bytes(bytes.into())).ok_or_else(|| cannot(value, "System.Byte[]", why))
}

/// Makes a secret out of a text; only `ConvertTo-SecureString` and the prompt do.
pub fn secret(text: &str) -> Value {
    Value::Secret(Secret::new(text))
}
