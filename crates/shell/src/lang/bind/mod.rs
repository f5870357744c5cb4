//! Arguments to parameters: names and their beginnings, positions, parameter sets, pipeline
//! objects. The same rules serve cmdlets (in the client and again in the node, which trusts no
//! client) and functions. Read next: `spec`, `coerce`.

use std::sync::Arc;

use super::ast::Span;
use super::error::{Category, Error};
use super::object::same_name;
use super::text::to_text;
use super::value::Value;
use crate::cmdlet::{Arguments, Cmdlet, Kind, Pipeline};

mod coerce;
mod defaults;
mod every;
mod identity;
mod rule;
mod sets;
mod spec;

pub use coerce::{Coerced, coerce, secret};
pub use every::{COMMON, CONFIRMING, Common};
pub use spec::{Signature, Spec};

/// An argument as it was typed, evaluated.
#[derive(Clone, Debug)]
pub struct Given {
    /// The name, if it has one.
    pub name: Option<Arc<str>>,
    /// The value, if it has one: a named one without a colon takes the next unnamed one.
    pub value: Option<Value>,
    /// The text typed, where that matters (numbers).
    pub raw: Option<Arc<str>>,
    /// Where.
    pub span: Span,
}

impl Given {
    /// An unnamed argument.
    pub fn unnamed(value: Value, span: Span) -> Given {
        Given { name: None, value: Some(value), raw: None, span }
    }

    /// A named argument with its value.
    pub fn named(name: &str, value: Value) -> Given {
        Given { name: Some(name.into()), value: Some(value), raw: None, span: Span::default() }
    }
}

/// What was bound so far.
#[derive(Clone, Debug)]
pub struct Bound {
    values: Vec<Option<Value>>,
    candidates: Vec<usize>,
    /// Common parameters.
    pub common: Common,
    /// Arguments no parameter took: a simple function's `$args`.
    pub rest: Vec<Value>,
}

/// An error and the argument it is about.
pub type Binding<T> = Result<T, (Box<Error>, Option<Span>)>;

fn wrong(
    category: Category,
    id: &str,
    message: String,
    span: Option<Span>,
) -> (Box<Error>, Option<Span>) {
    let error = Error::new(category, id, message).exception("ParameterBindingException");
    (Box::new(error), span)
}

/// The error for an unnamed argument that no parameter takes.
fn no_position(argument: &Given) -> (Box<Error>, Option<Span>) {
    let value = argument.value.as_ref().map(to_text).unwrap_or_default();
    let message =
        format!("A positional parameter cannot be found that accepts argument '{value}'.");
    let id = "PositionalParameterNotFound";
    wrong(Category::InvalidArgument, id, message, Some(argument.span))
}

impl Signature {
    /// What is bound when nothing is given.
    pub fn nothing(&self) -> Bound {
        Bound {
            values: vec![None; self.specs.len()],
            candidates: (0..self.sets.len()).collect(),
            common: Common::default(),
            rest: Vec::new(),
        }
    }

    /// Binds what was typed.
    ///
    /// # Errors
    /// If an argument fits no parameter, or a value its parameter.
    pub fn bind(&self, given: Vec<Given>) -> Binding<Bound> {
        let mut bound = self.nothing();
        let mut unnamed: Vec<Given> = Vec::new();
        let mut given = given.into_iter().peekable();
        while let Some(argument) = given.next() {
            let Some(name) = argument.name.clone() else {
                unnamed.push(argument);
                continue;
            };
            let target = match self.find(&name) {
                Ok(target) => target,
                Err(_) if self.takes_anything => {
                    let word = Value::from(format!("-{name}"));
                    unnamed.push(Given::unnamed(word, argument.span));
                    unnamed.extend(argument.value.map(|v| Given::unnamed(v, argument.span)));
                    continue;
                }
                Err(error) => return Err((error, Some(argument.span))),
            };
            let kind = self.kind_of(target);
            let mut argument = argument;
            // What is wrong with a value is marked at the value.
            let mut marked = argument.span;
            if argument.value.is_none() && kind != Kind::Switch {
                match given.next_if(|next| next.name.is_none()) {
                    Some(next) => {
                        argument.value = next.value;
                        argument.raw = next.raw;
                        marked = next.span;
                    }
                    None => {
                        let message = format!(
                            "Missing an argument for parameter '{}'. Specify a parameter of type \
                             '{}' and try again.",
                            self.name_of(target),
                            self.type_of(target)
                        );
                        let span = Some(argument.span);
                        return Err(wrong(
                            Category::InvalidArgument,
                            "MissingArgument",
                            message,
                            span,
                        ));
                    }
                }
            }
            self.bind_named(&mut bound, target, argument, marked)?;
        }
        self.bind_positions(&mut bound, unnamed)?;
        Ok(bound)
    }

