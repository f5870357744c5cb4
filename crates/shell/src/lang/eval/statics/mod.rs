//! Static members of the plain types: `[datetime]::Now`, `[string]::IsNullOrEmpty($x)`.

use crate::lang::ast::TypeName;
use crate::lang::error::{Category, Error};
use crate::lang::object::Object;
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, full_name};
use crate::lang::value::Value;

pub(super) use text::regular_expression;

mod files;
mod numbers;
mod text;
mod times;

/// The error for a member that a type does not have, or a type that is not there.
fn absent(value: &Value, name: &str) -> Stop {
    let kind = match value {
        Value::Type(kind) if !is_known(&kind.name) => return types::unknown_type(kind).into(),
        Value::Type(kind) => full_name(kind),
        other => types::type_of(other),
    };
    let message = format!(
        "Method invocation failed because [{kind}] does not contain a method named '{name}'."
    );
    Error::new(Category::InvalidOperation, "MethodNotFound", message)
        .exception("RuntimeException")
        .advice("This shell has no .NET types beyond the plain ones.")
        .into()
}

/// Whether anything is known of a type.
fn is_known(name: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "math",
        "convert",
        "environment",
        "io.file",
        "io.path",
        "io.directory",
        "text.encoding",
        "regex",
        "text.regularexpressions.regex",
        "diagnostics.stopwatch",
        "net.dns",
        "char",
        "web.httputility",
        "uri",
        "random",
        "globalization.cultureinfo",
    ];
    let kind = crate::lang::ast::TypeName::plain(name);
    let is_converted = !matches!(
        types::convert(&Value::Null, &kind),
        Err(error) if error.id == "TypeNotFound"
    );
    is_converted || OTHERS.contains(&name) || types::list_kind(name).is_some()
}

/// `[type]::name`
pub(super) fn member(shell: &mut Shell, target: &Value, name: &str) -> Outcome<Value> {
    let Value::Type(kind) = target else {
        return Err(absent(target, name));
    };
    let lower = name.to_ascii_lowercase();
    let found = match &*kind.name {
        "datetime" | "timespan" => times::member(shell, &kind.name, &lower),
        "math" | "int" | "int32" | "long" | "int64" | "byte" | "double" | "uint32" | "decimal" => {
            numbers::member(&kind.name, &lower)
        }
        "string" => (lower == "empty").then(|| Value::from("")),
        "guid" => (lower == "empty").then(|| Value::from(uuid::Uuid::nil())),
        "environment" => surroundings(shell, &lower),
        "io.path" => (lower == "directoryseparatorchar").then(|| Value::from("\\")),
        "text.encoding" => matches!(lower.as_str(), "utf8" | "ascii" | "default" | "unicode")
            .then(|| Value::Object(Object::new("System.Text.UTF8Encoding"))),
        // A name out of a set that only methods here look at.
        "stringcomparison"
        | "stringsplitoptions"
        | "midpointrounding"
        | "dayofweek"
        | "text.regularexpressions.regexoptions"
        | "io.filemode"
        | "consolecolor"
        | "net.securityprotocoltype"
        | "globalization.cultureinfo"
        | "datetimekind" => Some(Value::from(name)),
        _ => None,
    };
    found.ok_or_else(|| {
        if !is_known(&kind.name) {
            return types::unknown_type(kind).into();
        }
        let message =
            format!("The property '{name}' cannot be found on type [{}].", full_name(kind));
        Error::new(Category::InvalidOperation, "PropertyNotFound", message)
            .exception("RuntimeException")
            .advice("This shell has no .NET types beyond the plain ones.")
            .into()
    })
}

/// What a method throws when something it used failed.
fn thrown(name: &str, given: &[Value], stop: Stop) -> Stop {
    let Stop::Statement(mut error) = stop else { return stop };
    if let (Category::ObjectNotFound, Some(path)) = (error.category, given.first()) {
        error.message = format!("Could not find file '{}'.", to_text(path));
        error.exception = Some("FileNotFoundException".to_owned());
    }
    error.message = format!(
        "Exception calling \"{name}\" with \"{}\" argument(s): \"{}\"",
        given.len(),
        error.message
    );
    error.cmdlet = None;
    Stop::Statement(error)
}

