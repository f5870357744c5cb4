//! Nonces that need no memory, and a bounded memory of their use.
//!
//! Owns: minting and judging nonces, counting their uses. Does not: decide what a stale one means
//! (the registrar challenges again with stale=true). Read next: `digest`.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::digest::hex;
use crate::limits::NONCES_MAX;

/// HMAC-SHA-256 (RFC 2104).
pub(crate) fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let (mut inner, mut outer) = ([0x36_u8; 64], [0x5c_u8; 64]);
    for (at, byte) in key.iter().enumerate() {
        if let (Some(i), Some(o)) = (inner.get_mut(at), outer.get_mut(at)) {
            *i ^= byte;
            *o ^= byte;
        }
    }
    let hash = Sha256::new().chain_update(inner).chain_update(message).finalize();
    Sha256::new().chain_update(outer).chain_update(hash).finalize().into()
}

/// What a nonce in credentials is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonce {
    /// Ours and young enough; with the salt it was minted with.
    Fresh {
        /// As given to [`Nonces::mint`].
        salt: u64,
    },
    /// Ours and too old: challenge again with stale=true.
    Stale,
    /// Not ours.
    Forged,
}

/// Mints and judges nonces by a secret alone: time, salt and an HMAC over both.
#[derive(Clone)]
pub struct Nonces {
    secret: [u8; 32],
    lifetime_ms: u64,
}

impl Nonces {
    /// With a secret of this deployment, so that nonces survive a restart.
    #[must_use]
    pub fn new(secret: [u8; 32], lifetime_ms: u64) -> Nonces {
        Nonces { secret, lifetime_ms }
    }

    /// A nonce. `salt` keeps two of the same millisecond apart and may bind it to something (a
    /// flow): [`Nonces::check`] gives it back.
    #[must_use]
    pub fn mint(&self, now_ms: i64, salt: u64) -> String {
        let stamp = format!("{:012x}{salt:016x}", now_ms.max(0));
        let mac = hmac_sha256(&self.secret, stamp.as_bytes());
        format!("{stamp}{}", hex(mac.get(..16).unwrap_or(&mac)))
    }

    /// What `nonce` is now. A nonce from the future (the clock was set back) is stale.
    #[must_use]
    pub fn check(&self, nonce: &str, now_ms: i64) -> Nonce {
        let Some(stamp) = nonce.get(..28).filter(|_| nonce.len() == 2 * NONCE_BYTES) else {
            return Nonce::Forged;
        };
        let mac = hex(hmac_sha256(&self.secret, stamp.as_bytes()).get(..16).unwrap_or(&[]));
        let same: bool = mac.as_bytes().ct_eq(nonce.as_bytes().get(28..).unwrap_or(&[])).into();
        if same { self.check_age(nonce, now_ms) } else { Nonce::Forged }
    }

    /// As [`Nonces::check`], for a nonce that it has called ours before ([`NonceCounts::knows`]).
    #[must_use]
    pub fn check_age(&self, nonce: &str, now_ms: i64) -> Nonce {
        let read =
            |from, to| nonce.get(from..to).and_then(|text| u64::from_str_radix(text, 16).ok());
        let (Some(minted_ms), Some(salt)) = (read(0, 12), read(12, 28)) else {
            return Nonce::Forged;
        };
        let age_ms = u64::try_from(now_ms).ok().and_then(|now_ms| now_ms.checked_sub(minted_ms));
        match age_ms {
            Some(age_ms) if age_ms <= self.lifetime_ms => Nonce::Fresh { salt },
            _ => Nonce::Stale,
        }
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nonces(lifetime {} ms)", self.lifetime_ms)
    }
}

/// Which counts of which nonces were used: no credentials are taken twice. Bounded: the oldest
/// nonces are forgotten first, and what is forgotten is stale, not fresh.
#[derive(Debug, Clone, Default)]
pub struct NonceCounts {
    uses: HashMap<Binary, Uses>,
    order: VecDeque<Binary>,
}

/// A nonce of ours as bytes: its stamp and its code.
type Binary = [u8; NONCE_BYTES];

const NONCE_BYTES: usize = 30;

