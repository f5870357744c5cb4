//! Error records as scripts see them, and their exceptions as .NET shows them.

use std::sync::Arc;

use crate::lang::error::{Error, full_exception};
use crate::lang::object::{List, Object};
use crate::lang::value::Value;

/// A property of an error record; none if it has no such property.
pub(super) fn member(error: &Arc<Error>, lower: &str) -> Option<Value> {
    let exception = || {
        let name = error.exception.as_deref().unwrap_or("RuntimeException");
        name.rsplit('.').next().unwrap_or(name).to_owned()
    };
    Some(match lower {
        "exception" => exception_of(error),
        "message" => Value::from(&error.message),
        "fullyqualifiederrorid" => Value::from(crate::lang::format::full_id(error)),
        "categoryinfo" => Value::Object(
            Object::new("System.Management.Automation.ErrorCategoryInfo")
                .shown_as(&crate::lang::format::category_text(error))
                .with("Category", Value::from(format!("{:?}", error.category)))
                .with("Activity", Value::from(error.cmdlet.as_deref()))
                .with("Reason", Value::from(exception()))
                .with("TargetName", Value::from(error.target.as_deref())),
        ),
        "targetobject" => match error.more.as_ref().and_then(|more| more.thrown.clone()) {
            Some(thrown) => thrown,
            None => Value::from(error.target.as_deref()),
        },
        "errordetails" => match &error.advice {
            Some(advice) => Value::Object(
                Object::new("System.Management.Automation.ErrorDetails")
                    .shown_as(&error.message)
                    .with("Message", Value::from(&error.message))
                    .with("RecommendedAction", Value::from(advice)),
            ),
            None => Value::Null,
        },
        "invocationinfo" => Value::Object(
            Object::new("System.Management.Automation.InvocationInfo")
                .with("MyCommand", command_info(error.cmdlet.as_deref()))
                .with("InvocationName", Value::from(error.cmdlet.as_deref()))
                .with("ScriptName", Value::from(error.place.as_ref().and_then(|p| p.file.clone())))
                .with("PositionMessage", crate::lang::format::place_of(error))
                .with("ScriptLineNumber", Value::from(error.place.as_ref().map(|p| p.line)))
                .with("OffsetInLine", Value::from(error.place.as_ref().map(|p| p.column)))
                .with("Line", Value::from(error.place.as_ref().map(|p| p.text.as_str()))),
        ),
        "scriptstacktrace" => Value::from(error.more.as_ref().and_then(|more| more.stack.clone())),
        "psmessagedetails" => Value::Null,
        "pipelineiterationinfo" => Value::List(List::default()),
        _ => return None,
    })
}

/// The command that an error or a call is about.
pub(super) fn command_info(name: Option<&str>) -> Value {
    match name {
        None => Value::Null,
        Some(name) => Value::Object(
            Object::new("System.Management.Automation.CommandInfo")
                .shown_as(name)
                .with("Name", name)
                .with("Definition", name),
        ),
    }
}

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

/// The error as it is seen by who asked for the exception that a method has met.
pub(super) fn inner(error: &Error) -> Option<Error> {
    let (_, message) = error.message.split_once(": \"")?;
    let message = message.trim_end_matches('"').to_owned();
    Some(Error { message, exception: Some(error.id.clone()), ..error.clone() })
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