    fn bind_named(
        &self,
        bound: &mut Bound,
        target: Target,
        given: Given,
        marked: Span,
    ) -> Binding<()> {
        let span = Some(given.span);
        let value = given.value.unwrap_or(Value::Bool(true));
        match target {
            Target::Common(name) => bound.common.set(name, &value).map_err(|message| {
                let message = format!("Cannot bind parameter '{name}'. {message}");
                wrong(Category::InvalidArgument, "CannotConvertArgument", message, span)
            }),
            Target::Own(at) => {
                let is_taken = bound.values.get(at).is_some_and(Option::is_some);
                if is_taken {
                    let message = format!(
                        "Cannot bind parameter because parameter '{}' is specified more than once. \
                         To provide multiple values to parameters that can accept multiple values, \
                         use the array syntax. For example, \"-parameter value1,value2,value3\".",
                        self.name_of(target)
                    );
                    return Err(wrong(
                        Category::InvalidArgument,
                        "ParameterAlreadyBound",
                        message,
                        span,
                    ));
                }
                self.put(bound, at, &value, given.raw.as_deref(), Some(marked))?;
                self.narrow(bound, at, span)
            }
        }
    }

    /// Converts and checks a value, and puts it into its slot.
    fn put(
        &self,
        bound: &mut Bound,
        at: usize,
        value: &Value,
        raw: Option<&str>,
        span: Option<Span>,
    ) -> Binding<()> {
        let Some(spec) = self.specs.get(at) else { return Ok(()) };
        let value = spec.convert(value, raw).map_err(|error| (error, span))?;
        if let Some(slot) = bound.values.get_mut(at) {
            *slot = Some(value);
        }
        Ok(())
    }

