//! Values that `$PSDefaultParameterValues` gives to parameters that nobody gave one.

use super::{Binding, Bound, Signature, Target};
use crate::lang::text::{has_wildcards, is_like};
use crate::lang::value::Value;

impl Signature {
    /// The parameters that a name or wildcard means and that have no value yet; one at most.
    fn without_value(&self, bound: &Bound, name: &str) -> Option<Target> {
        let target = match has_wildcards(name) {
            false => self.find(name).ok()?,
            true => {
                let specs = self.specs.iter().enumerate();
                let own = specs
                    .filter(|(_, spec)| is_like(&spec.name, name, false))
                    .map(|(at, _)| Target::Own(at));
                let common = self.common_parameters();
                let common = common
                    .filter(|(common, _)| is_like(common, name, false))
                    .map(|(common, _)| Target::Common(common));
                let found: Vec<Target> = own.chain(common).collect();
                match found.as_slice() {
                    [only] => *only,
                    _ => return None,
                }
            }
        };
        let is_free = match target {
            Target::Common(name) => !bound.common.has(name),
            Target::Own(at) => {
                bound.values.get(at).is_some_and(Option::is_none)
                    && self.specs.get(at).is_some_and(|spec| self.is_possible(bound, spec))
            }
        };
        is_free.then_some(target)
    }

    /// Whether a parameter could be given a value.
    pub(in crate::lang) fn lacks(&self, bound: &Bound, name: &str) -> bool {
        self.without_value(bound, name).is_some()
    }

    /// Gives a parameter a value that nobody gave; nothing if there is none to be given.
    ///
    /// # Errors
    /// If the value does not fit.
    pub(in crate::lang) fn give_default(
        &self,
        bound: &mut Bound,
        name: &str,
        value: Value,
    ) -> Binding<()> {
        match self.without_value(bound, name) {
            Some(target) => {
                let given = super::Given::named(name, value);
                let span = given.span;
                self.bind_named(bound, target, given, span)
            }
            None => Ok(()),
        }
    }
}
