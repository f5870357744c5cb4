//! `$Host` and its screen: what scripts say and ask through it, and what they change of it, the
//! title of the window and how wide lines are. Read next: `hosted`.

use super::eval::own_member;
use super::host::{Colour, Host};
use super::hosted::{HOST, HOST_UI, RAW_UI};
use super::object::{List, Object};
use super::pipe::Outcome;
use super::shell::Shell;
use super::text::to_text;
use super::types;
use super::value::Value;
use crate::limits::{SCREEN_COLUMNS_MAX, TITLE_CHARACTERS_MAX};

/// What stands above the window until a script says something else.
const TITLE: &str = "Tandem";

/// Whether a type is that of `$Host` or of what is in it.
pub(crate) fn is_of_host(kind: &str) -> bool {
    [HOST, HOST_UI, RAW_UI].contains(&kind)
}

impl Shell {
    /// A method of `$Host` or of what is in it, by its name in lower case.
    ///
    /// # Errors
    /// If a question is not answered.
    pub(crate) fn host_method(
        &mut self,
        kind: &str,
        lower: &str,
        arguments: &[Value],
    ) -> Outcome<Option<Value>> {
        let text = arguments.last().map(to_text).unwrap_or_default();
        match (kind, lower) {
            (HOST, "setshouldexit") => {
                if let Some(Value::Int(code)) = arguments.first().and_then(types::number) {
                    self.host.exit = Some(i32::try_from(code).unwrap_or(1));
                }
            }
            (HOST_UI, "promptforchoice") => return self.prompt_for_choice(arguments).map(Some),
            (HOST_UI, "write") => self.write_host(&text),
            (HOST_UI, "writeline") => self.write_host(&format!("{text}\n")),
            (HOST_UI, "writewarningline") => self.write_warning(&text)?,
            (HOST_UI, "writeverboseline") => self.write_verbose(&text),
            (HOST_UI, "writedebugline") => self.write_debug(&text),
            (HOST_UI, "writeerrorline") => self.host.write_error_line(&text, Colour::Red),
            (HOST_UI, "readline") => {
                let answer = self.ask("", false)?;
                return Ok(Some(answer.map_or(Value::Null, Value::from)));
            }
            // The keyboard is read by lines: whoever is asked for any key presses Enter.
            (RAW_UI, "readkey") => {
                self.ask("", false)?;
                return Ok(Some(Value::Object(
                    Object::new("System.Management.Automation.Host.KeyInfo")
                        .with("VirtualKeyCode", 13)
                        .with("Character", "\r")
                        .with("ControlKeyState", 0)
                        .with("KeyDown", true),
                )));
            }
            (RAW_UI, "flushinputbuffer") => {}
            _ => return Ok(None),
        }
        Ok(Some(Value::List(List::default())))
    }

    /// A property of `$Host.UI.RawUI` was set; nothing happens for other objects.
    pub(super) fn screen_changed(&mut self, object: &Object, name: &str, value: &Value) {
        if object.type_name() == RAW_UI {
            self.set_screen(name, value);
        }
    }

    /// Sets what `$Host.UI.RawUI` and `[Console]` call so. What a terminal decides by itself stays
    /// as it is.
    pub(super) fn set_screen(&mut self, name: &str, value: &Value) {
        let columns = match name.to_ascii_lowercase().as_str() {
            "windowtitle" | "title" => return self.host.set_title(&to_text(value)),
            "buffersize" => own_member(value, "Width"),
            "bufferwidth" => Some(value.clone()),
            _ => None,
        };
        if let Some(Value::Int(columns)) = columns.as_ref().and_then(types::number) {
            self.host.set_columns(usize::try_from(columns).unwrap_or(0));
        }
    }
}

impl Host {
    /// The title of the window.
    pub(super) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(TITLE)
    }

    fn set_title(&mut self, text: &str) {
        let plain = text.chars().filter(|c| !c.is_control()).take(TITLE_CHARACTERS_MAX);
        let title: String = plain.collect();
        if self.has_bar {
            let _ = write!(self.err, "\x1b]0;{title}\x07");
            let _ = self.err.flush();
        }
        self.title = Some(title);
    }

    /// Lines are so wide from now on, whatever the terminal is.
    fn set_columns(&mut self, columns: usize) {
        if columns > 0 {
            self.columns = Some(columns.min(SCREEN_COLUMNS_MAX));
            self.measure();
        }
    }
}
