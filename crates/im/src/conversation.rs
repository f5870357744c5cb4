//! One side of every conversation: which of a person's devices a text from somebody goes to.
//! Pure; one value per person. What a delivery waits for is in `message`.
//!
//! design.md §8: a text goes to all devices of a person until one of them speaks; then that one
//! and the pages (devices of trusted applications) get it, until the conversation falls silent.

use std::collections::HashMap;

use sip::Tick;

use crate::aor::Aor;
use crate::binding::{Binding, DeviceKey};
use crate::limits;

/// With whom a person talks, and from which device.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    with: HashMap<Aor, Speaking>,
}

#[derive(Debug)]
struct Speaking {
    device: DeviceKey,
    until: Tick,
}

impl Conversations {
    /// The person sent a text to `peer` from `device`.
    pub(crate) fn spoke(&mut self, now: Tick, peer: &Aor, device: DeviceKey) {
        let until = now.after_ms(limits::CONVERSATION_QUIET_MS);
        self.with.insert(peer.clone(), Speaking { device, until });
        if self.with.len() > limits::CONVERSATIONS_PER_USER_MAX {
            let oldest = self.with.iter().min_by_key(|(_, speaking)| speaking.until);
            if let Some(oldest) = oldest.map(|(peer, _)| peer.clone()) {
                self.with.remove(&oldest);
            }
        }
    }

    /// A text from `peer` arrives: the devices it goes to first, and those it goes to if none
    /// of the first takes it.
    pub(crate) fn devices<'a>(
        &mut self,
        now: Tick,
        peer: &Aor,
        bindings: impl Iterator<Item = &'a Binding>,
    ) -> Devices {
        let all: Vec<&Binding> = bindings.filter(|binding| binding.takes_messages()).collect();
        let chosen = match self.with.get_mut(peer) {
            Some(speaking) if speaking.until > now => {
                speaking.until = now.after_ms(limits::CONVERSATION_QUIET_MS);
                all.iter().any(|binding| binding.key == speaking.device).then_some(&speaking.device)
            }
            _ => None,
        };
        let (first, then): (Vec<_>, Vec<_>) = all.into_iter().partition(|binding| {
            chosen.is_none_or(|device| binding.key == *device || binding.is_application())
        });
        let keys = |bindings: Vec<&Binding>| bindings.into_iter().map(|b| b.key.clone()).collect();
        Devices { first: keys(first), then: keys(then) }
    }

    /// Forgets conversations that have fallen silent.
    pub(crate) fn expire(&mut self, now: Tick) {
        self.with.retain(|_, speaking| speaking.until > now);
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.with.is_empty()
    }

    /// When the next conversation falls silent.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        self.with.values().map(|speaking| speaking.until).min()
    }
}

/// Where a text goes.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Devices {
    /// At once.
    pub(crate) first: Vec<DeviceKey>,
    /// If none of the first takes it.
    pub(crate) then: Vec<DeviceKey>,
}

#[cfg(test)]
mod tests {
    use sip::{Flow, Params};

    use super::*;
    use crate::binding::{Bindings, Said, Way, Wish, WishedContact, WishedContacts};

    fn key(device: &str) -> DeviceKey {
        DeviceKey::Epid(device.to_owned())
    }

    fn devices(names: &[(&str, Way)]) -> Bindings {
        let mut bindings = Bindings::default();
        for (name, way) in names {
            let contact = WishedContact {
                key: key(name),
                contact: format!("sip:{name}@h").parse().unwrap(),
                params: Params::default(),
                expires_s: 600,
                has_message: true,
                takes: crate::takes::Takes::default(),
            };
            let contacts = WishedContacts::These(vec![contact]);
            let edge = crate::edge::Edge::example();
            let (call_id, path) = ((*name).to_owned(), Vec::new());
            let said = Said { call_id, cseq: 1, edge, number: 1, path };
            let wish = Wish { contacts, said };
            bindings.apply(Tick(0), wish, way).unwrap();
        }
        bindings
    }

    #[test]
    fn the_device_that_spoke_until_it_is_gone_or_silent() {
        let page = Way::Application { flow: Some(Flow(3)), place: None };
        let all = devices(&[("a", Way::Flow(Flow(1))), ("b", Way::Flow(Flow(2))), ("page", page)]);
        let without_b = devices(&[("a", Way::Flow(Flow(1)))]);
        let (peer, other) =
            (Aor::parse("sip:peer@x.test").unwrap(), Aor::parse("sip:other@x.test").unwrap());
        let mut conversations = Conversations::default();
        let mut ask = |now, peer: &Aor, bindings: &Bindings, spoke: Option<&str>| {
            if let Some(device) = spoke {
                conversations.spoke(Tick(now), peer, key(device));
            }
            conversations.devices(Tick(now), peer, bindings.iter())
        };
        let expected = |first: &[&str], then: &[&str]| {
            let keys = |names: &[&str]| names.iter().map(|name| key(name)).collect();
            Devices { first: keys(first), then: keys(then) }
        };
        let everybody = expected(&["a", "b", "page"], &[]);
        assert_eq!(ask(0, &peer, &all, None), everybody);
        assert_eq!(ask(1, &peer, &all, Some("b")), expected(&["b", "page"], &["a"]));
        assert_eq!(ask(2, &other, &all, None), everybody);
        assert_eq!(ask(3, &peer, &without_b, None), expected(&["a"], &[]));
        let late = 3 + limits::CONVERSATION_QUIET_MS;
        assert_eq!(ask(late - 1, &peer, &all, None), expected(&["b", "page"], &["a"]));
        assert_eq!(ask(late + limits::CONVERSATION_QUIET_MS, &peer, &all, None), everybody);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut conversations = Conversations::default();
        for number in 0..=limits::CONVERSATIONS_PER_USER_MAX {
            let peer = Aor::parse(&format!("sip:u{number}@x.test")).unwrap();
            conversations.spoke(Tick(u64::try_from(number).unwrap()), &peer, key("a"));
        }
        assert_eq!(conversations.with.len(), limits::CONVERSATIONS_PER_USER_MAX);
        let first = Aor::parse("sip:u0@x.test").unwrap();
        assert!(!conversations.with.contains_key(&first));
        conversations.expire(Tick(u64::MAX));
        assert!(conversations.is_empty());
    }
}