fn surroundings(shell: &mut Shell, lower: &str) -> Option<Value> {
    let mut variable = |names: &[&str]| {
        let mut names = names.iter();
        let found = names.find_map(|name| shell.variable_asked(&format!("env:{name}")));
        found.unwrap_or_else(|| Value::from("localhost"))
    };
    Some(match lower {
        "newline" => Value::from("\n"),
        "machinename" => variable(&["COMPUTERNAME", "HOSTNAME"]),
        "username" => variable(&["USERNAME", "USER"]),
        "userdomainname" => variable(&["USERDOMAIN"]),
        "currentdirectory" => Value::from(&shell.location),
        _ => return None,
    })
}

/// `[type]::name(arguments)`
pub(super) fn call(
    shell: &mut Shell,
    target: &Value,
    name: &str,
    arguments: &[Value],
) -> Outcome<Value> {
    let Value::Type(kind) = target else {
        return Err(absent(target, name));
    };
    let lower = name.to_ascii_lowercase();
    let found = match (&*kind.name, lower.as_str(), arguments) {
        (_, "new", _) => shell.instance(&full_name(kind), arguments)?,
        (_, "tryparse", [text, .., Value::Object(target)]) => {
            Some(try_parse(shell, kind, text, target)?)
        }
        ("string", _, _) => text::string(&lower, arguments)?,
        ("char", _, [c]) => text::character(&lower, &to_text(c)),
        ("regex" | "text.regularexpressions.regex", "replace", [input, by, Value::Block(with)]) => {
            Some(text::replace_by(shell, &to_text(input), &to_text(by), with)?)
        }
        ("regex" | "text.regularexpressions.regex", _, _) => {
            text::regular_expression(&lower, arguments)?
        }
        ("math", _, _) => numbers::math(&lower, arguments)?,
        ("convert", _, _) => numbers::convert(&lower, arguments)?,
        ("datetime" | "timespan", _, _) => times::call(&kind.name, &lower, arguments)?,
        ("guid", "newguid", []) => Some(Value::from(uuid::Uuid::new_v4())),
        ("io.file" | "io.path" | "io.directory", _, _) => {
            let result = files::call(shell, &kind.name, &lower, arguments);
            result.map_err(|stop| thrown(name, arguments, stop))?
        }
        ("environment", "getenvironmentvariable", [name, ..]) => {
            Some(shell.variable_asked(&format!("env:{}", to_text(name))).unwrap_or_default())
        }
        ("environment", "exit", [code]) => {
            let code = match types::number(code) {
                Some(Value::Int(code)) => i32::try_from(code).unwrap_or(1),
                _ => 0,
            };
            return Err(Stop::Exit(code));
        }
        ("net.dns", "gethostname", []) => surroundings(shell, "machinename"),
        ("diagnostics.stopwatch", "startnew", []) => Some(shell.stopwatch(true)),
        ("array", "indexof", [list, item]) => {
            let list = types::list_of(list);
            let found = list.items().iter().position(|own| is_equal(own, item, true));
            Some(found.map_or(Value::Int(-1), Value::from))
        }
        (_, "parse", [text, ..]) => Some(types::convert(text, kind)?),
        _ => None,
    };
    found.ok_or_else(|| absent(target, name))
}

/// `[int]::TryParse($text, [ref]$number)`
fn try_parse(shell: &mut Shell, kind: &TypeName, text: &Value, target: &Object) -> Outcome<Value> {
    let parsed = match to_text(text).trim().is_empty() {
        true => None,
        false => types::convert(text, kind).ok(),
    };
    let is_parsed = parsed.is_some();
    let value = parsed.unwrap_or_else(|| match &*kind.name {
        "datetime" => Value::Time(times::MINIMUM),
        "guid" => Value::from(uuid::Uuid::nil()),
        _ => Value::Int(0),
    });
    target.set("Value", value.clone());
    if let Some(name) = target.get("Name") {
        shell.set_variable(&to_text(&name), value)?;
    }
    Ok(Value::Bool(is_parsed))
}