/// `None` if it is not of our form.
fn binary(nonce: &str) -> Option<Binary> {
    let mut binary = [0; NONCE_BYTES];
    if nonce.len() != 2 * NONCE_BYTES {
        return None;
    }
    for (byte, digits) in binary.iter_mut().zip(nonce.as_bytes().chunks_exact(2)) {
        let [high, low] = digits else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(binary)
}

/// Of a digit as [`hex`] writes it.
fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The highest count and which of the 64 below it were used: requests sent side by side over
/// several connections may arrive in another order.
#[derive(Debug, Clone, Copy, Default)]
struct Uses {
    highest: u32,
    below: u64,
}

impl NonceCounts {
    /// Nothing used yet.
    #[must_use]
    pub fn new() -> NonceCounts {
        NonceCounts::default()
    }

    /// Notes a use. `false` if this count was used already, or is too far back to know. The first
    /// count seen of a nonce must be 1, so that a forgotten nonce does not come back.
    pub fn take(&mut self, nonce: &str, count: u32) -> bool {
        let Some(nonce) = binary(nonce) else { return false };
        if let Some(uses) = self.uses.get_mut(&nonce) {
            return uses.take(count);
        }
        if count != 1 {
            return false;
        }
        if self.order.len() >= NONCES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.uses.remove(&oldest);
        }
        self.order.push_back(nonce);
        self.uses.insert(nonce, Uses { highest: 1, below: 0 });
        true
    }

    /// Whether a use of `nonce` is remembered.
    #[must_use]
    pub fn knows(&self, nonce: &str) -> bool {
        binary(nonce).is_some_and(|nonce| self.uses.contains_key(&nonce))
    }

    /// How many nonces are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uses.len()
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uses.is_empty()
    }
}

impl Uses {
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            let shifted = self.below.checked_shl(ahead).unwrap_or(0);
            let previous = 1_u64.checked_shl(ahead - 1).unwrap_or(0);
            *self = Uses { highest: count, below: shifted | previous };
            return true;
        }
        let back = self.highest - count;
        match back.checked_sub(1).and_then(|bit| 1_u64.checked_shl(bit)) {
            Some(mask) if count > 0 && self.below & mask == 0 => {
                self.below |= mask;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        // RFC 4231 test case 2, its key padded with zeros as HMAC itself does.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hex(&hmac_sha256(&key, b"what do ya want for nothing?"));
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn nonces_age() {
        let nonces = Nonces::new([7; 32], 1000);
        let nonce = nonces.mint(5_000, 42);
        for (now_ms, expected) in [
            (5_000, Nonce::Fresh { salt: 42 }),
            (6_000, Nonce::Fresh { salt: 42 }),
            (6_001, Nonce::Stale),
            (4_999, Nonce::Stale),
            (-1, Nonce::Stale),
        ] {
            assert_eq!(nonces.check(&nonce, now_ms), expected, "{now_ms}");
        }
        assert_eq!(Nonces::new([8; 32], 1000).check(&nonce, 5_000), Nonce::Forged);
        assert_eq!(nonces.check(&nonce.replace('2', "3"), 5_000), Nonce::Forged);
        for other in ["", "x", &"ž".repeat(30), &"0".repeat(60)] {
            assert_eq!(nonces.check(other, 5_000), Nonce::Forged);
        }
    }

    #[test]
    fn counts_are_taken_once() {
        let (nonces, mut counts) = (Nonces::new([7; 32], 1000), NonceCounts::new());
        let nonce = nonces.mint(1, 1);
        for (count, fine) in [
            (2, false),
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (2, false),
            (3, false),
            (0, false),
            (70, true),
            (69, true),
            (6, true),
            (5, false),
            (4, false),
            (u32::MAX, true),
            (70, false),
        ] {
            assert_eq!(counts.take(&nonce, count), fine, "{count}");
        }
        assert!(counts.knows(&nonce) && !counts.knows(&nonces.mint(0, 0)));
        assert!(!counts.take("n", 1), "a nonce that is not ours");
        for number in 0..NONCES_MAX {
            assert!(counts.take(&nonces.mint(0, number as u64), 1));
        }
        assert_eq!(counts.len(), NONCES_MAX);
        assert!(!counts.take(&nonce, 71));
    }
}
