//! What can be bound: the parameters of a cmdlet or of a function, in one form.

use std::borrow::Cow;
use std::sync::Arc;

use super::coerce::{Coerced, coerce};
use super::{Bound, Pass};
use crate::cmdlet::{Cmdlet, Impact, Kind, Parameter, Pipeline};
use crate::lang::ast::{Declared, Rule, ScriptBlock, TypeName};
use crate::lang::error::{Category, Error};
use crate::lang::object::same_name;
use crate::lang::text::to_text;
use crate::lang::types;
use crate::lang::value::Value;

/// The parameters of a command.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The command's name.
    pub name: String,
    /// Its parameters.
    pub specs: Vec<Spec>,
    /// The names of its parameter sets; none if there is only one.
    pub sets: Vec<Cow<'static, str>>,
    /// The set to assume when several fit.
    pub default_set: Option<usize>,
    /// Whether it has `-WhatIf` and `-Confirm`.
    pub confirms: bool,
    /// Whether it has the common parameters.
    pub has_common: bool,
    /// Whether arguments that fit no parameter go into `$args`.
    pub takes_anything: bool,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Other names.
    pub aliases: Vec<Cow<'static, str>>,
    /// What its value is turned into.
    pub kind: Kind,
    /// The declared type, of a function's parameter.
    pub type_name: Option<TypeName>,
    /// Which unnamed argument it takes.
    pub position: Option<u8>,
    /// Whether the command cannot run without it.
    pub mandatory: bool,
    /// How a pipeline object may supply it.
    pub pipeline: Pipeline,
    /// The sets it belongs to; all if empty.
    pub sets: Vec<Cow<'static, str>>,
    /// The sets it is mandatory in; all of its sets if empty.
    pub mandatory_in: Vec<Cow<'static, str>>,
    /// Whether it takes all unnamed arguments that are left.
    pub takes_rest: bool,
    /// Whether `$null` or an empty text will do.
    pub allows_empty: bool,
    /// The only texts allowed.
    pub values: Vec<Cow<'static, str>>,
    /// What else values will do, of a function's parameter.
    pub rules: Vec<Rule>,
}

impl Signature {
    /// Of a cmdlet.
    pub fn of_cmdlet(cmdlet: &'static Cmdlet) -> Signature {
        let mut sets: Vec<Cow<'static, str>> = Vec::new();
        for set in cmdlet.parameters.iter().flat_map(|parameter| parameter.sets) {
            if !sets.iter().any(|known| known == set) {
                sets.push(Cow::Borrowed(set));
            }
        }
        let default_set = sets.iter().position(|set| *set == cmdlet.default_set);
        Signature {
            name: cmdlet.name.to_owned(),
            specs: cmdlet.parameters.iter().map(Spec::of_parameter).collect(),
            sets,
            default_set,
            confirms: cmdlet.impact != Impact::None,
            has_common: true,
            takes_anything: false,
        }
    }

    /// Of a command that takes whatever it is given or is piped to it, and has the common
    /// parameters.
    pub fn of_anything(name: &str) -> Signature {
        static INPUT: Parameter = Parameter::named("InputObject", Kind::Any).from_pipeline();
        Signature {
            specs: vec![Spec::of_parameter(&INPUT)],
            confirms: true,
            has_common: true,
            takes_anything: true,
            ..Signature::empty(name)
        }
    }

