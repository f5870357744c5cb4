//! How fast strangers may send datagrams, by where they come from: a sender's address is easily
//! forged, so what is answered to it is bounded before anybody has proved who they are. A plain
//! value; `udp` asks it.

use std::collections::HashMap;
use std::net::IpAddr;

use sip::Tick;

use crate::limits;

/// See the head of the file.
#[derive(Debug, Default)]
pub(super) struct Sources {
    buckets: HashMap<IpAddr, Bucket>,
    swept: Tick,
}

#[derive(Debug)]
struct Bucket {
    /// Of a datagram, thousandths: they are earned by the millisecond.
    tokens: u64,
    at: Tick,
}

const WHOLE: u64 = 1000;
const FULL: u64 = limits::DATAGRAMS_BURST * WHOLE;

impl Bucket {
    fn earn(&mut self, now: Tick) {
        let earned = now.since(self.at).saturating_mul(limits::DATAGRAMS_PER_S);
        self.tokens = self.tokens.saturating_add(earned).min(FULL);
        self.at = now;
    }
}

impl Sources {
    /// Whether one more datagram from there is taken.
    pub(super) fn take(&mut self, from: IpAddr, now: Tick) -> bool {
        let from = network(from);
        if self.buckets.len() >= limits::DATAGRAM_SOURCES && !self.buckets.contains_key(&from) {
            self.sweep(now);
            if self.buckets.len() >= limits::DATAGRAM_SOURCES {
                return false;
            }
        }
        let bucket = self.buckets.entry(from).or_insert(Bucket { tokens: FULL, at: now });
        bucket.earn(now);
        let may = bucket.tokens >= WHOLE;
        bucket.tokens -= if may { WHOLE } else { 0 };
        may
    }

    /// Forgets those from whom nothing has come for so long that it makes no difference.
    fn sweep(&mut self, now: Tick) {
        // Not for every datagram of a flood.
        if now.since(self.swept) < limits::DATAGRAM_SWEEP_MS {
            return;
        }
        self.swept = now;
        self.buckets.retain(|_, bucket| {
            bucket.earn(now);
            bucket.tokens < FULL
        });
    }
}

/// Whoever has one address of IPv6 has a network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DATAGRAM_SOURCES, DATAGRAM_SWEEP_MS, DATAGRAMS_BURST, DATAGRAMS_PER_S};

    fn taken(sources: &mut Sources, from: &str, now: Tick, count: u64) -> u64 {
        let from = from.parse().unwrap();
        (0..count).filter(|_| sources.take(from, now)).count() as u64
    }

    #[test]
    fn a_burst_then_the_rate_of_each_source() {
        let mut sources = Sources::default();
        let many = DATAGRAMS_BURST + 100;
        assert_eq!(taken(&mut sources, "192.0.2.1", Tick(0), many), DATAGRAMS_BURST);
        assert_eq!(taken(&mut sources, "192.0.2.2", Tick(0), many), DATAGRAMS_BURST, "another");
        assert_eq!(taken(&mut sources, "::ffff:192.0.2.1", Tick(0), 1), 0, "the same");
        assert_eq!(taken(&mut sources, "192.0.2.1", Tick(1000), many), DATAGRAMS_PER_S);
        // A millisecond at a time is no less.
        let second = (1001..=2000).map(|now| taken(&mut sources, "192.0.2.1", Tick(now), 10));
        assert_eq!(second.sum::<u64>(), DATAGRAMS_PER_S);
        assert_eq!(taken(&mut sources, "2001:db8::1", Tick(0), many), DATAGRAMS_BURST);
        assert_eq!(taken(&mut sources, "2001:db8::2", Tick(0), 1), 0, "the same network");
        assert_eq!(taken(&mut sources, "2001:db8:0:1::1", Tick(0), 1), 1);
    }

    #[test]
    fn so_many_sources_are_remembered() {
        let mut sources = Sources::default();
        let source = |number: usize| IpAddr::from(u32::try_from(number).unwrap().to_be_bytes());
        let now = Tick(DATAGRAM_SWEEP_MS);
        for number in 0..DATAGRAM_SOURCES {
            assert!(sources.take(source(number), now));
        }
        assert!(!sources.take(source(DATAGRAM_SOURCES), now), "at the same moment");
        assert!(sources.take(source(0), now), "those who are known go on");
        assert_eq!(sources.buckets.len(), DATAGRAM_SOURCES);
        let later = now.after_ms(DATAGRAM_SWEEP_MS);
        assert!(sources.take(source(DATAGRAM_SOURCES), later));
        assert_eq!(sources.buckets.len(), 1, "who sent one datagram is forgotten");
    }
}
