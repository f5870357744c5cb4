//! The exception of an error record, as .NET shows it.

use std::sync::Arc;

use super::access::command_info;
use crate::lang::error::{Error, full_exception};
use crate::lang::object::Object;
use crate::lang::value::Value;

/// The exception of an error, with what .NET's class tells of it.
pub(super) fn exception_of(error: &Arc<Error>) -> Value {
    let name = error.exception.as_deref().unwrap_or("RuntimeException");
    let full = full_exception(name);
    let object = Object::new(&full)
        .shown_as(&format!("{full}: {}", error.message))
        .with("Message", Value::from(&error.message))
        .with("InnerException", inner_exception(error));
    let target = || Value::from(error.target.as_deref());
    let short = name.rsplit('.').next().unwrap_or(name);
    Value::Object(match short {
        "CommandNotFoundException" => object.with("CommandName", target()),
        "ItemNotFoundException" => object.with("ItemName", target()),
        short if short.starts_with("ParameterBinding") => object
            .with("ParameterName", quoted(&error.message))
            .with("ErrorId", error.id.as_str())
            .with("CommandInvocation", command_info(error.cmdlet.as_deref())),
        "ManagementException" | "ManagementObjectNotFoundException" => object,
        short
            if full.starts_with("System.Management.Automation.") && short != "RuntimeException" =>
        {
            object.with("ErrorRecord", Value::Error(error.clone()))
        }
        _ => object,
    })
}

/// The exception of .NET that a method has met; its message stands in the outer one's quotes.
fn inner_exception(error: &Error) -> Value {
    let is_call = error.exception.as_deref() == Some("MethodInvocationException");
    let message = error.message.split_once(": \"").map(|(_, rest)| rest.trim_end_matches('"'));
    match message {
        Some(message) if is_call && error.id.ends_with("Exception") => {
            let full = full_exception(&error.id);
            Value::Object(
                Object::new(&full)
                    .shown_as(&format!("{full}: {message}"))
                    .with("Message", message)
                    .with("InnerException", Value::Null),
            )
        }
        _ => Value::Null,
    }
}

/// What stands in the first pair of quotes.
fn quoted(message: &str) -> Value {
    let found = message.split_once('\'').and_then(|(_, rest)| rest.split_once('\''));
    Value::from(found.map(|(inside, _)| inside))
}
