//! `$PSDefaultParameterValues`: what commands are given when nobody gives it.

use crate::lang::ast::Span;
use crate::lang::bind::{Bound, Given, Signature};
use crate::lang::object::{Map, Object};
use crate::lang::pipe::{Outcome, Stop};
use crate::lang::shell::Shell;
use crate::lang::text::{is_like, to_text};
use crate::lang::types::is_true;
use crate::lang::value::Value;

/// The variable.
pub(crate) const DEFAULTS: &str = "PSDefaultParameterValues";

impl Shell {
    /// Gives parameters that have no value the ones that the variable has for them.
    pub(super) fn fill(
        &mut self,
        signature: &Signature,
        mut bound: Bound,
        aliases: &[&str],
    ) -> Outcome<Bound> {
        let map = match self.scope.get(DEFAULTS) {
            Some(Value::Map(map)) if signature.has_common && !map.is_empty() => map,
            _ => return Ok(bound),
        };
        if map.get_text("Disabled").is_some_and(|value| is_true(&value)) {
            return Ok(bound);
        }
        for (key, value) in map.entries() {
            let key = to_text(&key);
            let Some((command, parameter)) = key.rsplit_once(':') else { continue };
            let bare = |part: &str| part.trim().trim_matches(['\'', '"']).to_owned();
            let (command, parameter) = (bare(command), bare(parameter));
            let is_meant = is_like(&signature.name, &command, false)
                || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&command));
            if !is_meant || !signature.lacks(&bound, &parameter) {
                continue;
            }
            let value = match &value {
                Value::Block(block) => {
                    let mut values: Vec<Value> = Vec::new();
                    let given = vec![Given::unnamed(facts(signature, &bound), Span::default())];
                    self.call_block("", block, given, None, true, &mut values)?;
                    super::one_or_list(values)
                }
                value => value.clone(),
            };
            signature.give_default(&mut bound, &parameter, value).map_err(|(mut error, _)| {
                error.cmdlet = Some(signature.name.clone());
                Stop::Statement(error)
            })?;
        }
        Ok(bound)
    }
}

/// What a value's block is told as `$args[0]`.
fn facts(signature: &Signature, bound: &Bound) -> Value {
    let given = Map::new();
    for (spec, value) in signature.values(bound) {
        if let Some(value) = value {
            given.set(Value::from(&*spec.name), value.clone());
        }
    }
    Value::Object(
        Object::new("System.Management.Automation.PSObject")
            .with("Command", signature.name.as_str())
            .with("BoundParameters", given),
    )
}
