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
