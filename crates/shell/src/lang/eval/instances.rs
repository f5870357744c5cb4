//! Objects of .NET that scripts make and use: exceptions, string builders, stopwatches, lists. What
//! `New-Object` and `[type]::new()` give, and the methods of it.

use crate::lang::error::{Category, Error};
use crate::lang::number::long;
use crate::lang::numeric;
use crate::lang::object::{List, Map, Object};
use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, list_kind};
use crate::lang::value::{Clock, Secret, Value};
use crate::limits::{COLLECTED_MAX, STRING_BYTES_MAX};

/// Type of `$ExecutionContext.InvokeCommand`.
pub(crate) const INTRINSICS: &str = "System.Management.Automation.CommandInvocationIntrinsics";
const BUILDER: &str = "System.Text.StringBuilder";
const STOPWATCH: &str = "System.Diagnostics.Stopwatch";
const NAMESPACES: &str = "System.Xml.XmlNamespaceManager";
const NOTE: &str = "System.Management.Automation.PSNoteProperty";

impl Shell {
    /// A new object of a type; none if there is no such type here.
    ///
    /// # Errors
    /// If it cannot be made from these arguments.
    pub(crate) fn instance(&mut self, name: &str, given: &[Value]) -> Outcome<Option<Value>> {
        let lower = name.to_ascii_lowercase();
        let bare = lower.strip_prefix("system.").unwrap_or(&lower);
        let text = |at: usize| given.get(at).map(to_text).unwrap_or_default();
        Ok(Some(match bare {
            "psobject" | "pscustomobject" | "object" | "management.automation.psobject" => {
                Value::Object(Object::custom())
            }
            "hashtable" | "collections.hashtable" => Value::Map(Map::new()),
            "collections.specialized.ordereddictionary" => Value::Map(Map::ordered()),
            _ if bare.trim_start_matches("collections.generic.").starts_with("dictionary[") => {
                Value::Map(Map::dictionary(&dictionary(bare)))
            }
            "xml" | "xml.xmldocument" => Value::Xml(crate::lang::xml::Xml::document()),
            "xml.xmlnamespacemanager" => Value::Object(Object::new(NAMESPACES)),
            "text.stringbuilder" => Value::Object(Object::new(BUILDER).with("Text", text(0))),
            "diagnostics.stopwatch" => self.stopwatch(false),
            "datetime" => date(given)?,
            "timespan" => span(given),
            "guid" => {
                types::convert(&Value::from(text(0)), &crate::lang::ast::TypeName::plain("guid"))?
            }
            "version" => types::convert(
                &Value::from(given.iter().map(to_text).collect::<Vec<_>>().join(".")),
                &crate::lang::ast::TypeName::plain("version"),
            )?,
            "string" => match given {
                [c, times] if times.is_number() => {
                    let times = types::whole(times).and_then(|times| usize::try_from(times).ok());
                    let times = times.unwrap_or(0).min(STRING_BYTES_MAX / 8);
                    Value::from(to_text(c).repeat(times))
                }
                _ => Value::from(given.iter().map(to_text).collect::<String>()),
            },
            "globalization.cultureinfo" | "cultureinfo" => {
                crate::lang::culture::convert(given.first().unwrap_or(&Value::Null))?
            }
            "management.automation.errorrecord" => super::records::error_record(given)?,
            array if array.ends_with("[]") => new_array(array, given)?,
            "text.utf8encoding" => super::statics::encoding("utf8").unwrap_or_default(),
            "text.asciiencoding" => super::statics::encoding("ascii").unwrap_or_default(),
            "text.unicodeencoding" => super::statics::encoding("unicode").unwrap_or_default(),
            "random" => Value::Object(Object::new("System.Random")),
            "psnoteproperty" | "management.automation.psnoteproperty" => Value::Object(
                Object::new(NOTE)
                    .with("Name", text(0))
                    .with("Value", given.get(1).cloned())
                    .with("MemberType", "NoteProperty"),
            ),
            "management.automation.pscredential" | "pscredential" => credential(given)?,
            "management.automation.host.choicedescription" => {
                Value::Object(Object::new(name).with("Label", text(0)).with("HelpMessage", text(1)))
            }
            "management.automation.host.size" => crate::lang::size(given),
            _ if list_kind(bare).is_some() => {
                let items = match given {
                    // A number is room that is made in advance.
                    [] => Vec::new(),
                    [room] if room.is_number() => Vec::new(),
                    [only] => types::list_of(only).items().to_vec(),
                    several => several.to_vec(),
                };
                Value::List(List::growing(list_kind(bare).unwrap_or_default(), items))
            }
            _ if bare.ends_with("exception") => {
                types::exception(&crate::lang::error::full_exception(name), &text(0))
            }
            _ => return Ok(None),
        }))
    }

