//! `Test-NetConnection`: a connection is opened to see whether it can be, and closed.
//!
//! Owns the door for the cmdlet. Nothing is sent; names are looked up as the node does it.

use std::sync::Arc;

use shell::synthetic::{Reach, Reached};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::drive::dial::Dialer;
use crate::limits;

/// The door. `dialer` is that of the computer that the shell speaks for.
pub fn door(clock: Clock, dialer: Dialer) -> Reach {
    let places = Arc::new(Semaphore::new(limits::SYNTHETIC_RUNS));
    Arc::new(move |host, port| {
        let (places, clock, dialer) = (places.clone(), clock.clone(), dialer.clone());
        Box::pin(async move {
            let Ok(_place) = places.try_acquire() else {
                return failed(None, "Too many connections are being tried: try again");
            };
            // An address in brackets, as in a URL, is an address.
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let found = tokio::time::timeout(limits::REACH_WAIT, dialer.resolve(host, port)).await;
            let address = match found {
                Ok(Ok(address)) => address,
                Ok(Err(why)) => return failed(None, &why),
                Err(_) => return failed(None, "DNS did not answer in time"),
            };
            let shown = Some(address.ip().to_string());
            let begun = clock.elapsed();
            match tokio::time::timeout(limits::REACH_WAIT, dialer.open(address)).await {
                Ok(Ok(stream)) => {
                    let took = clock.elapsed().saturating_sub(begun).as_millis();
                    let source = stream.local_addr().ok().map(|own| own.ip().to_string());
                    let result = Ok(i64::try_from(took).unwrap_or(i64::MAX));
                    Reached { address: shown, source, result }
                }
                Ok(Err(error)) => failed(shown, &error.to_string()),
                Err(_) => failed(shown, "there was no answer in time"),
            }
        })
    })
}

fn failed(address: Option<String>, why: &str) -> Reached {
    Reached { address, source: None, result: Err(why.to_owned()) }
}
