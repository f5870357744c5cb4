//! Questions to the person: before something is done, and after an error.

use crate::lang::error::{Category, Error};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;

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
                _ => self.host.write("Y - Continue.\nN - Do not continue.\n"),
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
                _ => self.host.write(
                    "Y - Continue with only the next step of the operation.\nA - Continue with all \
                     the steps of the operation.\nN - Skip this operation and proceed with the \
                     next operation.\nL - Skip this operation and all subsequent operations.\n",
                ),
            }
        }
    }
}
