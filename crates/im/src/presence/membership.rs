//! Who is in which container: what a watcher may see of somebody.

use std::collections::HashSet;

use super::container::Container;
use crate::aor::Aor;

/// Who watches, as far as it decides what they see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Watcher<'a> {
    /// The person.
    Oneself,
    /// Another user of this deployment ([MS-PRES]: `sameEnterprise`).
    SameEnterprise(&'a Aor),
}

/// The members that differ from the rule "the enterprise sees 200, oneself 400".
#[derive(Debug, Default)]
pub(crate) struct Membership {
    blocked: HashSet<Aor>,
}

impl Membership {
    /// The container a watcher sees: the best match of [MS-PRES] (user before enterprise).
    pub(crate) fn container_of(&self, watcher: Watcher<'_>) -> Container {
        match watcher {
            Watcher::Oneself => Container::PERSONAL,
            Watcher::SameEnterprise(aor) if self.blocked.contains(aor) => Container::BLOCKED,
            Watcher::SameEnterprise(_) => Container::COMPANY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_match() {
        let bob = Aor::parse("sip:bob@example.test").unwrap();
        let mut membership = Membership::default();
        assert_eq!(membership.container_of(Watcher::Oneself), Container::PERSONAL);
        assert_eq!(membership.container_of(Watcher::SameEnterprise(&bob)), Container::COMPANY);
        membership.blocked.insert(bob.clone());
        assert_eq!(membership.container_of(Watcher::SameEnterprise(&bob)), Container::BLOCKED);
    }
}
