//! The plan: steps, what is wrong, and what would be broken afterwards. Plain data, also as JSON.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::lang::error::Error;
use crate::rehearsal::{Changed, Kind, Outlook};

/// What a step comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It changes something.
    Changes,
    /// All is so already.
    Already,
    /// It means nothing here.
    Unneeded,
    /// It tries the running system, and is not run while planning.
    Afterwards,
    /// It was refused.
    Fails,
}

/// A command of the script, as often as it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// The script it stands in, if it is not the runbook itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    pub line: u32,
    /// Character in the line, from 1.
    pub column: u32,
    /// The command's name.
    pub cmdlet: String,
    /// The command with the values it got the first time; secrets are masked.
    pub command: String,
    /// How often it ran.
    pub times: u32,
    /// What it comes to.
    pub what: What,
    /// What it changes.
    pub changes: Vec<Changed>,
    /// What was said about it.
    pub notes: Vec<String>,
}

/// Something that is wrong with the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The script it stands in, if it is not the runbook itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1; 0 if it is not at a line.
    pub line: u32,
    /// Character in the line, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub(crate) fn plain(message: String, advice: Option<String>) -> Finding {
        Finding { file: None, line: 0, column: 0, message, advice }
    }

    /// What an error says, and where it happened.
    pub(crate) fn of(error: &Error, script: Option<&Arc<str>>) -> Finding {
        let place = error.place.as_ref();
        let file = place.and_then(|place| place.file.as_ref());
        let message = match &error.cmdlet {
            // Its name is then the whole line.
            Some(line) if line.starts_with("Write-Error ") => error.message.clone(),
            Some(cmdlet) => format!("{cmdlet}: {}", error.message),
            None => error.message.clone(),
        };
        Finding {
            file: file.filter(|file| Some(*file) != script).map(ToString::to_string),
            line: place.map_or(0, |place| place.line),
            column: place.map_or(0, |place| place.column),
            message,
            advice: error.advice.clone(),
        }
    }
}

/// How a change of the client's own files begins.
pub(crate) const YOUR_FILE: &str = "Your file ";

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The script's file.
    pub script: String,
    /// The number under which it is applied and undone.
    pub id: String,
    /// What it does.
    pub steps: Vec<Step>,
    /// What is wrong with it.
    pub wrong: Vec<Finding>,
    /// What the script looks for and does not find, and goes on without.
    #[serde(default)]
    pub remarks: Vec<Finding>,
    /// What would be wrong with lines that were not reached.
    #[serde(default)]
    pub unreached: Vec<Finding>,
    /// What would be broken afterwards.
    pub outlook: Outlook,
}

impl Plan {
    /// A plan of a script, with nothing in it yet.
    pub(crate) fn of(script: &str) -> Plan {
        Plan {
            script: script.to_owned(),
            id: String::new(),
            steps: Vec::new(),
            wrong: Vec::new(),
            remarks: Vec::new(),
            unreached: Vec::new(),
            outlook: Outlook::default(),
        }
    }

    /// Whether anything changes or is done.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(|step| !step.changes.is_empty())
    }

    /// Things that cannot be taken back.
    pub fn acts(&self) -> impl Iterator<Item = &Changed> {
        self.steps.iter().flat_map(|step| &step.changes).filter(|it| it.kind == Kind::Act)
    }

    /// Whether it does nothing but take back what was applied.
    pub fn is_undo(&self) -> bool {
        let mut changing = self.steps.iter().filter(|step| !step.changes.is_empty()).peekable();
        let is_undo = |step: &Step| step.cmdlet == "Undo-Runbook";
        let is_own = |step: &Step| step.changes.iter().all(|it| it.object.starts_with(YOUR_FILE));
        self.steps.iter().any(is_undo) && changing.all(|step| is_undo(step) || is_own(step))
    }

    /// Whether something holds now that would not hold afterwards.
    pub fn breaks(&self) -> bool {
        self.outlook.broken.iter().any(|broken| broken.is_new)
    }

    /// Settles what each step comes to.
    pub(crate) fn settle(&mut self) {
        for step in &mut self.steps {
            if !matches!(step.what, What::Already | What::Changes) {
                continue;
            }
            let fails = step.notes.iter().any(|note| note.starts_with("fails: "));
            step.what = match (step.changes.is_empty(), fails) {
                (false, _) => What::Changes,
                (true, true) => What::Fails,
                (true, false) => What::Already,
            };
        }
    }
}
