//! What a role consists of, for people who look: its cmdlets.

use store::directory::AdminRole;

use super::{Act, Held, Role, allowed};
use crate::cmdlet::{self, NATIVES, Run};
use crate::lang::object::same_name;

/// Cmdlets and programs of the node, by name.
fn all() -> Vec<&'static str> {
    let cmdlets = cmdlet::all().filter(|cmdlet| !matches!(cmdlet.run, Run::Client(_)));
    let natives = NATIVES.iter().map(|native| native.name);
    let mut names: Vec<&str> = cmdlets.map(|cmdlet| cmdlet.name).chain(natives).collect();
    names.sort_unstable();
    names
}

/// What a built-in role may run.
pub fn of_role(role: Role) -> Vec<&'static str> {
    all().into_iter().filter(|name| allowed(name, Act::Plain).has(role)).collect()
}

/// What somebody may run; none: everything.
pub fn of_held(held: &Held) -> Option<Vec<String>> {
    let may = |name: &&str| held.decide(name, Act::Plain).is_some();
    (!held.is_owner).then(|| all().into_iter().filter(may).map(str::to_owned).collect())
}

/// The cmdlet of that name that a role of this half may have: what any of its built-in roles has.
pub fn grantable(name: &str, is_lync: bool) -> Option<&'static str> {
    let name = all().into_iter().find(|known| same_name(known, name))?;
    allowed(name, Act::Plain).iter().any(|role| role.is_lync() == is_lync).then_some(name)
}

/// A role that somebody made, without cmdlets that are no more.
pub fn of_own(role: &AdminRole) -> Vec<&'static str> {
    let is_lync = super::head_of_own(role).is_lync();
    let known = role.cmdlets.iter().filter_map(|name| grantable(name, is_lync));
    known.collect()
}
