//! What a rehearsed cmdlet finds instead of the running node: services that only note what they are
//! told, and sentences where a connection would be made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::Store;

use super::{Changed, Kind};
use crate::cmdlet::{Ctx, Drives, Ordered, Services};
use crate::im_certificate::{Checks, ImCertificate};
use crate::synthetic::{Answered, Failure, Reached};

const NOT_PLANNED: &str = "tests and connections are not made while a runbook is planned; run it \
                           after the runbook is applied";

/// Something to be done once the rest is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// A service is started or stopped.
    Service(&'static str, bool),
    /// Instant messaging changes over to the certificate of this thumbprint.
    ChangeOver(String),
}

impl Order {
    fn act(&self) -> Changed {
        let (object, new) = match self {
            Order::Service(name, true) => (format!("Service {name}"), "started".to_owned()),
            Order::Service(name, false) => (format!("Service {name}"), "stopped".to_owned()),
            Order::ChangeOver(thumbprint) => (
                "Instant messaging".to_owned(),
                format!("changed over to the certificate {thumbprint}"),
            ),
        };
        Changed { kind: Kind::Act, object, property: String::new(), old: None, new: Some(new) }
    }
}

/// Services, and the web app's connection, that note what they are told.
pub(super) struct Told {
    live: Arc<dyn Services>,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    states: HashMap<String, bool>,
    all: Vec<Order>,
    told: usize,
}

impl Told {
    pub(super) fn new(live: Arc<dyn Services>) -> Told {
        Told { live, orders: Mutex::default() }
    }

    /// What was ordered since the last time, and whether the settings of instant messaging are
    /// loaded by that.
    pub(super) fn news(&self) -> (Vec<Changed>, bool) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let new = orders.all.get(orders.told..).unwrap_or_default();
        let loads = new.iter().any(|order| matches!(order, Order::ChangeOver(_)));
        let said = new.iter().map(Order::act).collect();
        orders.told = orders.all.len();
        (said, loads)
    }

    /// What was ordered at all.
    pub(super) fn orders(&self) -> Vec<Order> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
    }
}

/// The change is made when the runbook is applied; nothing is tried before.
impl ImCertificate for Told {
    fn rehearse(&self, _: String, _: Option<String>) -> Answered<Checks> {
        Box::pin(async { Err(NOT_PLANNED.to_owned()) })
    }

    fn change(&self, thumbprint: String) -> Ordered {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.all.push(Order::ChangeOver(thumbprint));
        Box::pin(async { Ok(()) })
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
        orders.all.push(Order::Service(name, running));
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
        services: told.clone(),
        im_certificate: live.im_certificate.as_ref().map(|_| told as Arc<dyn ImCertificate>),
        im_links: Some(Arc::new(|_| Box::pin(async { Err(NOT_PLANNED.to_owned()) }))),
        transact: Arc::new(|_, _| {
            let error = NOT_PLANNED.to_owned();
            Box::pin(async { Err(Failure { diagnosis: error.clone(), error }) })
        }),
        reach: Arc::new(|_, _| {
            let result = Err(NOT_PLANNED.to_owned());
            Box::pin(async { Reached { address: None, source: None, result } })
        }),
        check: Arc::new(|| Box::pin(async { Err(NOT_PLANNED.to_owned()) })),
        is_rehearsal: true,
        asker: None,
        ..live.clone()
    }
}
