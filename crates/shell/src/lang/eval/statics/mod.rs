//! Static members of the plain types: `[datetime]::Now`, `[string]::IsNullOrEmpty($x)`.

use std::sync::Arc;

use crate::lang::ast::{Source, TypeName};
use crate::lang::culture;
use crate::lang::enums;
use crate::lang::error::{Category, Error};
use crate::lang::instead_of_type;
use crate::lang::number::convert;
use crate::lang::object::Object;
use crate::lang::operate::is_equal;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, full_name};
use crate::lang::value::Value;

pub(super) use encodings::{encoding, method as encoding_method};
pub(super) use text::regular_expression;
pub(super) use times::MINIMUM;

mod console;
mod encodings;
mod files;
mod numbers;
mod text;
mod times;
mod web;

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
        .target(name)
        .advice(match value {
            Value::Type(kind) => instead_of_type(&kind.name),
            _ => "Get-Member lists what there is.",
        })
        .into()
}

/// Types that only have static members here, or are only asked for by `-is`.
const OTHERS: [&str; 45] = [
    "timezoneinfo",
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
    "char",
    "net.dns",
    "net.webutility",
    "web.httputility",
    "uri",
    "random",
    "globalization.cultureinfo",
    "globalization.datetimestyles",
    "globalization.numberstyles",
    "console",
    "enum",
    "type",
    "ref",
    "valuetype",
    "xml",
    "xml.xmldocument",
    "xml.xmlelement",
    "xml.xmlnode",
    "xml.xmlnodelist",
    "xml.xmlnamespacemanager",
    "scriptblock",
    "collections.ienumerable",
    "collections.icollection",
    "collections.idictionary",
    "collections.ilist",
    "collections.specialized.ordereddictionary",
    "text.stringbuilder",
    "text.regularexpressions.regexoptions",
    "net.servicepointmanager",
    "net.securityprotocoltype",
    "io.filemode",
    "io.fileinfo",
    "io.directoryinfo",
    "delegate",
];

/// Whether anything is known of a type.
pub(crate) fn is_known(name: &str) -> bool {
    let kind = crate::lang::ast::TypeName::plain(name);
    let is_converted = !matches!(
        types::convert(&Value::Null, &kind),
        Err(error) if error.id == "TypeNotFound"
    );
    is_converted
        || OTHERS.contains(&name)
        || types::list_kind(name).is_some()
        || name.trim_start_matches("collections.generic.").starts_with("dictionary[")
        || name.starts_with("management.automation.ps")
        || name.starts_with("management.automation.s")
        || name.starts_with("management.automation.e")
        || name.starts_with("management.automation.host.")
        || (name.starts_with("microsoft.") && !name.starts_with("microsoft.win32."))
}

