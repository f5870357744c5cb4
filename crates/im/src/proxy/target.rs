//! The target set of a call (RFC 3261 §16.5, §16.6): which devices ring, together or one after
//! another.

use sip::{Draft, Flow, Name, Params, Uri};

use crate::binding::Binding;
use crate::edge::Edge;
use crate::job::Job;
use crate::person::Person;

/// A device that is to ring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// Over which connection.
    pub(crate) flow: Flow,
    /// Its Contact: the Request-URI.
    pub(crate) contact: Uri,
    /// The address of ours by which it reaches us.
    pub(crate) edge: Edge,
    /// The Route to it (RFC 3327).
    path: Vec<String>,
    /// Other flows to the same instance (RFC 5626 §7), the best last.
    pub(crate) others: Vec<Target>,
}

impl Target {
    /// None: nothing leads there at the moment.
    fn of(binding: &Binding) -> Option<Target> {
        Some(Target {
            flow: binding.way.flow()?,
            contact: binding.contact.clone(),
            edge: binding.edge.clone(),
            path: binding.path.clone(),
            others: Vec::new(),
        })
    }

    /// A request that begins something, on the way to it.
    pub(crate) fn routed(&self, request: Draft) -> Draft {
        self.path.iter().fold(request, |draft, path| draft.with(Name::Route, path.as_str()))
    }
}

/// The devices of a person in groups of equal preference (`q`, RFC 3261 §20.10), the preferred
/// first: the next group rings when the one before has failed. Pages do not ring, and neither
/// does the device that calls.
pub(crate) fn groups(person: &Person, job: &Job) -> Vec<Vec<Target>> {
    let rings = |binding: &&Binding| {
        job.device.as_ref().is_none_or(|device| device.is(binding))
            && takes_calls(&binding.params)
            && !binding.is_application()
            && binding.way.flow() != Some(job.flow)
    };
    let mut ranked: Vec<(u16, Target)> = Vec::new();
    for binding in person.bindings.devices().filter(rings) {
        if let Some(mut target) = Target::of(binding) {
            let others = person.bindings.others(&binding.key);
            target.others = others.filter_map(Target::of).collect();
            ranked.push((preference(&binding.params), target));
        }
    }
    // Stable: in the order in which they came.
    ranked.sort_by_key(|(preference, _)| std::cmp::Reverse(*preference));
    let mut groups: Vec<Vec<Target>> = Vec::new();
    let mut last = None;
    for (preference, target) in ranked {
        match groups.last_mut().filter(|_| last == Some(preference)) {
            Some(group) => group.push(target),
            None => groups.push(vec![target]),
        }
        last = Some(preference);
    }
    groups
}

/// RFC 3840 §10.4: a device that lists its methods and leaves INVITE out takes no calls.
fn takes_calls(params: &Params) -> bool {
    let methods = params.get_unquoted("methods");
    methods.is_none_or(|methods| {
        methods.split(',').any(|method| method.trim().eq_ignore_ascii_case("INVITE"))
    })
}

/// `q` in thousandths; 1 if there is none or it cannot be read.
fn preference(params: &Params) -> u16 {
    let Some(q) = params.get("q") else { return 1000 };
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    let digits = fraction.bytes().chain(*b"000").take(3);
    let thousandths = digits
        .map(|digit| digit.is_ascii_digit().then_some(u16::from(digit.wrapping_sub(b'0'))))
        .try_fold(0, |sum, digit| digit.map(|digit| sum * 10 + digit));
    match (whole, thousandths) {
        ("0" | "", Some(thousandths)) => thousandths,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_and_methods_are_read() {
        let params = |text: &str| Params::parse(text).unwrap();
        for (text, expected) in [
            ("", 1000),
            (";q=1", 1000),
            (";q=1.000", 1000),
            (";q=0.5", 500),
            (";q=0.123", 123),
            (";q=0", 0),
            (";q=.7", 700),
            (";q=x", 1000),
            (";q=0.x", 1000),
        ] {
            assert_eq!(preference(&params(text)), expected, "{text}");
        }
        assert!(takes_calls(&params("")));
        assert!(takes_calls(&params(";methods=\"MESSAGE, invite\"")));
        assert!(!takes_calls(&params(";methods=\"MESSAGE\"")));
    }
}
