//! Names that mean nothing: what is said, and what may have been meant.

use crate::lang::error::{Category, Error};
use crate::lang::pipe::Stop;

/// The error for a name that means nothing.
pub(super) fn unknown(name: &str) -> Stop {
    if let Some(instead) = crate::generic::instead_of(name) {
        let message = format!("{name} is not supported here: {instead}.");
        return Error::new(Category::NotImplemented, "CommandNotSupported", message)
            .target(name)
            .exception("CommandNotFoundException")
            .into();
    }
    let message = format!(
        "The term '{name}' is not recognized as the name of a cmdlet, function, script file, or \
         operable program. Check the spelling of the name, or if a path was included, verify that \
         the path is correct and try again."
    );
    let mut error = Error::new(Category::ObjectNotFound, "CommandNotFoundException", message)
        .target(name)
        .exception("CommandNotFoundException");
    error = error.advice(match super::nearest::closest(name) {
        Some(near) => format!("Did you mean {near}? Get-Command lists all commands."),
        None => "Get-Command lists all commands.".to_owned(),
    });
    error.cmdlet = Some(name.to_owned());
    error.into()
}
