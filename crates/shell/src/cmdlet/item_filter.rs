//! `-Filter`, `-Include`, `-Exclude`: which of the things that a path means are wanted.

use super::{Arguments, Kind, Parameter};
use crate::lang::text::{has_wildcards, is_like};

/// `-Filter`
pub(crate) const FILTER: Parameter =
    Parameter::named("Filter", Kind::String).help("Only names like this; may have *.");
/// `-Include`
pub(crate) const INCLUDE: Parameter = Parameter::named("Include", Kind::StringList)
    .help("Only names like one of these, of what a path with * means.");
/// `-Exclude`
pub(crate) const EXCLUDE: Parameter =
    Parameter::named("Exclude", Kind::StringList).help("No names like one of these.");

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    filter: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Wanted {
    /// As the arguments say.
    pub(crate) fn of(arguments: &Arguments) -> Wanted {
        let list = |name: &str| arguments.texts(name).unwrap_or_default();
        Wanted {
            filter: arguments.text("Filter").map(str::to_owned),
            include: list("Include"),
            exclude: list("Exclude"),
        }
    }

    /// Whether something of that name is wanted.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let fits = |pattern: &String| is_like(name, pattern, false);
        self.filter.as_ref().is_none_or(fits)
            && (self.include.is_empty() || self.include.iter().any(fits))
            && self.allows(name)
    }

    /// Whether something of that name, inside what is wanted, is not left out.
    pub(crate) fn allows(&self, name: &str) -> bool {
        !self.exclude.iter().any(|pattern| is_like(name, pattern, false))
    }

    /// Whether nothing in a folder can be wanted: `-Include` is about what a path with wildcards
    /// means, or what is found below it.
    pub(crate) fn is_without_object(&self, arguments: &Arguments, path: &str) -> bool {
        !self.include.is_empty() && !arguments.flag("Recurse") && !has_wildcards(path)
    }
}