    /// A stopwatch, by the shell's clock.
    pub(super) fn stopwatch(&self, runs: bool) -> Value {
        let started = if runs { Value::Int((self.clock)()) } else { Value::Null };
        Value::Object(Object::new(STOPWATCH).with("Before", 0).with("Started", started))
    }
}

/// The name of a dictionary's type, as .NET spells it.
fn dictionary(bare: &str) -> String {
    let inside = bare.split_once('[').map_or("", |(_, inside)| inside.trim_end_matches(']'));
    let full = |name: &str| types::full_name(&crate::lang::ast::TypeName::plain(name.trim()));
    let parts: Vec<String> = inside.split(',').map(full).collect();
    format!("System.Collections.Generic.Dictionary`2[{}]", parts.join(","))
}

/// `New-Object 'object[]' 5`: as many of what the type begins with.
fn new_array(array: &str, given: &[Value]) -> Result<Value, Error> {
    let kind = crate::lang::ast::TypeName::plain(array.trim_end_matches("[]"));
    let length = given.first().and_then(types::whole).unwrap_or(0);
    let length = usize::try_from(length).ok().filter(|length| *length <= COLLECTED_MAX);
    let Some(length) = length else {
        let message = "The list would be too large.";
        return Err(Error::new(Category::LimitsExceeded, "ResultTooLarge", message));
    };
    let first = super::function::unset(Some(&kind));
    let first = if kind.name.ends_with("string") { Value::Null } else { first };
    match &*kind.name {
        "byte" => Ok(Value::Bytes(vec![0; length].into())),
        _ => Ok(Value::List(List::new(vec![first; length]))),
    }
}

fn credential(given: &[Value]) -> Result<Value, Error> {
    match given {
        [user, Value::Secret(secret)] => Ok(Value::Object(
            Object::new("System.Management.Automation.PSCredential")
                .with("UserName", to_text(user))
                .with("Password", Secret::new(secret.reveal())),
        )),
        _ => {
            let message = "A PSCredential is made from a name and a SecureString.";
            Err(Error::new(Category::InvalidArgument, "CannotFindAppropriateCtor", message))
        }
    }
}

fn numbers(given: &[Value]) -> Vec<i64> {
    given.iter().filter_map(types::whole).collect()
}

/// A moment from year, month, day and perhaps hour, minute, second; or from a text.
fn date(given: &[Value]) -> Result<Value, Error> {
    let kind = crate::lang::ast::TypeName::plain("datetime");
    let parts = numbers(given);
    match (given, parts.as_slice()) {
        ([only], _) if !only.is_number() => types::convert(only, &kind),
        (_, [year, month, day, clock @ ..]) => {
            let part = |at: usize| clock.get(at).copied().unwrap_or(0);
            let text = format!(
                "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
                part(0),
                part(1),
                part(2)
            );
            types::convert(&Value::from(text), &kind)
        }
        _ => Ok(Value::Told(Clock::Unspecified, super::statics::MINIMUM)),
    }
}

