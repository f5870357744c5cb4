//! Tags, Call-IDs and jitter from a seed, so that a test sees the same run twice. Owns the
//! generator (SplitMix64); nothing here is a secret: the requests travel inside mutual TLS.

/// A sequence of numbers that looks random.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// A tag: 64 bits in hexadecimal digits (RFC 3261 §19.3 asks for 32).
    pub(crate) fn tag(&mut self) -> String {
        format!("{:016x}", self.next())
    }

    /// The left part of a Call-ID.
    pub(crate) fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 128 bits that are the same for the same parts: the Call-ID of a text, which a repetition of
/// the same text must carry again.
pub(crate) fn digest(parts: &[&str]) -> String {
    let half = |start: u64| {
        parts.iter().fold(start, |so_far, part| {
            let bytes = part.bytes().map(u64::from).chain([0x1_0000]);
            bytes.fold(so_far, |so_far, byte| mix(so_far ^ byte.wrapping_mul(0x0100_0000_01b3)))
        })
    };
    format!("{:016x}{:016x}", half(0x243f_6a88_85a3_08d3), half(0x1319_8a2e_0370_7344))
}

/// A pause that doubles: `first`, twice that and so on up to `max`, of which the second half is
/// left to chance, so that many who wait do not come back at once.
pub(crate) fn backoff_ms(random: &mut Random, attempt: u32, first: u64, max: u64) -> u64 {
    let whole = first.saturating_mul(1_u64.checked_shl(attempt).unwrap_or(u64::MAX)).min(max);
    whole / 2 + random.below(whole / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let run = |seed| {
            let mut random = Random::new(seed);
            (random.tag(), random.call_id(), random.below(10))
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let mut random = Random::new(7);
        for (attempt, low, high) in
            [(0, 500, 1000), (1, 1000, 2000), (5, 15_000, 30_000), (99, 15_000, 30_000)]
        {
            for _ in 0..100 {
                let pause = backoff_ms(&mut random, attempt, 1000, 30_000);
                assert!((low..=high).contains(&pause), "{attempt}: {pause}");
            }
        }
    }

    #[test]
    fn digests_tell_parts_apart() {
        assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
        assert_eq!(digest(&[]).len(), 32);
    }
}
