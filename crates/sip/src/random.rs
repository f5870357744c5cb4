//! Random words from a seed, for branches, tags and Call-IDs.
//!
//! Owns: `Randomness`. Does not: find a seed (`node` takes one from the system, tests a fixed
//! one). Read next: `stack/config`.

use sha2::{Digest as _, Sha256};

use crate::auth::digest::hex;

/// SHA-256 in counter mode over a secret seed: nobody who sees some words can guess others.
#[derive(Clone)]
pub struct Randomness {
    seed: [u8; 32],
    block: u64,
    left: Vec<u64>,
}

impl Randomness {
    /// Words from `seed`; the same seed gives the same words.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Randomness {
        Randomness { seed, block: 0, left: Vec::new() }
    }

    /// The next eight bytes as a number.
    pub fn next_u64(&mut self) -> u64 {
        if let Some(word) = self.left.pop() {
            return word;
        }
        let hash = Sha256::new().chain_update(self.seed).chain_update(self.block.to_be_bytes());
        self.block += 1;
        let hash = hash.finalize();
        let words = hash.chunks_exact(8).filter_map(|word| word.first_chunk());
        self.left.extend(words.map(|word| u64::from_be_bytes(*word)));
        self.left.pop().unwrap_or(0)
    }

    /// A tag for From or To: 64 bits (RFC 3261 §19.3 wants 32), as hex digits.
    pub fn tag(&mut self) -> String {
        tag_of(self.next_u64())
    }

    /// A Call-ID: 128 bits, as hex digits.
    pub fn call_id(&mut self) -> String {
        self.tag() + &self.tag()
    }
}

/// The tag of 64 random bits.
pub(crate) fn tag_of(bits: u64) -> String {
    hex(&bits.to_be_bytes())
}

impl std::fmt::Debug for Randomness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Randomness(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_and_repeat_with_the_seed() {
        let (mut one, mut same, mut other) =
            (Randomness::new([1; 32]), Randomness::new([1; 32]), Randomness::new([2; 32]));
        let words: Vec<u64> = (0..100).map(|_| one.next_u64()).collect();
        assert_eq!(words, (0..100).map(|_| same.next_u64()).collect::<Vec<_>>());
        assert_ne!(words.first(), Some(&other.next_u64()));
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), 100);
        assert_eq!((one.tag().len(), one.call_id().len()), (16, 32));
    }
}
