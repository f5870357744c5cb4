//! `[Console]`: what is written goes past the pipeline, as `Write-Host` writes.

use crate::lang::pipe::Outcome;
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::value::Value;

/// A property.
pub(super) fn member(shell: &Shell, name: &str) -> Option<Value> {
    Some(match name {
        "windowwidth" | "bufferwidth" => Value::from(shell.host.width),
        "windowheight" | "bufferheight" => Value::from(shell.host.height),
        "outputencoding" | "inputencoding" => super::encoding("utf8")?,
        "title" => Value::from(shell.host.title()),
        "foregroundcolor" | "backgroundcolor" => Value::from(match name {
            "foregroundcolor" => "Gray",
            _ => "Black",
        }),
        "isoutputredirected" => Value::Bool(!shell.host.is_terminal),
        _ => return None,
    })
}

/// A method.
pub(super) fn call(shell: &mut Shell, name: &str, arguments: &[Value]) -> Outcome<Option<Value>> {
    let text = match arguments {
        [] => String::new(),
        [only] => to_text(only),
        [format, values @ ..] => {
            let values = Value::list(values.iter().cloned());
            crate::lang::numeric::format(&to_text(format), &values)?
        }
    };
    match name {
        "writeline" => shell.write_host(&format!("{text}\n")),
        "write" => shell.write_host(&text),
        "readline" => {
            return Ok(Some(shell.ask("", false)?.map_or(Value::Null, Value::from)));
        }
        // A screen that is cleared or a sound means nothing to who reads the text.
        "beep" | "clear" | "resetcolor" => {}
        _ => return Ok(None),
    }
    Ok(Some(crate::lang::eval::methods::nothing()))
}
