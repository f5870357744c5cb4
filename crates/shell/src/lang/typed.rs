//! What was typed in this session, numbered from 1: `Get-History`.

use std::collections::VecDeque;

use crate::limits::TYPED_MAX;

/// One text that was typed and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// The text.
    pub text: String,
    /// When it began, milliseconds UTC.
    pub start_ms: i64,
    /// When it ended.
    pub end_ms: i64,
    /// Whether it succeeded.
    pub success: bool,
}

/// What was typed, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    entries: VecDeque<Entry>,
    last_id: i64,
}

impl Typed {
    /// Adds a text that was run.
    pub fn add(&mut self, text: &str, start_ms: i64, end_ms: i64, success: bool) {
        if text.trim().is_empty() {
            return;
        }
        self.last_id += 1;
        let text = text.to_owned();
        self.entries.push_back(Entry { id: self.last_id, text, start_ms, end_ms, success });
        if self.entries.len() > TYPED_MAX {
            self.entries.pop_front();
        }
    }

    /// All that is kept.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Forgets it; the numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
