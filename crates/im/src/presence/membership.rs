//! Who is in which container: what a watcher may see of somebody. The person's own rules (RFC
//! 5025) are mapped onto containers here.

use std::sync::Arc;

use super::container::Container;
use super::rules::{Handling, Rules};
use crate::aor::Aor;

/// Who watches, as far as it decides what they see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Watcher<'a> {
    /// The person.
    Oneself,
    /// Another user of this deployment ([MS-PRES]: `sameEnterprise`).
    SameEnterprise(&'a Aor),
}

impl<'a> Watcher<'a> {
    /// `watcher`, who looks at `presentity`.
    pub(crate) fn of(watcher: &'a Aor, presentity: &Aor) -> Self {
        if watcher == presentity { Self::Oneself } else { Self::SameEnterprise(watcher) }
    }
}

/// The members: without rules of the person the enterprise sees 200, oneself 400.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    rules: Option<Arc<Rules>>,
}

impl Membership {
    /// Takes the rules of the person; whether they are others than before.
    pub(crate) fn set_rules(&mut self, rules: Option<Arc<Rules>>) -> bool {
        let is_new = self.rules != rules;
        self.rules = rules;
        is_new
    }

    /// The rules of the person.
    pub(crate) fn rules(&self) -> Option<&Arc<Rules>> {
        self.rules.as_ref()
    }

    /// What is done with a subscription of a watcher.
    pub(crate) fn handling(&self, watcher: Watcher<'_>) -> Handling {
        match (watcher, &self.rules) {
            (Watcher::SameEnterprise(aor), Some(rules)) => rules.decide(aor).handling,
            _ => Handling::Allow,
        }
    }

    /// The container a watcher sees. Whom the rules do not block is in 200 if they show the note,
    /// and in 100, where there is none, otherwise.
    pub(crate) fn container_of(&self, watcher: Watcher<'_>) -> Container {
        match (watcher, &self.rules) {
            (Watcher::Oneself, _) => Container::PERSONAL,
            (Watcher::SameEnterprise(_), None) => Container::COMPANY,
            (Watcher::SameEnterprise(aor), Some(rules)) => {
                let grant = rules.decide(aor);
                match grant.handling {
                    Handling::Allow if grant.note => Container::COMPANY,
                    Handling::Allow => Container::PUBLIC,
                    _ => Container::BLOCKED,
                }
            }
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
        assert!(membership.set_rules(Some(Arc::default())));
        assert!(!membership.set_rules(Some(Arc::default())));
        assert_eq!(membership.container_of(Watcher::SameEnterprise(&bob)), Container::BLOCKED);
        assert_eq!(membership.container_of(Watcher::Oneself), Container::PERSONAL);
    }
}
