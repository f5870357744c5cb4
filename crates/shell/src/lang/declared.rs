//! What a function or script declares: `[CmdletBinding(…)]`, and parameters with their attributes.

use std::sync::Arc;

use super::ast::{Expr, ScriptBlock, TypeName};
use super::value::Value;

/// What `[CmdletBinding(…)]` says.
#[derive(Clone, Debug, Default)]
pub struct CmdletBinding {
    /// Whether it was written at all: then arguments that fit nothing are refused.
    pub is_written: bool,
    /// `SupportsShouldProcess`: `-WhatIf` and `-Confirm`.
    pub supports_should_process: bool,
    /// `ConfirmImpact`
    pub confirm_impact: Option<Arc<str>>,
    /// `DefaultParameterSetName`
    pub default_set: Option<Arc<str>>,
    /// `PositionalBinding=$false`
    pub names_only: bool,
}

/// A declared parameter of a function or script.
#[derive(Debug, Default)]
pub struct Declared {
    /// Its name.
    pub name: Arc<str>,
    /// `[type]`
    pub type_name: Option<TypeName>,
    /// `= value`
    pub default: Option<Expr>,
    /// `[Parameter(Mandatory=$true)]`
    pub mandatory: bool,
    /// The sets it is mandatory in, if it is not in all of its sets.
    pub mandatory_in: Vec<Arc<str>>,
    /// `[Parameter(Position=0)]`
    pub position: Option<u8>,
    /// `[Parameter(ValueFromPipeline=$true)]`
    pub from_pipeline: bool,
    /// `[Parameter(ValueFromPipelineByPropertyName=$true)]`
    pub from_property: bool,
    /// `[Parameter(ValueFromRemainingArguments=$true)]`
    pub takes_rest: bool,
    /// `[Parameter(ParameterSetName='…')]`
    pub sets: Vec<Arc<str>>,
    /// `[Parameter(HelpMessage='…')]`
    pub help: Option<Arc<str>>,
    /// Whether `[Parameter(…)]` was written.
    pub has_attribute: bool,
    /// `[Alias("…")]`
    pub aliases: Vec<String>,
    /// `[ValidateSet("…")]`
    pub values: Vec<String>,
    /// The other attributes that say what values will do.
    pub rules: Vec<Rule>,
}

/// What values will do.
#[derive(Clone, Debug)]
pub enum Rule {
    /// `[ValidateRange(1, 10)]`
    Range(Value, Value),
    /// `[ValidateSet('…', IgnoreCase = $false)]`, beside `values`
    CasedSet(Vec<String>),
    /// `[ValidatePattern('…')]`
    Pattern(Arc<str>),
    /// `[ValidateLength(1, 10)]`
    Length(i64, i64),
    /// `[ValidateCount(1, 10)]`
    Count(i64, i64),
    /// `[ValidateNotNull()]`
    NotNull,
    /// `[ValidateNotNullOrEmpty()]`
    NotNullOrEmpty,
    /// `[ValidateScript({…})]`
    Script(Arc<ScriptBlock>),
    /// `[AllowNull()]`, `[AllowEmptyString()]`, `[AllowEmptyCollection()]`
    AllowEmpty,
}