/// `[type]::name`
pub(super) fn member(shell: &mut Shell, target: &Value, name: &str) -> Outcome<Value> {
    let Value::Type(kind) = target else {
        return Err(absent(target, name));
    };
    let lower = name.to_ascii_lowercase();
    let found = match &*kind.name {
        "datetime" | "timespan" => times::member(shell, &kind.name, &lower),
        "timezoneinfo" => crate::lang::zone::member(&lower),
        "cultureinfo" | "globalization.cultureinfo" => crate::lang::culture::member(&lower),
        "math" => numbers::member("math", &lower),
        kind if convert::is_type(kind) => numbers::member(kind, &lower),
        "string" => (lower == "empty").then(|| Value::from("")),
        "guid" => (lower == "empty").then(|| Value::from(uuid::Uuid::nil())),
        "environment" => surroundings(shell, &lower),
        "io.path" => files::constant(&lower),
        "text.encoding" => encodings::encoding(name),
        "console" => console::member(shell, &lower),
        // A name out of a set that only methods here look at.
        "text.regularexpressions.regexoptions"
        | "io.filemode"
        | "net.securityprotocoltype"
        | "globalization.datetimestyles"
        | "globalization.numberstyles" => Some(Value::from(name)),
        kind => enums::names_of(kind).and_then(|names| {
            let is_its = |own: &&&str| own.eq_ignore_ascii_case(name);
            let own = names.names.iter().find(is_its)?;
            enums::value_of(names, own)
        }),
    };
    found.ok_or_else(|| {
        if !is_known(&kind.name) {
            return types::unknown_type(kind).into();
        }
        let message =
            format!("The property '{name}' cannot be found on type [{}].", full_name(kind));
        Error::new(Category::InvalidOperation, "PropertyNotFound", message)
            .target(name)
            .exception("RuntimeException")
            .advice(instead_of_type(&kind.name))
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
        "osversion" => Value::Object(
            Object::new("System.OperatingSystem").shown_as("Unix").with("Platform", "Unix"),
        ),
        "is64bitprocess" | "is64bitoperatingsystem" => Value::Bool(true),
        "processorcount" => {
            Value::from(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
        }
        "userinteractive" => Value::Bool(shell.host.ask.is_some()),
        "version" => crate::lang::version::parse("4.0.30319.42000")?,
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
        ("datetime" | "timespan", own, _) if own != "parse" => {
            times::call(&kind.name, &lower, arguments)?
        }
        ("cultureinfo" | "globalization.cultureinfo", _, _) => {
            crate::lang::culture::call(&lower, arguments)?
        }
        ("timezoneinfo", _, _) => crate::lang::zone::call(&lower, arguments)?,
        ("guid", "newguid", []) => Some(Value::from(uuid::Uuid::new_v4())),
        ("io.file" | "io.path" | "io.directory", _, _) => {
            let result = files::call(shell, &kind.name, &lower, arguments);
            result.map_err(|stop| thrown(name, arguments, stop))?
        }
        ("environment", "getenvironmentvariable", [name, ..]) => {
            Some(shell.variable_asked(&format!("env:{}", to_text(name))).unwrap_or_default())
        }
        ("environment", "setenvironmentvariable", [name, value, ..]) => {
            shell.set_variable(&format!("env:{}", to_text(name)), value.clone())?;
            Some(super::methods::nothing())
        }
        ("environment", "getfolderpath", [_]) => {
            Some(shell.variable("env:HOME").unwrap_or_default())
        }
        ("environment", "exit", [code]) => {
            let code = match types::number(code) {
                Some(Value::Int(code)) => i32::try_from(code).unwrap_or(1),
                _ => 0,
            };
            shell.is_ended = true;
            return Err(Stop::Exit(code));
        }
        ("net.dns", "gethostname", []) => surroundings(shell, "machinename"),
        ("text.encoding", "getencoding", [name]) => encodings::encoding(&to_text(name)),
        ("uri" | "net.webutility" | "web.httputility", _, _) => {
            web::call(&kind.name, &lower, arguments)
        }
        ("console", _, _) => console::call(shell, &lower, arguments)?,
        ("enum", _, [kind, rest @ ..]) => enumeration(&lower, kind, rest)?,
        ("scriptblock", "create", [text]) => Some(script_block(&to_text(text))?),
        ("diagnostics.stopwatch", "startnew", []) => Some(shell.stopwatch(true)),
        ("array", "indexof", [list, item]) => {
            let list = types::list_of(list);
            let found = list.items().iter().position(|own| is_equal(own, item, true));
            Some(found.map_or(Value::Int(-1), Value::from))
        }
        (_, "parse", [text, ..]) => {
            let text = by_culture(kind, text, arguments);
            Some(parsed(shell, name, arguments, kind, &text)?)
        }
        _ => None,
    };
    found.ok_or_else(|| absent(target, name))
}

/// A text that is written as a country writes it, as the shell reads it.
fn by_culture(kind: &TypeName, text: &Value, arguments: &[Value]) -> Value {
    match (arguments.iter().find_map(culture::of), &*kind.name) {
        (Some(culture), "datetime") => Value::from(culture.read_date(&to_text(text))),
        (Some(culture), number) if convert::is_type(number) => {
            Value::from(culture.read_number(&to_text(text)))
        }
        _ => text.clone(),
    }
}

/// `[int]::Parse($text)`
fn parsed(
    shell: &mut Shell,
    name: &str,
    arguments: &[Value],
    kind: &TypeName,
    text: &Value,
) -> Outcome<Value> {
    shell.cast_value(kind, text).map_err(|stop| {
        let Stop::Statement(mut error) = stop else { return stop };
        // Why is what stands in the inner quotes.
        if let Some((_, why)) = error.message.split_once(" Error: \"") {
            error.message = why.trim_end_matches('"').to_owned();
        }
        error.id = "FormatException".to_owned();
        error.category = Category::NotSpecified;
        error.exception = Some("MethodInvocationException".to_owned());
        thrown(name, arguments, Stop::Statement(error))
    })
}

/// Methods of `[enum]`.
fn enumeration(name: &str, kind: &Value, rest: &[Value]) -> Outcome<Option<Value>> {
    let own = match kind {
        Value::Type(kind) => kind.name.to_string(),
        other => to_text(other).to_ascii_lowercase(),
    };
    let own = own.strip_prefix("system.").unwrap_or(&own);
    let Some(names) = enums::names_of(own) else { return Ok(None) };
    Ok(match (name, rest) {
        ("getnames", []) => Some(Value::list(names.names.iter().copied())),
        ("getvalues", []) => Some(Value::list(enums::values_of(names))),
        ("isdefined", [value]) => {
            let text = to_text(value);
            let is_named = names.names.contains(&text.as_str());
            let is_numbered = text.parse::<usize>().is_ok_and(|at| at < names.names.len());
            Some(Value::Bool(is_named || is_numbered))
        }
        ("parse", [text, ..]) | ("toobject", [text]) => {
            Some(types::convert(text, &TypeName::plain(own))?)
        }
        ("getname", [value]) => {
            enums::value_of(names, &to_text(value)).map(|v| Value::from(to_text(&v)))
        }
        _ => None,
    })
}

/// `[scriptblock]::Create($text)`: a block of what the text says.
pub(super) fn script_block(text: &str) -> Outcome<Value> {
    let source = Arc::new(Source { file: None, text: text.to_owned() });
    let block = crate::lang::parse::parse(&source).map_err(|error| error.into_error(&source))?;
    Ok(Value::Block(Arc::new(block)))
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
