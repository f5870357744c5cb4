//! A message between two stacks of this node is seen by both: shown once.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::seen::Seen;
use crate::limits;

/// Remembers which messages were seen by one of two stacks only.
#[derive(Debug, Default)]
pub(super) struct Once {
    half: HashMap<Key, Vec<String>>,
}

type Key = (SocketAddr, SocketAddr, String, String, String);

impl Once {
    /// Whether nobody else has seen this message before.
    pub(super) fn is_news(&mut self, seen: &Seen) -> bool {
        let Some(message) = &seen.message else { return true };
        let (from, to) = message.way();
        let call = seen.call_id.clone().unwrap_or_default();
        let key = (from, to, call, seen.cseq.clone(), seen.summary.clone());
        let waiting = self.half.entry(key.clone()).or_default();
        if let Some(at) = waiting.iter().position(|other| *other != seen.component) {
            waiting.swap_remove(at);
            if waiting.is_empty() {
                self.half.remove(&key);
            }
            return false;
        }
        waiting.push(seen.component.clone());
        // Most are seen by one stack only; both see a message within moments.
        if self.half.len() > limits::HALF_SEEN_MESSAGES {
            self.half.clear();
        }
        true
    }
}
