//! Inputs out of other inputs.
//!
//! Owns: `Mutator`. Does not: measure coverage. Read next: `main`.

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

/// Makes inputs from a seed; the same seed gives the same inputs.
pub struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Mutator {
        Mutator { state: seed | 1, seeds }
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

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds.get(at).cloned().unwrap_or_default()
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