/// A length of time from hours, minutes, seconds, perhaps with days before them.
fn span(given: &[Value]) -> Value {
    let seconds = |days: i64, hours: i64, minutes: i64, seconds: i64| {
        days.saturating_mul(24)
            .saturating_add(hours)
            .saturating_mul(60)
            .saturating_add(minutes)
            .saturating_mul(60)
            .saturating_add(seconds)
            .saturating_mul(1_000)
    };
    Value::Duration(match numbers(given).as_slice() {
        [ticks] => ticks / 10_000,
        [h, m, s] => seconds(0, *h, *m, *s),
        [d, h, m, s] => seconds(*d, *h, *m, *s),
        [d, h, m, s, ms] => seconds(*d, *h, *m, *s).saturating_add(*ms),
        _ => 0,
    })
}

/// A property of such an object that is worked out when it is asked for.
pub(super) fn property(shell: &Shell, object: &Object, lower: &str) -> Option<Value> {
    match (object.type_name(), lower) {
        (BUILDER, "length") => {
            let text = object.get("Text").map(|text| to_text(&text)).unwrap_or_default();
            Some(Value::from(text.chars().count()))
        }
        (STOPWATCH, "elapsed") => Some(Value::Duration(elapsed(shell, object))),
        (STOPWATCH, "elapsedmilliseconds") => Some(long(elapsed(shell, object))),
        (STOPWATCH, "elapsedticks") => Some(long(elapsed(shell, object).saturating_mul(10_000))),
        (STOPWATCH, "isrunning") => {
            Some(Value::Bool(object.get("Started").is_some_and(|started| !started.is_null())))
        }
        _ => crate::generic::of_command(shell, object, lower),
    }
}

fn elapsed(shell: &Shell, object: &Object) -> i64 {
    let before = match object.get("Before") {
        Some(Value::Int(before)) => before,
        _ => 0,
    };
    match object.get("Started") {
        Some(Value::Int(started)) => before.saturating_add((shell.clock)().saturating_sub(started)),
        _ => before,
    }
}

/// A method of such an object; none if it has no such method.
pub(super) fn method(
    shell: &mut Shell,
    object: &Object,
    lower: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    Ok(match (object.type_name(), lower) {
        (BUILDER, _) => return builder(object, lower, arguments),
        (STOPWATCH, "start" | "restart" | "stop" | "reset") => {
            let kept = match lower {
                "restart" | "reset" => 0,
                _ => elapsed(shell, object),
            };
            object.set("Before", Value::Int(kept));
            let runs = matches!(lower, "start" | "restart");
            let started = if runs { Value::Int((shell.clock)()) } else { Value::Null };
            object.set("Started", started);
            Some(super::methods::nothing())
        }
        (kind, _) if crate::lang::is_of_host(kind) => {
            return shell.host_method(kind, lower, arguments);
        }
        (NAMESPACES, "addnamespace") => {
            if let [prefix, address] = arguments {
                object.set(&to_text(prefix), address.clone());
            }
            Some(super::methods::nothing())
        }
        (NAMESPACES, "hasnamespace" | "lookupnamespace") => {
            let found = arguments.first().and_then(|prefix| object.get(&to_text(prefix)));
            match lower {
                "hasnamespace" => Some(Value::Bool(found.is_some())),
                _ => Some(found.unwrap_or_default()),
            }
        }
        (types::REGEX, "ismatch" | "match" | "matches" | "replace" | "split") => {
            let pattern = Value::from(object.shown().unwrap_or_default());
            let mut all = arguments.to_vec();
            all.insert(all.len().min(1), pattern);
            super::statics::regular_expression(lower, &all)?
        }
        (crate::lang::culture::TEXT, _) => text_info(lower, arguments),
        (INTRINSICS, "expandstring") => return expand(shell, arguments),
        (kind, _)
            if kind.ends_with("X509Certificate2") || kind.ends_with("ExchangeCertificate") =>
        {
            return certificate(shell, object, lower);
        }
        (crate::lang::zone::ZONE, _) => crate::lang::zone::method(object, lower, arguments)?,
        (crate::lang::quantity::BYTE_SIZE, _) if arguments.is_empty() => {
            crate::lang::quantity::method(object, lower)
        }
        (name, "getbaseexception") if name.ends_with("Exception") => {
            Some(Value::Object(object.clone()))
        }
        (name, "gettype") if name.ends_with("Exception") => {
            Some(Value::Type(crate::lang::ast::TypeName::of_full(name)))
        }
        _ => None,
    })
}