    /// Of a function or script.
    pub fn of_block(name: &str, block: &ScriptBlock) -> Signature {
        let binding = &block.binding;
        let is_advanced = binding.is_written || block.parameters.iter().any(|p| p.has_attribute);
        let has_positions = block.parameters.iter().any(|p| p.position.is_some());
        let mut next = 0;
        let specs = block.parameters.iter().map(|declared| {
            let mut spec = Spec::of_declared(declared);
            let is_placed = !has_positions && !binding.names_only && !spec.takes_rest;
            if is_placed && spec.kind != Kind::Switch {
                spec.position = Some(next);
                next = next.saturating_add(1);
            }
            if spec.takes_rest {
                spec.position = spec.position.or(Some(u8::MAX));
            }
            spec
        });
        let mut sets: Vec<Cow<'static, str>> = Vec::new();
        let declared = block.parameters.iter().flat_map(|parameter| &parameter.sets);
        for set in declared.chain(&binding.default_set) {
            if !sets.iter().any(|known| same_name(known, set)) {
                sets.push(Cow::Owned(set.to_string()));
            }
        }
        let default = binding.default_set.as_deref();
        let default_set = sets.iter().position(|set| default.is_some_and(|d| same_name(d, set)));
        Signature {
            name: name.to_owned(),
            specs: specs.collect(),
            sets,
            default_set,
            confirms: binding.supports_should_process,
            has_common: is_advanced,
            takes_anything: !is_advanced,
        }
    }

    /// Whether a parameter belongs to a set.
    pub(super) fn is_in(&self, spec: &Spec, set: usize) -> bool {
        spec.sets.is_empty()
            || self
                .sets
                .get(set)
                .is_some_and(|name| spec.sets.iter().any(|own| same_name(own, name)))
    }

    /// Whether a parameter belongs to a set that is still possible.
    pub(super) fn is_possible(&self, bound: &Bound, spec: &Spec) -> bool {
        self.sets.is_empty() || bound.candidates.iter().any(|set| self.is_in(spec, *set))
    }
}

