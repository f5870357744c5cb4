//! Servers of other organisations that did not answer lately (RFC 3263 §4.3): whoever goes there
//! next tries the others first. Pure; one value per shard.

use std::collections::VecDeque;
use std::net::IpAddr;

use sip::Tick;
use sip::locate::Place;

use crate::limits;

/// The places, and until when they are remembered, the next to be forgotten first.
#[derive(Debug, Default)]
pub(super) struct Dead(VecDeque<(IpAddr, u16, Tick)>);

impl Dead {
    /// Nobody has answered there.
    pub(super) fn note(&mut self, now: Tick, place: &Place) {
        self.heard(place);
        if self.0.len() >= limits::DEAD_PLACES_MAX {
            self.0.pop_front();
        }
        self.0.push_back((place.address, place.port, now.after_ms(limits::DEAD_PLACE_MS)));
    }

    /// Somebody has.
    pub(super) fn heard(&mut self, place: &Place) {
        self.0.retain(|(address, port, _)| (*address, *port) != (place.address, place.port));
    }

    /// In the order in which they are to be tried: as they were found, but those last that did not
    /// answer. None is left out: what was dead may be the only one that lives now.
    pub(super) fn sorted(&mut self, now: Tick, mut places: Vec<Place>) -> Vec<Place> {
        self.0.retain(|(.., until)| *until > now);
        places.sort_by_key(|place| {
            self.0.iter().any(|(address, port, _)| (*address, *port) == (place.address, place.port))
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: usize) -> Place {
        let number = u32::try_from(number).unwrap();
        let address = IpAddr::V4(number.into());
        Place { host: "sip.x.test".to_owned(), address, port: 5061 }
    }

    #[test]
    fn so_many_are_remembered_for_so_long() {
        let mut dead = Dead::default();
        for number in 0..=limits::DEAD_PLACES_MAX {
            dead.note(Tick(0), &place(number));
        }
        assert_eq!(dead.0.len(), limits::DEAD_PLACES_MAX);
        let (first, second) = (place(0), place(1));
        let both = vec![second.clone(), first.clone()];
        // The first of all is forgotten; what was found second is tried first.
        assert_eq!(dead.sorted(Tick(1), both.clone()), [first, second]);
        assert_eq!(dead.sorted(Tick(limits::DEAD_PLACE_MS), both.clone()), both);
        assert!(dead.0.is_empty());
    }
}
