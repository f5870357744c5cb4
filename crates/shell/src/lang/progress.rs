//! Progress in the line below the output: `Write-Progress`, and what the node is doing.

use super::pipe::{Outcome, Stop};
use super::shell::{Action, Shell};
use super::text::to_text;
use super::width;
use crate::limits::BAR_EVERY_MS;

/// What scripts say how far they are, and when it was shown last.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    lines: Vec<Line>,
    shown_ms: i64,
}

/// One `Write-Progress`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Which one; those with higher numbers are within those with lower ones.
    pub id: i64,
    /// What is done.
    pub activity: String,
    /// How far it is, in words.
    pub status: String,
    /// How far it is.
    pub percent: Option<u8>,
}

/// Columns of the bar between the brackets.
const BAR: usize = 20;

/// A line with a bar if it is known how much is done: `Activity [====>    ]  45% status`.
pub fn bar(activity: &str, status: &str, percent: Option<u8>, room: usize) -> String {
    let Some(percent) = percent.map(|percent| usize::from(percent.min(100))) else {
        return format!("{activity}: {status}");
    };
    // On a narrow screen the words are worth more than the bar.
    let length = BAR.min(room / 4);
    let done = length * percent / 100;
    let head = if done < length && done > 0 { ">" } else { "" };
    let line = "=".repeat(done.saturating_sub(head.len()));
    let left = " ".repeat(length - done);
    let about = width::beginning(activity, room / 2);
    format!("{about} [{line}{head}{left}] {percent:>3}% {status}")
}

impl Shell {
    /// Whether progress is shown: a person sees it, and wants it.
    pub(crate) fn shows_progress(&self) -> bool {
        let preference = self.scope.get("ProgressPreference").unwrap_or_default();
        let action = Action::parse(&to_text(&preference)).unwrap_or(Action::Continue);
        self.host.has_bar && !matches!(action, Action::SilentlyContinue | Action::Ignore)
    }

    /// Keeps how far something is and shows it, or forgets it.
    pub(crate) fn report(&mut self, line: Line, is_done: bool) {
        self.reported.lines.retain(|known| known.id != line.id);
        if is_done {
            self.host.hide_bar();
        } else {
            self.reported.lines.push(line);
        }
        let now = (self.clock)();
        if self.shows_progress() && now - self.reported.shown_ms >= BAR_EVERY_MS {
            self.reported.shown_ms = now;
            self.show_reported();
        }
    }

    /// Shows again how far things are, after output took the line.
    pub(crate) fn show_reported(&mut self) {
        // The newest is the one that changes; what it is a part of stands before it.
        let Some(last) = self.reported.lines.last().filter(|_| self.shows_progress()) else {
            return;
        };
        let around = self.reported.lines.iter().find(|line| line.id < last.id);
        let activity = match around {
            Some(around) => format!("{} > {}", around.activity, last.activity),
            None => last.activity.clone(),
        };
        let text = bar(&activity, &last.status, last.percent, self.host.width);
        self.host.show_bar(&text);
    }

    /// Forgets what scripts said: they ended.
    pub(crate) fn end_progress(&mut self) {
        self.reported = Reported::default();
        self.host.hide_bar();
    }

    /// Whether Ctrl-C was pressed since the prompt.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Asks the person a line; none if nobody answers.
    ///
    /// # Errors
    /// If Ctrl-C was pressed.
    pub(crate) fn ask(&mut self, prompt: &str, secret: bool) -> Outcome<Option<String>> {
        let answer = self.host.ask(prompt, secret);
        if answer.is_none() && self.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill() {
        for (percent, room, expected) in [
            (None, 80, "Copy: 3 of 9"),
            (Some(0), 80, "Copy [                    ]   0% 3 of 9"),
            (Some(50), 80, "Copy [=========>          ]  50% 3 of 9"),
            (Some(100), 80, "Copy [====================] 100% 3 of 9"),
            (Some(250), 40, "Copy [==========] 100% 3 of 9"),
        ] {
            assert_eq!(bar("Copy", "3 of 9", percent, room), expected);
        }
    }
}
