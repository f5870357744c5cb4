//! Questions to the person: before something is done, and after an error.

use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::to_text;
use crate::lang::types::{self, list_of};
use crate::lang::value::Value;

impl Shell {
    /// Whether to go on after an error, as `-ErrorAction Inquire` asks.
    pub(crate) fn goes_on(&mut self, message: &str) -> Outcome<bool> {
        self.host.write(&format!("\nConfirm\n{message}\n"));
        let choices = self.choices("[Y] Yes  [A] Yes to All  [H] Halt Command");
        loop {
            match self.ask(&choices, false)? {
                None => {
                    self.host.write("\n");
                    return Ok(false);
                }
                Some(answer) if answer.trim().eq_ignore_ascii_case("s") => self.suspend(),
                Some(answer) => return Ok(!answer.trim().eq_ignore_ascii_case("h")),
            }
        }
    }

    /// The line of choices; to suspend is one where there is a prompt to go to.
    fn choices(&self, own: &str) -> String {
        let suspend = if self.host.nest.is_some() { "  [S] Suspend" } else { "" };
        format!("{own}{suspend}  [?] Help (default is \"Y\"): ")
    }

    /// What the choice to suspend means, where it is one.
    fn explain_suspension(&mut self) {
        if self.host.nest.is_some() {
            self.host.write(
                "S - Pause the current pipeline and return to the command prompt. Type \"exit\" to \
                 resume the pipeline.\n",
            );
        }
    }

    /// `$Host.UI.PromptForChoice(title, text, choices, default)`: the number of a choice.
    pub(crate) fn prompt_for_choice(&mut self, arguments: &[Value]) -> Outcome<Value> {
        let text = |at: usize| arguments.get(at).map(to_text).unwrap_or_default();
        let choices = list_of(arguments.get(2).unwrap_or(&Value::Null));
        let part = |choice: &Value, name: &str| match choice {
            Value::Object(object) => object.get(name).map(|own| to_text(&own)).unwrap_or_default(),
            other if name == "Label" => to_text(other),
            _ => String::new(),
        };
        let labels: Vec<String> = choices.items().iter().map(|it| part(it, "Label")).collect();
        let key = |label: &String| {
            let found = label.split_once('&').and_then(|(_, rest)| rest.chars().next());
            found.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
        };
        let default = arguments.get(3).and_then(types::number);
        let default = match default {
            Some(Value::Int(at)) => usize::try_from(at).ok().filter(|at| *at < labels.len()),
            _ => None,
        };
        let mut line = String::new();
        for label in &labels {
            line.push_str(&format!("[{}] {}  ", key(label), label.replace('&', "")));
        }
        let chosen = default.and_then(|at| labels.get(at)).map(key).unwrap_or_default();
        let ends =
            if default.is_some() { format!(" (default is \"{chosen}\")") } else { String::new() };
        line.push_str(&format!("[?] Help{ends}: "));
        self.host.write(&format!("\n{}\n{}\n", text(0), text(1)));
        loop {
            let Some(answer) = self.ask(&line, false)? else {
                self.host.write("\n");
                return Err(self.unanswered());
            };
            let answer = answer.trim();
            let is_it = |label: &String| {
                key(label).eq_ignore_ascii_case(answer)
                    || label.replace('&', "").eq_ignore_ascii_case(answer)
            };
            match (labels.iter().position(is_it), default) {
                (Some(at), _) if !answer.is_empty() => return Ok(Value::from(at)),
                (_, Some(at)) if answer.is_empty() => return Ok(Value::from(at)),
                _ => {
                    for choice in choices.items() {
                        let label = part(choice, "Label");
                        let help = part(choice, "HelpMessage");
                        self.host.write(&format!("{} - {help}\n", key(&label)));
                    }
                }
            }
        }
    }

    /// Gives the person a prompt of its own, until `exit`.
    fn suspend(&mut self) {
        let Some(mut nest) = self.host.nest.take() else { return };
        let streams = std::mem::take(&mut self.streams);
        let (tries, failed) = (std::mem::take(&mut self.tries), self.failed);
        let (success, standing) = (self.success, self.standing_answer.take());
        let command = self.current_command.take();
        let source = self.source.clone();
        // The connection that asks waits for its answer; the prompt has one of its own.
        let node = self.node.take();
        self.host.nested += 1;
        nest(self);
        self.host.nested -= 1;
        self.node = node;
        (self.streams, self.tries, self.failed) = (streams, tries, failed);
        (self.success, self.standing_answer) = (success, standing);
        (self.current_command, self.source) = (command, source);
        self.host.nest = Some(nest);
    }

    /// Asks a question of the script's own: `$PSCmdlet.ShouldContinue`.
    pub(crate) fn ask_to_go_on(&mut self, caption: &str, query: &str) -> Outcome<bool> {
        if self.plans_answer(query) {
            return Ok(true);
        }
        self.host.write(&format!("\n{caption}\n{query}\n"));
        loop {
            let choices = self.choices("[Y] Yes  [N] No");
            let Some(answer) = self.ask(&choices, false)? else {
                self.host.write("\n");
                return Err(self.unanswered());
            };
            match answer.trim().to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                "s" if self.host.nest.is_some() => self.suspend(),
                _ => {
                    self.host.write("Y - Continue.\nN - Do not continue.\n");
                    self.explain_suspension();
                }
            }
        }
    }

    fn unanswered(&self) -> Stop {
        let message = "The question was not answered, so nothing was changed.";
        let error = Error::new(Category::OperationStopped, "ConfirmationUnanswered", message)
            .exception("PSInvalidOperationException")
            .advice("Add -Confirm:$false to go ahead without being asked.");
        Stop::Statement(Box::new(self.labelled(error)))
    }

    /// Asks a question.
    pub(crate) fn confirm(&mut self, caption: &str, query: &str) -> Outcome<bool> {
        if let Some(standing) = self.standing_answer {
            return Ok(standing);
        }
        if self.plans_answer(query) {
            return Ok(true);
        }
        let heading = if caption == "Confirm" { String::new() } else { format!("{caption}\n") };
        self.host.write(&format!("\nConfirm\n{heading}{query}\n"));
        let choices = self.choices("[Y] Yes  [A] Yes to All  [N] No  [L] No to All");
        loop {
            let Some(answer) = self.ask(&choices, false)? else {
                self.host.write("\n");
                return Err(self.unanswered());
            };
            match answer.trim().to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => return Ok(true),
                "a" => {
                    self.standing_answer = Some(true);
                    return Ok(true);
                }
                "n" | "no" => return Ok(false),
                "l" => {
                    self.standing_answer = Some(false);
                    return Ok(false);
                }
                "s" if self.host.nest.is_some() => self.suspend(),
                _ => {
                    self.host.write(
                        "Y - Continue with only the next step of the operation.\nA - Continue with \
                         all the steps of the operation.\nN - Skip this operation and proceed with \
                         the next operation.\nL - Skip this operation and all subsequent \
                         operations.\n",
                    );
                    self.explain_suspension();
                }
            }
        }
    }
}
