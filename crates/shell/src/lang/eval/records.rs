//! What an advanced function does with errors itself: `ErrorRecord`, and `$PSCmdlet.WriteError` and
//! its kin.

use std::sync::Arc;

use crate::lang::error::{Category, Error};
use crate::lang::object::Object;
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::value::Value;

/// Type of `$PSCmdlet`.
pub(super) const SCRIPT_CMDLET: &str = "System.Management.Automation.PSScriptCmdlet";

/// `[ErrorRecord]::new($exception, 'id', 'category', $target)`
///
/// # Errors
/// If these are not the four things.
pub(super) fn error_record(given: &[Value]) -> Result<Value, Error> {
    let [exception, id, category, target] = given else {
        let message = format!(
            "Cannot find an overload for \"ErrorRecord\" and the argument count: \"{}\".",
            given.len()
        );
        return Err(Error::new(Category::InvalidOperation, "MethodException", message)
            .exception("MethodException")
            .advice(
                "An ErrorRecord is made from an exception, an identifier, a category and the \
                 object it is about.",
            ));
    };
    let (name, message) = match exception {
        Value::Object(object) => (
            object.type_name().to_owned(),
            object.get("Message").map(|message| to_text(&message)).unwrap_or_default(),
        ),
        Value::Error(error) => (
            error.exception.clone().unwrap_or_else(|| "RuntimeException".to_owned()),
            error.message.clone(),
        ),
        other => ("RuntimeException".to_owned(), to_text(other)),
    };
    // Categories that this shell never uses itself are told as none.
    let category = serde_json::from_value(serde_json::Value::from(to_text(category)));
    let error = Error::new(category.unwrap_or_default(), &to_text(id), message);
    let error = error.exception(&name).target_value(target);
    Ok(Value::Error(Arc::new(match target {
        Value::Null => error,
        target => error.thrown(target),
    })))
}

/// A method of `$PSCmdlet` about errors and messages; none if it is another.
pub(super) fn cmdlet_method(
    shell: &mut Shell,
    cmdlet: &Object,
    lower: &str,
    arguments: &[Value],
) -> Outcome<Option<Value>> {
    let text = || arguments.first().map(to_text).unwrap_or_default();
    match (lower, arguments) {
        ("throwterminatingerror", [Value::Error(error)]) => {
            return Err(Stop::Function(Box::new(told(shell, cmdlet, error))));
        }
        ("writeerror", [Value::Error(error)]) => {
            let error = told(shell, cmdlet, error);
            shell.write_error(error)?;
        }
        ("writewarning", [_]) => shell.write_warning(&text())?,
        ("writeverbose", [_]) => shell.write_verbose(&text()),
        ("writedebug", [_]) => shell.write_debug(&text()),
        _ => return Ok(None),
    }
    Ok(Some(super::methods::nothing()))
}

/// The error as the function's that tells it, where it was called.
fn told(shell: &Shell, cmdlet: &Object, error: &Error) -> Error {
    let mut error = shell.told_by_script(error.clone());
    if let (None, Some(name)) = (&error.cmdlet, cmdlet.get("Name")) {
        error.cmdlet = Some(to_text(&name));
    }
    error
}
