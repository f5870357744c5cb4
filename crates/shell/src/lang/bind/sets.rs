//! Parameter sets: which are still possible, and which one is meant.

use super::{Binding, Bound, Signature, wrong};
use crate::cmdlet::Pipeline;
use crate::lang::ast::Span;
use crate::lang::error::Category;

impl Signature {
    /// Gives up the sets a bound parameter does not belong to.
    pub(super) fn narrow(&self, bound: &mut Bound, at: usize, span: Option<Span>) -> Binding<()> {
        let Some(spec) = self.specs.get(at) else { return Ok(()) };
        if spec.sets.is_empty() || self.sets.is_empty() {
            return Ok(());
        }
        bound.candidates.retain(|set| self.is_in(spec, *set));
        if bound.candidates.is_empty() {
            let message =
                "Parameter set cannot be resolved using the specified named parameters.".to_owned();
            let id = "AmbiguousParameterSet";
            return Err(wrong(Category::InvalidArgument, id, message, span));
        }
        Ok(())
    }

    /// Which parameters have a value: it decides what is missing and which set is meant.
    pub(in crate::lang) fn shape(bound: &Bound) -> Vec<bool> {
        bound.values.iter().map(Option::is_some).collect()
    }

    /// The name of the set that is meant, if there are several.
    pub fn chosen(&self, bound: &Bound) -> Option<&str> {
        self.choose(bound, false).and_then(|set| self.sets.get(set)).map(|set| &**set)
    }

    /// The set that is meant: the default one if it is possible and complete, else the first one
    /// that is complete, else the first possible one.
    pub(in crate::lang) fn choose(&self, bound: &Bound, input_comes: bool) -> Option<usize> {
        let is_complete = |set: &usize| {
            self.specs.iter().enumerate().all(|(at, spec)| {
                !spec.is_mandatory_in(self.sets.get(*set).map(|set| &**set))
                    || !self.is_in(spec, *set)
                    || bound.values.get(at).is_some_and(Option::is_some)
                    || (input_comes && spec.pipeline != Pipeline::No)
            })
        };
        let default = self.default_set.filter(|set| bound.candidates.contains(set));
        let mut candidates = default.into_iter().chain(bound.candidates.iter().copied());
        let first = candidates.clone().next();
        candidates.find(is_complete).or(first)
    }
}