/// Methods of `TextInfo`.
fn text_info(lower: &str, arguments: &[Value]) -> Option<Value> {
    let text = arguments.first().map(to_text)?;
    Some(Value::from(match lower {
        "totitlecase" => crate::lang::culture::title_case(&text),
        "toupper" => text.to_uppercase(),
        "tolower" => text.to_lowercase(),
        _ => return None,
    }))
}

/// `$ExecutionContext.InvokeCommand.ExpandString($text)`: what stands between double quotes.
fn expand(shell: &mut Shell, arguments: &[Value]) -> Outcome<Option<Value>> {
    let text = arguments.first().map(to_text).unwrap_or_default();
    let Value::Block(block) = super::statics::script_block(&format!("@\"\n{text}\n\"@"))? else {
        return Ok(None);
    };
    let mut values: Vec<Value> = Vec::new();
    shell.call_block("", &block, Vec::new(), None, true, &mut values)?;
    Ok(Some(super::one_or_list(values)))
}

/// Methods of certificates. Whether one is good is the node's to say: it has the roots.
fn certificate(shell: &mut Shell, object: &Object, lower: &str) -> Outcome<Option<Value>> {
    let own = |name: &str| object.get(name).map(|value| to_text(&value));
    Ok(match lower {
        "getserialnumberstring" => own("SerialNumber").map(Value::from),
        "getcerthashstring" => own("Thumbprint").map(Value::from),
        "getexpirationdatestring" => object.get("NotAfter").map(|at| format_value_of(&at)),
        "geteffectivedatestring" => object.get("NotBefore").map(|at| format_value_of(&at)),
        "verify" => {
            let status = match object.get("Status") {
                Some(status) => status,
                None => asked_status(shell, &own("Thumbprint").unwrap_or_default())?,
            };
            Some(Value::Bool(status.as_str() == Some("Valid")))
        }
        _ => None,
    })
}

fn format_value_of(at: &Value) -> Value {
    Value::from(numeric::format_value(at, "G"))
}

/// What Get-ExchangeCertificate says of a certificate.
fn asked_status(shell: &mut Shell, thumbprint: &str) -> Outcome<Value> {
    let digits: String = thumbprint.chars().filter(char::is_ascii_hexdigit).collect();
    let asking = format!("(Get-ExchangeCertificate -Thumbprint {digits} -ErrorAction Stop).Status");
    let Value::Block(block) = super::statics::script_block(&asking)? else {
        return Ok(Value::Null);
    };
    let mut values: Vec<Value> = Vec::new();
    shell.call_block("", &block, Vec::new(), None, true, &mut values)?;
    Ok(super::one_or_list(values))
}

fn builder(object: &Object, lower: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let mut text = object.get("Text").map(|text| to_text(&text)).unwrap_or_default();
    match (lower, arguments) {
        ("append", [value]) => text.push_str(&to_text(value)),
        ("appendline", []) => text.push('\n'),
        ("appendline", [value]) => text.push_str(&format!("{}\n", to_text(value))),
        ("appendformat", [format, values @ ..]) => {
            let values = Value::list(values.iter().cloned());
            text.push_str(&numeric::format(&to_text(format), &values)?);
        }
        ("clear", []) => text.clear(),
        ("tostring", []) => return Ok(Some(Value::from(text))),
        (_, _) => match super::strings::method(&text, lower, arguments)? {
            Some(Value::String(changed)) => text = changed.to_string(),
            other => return Ok(other),
        },
    }
    if text.len() > STRING_BYTES_MAX {
        let message = "The string would be too large.";
        return Err(Error::new(Category::LimitsExceeded, "ResultTooLarge", message).into());
    }
    object.set("Text", Value::from(text));
    Ok(Some(Value::Object(object.clone())))
}