impl Spec {
    fn of_parameter(parameter: &'static Parameter) -> Spec {
        let borrowed = |names: &'static [&'static str]| {
            names.iter().copied().map(Cow::Borrowed).collect::<Vec<_>>()
        };
        Spec {
            name: Cow::Borrowed(parameter.name),
            aliases: borrowed(parameter.aliases),
            kind: parameter.kind,
            type_name: None,
            position: parameter.position,
            mandatory: parameter.mandatory,
            pipeline: parameter.pipeline,
            sets: borrowed(parameter.sets),
            mandatory_in: Vec::new(),
            rules: Vec::new(),
            takes_rest: parameter.takes_rest,
            allows_empty: parameter.allows_empty,
            values: borrowed(parameter.values),
        }
    }

    fn of_declared(declared: &Declared) -> Spec {
        let owned = |names: &[Arc<str>]| {
            names.iter().map(|name| Cow::Owned(name.to_string())).collect::<Vec<_>>()
        };
        let is_switch = declared.type_name.as_ref().is_some_and(|name| &*name.name == "switch");
        let pipeline = match (declared.from_pipeline, declared.from_property) {
            (false, false) => Pipeline::No,
            (true, false) => Pipeline::Value,
            (false, true) => Pipeline::Property,
            (true, true) => Pipeline::Both,
        };
        Spec {
            name: Cow::Owned(declared.name.to_string()),
            aliases: declared.aliases.iter().cloned().map(Cow::Owned).collect(),
            kind: if is_switch { Kind::Switch } else { Kind::Any },
            type_name: declared.type_name.clone(),
            position: declared.position,
            mandatory: declared.mandatory,
            pipeline,
            sets: owned(&declared.sets),
            mandatory_in: owned(&declared.mandatory_in),
            takes_rest: declared.takes_rest,
            allows_empty: !declared.mandatory
                || declared.rules.iter().any(|rule| matches!(rule, Rule::AllowEmpty)),
            rules: declared.rules.clone(),
            values: declared.values.iter().cloned().map(Cow::Owned).collect(),
        }
    }

    /// Whether it belongs to a set; to every one that has no name.
    pub(crate) fn is_in_set(&self, set: Option<&str>) -> bool {
        self.sets.is_empty()
            || set.is_none_or(|set| self.sets.iter().any(|own| same_name(own, set)))
    }

    /// Whether the command cannot run without it, in that set. A parameter may be mandatory in
    /// the sets it names and absent from the others.
    pub(crate) fn is_mandatory_in(&self, set: Option<&str>) -> bool {
        let names = |sets: &[Cow<'static, str>]| {
            sets.is_empty() || set.is_none_or(|set| sets.iter().any(|own| same_name(own, set)))
        };
        self.mandatory && names(&self.sets) && names(&self.mandatory_in)
    }

    fn error(&self, id: &str, message: String) -> Box<Error> {
        let error = Error::new(Category::InvalidData, id, message)
            .exception("ParameterBindingValidationException");
        Box::new(error)
    }

    /// The value as the parameter wants it.
    pub(super) fn convert(&self, value: &Value, raw: Option<&str>) -> Result<Value, Box<Error>> {
        if !self.allows_empty {
            let empty = match value {
                Value::Null if self.is_text() => Some(("EmptyString", "it is an empty string")),
                Value::Null => Some(("Null", "it is null")),
                Value::String(text) if text.is_empty() => {
                    Some(("EmptyString", "it is an empty string"))
                }
                Value::List(list) if list.is_empty() => {
                    Some(("EmptyArray", "it is an empty array"))
                }
                _ => None,
            };
            if let Some((what, why)) = empty {
                let message =
                    format!("Cannot bind argument to parameter '{}' because {why}.", self.name);
                let id = format!("ParameterArgumentValidationError{what}NotAllowed");
                return Err(self.error(&id, message));
            }
        }
        let converted = match &self.type_name {
            // What a simple string is given is its text, $null the empty one.
            Some(_) if self.is_text() && !matches!(value, Value::List(_)) => {
                Ok(Value::from(raw.map_or_else(|| to_text(value), str::to_owned)))
            }
            Some(name) if self.kind != Kind::Switch && !value.is_null() => {
                types::convert(value, name).map_err(|error| error.message)
            }
            _ => coerce(self.kind, value, raw).map_err(Coerced::into_message),
        };
        let converted = converted.map_err(|reason| {
            if self.kind == Kind::Bool || self.type_name.is_some() {
                let message = format!(
                    "Cannot process argument transformation on parameter '{}'. {reason}",
                    self.name
                );
                let mut error = self.error("ParameterArgumentTransformationError", message);
                error.exception =
                    Some("ParameterBindingArgumentTransformationException".to_owned());
                return error;
            }
            let message = format!("Cannot bind parameter '{}'. {reason}", self.name);
            let mut error = self.error("CannotConvertArgumentNoMessage", message);
            error.category = Category::InvalidArgument;
            error.exception = Some("ParameterBindingException".to_owned());
            error
        })?;
        self.validate(&converted)?;
        for rule in &self.rules {
            if let Some(why) = super::rule::broken(rule, &converted) {
                let message =
                    format!("Cannot validate argument on parameter '{}'. {why}", self.name);
                return Err(self.error("ParameterArgumentValidationError", message));
            }
        }
        Ok(converted)
    }

    /// The type of what it takes, as .NET spells it.
    pub(crate) fn full_type(&self) -> String {
        if let Some(name) = &self.type_name {
            return types::full_name(name);
        }
        let name = match self.kind {
            Kind::Switch => "System.Management.Automation.SwitchParameter",
            Kind::Bool => "System.Boolean",
            Kind::Int | Kind::Port => "System.Int32",
            Kind::UInt16 => "System.UInt16",
            Kind::Float => "System.Double",
            Kind::StringList => "System.String[]",
            Kind::IntList => "System.Int32[]",
            Kind::String | Kind::File | Kind::Fqdn | Kind::Filter => "System.String",
            Kind::Secret => "System.Security.SecureString",
            Kind::Credential => "System.Management.Automation.PSCredential",
            Kind::Time => "System.DateTime",
            Kind::Bytes => "System.Byte[]",
            Kind::Map => "System.Collections.Hashtable",
            Kind::Block => "System.Management.Automation.ScriptBlock",
            Kind::Properties | Kind::AnyList => "System.Object[]",
            Kind::Any => "System.Object",
            other => other.name(),
        };
        name.to_owned()
    }

    fn is_text(&self) -> bool {
        self.type_name.as_ref().is_some_and(|name| &*name.name == "string" && !name.is_array)
    }

    fn validate(&self, value: &Value) -> Result<(), Box<Error>> {
        if self.values.is_empty() || value.is_null() {
            return Ok(());
        }
        for item in types::list_of(value).items() {
            let text = to_text(item);
            if !self.values.iter().any(|known| same_name(known, &text)) {
                let message = format!(
                    "Cannot validate argument on parameter '{}'. The argument \"{text}\" does not \
                     belong to the set \"{}\" specified by the ValidateSet attribute. Supply an \
                     argument that is in the set and then try the command again.",
                    self.name,
                    self.values.join(",")
                );
                return Err(self.error("ParameterArgumentValidationError", message));
            }
        }
        Ok(())
    }

    /// What a pipeline object gives this parameter in one way of trying, if anything.
    pub(super) fn take_input(
        &self,
        input: &Value,
        pass: Pass,
    ) -> Option<Result<Value, Box<Error>>> {
        let by_value = matches!(self.pipeline, Pipeline::Value | Pipeline::Both);
        let by_property = matches!(self.pipeline, Pipeline::Property | Pipeline::Both);
        match pass {
            Pass::ValueAsIs if by_value && self.fits(input) => Some(self.convert(input, None)),
            Pass::ValueConverted if by_value && self.could_become(input) => {
                Some(self.convert(input, None))
            }
            Pass::Property if by_property => {
                let names = std::iter::once(&self.name).chain(&self.aliases);
                let value = names.into_iter().find_map(|name| match input {
                    Value::Object(object) => object.get(name),
                    Value::Map(map) => map.get_text(name),
                    _ => None,
                })?;
                Some(self.convert(&value, None))
            }
            _ => None,
        }
    }

    /// Whether the value has the parameter's own type.
    fn fits(&self, value: &Value) -> bool {
        if let Some(name) = &self.type_name {
            return types::is_type(value, name) || &*name.name == "object";
        }
        match (self.kind, value) {
            (Kind::Any | Kind::AnyList | Kind::Properties, _) => true,
            (Kind::Identity, Value::Object(object)) => object.get("Identity").is_some(),
            (
                Kind::Identity | Kind::String | Kind::Fqdn | Kind::StringList | Kind::Filter,
                Value::String(_) | Value::Enum(_),
            ) => true,
            (Kind::Identity | Kind::String | Kind::Fqdn | Kind::StringList, textual)
                if textual.is_textual() =>
            {
                true
            }
            (Kind::StringList | Kind::IntList, Value::List(_)) => true,
            (Kind::Int | Kind::UInt16 | Kind::Port | Kind::IntList, number)
                if number.is_number() =>
            {
                true
            }
            (Kind::Bool | Kind::Switch, Value::Bool(_)) => true,
            (Kind::Map, Value::Map(_)) => true,
            (Kind::Block, Value::Block(_)) => true,
            (Kind::Secret, Value::Secret(_)) => true,
            (Kind::Bytes | Kind::File, Value::Bytes(_)) => true,
            (Kind::Time, Value::Time(_) | Value::Told(..)) => true,
            _ => false,
        }
    }

    fn could_become(&self, value: &Value) -> bool {
        if self.type_name.is_some() {
            return true;
        }
        match value {
            textual if textual.is_textual() => !matches!(self.kind, Kind::Switch | Kind::Bool),
            Value::Object(_) => self.kind == Kind::Identity,
            Value::Map(_) | Value::Block(_) | Value::Null => false,
            _ => !matches!(self.kind, Kind::Switch | Kind::Bool),
        }
    }
}