    fn bind_positions(&self, bound: &mut Bound, unnamed: Vec<Given>) -> Binding<()> {
        let mut unnamed = unnamed.into_iter();
        while let Some(argument) = unnamed.next() {
            let places = self.next_positions(bound);
            if places.is_empty() {
                if self.takes_anything {
                    bound.rest.extend(argument.value);
                    bound.rest.extend(unnamed.filter_map(|argument| argument.value));
                    return Ok(());
                }
                return Err(no_position(&argument));
            }
            let span = Some(argument.span);
            let raw = argument.raw.as_deref();
            let mut value = argument.value.clone().unwrap_or_default();
            let takes_rest = |at: &usize| self.specs.get(*at).is_some_and(|spec| spec.takes_rest);
            if places.first().is_some_and(takes_rest) {
                let mut all = vec![value];
                all.extend(unnamed.by_ref().filter_map(|argument| argument.value));
                value = if all.len() == 1 { all.pop().unwrap_or_default() } else { all.into() };
            }
            // Two sets may have different parameters in one place: the first that fits is meant.
            let mut failure = None;
            let mut found = None;
            for at in places {
                match self.put(bound, at, &value, raw, span) {
                    Ok(()) => {
                        found = Some(at);
                        break;
                    }
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            match (found, failure) {
                (Some(at), _) => self.narrow(bound, at, span)?,
                (None, Some(error)) => return Err(error),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// The parameters the next unnamed argument may go to: in each possible set the free one with
    /// the lowest position, the default set first.
    fn next_positions(&self, bound: &Bound) -> Vec<usize> {
        let free = |set: Option<usize>| {
            self.specs
                .iter()
                .enumerate()
                .filter(|(at, spec)| {
                    spec.position.is_some()
                        && bound.values.get(*at).is_some_and(Option::is_none)
                        && set.is_none_or(|set| self.is_in(spec, set))
                })
                .min_by_key(|(_, spec)| spec.position)
                .map(|(at, _)| at)
        };
        if self.sets.is_empty() {
            return free(None).into_iter().collect();
        }
        let default = self.default_set.filter(|set| bound.candidates.contains(set));
        let order = default.into_iter().chain(bound.candidates.iter().copied());
        let mut places = Vec::new();
        for at in order.filter_map(|set| free(Some(set))) {
            if !places.contains(&at) {
                places.push(at);
            }
        }
        places
    }

    /// Binds a pipeline object to what is still free.
    ///
    /// # Errors
    /// If no parameter takes it.
    pub fn bind_input(&self, before: &Bound, input: &Value) -> Binding<Bound> {
        let mut bound = before.clone();
        let mut took = false;
        let mut failure = None;
        for pass in [Pass::ValueAsIs, Pass::Property, Pass::ValueConverted] {
            if took && pass == Pass::ValueConverted {
                break;
            }
            for (at, spec) in self.specs.iter().enumerate() {
                if spec.pipeline == Pipeline::No
                    || bound.values.get(at).is_some_and(Option::is_some)
                    || !self.is_possible(&bound, spec)
                {
                    continue;
                }
                match spec.take_input(input, pass) {
                    None => {}
                    Some(Ok(value)) => {
                        took = true;
                        if let Some(slot) = bound.values.get_mut(at) {
                            *slot = Some(value);
                        }
                        self.narrow(&mut bound, at, None)?;
                    }
                    Some(Err(error)) => failure = failure.or(Some(error)),
                }
            }
        }
        if took {
            return Ok(bound);
        }
        let error = failure.unwrap_or_else(|| {
            let message = "The input object cannot be bound to any parameters for the command \
                           either because the command does not take pipeline input or the input \
                           and its properties do not match any of the parameters that take \
                           pipeline input.";
            let error = Error::new(Category::InvalidArgument, "InputObjectNotBound", message)
                .target_value(input)
                .exception("ParameterBindingException");
            Box::new(error)
        });
        Err((error, None))
    }

    /// Whether any parameter could take a pipeline object.
    pub fn takes_input(&self) -> bool {
        self.specs.iter().any(|spec| spec.pipeline != Pipeline::No)
    }

    /// The mandatory parameters of the chosen set that have no value; those the pipeline may
    /// supply do not count if one is coming.
    pub fn missing(&self, bound: &Bound, input_comes: bool) -> Vec<&Spec> {
        let set = self.choose(bound, input_comes);
        self.specs
            .iter()
            .enumerate()
            .filter(|(at, spec)| {
                spec.is_mandatory_in(set.and_then(|set| self.sets.get(set)).map(|set| &**set))
                    && set.is_none_or(|set| self.is_in(spec, set))
                    && bound.values.get(*at).is_some_and(Option::is_none)
                    && !(input_comes && spec.pipeline != Pipeline::No)
            })
            .map(|(_, spec)| spec)
            .collect()
    }

    /// The values, for a cmdlet.
    pub fn arguments(&self, bound: &Bound, cmdlet: &'static Cmdlet) -> Arguments {
        self.arguments_in(bound, cmdlet, self.choose(bound, false))
    }

    /// The values, for a cmdlet, when the set that is meant is known.
    pub(in crate::lang) fn arguments_in(
        &self,
        bound: &Bound,
        cmdlet: &'static Cmdlet,
        set: Option<usize>,
    ) -> Arguments {
        let set = set.and_then(|set| self.sets.get(set));
        let own = |name: &str| {
            let sets = cmdlet.parameters.iter().flat_map(|parameter| parameter.sets);
            sets.copied().find(|set| *set == name)
        };
        let mut arguments =
            Arguments::new(set.and_then(|set| own(set)).unwrap_or(cmdlet.default_set));
        for (parameter, value) in cmdlet.parameters.iter().zip(&bound.values) {
            if let Some(value) = value {
                arguments.set_value(parameter.name, value.clone());
            }
        }
        arguments
    }

    /// The values by name, for a function.
    pub fn values<'a>(
        &'a self,
        bound: &'a Bound,
    ) -> impl Iterator<Item = (&'a Spec, Option<&'a Value>)> {
        self.specs.iter().zip(bound.values.iter().map(Option::as_ref))
    }

    /// Gives a parameter a value later on: what was asked at the prompt.
    ///
    /// # Errors
    /// If the value does not fit.
    pub fn supply(&self, bound: &mut Bound, name: &str, value: &Value) -> Binding<()> {
        let found = self.specs.iter().position(|spec| same_name(&spec.name, name));
        match found {
            Some(at) => self.put(bound, at, value, None, None),
            None => Ok(()),
        }
    }
}

/// In which way a pipeline object is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The whole object, as it is.
    ValueAsIs,
    /// Its property of the parameter's name.
    Property,
    /// The whole object, converted.
    ValueConverted,
}

/// What a parameter's name means.
#[derive(Clone, Copy, Debug)]
enum Target {
    Own(usize),
    Common(&'static str),
}

impl Signature {
    fn kind_of(&self, target: Target) -> Kind {
        match target {
            Target::Own(at) => self.specs.get(at).map_or(Kind::Any, |spec| spec.kind),
            Target::Common("Verbose" | "Debug" | "WhatIf" | "Confirm") => Kind::Switch,
            Target::Common(_) => Kind::String,
        }
    }

    fn name_of(&self, target: Target) -> &str {
        match target {
            Target::Own(at) => self.specs.get(at).map_or("", |spec| &spec.name),
            Target::Common(name) => name,
        }
    }

    /// The parameter a name, an alias or the beginning of a name means.
    /// Whether a name, or the beginning of one, is a parameter's.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    fn find(&self, name: &str) -> Result<Target, Box<Error>> {
        let own = self.specs.iter().position(|spec| {
            same_name(&spec.name, name) || spec.aliases.iter().any(|alias| same_name(alias, name))
        });
        if let Some(at) = own {
            return Ok(Target::Own(at));
        }
        let common = self.common_parameters();
        let exact = common
            .clone()
            .find(|(common, alias)| same_name(common, name) || same_name(alias, name));
        if let Some((name, _)) = exact {
            return Ok(Target::Common(name));
        }
        let begins = |candidate: &str| {
            candidate.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let own = self
            .specs
            .iter()
            .enumerate()
            .filter(|(_, spec)| begins(&spec.name) || spec.aliases.iter().any(|a| begins(a)))
            .map(|(at, _)| Target::Own(at));
        let common = common.filter(|(name, _)| begins(name)).map(|(name, _)| Target::Common(name));
        let found: Vec<Target> = own.chain(common).collect();
        match found.as_slice() {
            [only] => Ok(*only),
            [] => {
                if let Some(refusal) = crate::not_applicable::parameter_refusal(&self.name, name) {
                    return Err(Box::new(refusal));
                }
                let message =
                    format!("A parameter cannot be found that matches parameter name '{name}'.");
                let error =
                    Error::new(Category::InvalidArgument, "NamedParameterNotFound", message)
                        .exception("ParameterBindingException")
                        .advice(format!("Get-Help {} lists the parameters.", self.name));
                Err(Box::new(error))
            }
            several => {
                let mut names = String::new();
                for target in several {
                    names.push_str(" -");
                    names.push_str(self.name_of(*target));
                }
                let message = format!(
                    "Parameter cannot be processed because the parameter name '{name}' is \
                     ambiguous. Possible matches include:{names}."
                );
                let error = Error::new(Category::InvalidArgument, "AmbiguousParameter", message)
                    .exception("ParameterBindingException");
                Err(Box::new(error))
            }
        }
    }

    fn common_parameters(&self) -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
        let confirming: &'static [(&str, &str)] = if self.confirms { CONFIRMING } else { &[] };
        let common: &'static [(&str, &str)] = if self.has_common { COMMON } else { &[] };
        common.iter().chain(confirming).copied()
    }
}

#[cfg(test)]
mod tests;
