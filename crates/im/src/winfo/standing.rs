//! How a watcher stands with the person it watches: the state machine of RFC 3857 §4.7.1, as far as
//! a server is in it.

use std::fmt;

use crate::aor::Aor;
use crate::list::Place;
use crate::presence::rules::Handling;

/// The state of a watcher (RFC 3858 §3.2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Pending,
    Active,
    Waiting,
    Terminated,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Terminated => "terminated",
        }
    }
}

/// What brought a watcher into its state. `probation` does not happen here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Subscribe,
    Approved,
    Deactivated,
    Rejected,
    Timeout,
    Giveup,
    NoResource,
}

impl Event {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Approved => "approved",
            Self::Deactivated => "deactivated",
            Self::Rejected => "rejected",
            Self::Timeout => "timeout",
            Self::Giveup => "giveup",
            Self::NoResource => "noresource",
        }
    }
}

/// Names a watcher for as long as its subscription lasts, and while it waits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum WatcherId {
    /// A subscription to the person alone.
    Subscription(u64),
    /// A place on somebody's list.
    Place(Place),
}

impl fmt::Display for WatcherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(number) => write!(f, "s{number:x}"),
            Self::Place(place) => write!(f, "l{place}"),
        }
    }
}

/// How one watcher stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Standing {
    pub(crate) handling: Handling,
    pub(crate) event: Event,
}

impl Standing {
    /// Of a watcher that has just come.
    pub(crate) fn new(handling: Handling) -> Self {
        let event = if handling == Handling::Block { Event::Rejected } else { Event::Subscribe };
        Self { handling, event }
    }

    /// The person decides anew; whether the watcher is told so (RFC 5025 §3.2.1).
    pub(crate) fn decided(&mut self, handling: Handling) -> bool {
        let was = std::mem::replace(&mut self.handling, handling);
        let is_let_in = |handling| handling >= Handling::PoliteBlock;
        match handling {
            Handling::Block if was != Handling::Block => self.event = Event::Rejected,
            _ if is_let_in(handling) && !is_let_in(was) => self.event = Event::Approved,
            Handling::Confirm if was != Handling::Confirm => self.event = Event::Subscribe,
            _ => {}
        }
        (was == Handling::Confirm) != (handling == Handling::Confirm)
    }

    pub(crate) fn is_pending(self) -> bool {
        self.handling == Handling::Confirm
    }

    /// The `Subscription-State` of RFC 6665.
    pub(crate) fn word(self) -> &'static str {
        if self.is_pending() { "pending" } else { "active" }
    }

    /// As the person sees it. Whom the person blocked is rejected, whatever the watcher is told.
    pub(crate) fn status(self) -> Status {
        match self.handling {
            Handling::Block => Status::Terminated,
            Handling::Confirm => Status::Pending,
            Handling::PoliteBlock | Handling::Allow => Status::Active,
        }
    }
}

/// A watcher that is gone.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    pub(crate) id: WatcherId,
    pub(crate) watcher: Aor,
    pub(crate) standing: Standing,
    pub(crate) why: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions() {
        use Handling::{Allow, Block, Confirm, PoliteBlock};
        for (was, becomes, is_told, status, event) in [
            (Allow, Allow, false, Status::Active, Event::Subscribe),
            (Confirm, Allow, true, Status::Active, Event::Approved),
            (Confirm, PoliteBlock, true, Status::Active, Event::Approved),
            (Block, Allow, false, Status::Active, Event::Approved),
            (Allow, Confirm, true, Status::Pending, Event::Subscribe),
            (Allow, Block, false, Status::Terminated, Event::Rejected),
            (Confirm, Block, true, Status::Terminated, Event::Rejected),
            (Allow, PoliteBlock, false, Status::Active, Event::Subscribe),
        ] {
            let mut standing = Standing::new(was);
            assert_eq!(standing.decided(becomes), is_told, "{was:?} {becomes:?}");
            assert_eq!((standing.status(), standing.event), (status, event), "{was:?} {becomes:?}");
        }
    }
}
