//! What a rehearsed cmdlet finds instead of the running node: services that only note what they are
//! told, and sentences where a connection would be made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::Store;

use super::{Changed, Kind};
use crate::cmdlet::{Ctx, Drives, Ordered, Services};
use crate::synthetic::Failure;

const NOT_PLANNED: &str = "tests and connections are not made while a runbook is planned; run it \
                           after the runbook is applied";

/// Services that note what they are told.
pub(super) struct Told {
    live: Arc<dyn Services>,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    states: HashMap<String, bool>,
    all: Vec<(&'static str, bool)>,
    told: usize,
}

impl Told {
    pub(super) fn new(live: Arc<dyn Services>) -> Told {
        Told { live, orders: Mutex::default() }
    }

    /// What was ordered since the last time.
    pub(super) fn news(&self) -> Vec<Changed> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let new = orders.all.get(orders.told..).unwrap_or_default();
        let said = |(name, runs): &(&str, bool)| Changed {
            kind: Kind::Act,
            object: format!("Service {name}"),
            property: String::new(),
            old: None,
            new: Some(if *runs { "started" } else { "stopped" }.to_owned()),
        };
        let said = new.iter().map(said).collect();
        orders.told = orders.all.len();
        said
    }

    /// What was ordered at all.
    pub(super) fn orders(&self) -> Vec<(&'static str, bool)> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
    }
}

impl Services for Told {
    fn is_running(&self, name: &str) -> bool {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.states.get(name).copied().unwrap_or_else(|| self.live.is_running(name))
    }

    fn can_stop(&self, name: &str) -> bool {
        self.live.can_stop(name)
    }

    fn set_running(&self, name: &'static str, running: bool) -> Ordered {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.states.insert(name.to_owned(), running);
        orders.all.push((name, running));
        Box::pin(async { Ok(()) })
    }

    /// Nothing follows a copy.
    fn caught_up(&self) -> Ordered {
        Box::pin(async { Ok(()) })
    }
}

/// The copy with its surroundings.
pub(super) fn around(live: &Ctx, store: Store, drives: Drives, told: Arc<Told>) -> Ctx {
    Ctx {
        store,
        drives,
        services: told,
        im_certificate: None,
        im_links: Some(Arc::new(|_| Box::pin(async { Err(NOT_PLANNED.to_owned()) }))),
        transact: Arc::new(|_, _| {
            let error = NOT_PLANNED.to_owned();
            Box::pin(async { Err(Failure { diagnosis: error.clone(), error }) })
        }),
        check: Arc::new(|| Box::pin(async { Err(NOT_PLANNED.to_owned()) })),
        is_rehearsal: true,
        asker: None,
        ..live.clone()
    }
}
