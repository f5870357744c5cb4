//! Parameters of Microsoft's cmdlets for which this deployment has nothing: scripts carry them
//! along, so they are known; what would change the result is refused with the reason.

use super::{Arguments, Kind, Parameter};
use crate::lang::{Category, Error};

/// `-DomainController`, as most cmdlets have it.
pub(super) const DOMAIN_CONTROLLER: Parameter = Parameter::named("DomainController", Kind::String)
    .help("Accepted and without effect: there is one directory.");

/// `-IgnoreDefaultScope`, as the cmdlets about recipients have it.
pub(super) const IGNORE_DEFAULT_SCOPE: Parameter = Parameter::switch("IgnoreDefaultScope")
    .help("Accepted and without effect: there is one scope, the whole organization.");

/// `-ReadFromDomainController`, as what lists recipients has it.
pub(super) const READ_FROM: Parameter = Parameter::switch("ReadFromDomainController")
    .help("Accepted and without effect: there is one directory.");

/// Refuses the first of these parameters that is given, with its sentence of why and what to do.
pub(super) fn refuse(args: &Arguments, why: &[(&str, &str)]) -> Result<(), Error> {
    let is_wanted = |name: &str| args.boolean(name).unwrap_or(args.has(name));
    match why.iter().find(|(name, _)| is_wanted(name)) {
        None => Ok(()),
        Some((name, sentence)) => Err(Error::new(
            Category::NotImplemented,
            "ParameterNotSupported",
            format!("-{name} cannot be used here: {sentence}"),
        )
        .target(*name)
        .exception("NotSupportedException")),
    }
}
