//! What an input reached: a target says what it saw, and inputs that were the first to reach
//! something are kept as inputs to begin with.
//!
//! Owns: the marks of the run under way. Does not: measure code (`target/*` say what matters).
//! Read next: `main`.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Marks of one run that are kept; a run that says more says nothing new.
const MARKS_MAX: usize = 4096;

thread_local! {
    static MARKS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Something was seen: a state, an answer, a pair of both.
pub fn saw(what: impl Hash) {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    let mark = hasher.finish();
    MARKS.with_borrow_mut(|marks| {
        if marks.len() < MARKS_MAX {
            marks.push(mark);
        }
    });
}

/// The marks since the last call.
pub fn take() -> Vec<u64> {
    MARKS.take()
}

/// Marks of a thread that worked for this one.
pub fn add(more: &[u64]) {
    MARKS.with_borrow_mut(|marks| {
        let room = MARKS_MAX.saturating_sub(marks.len());
        marks.extend(more.iter().take(room));
    });
}
