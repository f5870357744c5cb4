//! A set of addresses of record that mostly holds one: whom a connection concerns.

use std::collections::HashSet;

use crate::aor::Aor;

/// See the head of the file. A connection of a person has one in a shard, that of an application
/// thousands.
#[derive(Debug)]
pub(crate) enum Aors {
    One(Aor),
    Many(HashSet<Aor>),
}

impl Aors {
    /// Adds one.
    pub(crate) fn insert(&mut self, aor: &Aor) {
        match self {
            Self::One(one) if one == aor => {}
            Self::One(one) => *self = Self::Many(HashSet::from([one.clone(), aor.clone()])),
            Self::Many(many) => drop(many.insert(aor.clone())),
        }
    }

    /// All of them.
    pub(crate) fn into_all(self) -> HashSet<Aor> {
        match self {
            Self::One(one) => HashSet::from([one]),
            Self::Many(many) => many,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        let aor = |name: &str| Aor::parse(&format!("sip:{name}@x.test")).unwrap();
        let mut aors = Aors::One(aor("a"));
        aors.insert(&aor("a"));
        assert!(matches!(aors, Aors::One(_)));
        aors.insert(&aor("b"));
        aors.insert(&aor("a"));
        assert_eq!(aors.into_all(), HashSet::from([aor("a"), aor("b")]));
    }
}
