//! The values of the language. Owns `Value` and its scalar variants; collections are in `object`,
//! conversions in `convert`, operators in `operate`.

use std::fmt;
use std::sync::Arc;

use super::ast::{ScriptBlock, TypeName};
use super::error::Error;
use super::number::Number;
use super::object::{List, Map, Object};
use super::xml::Xml;

/// Anything a variable can hold or a pipeline can carry.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `$null`
    #[default]
    Null,
    /// `$true`, `$false`
    Bool(bool),
    /// Whole number: Int32, or Int64 if it is too large for that.
    Int(i64),
    /// Number with a fraction: Double.
    Float(f64),
    /// Number of another type, or of one wider than it needs.
    Number(Number),
    /// Text.
    String(Arc<str>),
    /// A moment, milliseconds UTC since 1970.
    Time(i64),
    /// A moment that is not told in local time: what the clock shows, as `Time` would show it here.
    Told(Clock, i64),
    /// A length of time in milliseconds.
    Duration(i64),
    /// One of a fixed set of names.
    Enum(Enumerated),
    /// Text that is never shown.
    Secret(Secret),
    /// A block of bytes (`[byte[]]`).
    Bytes(Arc<[u8]>),
    /// A list; shared, and copied when changed through a variable.
    List(List),
    /// A hashtable; one thing however many variables name it.
    Map(Map),
    /// An object with named properties; one thing however many variables name it.
    Object(Object),
    /// A script block.
    Block(Arc<ScriptBlock>),
    /// A type: `[int]`.
    Type(TypeName),
    /// An error record.
    Error(Arc<Error>),
    /// A node of an XML document.
    Xml(Xml),
}

/// Whose clock a moment is told by, if not by the local one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `DateTimeKind.Utc`
    Utc,
    /// `DateTimeKind.Unspecified`: nobody said; what is asked for as UTC is taken for local time.
    Unspecified,
}

/// One of a fixed set of names, which also has a number (`ConvertTo-Json` prints that).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumerated {
    /// Name of the set.
    pub type_name: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The number.
    pub number: i64,
}

/// Text that is never shown, logged or audited.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: &str) -> Secret {
        Secret(text.into())
    }

    /// The text: for setting a password or opening a key file, nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::String(Arc::from(text.as_ref()))
    }

    /// A list.
    pub fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::List(List::new(items.into_iter().map(Into::into).collect()))
    }

    /// A moment told by a clock; by the local one if none is named.
    pub fn told(clock: Option<Clock>, ms: i64) -> Value {
        clock.map_or(Value::Time(ms), |clock| Value::Told(clock, ms))
    }

    /// A name out of a set.
    pub fn named(type_name: &str, name: &str, number: i64) -> Value {
        Value::Enum(Enumerated { type_name: type_name.into(), name: name.into(), number })
    }

    /// Whether it is `$null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is an object that stands for its text.
    pub fn is_textual(&self) -> bool {
        matches!(self, Value::Object(object) if object.as_text().is_some())
    }

    /// Whether it is a number of any type.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Int(_) | Value::Float(_) | Value::Number(_))
    }

    /// The text of a string, of a name out of a set, or of what stands for a text, without
    /// conversion.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            Value::Enum(named) => Some(&named.name),
            Value::Object(object) => object.as_text(),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Int(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Value {
        Value::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::String(value.into())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::String(value.as_str().into())
    }
}

impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Value {
        Value::String(value)
    }
}

impl From<uuid::Uuid> for Value {
    fn from(value: uuid::Uuid) -> Value {
        Value::String(value.to_string().into())
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Value {
        Value::Object(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Value {
        Value::Map(value)
    }
}

impl From<List> for Value {
    fn from(value: List) -> Value {
        Value::List(value)
    }
}

impl From<Secret> for Value {
    fn from(value: Secret) -> Value {
        Value::Secret(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(value: Vec<T>) -> Value {
        Value::list(value)
    }
}
