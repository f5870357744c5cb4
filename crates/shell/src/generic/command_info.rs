//! What `Get-Command` tells of a command's parameters: `.Parameters`, `.ParameterSets`. Worked out
//! when it is asked for: a list of all commands has thousands.

use super::commands::COMMAND;
use crate::cmdlet::{self, Kind, Pipeline};
use crate::help::{syntax, syntax_of_block};
use crate::lang::ast::TypeName;
use crate::lang::bind::{COMMON, CONFIRMING, Signature, Spec};
use crate::lang::text::to_text;
use crate::lang::{Map, Object, Shell, Value};

/// The set that parameters belong to which are in no named one.
const ALL_SETS: &str = "__AllParameterSets";

/// Such a property of a command; none if it is another one, or the object no command.
pub(crate) fn of_command(shell: &Shell, object: &Object, lower: &str) -> Option<Value> {
    if object.type_name() != COMMAND || !matches!(lower, "parameters" | "parametersets") {
        return None;
    }
    let name = object.get("Name").map(|name| to_text(&name)).unwrap_or_default();
    let (signature, lines) = match shell.scope.function(&name) {
        Some(block) => (Signature::of_block(&name, &block), syntax_of_block(&name, &block)),
        None => {
            let cmdlet = cmdlet::find(&name)?;
            (Signature::of_cmdlet(cmdlet), syntax(cmdlet))
        }
    };
    Some(match lower {
        "parameters" => Value::Map(parameters(&signature)),
        _ => Value::list(sets(&signature, &lines)),
    })
}

/// A program of Windows that is here.
pub(super) fn program(name: &str, file: &str) -> Value {
    let folder =
        if name == "appcmd" { r"C:\Windows\System32\inetsrv" } else { r"C:\Windows\System32" };
    let path = format!(r"{folder}\{file}");
    Value::Object(
        Object::new(COMMAND)
            .shown_as(file)
            .with("CommandType", "Application")
            .with("Name", file)
            .with("Version", env!("CARGO_PKG_VERSION"))
            .with("Source", path.as_str())
            .with("ModuleName", "")
            .with("Path", path.as_str())
            .with("Extension", ".exe")
            .with("Definition", path.as_str()),
    )
}

/// What a function takes, a line for each parameter set; none if there is no such function.
pub(super) fn syntax_lines(shell: &Shell, name: &str) -> Option<String> {
    let block = shell.scope.function(name)?;
    Some(syntax_of_block(name, &block).join("\n"))
}

/// The parameters that a command has besides its own.
fn common(signature: &Signature) -> impl Iterator<Item = (&'static str, &'static str)> {
    let common = if signature.has_common { COMMON } else { &[] };
    let confirming = if signature.confirms { CONFIRMING } else { &[] };
    common.iter().chain(confirming).copied()
}

fn parameters(signature: &Signature) -> Map {
    let map = Map::new();
    for spec in &signature.specs {
        map.set(Value::from(&*spec.name), Value::Object(metadata(spec)));
    }
    for (name, alias) in common(signature) {
        let own = Object::new("System.Management.Automation.ParameterMetadata")
            .shown_as("System.Management.Automation.ParameterMetadata")
            .with("Name", name)
            .with("ParameterType", type_named("System.Object"))
            .with("ParameterSets", Map::new().with(ALL_SETS, Value::Null))
            .with("IsDynamic", false)
            .with("Aliases", Value::list([alias]))
            .with("Attributes", Value::list(Vec::<Value>::new()))
            .with("SwitchParameter", matches!(name, "Verbose" | "Debug" | "WhatIf" | "Confirm"));
        map.set(Value::from(name), Value::Object(own));
    }
    map
}

fn metadata(spec: &Spec) -> Object {
    let sets = Map::new();
    let mut attributes = Vec::new();
    let everywhere = [std::borrow::Cow::Borrowed(ALL_SETS)];
    let own = if spec.sets.is_empty() { &everywhere[..] } else { &spec.sets[..] };
    for set in own {
        let facts = facts(spec, Object::new("System.Management.Automation.ParameterAttribute"))
            .with("ParameterSetName", &**set);
        sets.set(Value::from(&**set), Value::Object(facts.clone()));
        attributes.push(Value::Object(facts));
    }
    if !spec.values.is_empty() {
        let values = Value::list(spec.values.iter().map(|value| Value::from(&**value)));
        let set = Object::new("System.Management.Automation.ValidateSetAttribute");
        attributes.push(Value::Object(set.with("ValidValues", values).with("IgnoreCase", true)));
    }
    Object::new("System.Management.Automation.ParameterMetadata")
        .shown_as("System.Management.Automation.ParameterMetadata")
        .with("Name", &*spec.name)
        .with("ParameterType", type_of(spec))
        .with("ParameterSets", sets)
        .with("IsDynamic", false)
        .with("Aliases", aliases(spec))
        .with("Attributes", Value::list(attributes))
        .with("SwitchParameter", spec.kind == Kind::Switch)
}

fn aliases(spec: &Spec) -> Value {
    Value::list(spec.aliases.iter().map(|alias| Value::from(&**alias)))
}

/// How a parameter is given.
fn facts(spec: &Spec, object: Object) -> Object {
    // .NET says so where there is no position.
    let position = spec.position.filter(|at| *at < u8::MAX).map_or(i64::from(i32::MIN), i64::from);
    object
        .with("Position", position)
        .with("Mandatory", spec.mandatory)
        .with("IsMandatory", spec.mandatory)
        .with("ValueFromPipeline", matches!(spec.pipeline, Pipeline::Value | Pipeline::Both))
        .with(
            "ValueFromPipelineByPropertyName",
            matches!(spec.pipeline, Pipeline::Property | Pipeline::Both),
        )
        .with("ValueFromRemainingArguments", spec.takes_rest)
}

fn sets(signature: &Signature, lines: &[String]) -> Vec<Value> {
    let names: Vec<&str> = match signature.sets.is_empty() {
        true => vec![ALL_SETS],
        false => signature.sets.iter().map(|name| &**name).collect(),
    };
    let one = |(at, name): (usize, &&str)| {
        let line = lines.get(at).map(String::as_str).unwrap_or_default();
        let shown = line.split_once(' ').map_or(*name, |(_, rest)| rest);
        let is_in = |spec: &&Spec| {
            spec.sets.is_empty() || spec.sets.iter().any(|set| set.eq_ignore_ascii_case(name))
        };
        let parameters = signature.specs.iter().filter(is_in).map(|spec| {
            let info = Object::new("System.Management.Automation.CommandParameterInfo")
                .shown_as(&spec.name)
                .with("Name", &*spec.name)
                .with("ParameterType", type_of(spec));
            Value::Object(facts(spec, info).with("Aliases", aliases(spec)))
        });
        let is_default = signature.sets.is_empty() || signature.default_set == Some(at);
        let set = Object::new("System.Management.Automation.CommandParameterSetInfo")
            .shown_as(shown)
            .with("Name", *name)
            .with("IsDefault", is_default)
            .with("Parameters", Value::list(parameters.collect::<Vec<_>>()));
        Value::Object(set)
    };
    names.iter().enumerate().map(one).collect()
}

fn type_named(full: &str) -> Value {
    Value::Type(TypeName::of_full(full))
}

fn type_of(spec: &Spec) -> Value {
    if let Some(name) = &spec.type_name {
        return Value::Type(name.clone());
    }
    type_named(&spec.full_type())
}
