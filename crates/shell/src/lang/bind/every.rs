//! The parameters every cmdlet has.

use std::sync::Arc;

use crate::lang::shell::Action;
use crate::lang::text::to_text;
use crate::lang::types::is_true;
use crate::lang::value::Value;

/// Names and aliases of the parameters every cmdlet has.
pub const COMMON: &[(&str, &str)] = &[
    ("Verbose", "vb"),
    ("Debug", "db"),
    ("ErrorAction", "ea"),
    ("WarningAction", "wa"),
    ("InformationAction", "infa"),
    ("ErrorVariable", "ev"),
    ("WarningVariable", "wv"),
    ("InformationVariable", "iv"),
    ("OutVariable", "ov"),
    ("OutBuffer", "ob"),
    ("PipelineVariable", "pv"),
];

/// Names and aliases of the parameters of cmdlets that change something.
pub const CONFIRMING: &[(&str, &str)] = &[("WhatIf", "wi"), ("Confirm", "cf")];

/// The values of the parameters every cmdlet has.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// `-Verbose`
    pub verbose: Option<bool>,
    /// `-ErrorAction`
    pub error_action: Option<Action>,
    /// `-WarningAction`
    pub warning_action: Option<Action>,
    /// `-InformationAction`
    pub information_action: Option<Action>,
    /// `-Debug`
    pub debug: Option<bool>,
    /// `-ErrorVariable`, a leading `+` adds.
    pub error_variable: Option<Arc<str>>,
    /// `-WarningVariable`
    pub warning_variable: Option<Arc<str>>,
    /// `-OutVariable`
    pub out_variable: Option<Arc<str>>,
    /// `-PipelineVariable`
    pub pipeline_variable: Option<Arc<str>>,
    /// `-WhatIf`
    pub what_if: Option<bool>,
    /// `-Confirm`
    pub confirm: Option<bool>,
}

impl Common {
    /// Whether one is set.
    pub fn has(&self, name: &str) -> bool {
        match name {
            "Verbose" => self.verbose.is_some(),
            "ErrorAction" => self.error_action.is_some(),
            "WarningAction" => self.warning_action.is_some(),
            "InformationAction" => self.information_action.is_some(),
            "Debug" => self.debug.is_some(),
            "ErrorVariable" => self.error_variable.is_some(),
            "WarningVariable" => self.warning_variable.is_some(),
            "OutVariable" => self.out_variable.is_some(),
            "PipelineVariable" => self.pipeline_variable.is_some(),
            "WhatIf" => self.what_if.is_some(),
            "Confirm" => self.confirm.is_some(),
            _ => false,
        }
    }

    /// Sets one; the name is one of `COMMON` or `CONFIRMING`.
    ///
    /// # Errors
    /// If the value does not fit; the reason.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let variable = || Some(Arc::from(to_text(value).trim_start_matches('$')));
        match name {
            "Verbose" => self.verbose = Some(is_on(value)),
            "ErrorAction" => self.error_action = Some(action(value)?),
            "WarningAction" => self.warning_action = Some(action(value)?),
            "InformationAction" => self.information_action = Some(action(value)?),
            "Debug" => self.debug = Some(is_on(value)),
            "ErrorVariable" => self.error_variable = variable(),
            "WarningVariable" => self.warning_variable = variable(),
            "OutVariable" => self.out_variable = variable(),
            "PipelineVariable" => self.pipeline_variable = variable(),
            "WhatIf" => self.what_if = Some(is_on(value)),
            "Confirm" => self.confirm = Some(is_on(value)),
            // -OutBuffer and -InformationVariable are taken and have no effect here.
            _ => {}
        }
        Ok(())
    }
}

/// The action a `-ErrorAction` value means.
fn action(value: &Value) -> Result<Action, String> {
    let text = to_text(value);
    Action::parse(&text).ok_or_else(|| {
        format!(
            "Cannot convert value \"{text}\" to type \"System.Management.Automation.\
             ActionPreference\". Error: \"Unable to match the identifier name {text} to a valid \
             enumerator name. Specify one of the following enumerator names and try again: \
             SilentlyContinue, Stop, Continue, Inquire, Ignore\""
        )
    })
}

/// Whether a switch's value turns it on.
fn is_on(value: &Value) -> bool {
    is_true(value)
}
