//! Inputs out of other inputs.
//!
//! Owns: `Mutator`. Does not: judge what is worth keeping (`trail`). Read next: `main`.

use std::rc::Rc;

/// Pieces that matter to the grammars under test.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\r\n ",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b":",
    b",",
    b"@",
    b"%00",
    b"%",
    b"=",
    b"*",
    b"\0",
    b"\xff",
    b"[::1]",
    b"z9hG4bK",
    b";tag=",
    b"SIP/2.0",
    b" ",
    b"4294967295",
    b"18446744073709551616",
    b"-1",
    b"Content-Length: ",
    b"l: ",
    b"Via: ",
    b"\t",
    b"CSeq: 1 ACK",
    b"INVITE",
    b"CANCEL",
    b"sip:",
    b"tel:",
];

/// Inputs that reached something new and are kept for one target.
const KEPT_MAX: usize = 4000;

/// Makes inputs from a seed; the same seed gives the same inputs.
pub struct Mutator {
    state: u64,
    /// The target's own, and what was kept since.
    own: Vec<Vec<u8>>,
    given: usize,
    /// Of others, shared by all targets.
    corpus: Rc<Vec<Vec<u8>>>,
}

/// A name for an input (FNV-1a).
pub fn mark_of(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |mark, byte| {
        (mark ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Mutator {
    pub fn new(seed: u64, own: Vec<Vec<u8>>, corpus: Rc<Vec<Vec<u8>>>) -> Mutator {
        Mutator { state: seed | 1, given: own.len(), own, corpus }
    }

    /// What it begins with.
    pub fn seeds(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.own.iter().chain(self.corpus.iter())
    }

    /// An input that reached something new. When there are many, it takes the place of another.
    pub fn keep(&mut self, input: &[u8]) {
        if self.own.len() < KEPT_MAX {
            self.own.push(input.to_vec());
            return;
        }
        let at = self.given + self.below(KEPT_MAX.saturating_sub(self.given));
        if let Some(place) = self.own.get_mut(at) {
            *place = input.to_vec();
        }
    }

    /// splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.random() % bound.max(1) as u64) as usize
    }

    /// One of the target's own, or one of others.
    fn seed(&mut self) -> Vec<u8> {
        let from_own = self.corpus.is_empty() || !self.own.is_empty() && self.below(2) == 0;
        let at = self.below(if from_own { self.own.len() } else { self.corpus.len() });
        let seeds = if from_own { &self.own } else { &*self.corpus };
        seeds.get(at).cloned().unwrap_or_default()
    }

    /// One of the inputs to begin with, changed in some places.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(8) {
            let (from, other) = (self.below(input.len() + 1), self.below(input.len() + 1));
            let range = from.min(other)..from.max(other);
            match self.below(7) {
                0 => {
                    drop(input.splice(from..from, PIECES[self.below(PIECES.len())].iter().copied()))
                }
                1 => drop(input.drain(range.start..range.end.min(range.start + 16))),
                2 => {
                    let copy = input[range.start..range.end.min(range.start + 64)].to_vec();
                    drop(input.splice(other.min(input.len())..other.min(input.len()), copy));
                }
                3 => {
                    let byte = self.random() as u8;
                    if let Some(changed) = input.get_mut(from) {
                        *changed = byte;
                    }
                }
                4 => {
                    if let Some(changed) = input.get_mut(from) {
                        *changed ^= 0x20;
                    }
                }
                5 => {
                    let more = self.seed();
                    let cut = self.below(more.len() + 1);
                    input.truncate(from);
                    input.extend_from_slice(&more[cut..]);
                }
                _ => input.extend(self.seed()),
            }
            input.truncate(60_000);
        }
        input
    }
}
