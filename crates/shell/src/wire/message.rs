//! The messages, as they are on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::lang::Error;
use crate::rehearsal::Changed;

/// Version of this protocol; both sides must have the same.
pub const PROTOCOL: u32 = 2;

/// The node's first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the protocol.
    pub protocol: u32,
    /// Version of the program.
    pub tandem: String,
    /// The computer the shell speaks for.
    pub computer: String,
    /// Who the caller is to the node: the name of their unix account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The name of the deployment's forest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// The cmdlets and programs of the node that the caller may run; all of them if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<String>>,
    /// Why the connection is refused, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether it is refused because there are as many connections as there may be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_full: bool,
}

/// A line from the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client; names everything that belongs to the request.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
}

/// What a client asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The table of cmdlets.
    Describe,
    /// What a parameter's value may be.
    Complete {
        /// Name of the cmdlet.
        cmdlet: String,
        /// Name of the parameter.
        parameter: String,
        /// What is typed so far.
        text: String,
    },
    /// The properties of what a cmdlet gives.
    Properties {
        /// Name of the cmdlet.
        cmdlet: String,
    },
    /// Runs a cmdlet.
    Invoke(Invoke),
    /// Runs a program of Windows that the node answers for.
    Native {
        /// Its path or name.
        program: String,
        /// Its arguments, as it would see them.
        arguments: Vec<String>,
    },
    /// From now on, this connection's cmdlets run on a copy of the node's state; the copy before is
    /// dropped.
    Rehearse,
    /// What would be broken when what was rehearsed were applied.
    Outlook,
    /// Writes what was rehearsed to the real state, all of it or nothing. The rehearsal ends.
    Apply {
        /// The script's name, for the audit log.
        title: String,
    },
    /// The answer to a question of this request.
    Answer(bool),
    /// Ends this request.
    Cancel,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The value.
    pub value: String,
    /// What tells it from others; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// How far a cmdlet is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing.
    pub status: String,
    /// How much of it is done, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

/// A cmdlet to run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Invoke {
    /// Its name.
    pub cmdlet: String,
    /// Values by parameter name.
    #[serde(default)]
    pub arguments: serde_json::Map<String, Json>,
    /// Pipeline objects, to be bound by the node; the cmdlet runs once for each. None: once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<Json>>,
    /// `-WhatIf`
    #[serde(default)]
    pub what_if: bool,
    /// `-Confirm`, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<bool>,
}

/// A line from the node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request it belongs to.
    pub id: u64,
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
}

/// What the node says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// An object for the pipeline.
    Object(Json),
    /// A warning.
    Warning(String),
    /// A detail.
    Verbose(String),
    /// An error.
    Error(Box<Error>),
    /// What it would have done.
    WhatIf(String),
    /// A question; the client answers.
    Confirm {
        /// First line.
        caption: String,
        /// Second line.
        query: String,
    },
    /// The table of cmdlets.
    Description(Json),
    /// What the value may be.
    Completions(Vec<Completion>),
    /// How far the cmdlet is.
    Progress(Progress),
    /// What a rehearsed cmdlet has changed.
    Changed(Vec<Changed>),
    /// An answer that is no pipeline object: the id of a rehearsal, the outlook, what was applied.
    Result(Json),
    /// What a program printed.
    Text(String),
    /// Nothing more under this id; a program's exit code, else 0.
    End(i32),
}
