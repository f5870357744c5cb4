//! What a type tells of itself: `(5).GetType().BaseType`.

use crate::lang::ast::TypeName;
use crate::lang::types::full_name;
use crate::lang::value::Value;

/// The columns of a type's view, and how wide the first three are.
pub(crate) const COLUMNS: [(&str, usize); 4] =
    [("IsPublic", 8), ("IsSerial", 8), ("Name", 40), ("BaseType", 0)];

/// A property of a type; none if it has no such property.
pub(super) fn member(kind: &TypeName, lower: &str) -> Option<Value> {
    let full = full_name(kind);
    let (space, name) = full.rsplit_once('.').unwrap_or(("", &full));
    Some(match lower {
        "name" => Value::from(name),
        "fullname" => Value::from(full.as_str()),
        "namespace" => Value::from(space),
        "ispublic" => Value::Bool(true),
        "isserial" | "isserializable" => Value::Bool(is_serial(&full)),
        "isarray" => Value::Bool(kind.is_array),
        "isenum" => Value::Bool(base(&full) == Some("System.Enum")),
        "isvaluetype" => {
            Value::Bool(matches!(base(&full), Some("System.Enum" | "System.ValueType")))
        }
        "basetype" => Value::from(base(&full)),
        _ => return None,
    })
}

fn is_serial(full: &str) -> bool {
    full.starts_with("System.")
        && !full.starts_with("System.Xml.")
        && !full.contains("PSCustomObj")
        && !full.ends_with("SecureString")
}

/// The type that a type is made from; none of the first one.
fn base(full: &str) -> Option<&'static str> {
    const VALUES: [&str; 14] = [
        "System.Boolean",
        "System.Byte",
        "System.Char",
        "System.DateTime",
        "System.Decimal",
        "System.Double",
        "System.Guid",
        "System.Int16",
        "System.Int32",
        "System.Int64",
        "System.Single",
        "System.TimeSpan",
        "System.UInt16",
        "System.UInt32",
    ];
    Some(match full {
        "System.Object" => return None,
        _ if full.ends_with("[]") => "System.Array",
        _ if VALUES.contains(&full) => "System.ValueType",
        "System.DayOfWeek" => "System.Enum",
        "System.Exception" => "System.Object",
        "System.Management.Automation.RuntimeException" => "System.SystemException",
        _ if full.ends_with("Exception") => "System.Exception",
        "System.Xml.XmlDocument" => "System.Xml.XmlNode",
        "System.Xml.XmlElement" => "System.Xml.XmlLinkedNode",
        "System.IO.FileInfo" | "System.IO.DirectoryInfo" => "System.IO.FileSystemInfo",
        "System.RuntimeType" => "System.Reflection.TypeInfo",
        _ => "System.Object",
    })
}
