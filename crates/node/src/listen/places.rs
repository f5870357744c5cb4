//! Accepting, and how many connections a listener holds, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};

use crate::limits;
use crate::metrics::DoorMeters;

/// The next connection. A failed accept is one that was gone too soon, or descriptors have run
/// out: it is tried again.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Counts the live connections of one listener.
#[derive(Clone)]
pub struct Places {
    meters: DoorMeters,
    bounds: Bounds,
    taken: Arc<Mutex<Taken>>,
}

/// How many connections a listener holds at once.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// In all.
    pub all: usize,
    /// From one address.
    pub per_address: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place, given back when it is dropped.
pub struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    /// Those at the door of this name.
    pub fn new(door: &'static str, bounds: Bounds) -> Places {
        Places { meters: DoorMeters::new(door), bounds, taken: Arc::default() }
    }

    /// A place for a connection from `address`, or none: the connection is then closed at once.
    pub fn take(&self, address: IpAddr) -> Option<Place> {
        let place = self.find(address);
        match place {
            Some(_) => self.meters.accepted(),
            None => self.meters.full(),
        }
        place
    }

    fn find(&self, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.bounds.all {
            return None;
        }
        let here = taken.by_address.entry(address).or_default();
        if *here >= self.bounds.per_address {
            return None;
        }
        *here += 1;
        taken.all += 1;
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.meters.gone();
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(here) = taken.by_address.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let places = Places::new("test", Bounds { all: 3, per_address: 2 });
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = places.take(one).unwrap();
        let _second = places.take(one).unwrap();
        assert!(places.take(one).is_none(), "one address has had its share");
        let _third = places.take(two).unwrap();
        assert!(places.take(IpAddr::from([127, 0, 0, 3])).is_none(), "the listener is full");
        drop(first);
        assert!(places.take(one).is_some());
    }
}
